"""The page of mails: how far each is, and trying again without JavaScript."""

import httpx

from backend.notifications.models import MailState
from tests.notifications.conftest import mail_of, written


async def test_that_a_mail_in_doubt_is_explained_and_sent_again_at_a_press(
    lee: httpx.AsyncClient, asker: httpx.AsyncClient
) -> None:
    to = asker.email  # type: ignore[attr-defined]
    mail_id = await written(to, state=MailState.UNCONFIRMED, error="Connection lost")
    page = (await lee.get("/console/mails", params={"to": to, "state": "unconfirmed"})).text
    assert "May not have arrived" in page
    assert "Connection lost" in page
    pressed = await lee.post(f"/console/mails/{mail_id}/send-again", params={"to": to})
    assert pressed.status_code in {200, 303}
    assert (await mail_of(mail_id)).state == MailState.WAITING
    sent = await written(to, state=MailState.SENT)
    refused = await lee.post(f"/console/mails/{sent}/send-again", data={"key": "k"})
    assert refused.status_code == 409
    assert "The mail server has taken it." in refused.text


async def test_that_mails_that_came_in_have_their_own_list(lee: httpx.AsyncClient) -> None:
    page = await lee.get("/console/mails", params={"show": "received"})
    assert page.status_code == 200
    assert "Came in" in page.text
