"""One click in a mail turns off what it is about, for that address alone."""

from datetime import timedelta

import httpx
import pytest

from backend.core import clock
from backend.notifications import signing, unsubscribing
from tests.notifications.news import happens, waiting, write_at
from tests.notifications.test_deciding import choose
from tests.notifications.test_recipients import add, confirm
from tests.people.outbox import mails_to
from tests.virtual_accounts.world import Someone, World

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


async def chosen(who: Someone) -> dict[str, str]:
    return dict((await who.get("/notification-preferences"))["categories"])


async def path_in(email: str, kind: str) -> str:
    """The way out that a mail program finds in the newest mail of a kind."""
    mail = (await mails_to(email, kind))[-1]
    return httpx.URL(mail.headers["List-Unsubscribe"].strip("<>")).raw_path.decode()


async def test_that_one_click_turns_off_what_the_mail_is_about(
    world: World, client: httpx.AsyncClient
) -> None:
    admin, other = await world.someone("sa_admin"), await world.someone("sa_admin")
    for who in (admin, other):
        await choose(who, users="immediate")
    await happens(world)
    before, path = await chosen(admin), await path_in(admin.email, "account_news")
    looked = await client.get(path)
    assert looked.status_code == 200
    assert '<form method="post">' in looked.text
    assert await chosen(admin) == before, "programs open links before people do"
    for _ in range(2):
        done = await client.post(path, data=ONE_CLICK)
        assert done.status_code == 200
        assert "“mail me about users once a day”" in done.text
        assert await chosen(admin) == before | {"users": "off"}
    assert (await chosen(other))["users"] == "immediate"
    await happens(world)
    assert len(await mails_to(admin.email)) == 1
    assert len(await mails_to(other.email)) == 2


async def test_that_a_summarys_click_turns_the_summary_off(
    world: World, client: httpx.AsyncClient
) -> None:
    admin = await world.someone("sa_admin")
    await happens(world)
    await write_at(clock.now() + timedelta(days=1))
    await client.post(await path_in(admin.email, "digest"), data=ONE_CLICK)
    after = await chosen(admin)
    assert "daily" not in after.values()
    assert (after["users"], after["licences"], after["virtual_accounts"]) == (
        "off",
        "off",
        "weekly",
    )
    assert after["access_requests"] == "immediate"


async def test_that_a_line_of_a_summary_turns_off_one_category(
    world: World, client: httpx.AsyncClient
) -> None:
    admin = await world.someone("sa_admin")
    await happens(world)
    await happens(world, "licenses_arrived")
    await write_at(clock.now() + timedelta(days=1))
    (mail,) = await mails_to(admin.email, "digest")
    (line,) = [one for one in mail.text.splitlines() if "No more about users:" in one]
    await client.post(httpx.URL(line.split()[-1]).raw_path.decode())
    after = await chosen(admin)
    assert (after["users"], after["licences"]) == ("off", "daily")


async def test_that_an_extra_address_can_do_it_too(world: World, client: httpx.AsyncClient) -> None:
    admin, email = await world.someone("sa_admin"), f"alerts@{world.domain}"
    await add(admin, world)
    await confirm(client, email)
    await happens(world, "licenses_expired", text="Licences have expired: 5 × Switch.")
    done = await client.post(await path_in(email, "account_news"), data=ONE_CLICK)
    assert f"ask an administrator of {world.name}" in done.text
    await happens(world, "licenses_expired", text="Licences have expired: 6 × Switch.")
    assert len(await mails_to(email, "account_news")) == 1
    (item,) = await admin.items(f"{world.path}/notification-recipients")
    assert (item["categories"]["licences"], item["categories"]["agreements"]) == ("off", "daily")
    assert await waiting(item["id"]) == []


async def test_that_no_link_serves_anybody_else(world: World, client: httpx.AsyncClient) -> None:
    admin, other = await world.someone("sa_admin"), await world.someone("sa_admin")
    await choose(admin, users="immediate")
    await happens(world)
    token = (await path_in(admin.email, "account_news")).split("/")[-1]
    _, signature = token.split(".")
    forged = signing.sign("other", ["person", other.email, other.email, "users"]).split(".")[0]
    gone = signing.sign(
        unsubscribing.PURPOSE, ["person", other.email, "former@nobody.example", "users"]
    )
    for one in (f"{forged}.{signature}", f"{token}x", token[1:], gone, "x", "x.y", "é"):
        for method in ("GET", "POST"):
            answer = await client.request(method, f"/unsubscribe/{one}")
            assert answer.status_code == 404, one
            assert other.email not in answer.text
    assert (await chosen(other))["users"] == "daily"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_that_the_page_runs_nothing_and_is_kept_nowhere(
    client: httpx.AsyncClient, method: str
) -> None:
    answer = await client.request(method, "/unsubscribe/x")
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
