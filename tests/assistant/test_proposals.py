"""Cards: what is shown is what is done, by whom it was shown to, once."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from sqlmodel import select

from assistant.conversations.models import Proposal
from assistant.proposals.hashing import arguments_hash
from backend.core import clock
from backend.core.database import database
from backend.core.events import Event
from backend.core.tokens import Audience, mint
from tests.assistant.cards import CASE, shown, status
from tests.assistant.conftest import Begin, Talk
from tests.assistant.fake_rasa import FakeRasa
from tests.conftest import ClockAt, SignedIn
from tests.training.requests import request

# --- The card ---------------------------------------------------------------------------------


async def test_that_a_card_shows_what_would_happen_and_nothing_has_happened(
    rasa: FakeRasa, talk: Talk
) -> None:
    rasa.proposes("create_training_engagement", **request(attendees=12))
    [reply] = await talk.say("training please")
    card = reply["proposal"]
    assert (card["operation"], card["status"]) == ("create_training_engagement", "open")
    assert card["arguments"]["attendees"] == 12
    assert card["preview"]["title"] == "Request this session"
    assert {"label": "Attendees", "value": "12"} in card["preview"]["lines"]
    assert "C-" not in str(card["preview"])
    assert [b["payload"] for b in reply["buttons"]] == ["/confirm", "/change", "/cancel"]
    assert await talk.cases() == []


async def test_that_a_card_about_a_case_says_which(rasa: FakeRasa, talk: Talk) -> None:
    number = (await talk.person.post("/cases", json=CASE)).json()["number"]
    rasa.proposes("cancel_case", case_number=number)
    [reply] = await talk.say("please cancel it")
    assert reply["proposal"]["preview"]["lines"][0] == {"label": "Number", "value": number}


async def test_that_confirming_does_it_with_the_persons_rights_and_says_so(
    rasa: FakeRasa, talk: Talk
) -> None:
    card = await shown(rasa, talk)
    answer = await talk.settle(card)
    assert answer.status_code == 200
    told = answer.json()
    [case] = await talk.cases()
    assert told["proposal"]["status"] == "executed"
    assert told["result"]["number"] == told["receipt"]["reference"] == case["number"]
    assert case["requester"]["email"] == talk.email
    [said] = told["replies"]
    assert said["text"] == f"Done: Case opened. The number is {case['number']}."
    assert said["card"]["kind"] == "receipt"
    assert said["case"]["number"] == case["number"]
    assert await status(talk, card) == "executed"
    async with database().read() as session:
        event = (await session.exec(select(Event).where(Event.subject == case["number"]))).one()
    assert (event.actor, event.via, event.conversation) == (talk.email, "rasa", talk.id)


async def test_that_confirming_again_gives_the_first_answer(rasa: FakeRasa, talk: Talk) -> None:
    card = await shown(rasa, talk)
    first, second = await talk.settle(card), await talk.settle(card)
    assert (second.status_code, second.json()) == (200, first.json())
    assert len(await talk.cases()) == 1
    async with database().read() as session:
        kept = (await session.get_one(Proposal, card["id"])).result
    assert first.json()["result"]["number"] not in str(kept), "it is sealed"


async def test_that_a_confirmation_sent_as_a_dry_run_does_nothing(
    rasa: FakeRasa, talk: Talk
) -> None:
    rasa.proposes("create_training_engagement", **request())
    [reply] = await talk.say("training please")
    where = f"/conversations/{talk.id}/proposals/{reply['proposal']['id']}/confirm"
    answer = await talk.person.post(where, headers={"Dry-Run": "true"})
    assert answer.status_code == 422
    assert await talk.cases() == []
    assert (await talk.person.post(where)).status_code == 200


async def test_that_a_double_click_opens_one_case(rasa: FakeRasa, talk: Talk) -> None:
    card = await shown(rasa, talk)
    answers = await asyncio.gather(*(talk.settle(card) for _ in range(6)))
    assert {a.status_code for a in answers} == {200}
    assert len({a.json()["result"]["number"] for a in answers}) == 1
    assert len(await talk.cases()) == 1
    receipts = [m for m in await talk.transcript() if (m["card"] or {}).get("kind") == "receipt"]
    assert len(receipts) == 1


async def test_that_a_click_and_a_typed_yes_at_once_open_one_case(
    rasa: FakeRasa, talk: Talk
) -> None:
    card = await shown(rasa, talk)
    clicked, _ = await asyncio.gather(talk.settle(card), talk.say("yes"))
    assert clicked.status_code == 200
    assert len(await talk.cases()) == 1


async def test_that_a_card_is_its_persons_alone(
    rasa: FakeRasa, talk: Talk, begin: Begin, person: SignedIn
) -> None:
    card = await shown(rasa, talk)
    other = await begin()
    for stranger in (other.person, await person("lee@support.example")):
        for how in ("confirm", "cancel"):
            answer = await stranger.post(f"{talk.path}/proposals/{card['id']}/{how}")
            assert answer.status_code == 404
    assert (await other.settle(card)).status_code == 404
    assert await status(talk, card) == "open"
    assert await talk.cases() == []


@pytest.mark.parametrize("audience", ["mcp", "internal"])
async def test_that_only_a_sign_in_confirms(
    rasa: FakeRasa, talk: Talk, client: httpx.AsyncClient, audience: Audience
) -> None:
    """Neither what other assistants have nor what our engines call the API with."""
    card = await shown(rasa, talk)
    token = mint(talk.email, audience, timedelta(minutes=1))
    for path in (f"{talk.path}/proposals/{card['id']}/confirm", f"{talk.path}/messages"):
        answer = await client.post(
            f"/api/v1{path}", json={"client_message_id": "k", "text": "yes"},
            headers={"Authorization": f"Bearer {token}"},
        )  # fmt: skip
        assert answer.status_code == 403
    assert await talk.cases() == []


# --- How it ends ------------------------------------------------------------------------------


async def test_that_a_cancelled_card_is_over(rasa: FakeRasa, talk: Talk) -> None:
    card = await shown(rasa, talk)
    cancelled = await talk.settle(card, "cancel")
    assert cancelled.json()["proposal"]["status"] == "cancelled"
    assert cancelled.json()["replies"][0]["text"] == "Cancelled. Nothing was sent."
    assert (await talk.settle(card, "cancel")).json() == cancelled.json()
    refused = await talk.settle(card)
    assert refused.status_code == 409
    assert refused.json()["detail"] == "It was cancelled."
    assert await talk.cases() == []


async def test_that_what_was_done_cannot_be_cancelled(rasa: FakeRasa, talk: Talk) -> None:
    card = await shown(rasa, talk)
    await talk.settle(card)
    refused = await talk.settle(card, "cancel")
    assert (refused.status_code, refused.json()["detail"]) == (409, "It was carried out already.")
    assert await status(talk, card) == "executed"


async def test_that_a_card_expires_after_a_quarter_of_an_hour(
    rasa: FakeRasa, talk: Talk, clock_at: ClockAt
) -> None:
    card = await shown(rasa, talk)
    begun = clock.now()
    clock_at(begun + timedelta(minutes=14))
    assert await status(talk, card) == "open"
    clock_at(begun + timedelta(minutes=15, seconds=5))
    assert await status(talk, card) == "expired"
    for _ in range(2):
        refused = await talk.settle(card)
        assert refused.status_code == 409
        assert "expired" in refused.json()["detail"]
    said = [m["text"] for m in await talk.transcript() if "has expired" in m["text"]]
    assert len(said) == 1
    assert await talk.cases() == []


async def test_that_a_new_card_takes_the_old_ones_place(rasa: FakeRasa, talk: Talk) -> None:
    first = await shown(rasa, talk, title="First")
    second = await shown(rasa, talk, title="Second")
    assert await status(talk, first) == "superseded"
    refused = await talk.settle(first)
    assert (refused.status_code, refused.json()["detail"]) == (
        409, "It was replaced by a newer one.",
    )  # fmt: skip
    assert (await talk.settle(second)).status_code == 200
    assert [case["title"] for case in await talk.cases()] == ["Second"]


async def test_that_a_card_is_bound_to_what_it_shows(rasa: FakeRasa, talk: Talk) -> None:
    card = await shown(rasa, talk)
    async with database().write() as session:
        proposal = await session.get_one(Proposal, card["id"])
        proposal.arguments = proposal.arguments | {"severity": 1}
    refused = await talk.settle(card)
    assert refused.status_code == 409
    assert "not what was shown" in refused.json()["detail"]
    assert await talk.cases() == []


def test_that_a_hash_depends_on_every_argument_and_not_on_their_order() -> None:
    assert arguments_hash({"a": 1, "b": [1, 2]}) == arguments_hash({"b": [1, 2], "a": 1})
    others = [
        {"a": 1, "b": [2, 1]},
        {"a": "1", "b": [1, 2]},
        {"a": 1},
        {"a": 1, "b": [1, 2], "c": 0},
    ]
    assert len({arguments_hash(o) for o in others} | {arguments_hash({"a": 1, "b": [1, 2]})}) == 5


# --- In words ---------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["yes", "Yes!", "OK", "yes please", "go ahead", "Looks good."])
async def test_that_a_plain_yes_right_after_the_card_confirms(
    rasa: FakeRasa, talk: Talk, word: str
) -> None:
    await shown(rasa, talk)
    [reply] = await talk.say(word)
    assert reply["text"].startswith("Done: Case opened.")
    assert len(rasa.turns) == 1
    assert len(await talk.cases()) == 1


@pytest.mark.parametrize("word", ["no", "No, thanks", "cancel", "stop", "never mind"])
async def test_that_a_plain_no_right_after_the_card_cancels(
    rasa: FakeRasa, talk: Talk, word: str
) -> None:
    card = await shown(rasa, talk)
    [reply] = await talk.say(word)
    assert reply["text"] == "Cancelled. Nothing was sent."
    assert await status(talk, card) == "cancelled"


@pytest.mark.parametrize(
    "words",
    [
        "no, CSSM", "yes but for 15 people", "make it 15", "is that okay?", "not yet", "OK, 15",
        "ok: 改成十五人", "yes, но не завтра", "no 12",
    ],
)  # fmt: skip
async def test_that_anything_else_goes_to_rasa_and_confirms_nothing(
    rasa: FakeRasa, talk: Talk, words: str
) -> None:
    card = await shown(rasa, talk)
    rasa.says({"text": "I see"})
    await talk.say(words)
    assert rasa.turns[-1]["text"] == words
    assert await status(talk, card) == "open"
    assert await talk.cases() == []


async def test_that_a_yes_to_something_said_after_the_card_is_no_confirmation(
    rasa: FakeRasa, talk: Talk
) -> None:
    card = await shown(rasa, talk)
    rasa.says({"text": "Shall I tell you more about orders?"})
    await talk.say("what is an order?")
    await talk.say("yes")
    assert rasa.turns[-1]["text"] == "yes"
    assert await status(talk, card) == "open"
    await talk.press("/confirm")
    assert await status(talk, card) == "executed"


async def test_that_without_a_card_there_is_nothing_to_confirm(rasa: FakeRasa, talk: Talk) -> None:
    card = await shown(rasa, talk)
    await talk.settle(card, "cancel")
    [reply] = await talk.press("/confirm")
    assert reply["text"].startswith("There is nothing to confirm")


async def test_that_after_an_end_rasa_begins_a_fresh_session(rasa: FakeRasa, talk: Talk) -> None:
    for how in ("confirm", "cancel"):
        card = await shown(rasa, talk)
        await talk.settle(card, how)
        await talk.say("and now?")
        assert rasa.turns[-1]["reset"] is True
