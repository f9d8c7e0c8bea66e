"""The review inbox: what comes in, how it is grouped, labelled, taken back and exported."""

import asyncio
import itertools
import random
import string
from typing import Any

import httpx
import pytest
import pytest_asyncio
import yaml
from sqlmodel import select

from assistant.review.grouping import group_new_items
from assistant.review.models import ReviewGroup, ReviewItem, ReviewLabelling
from backend.core.database import database
from backend.core.events import Event
from tests.assistant.conftest import Begin, Talk
from tests.assistant.fake_rasa import FakeRasa, Turn, answer
from tests.conftest import SignedIn


def guess(first: str, share: float, second: str, other: float) -> Turn:
    """Rasa's answer with these two guesses."""
    told = answer({"text": "Hm."}, intent=first)
    told["intent"]["confidence"] = share
    told["ranking"] = [told["intent"], {"name": second, "confidence": other}]
    return told


def fallback() -> Turn:
    told = guess("nlu_fallback", 0.3, "list_orders", 0.2)
    told["ranking"].append({"name": "help", "confidence": 0.1})
    return told


@pytest_asyncio.fixture(loop_scope="session")
async def lee(person: SignedIn) -> httpx.AsyncClient:
    return await person("lee@support.example")


@pytest_asyncio.fixture(loop_scope="session")
async def mo(person: SignedIn) -> httpx.AsyncClient:
    return await person("mo@support.example")


async def items(talk: Talk) -> list[ReviewItem]:
    async with database().read() as session:
        rows = await session.exec(
            select(ReviewItem).where(ReviewItem.conversation_id == talk.id)
            .order_by(ReviewItem.message_seq)  # type: ignore[arg-type]
        )  # fmt: skip
        return list(rows.all())


async def causes(talk: Talk) -> list[tuple[int, str]]:
    return [(item.message_seq, item.cause) for item in await items(talk)]


async def test_that_a_guess_comes_in_and_a_certainty_does_not(rasa: FakeRasa, talk: Talk) -> None:
    await talk.say("orders please")
    rasa.answers = lambda _: guess("list_orders", 0.58, "order_status", 0.1)
    await talk.say("wheres my stuff")
    rasa.answers = lambda _: guess("list_orders", 0.7, "order_status", 0.6)
    await talk.say("how about the gear")
    rasa.answers = lambda _: fallback()
    await talk.say("blargh the thing")
    assert await causes(talk) == [(4, "unsure"), (6, "unsure"), (8, "fallback")]
    found = (await items(talk))[2]
    assert (found.intent, [g["name"] for g in found.guesses]) == (
        "list_orders", ["list_orders", "help"],
    )  # fmt: skip


async def test_that_answers_in_a_form_and_buttons_teach_nothing(rasa: FakeRasa, talk: Talk) -> None:
    rasa.answers = lambda _: (
        answer({"text": "Which?", "buttons": [{"title": "CLC", "payload": "/inform"}]})
        | {"active_form": "training_form"}
    )
    await talk.say("I need training")
    rasa.answers = lambda _: fallback() | {"active_form": "training_form"}
    await talk.say("the one with the keys")
    await talk.press("/inform")
    assert await causes(talk) == []


async def test_that_a_correction_brings_in_what_was_said_before(rasa: FakeRasa, talk: Talk) -> None:
    await talk.say("training on SSM")
    await talk.say("No, I meant my orders")
    assert await causes(talk) == [(2, "corrected")]


async def say_alike(rasa: FakeRasa, begin: Begin, sentences: list[str], **who: Any) -> list[Talk]:
    rasa.answers = lambda _: fallback()
    talks = []
    for sentence in sentences:
        talk = await begin(**who)
        await talk.say(sentence)
        talks.append(talk)
    await group_new_items()
    return talks


async def groups_of(talks: list[Talk]) -> list[str]:
    return [str(item.group_id) for talk in talks for item in await items(talk)]


# Far from each other and from what other tests say: a group that nobody else is in.
TOPICS = itertools.cycle([
    "the coffee machine on the third floor leaks", "my dog has eaten the printed invoice",
    "who waters the plants during the holidays", "the lift is stuck between two storeys",
    "can I bring my bicycle into the office", "the choir sings at noon in the canteen",
    "our parrot repeats everything in meetings", "is there a dentist near the harbour",
    "the volcano excursion was great fun", "please turn the heating down in winter",
    "somebody took my umbrella again", "the piano needs to be tuned before the concert",
    "snow blocks the road to the warehouse", "which museum is open on Sunday night",
    "the soup tastes of soap today", "the football match ended in a draw",
    "a submarine was seen off the coast", "my grandmother knits woollen socks",
    "the telescope shows the rings of Saturn", "cactus flowers bloom only once",
])  # fmt: skip


def nonsense() -> str:
    """A word that nobody has said; digits would be taken for a key and masked."""
    return "".join(random.choices(string.ascii_lowercase, k=12))


PASSWORDS = ["How do I reset my password?", "how can i reset the password", "reset my password pls"]


async def test_that_alike_sentences_are_one_group_and_others_are_not(
    rasa: FakeRasa, begin: Begin, lee: httpx.AsyncClient
) -> None:
    talks = await say_alike(rasa, begin, [*PASSWORDS, next(TOPICS)])
    *alike, other = await groups_of(talks)
    assert len(set(alike)) == 1
    assert other != alike[0]
    group = (await lee.get(f"/review/groups/{alike[0]}")).json()
    assert group["unlabelled"] >= 3
    assert group["causes"] == {"fallback": group["unlabelled"]}
    assert group["suggestions"][0]["name"] == "list_orders"


async def test_that_grouping_at_the_same_time_puts_each_message_into_one_group(
    rasa: FakeRasa, begin: Begin
) -> None:
    rasa.answers = lambda _: fallback()
    talks, topic = [await begin() for _ in range(4)], next(TOPICS)
    for talk in talks:
        await talk.say(topic)
    await asyncio.gather(*(group_new_items() for _ in range(3)))
    assert len(set(await groups_of(talks))) == 1
    async with database().read() as session:
        group = await session.get_one(ReviewGroup, (await groups_of(talks))[0])
    assert (group.size, group.open) == (4, 4)


async def test_that_no_personal_data_is_kept(rasa: FakeRasa, begin: Begin) -> None:
    said = (
        "I'm Ada Askwell of Northwind Networks, tell nadia and ivo@contoso.example that order "
        "4100005 of C-500123 is lost, call +47 555 01 000"
    )
    talks = await say_alike(rasa, begin, [said], name="Ada Askwell")
    [item] = await items(talks[0])
    assert item.text == (
        "I'm Sam of Company, tell Sam and sam@company.example that order 4100000 of "
        "C-500000 is lost, call +1 555 0100"
    )


@pytest_asyncio.fixture(loop_scope="session")
async def group(rasa: FakeRasa, begin: Begin) -> str:
    """A group of three messages that no other test has."""
    topic = next(TOPICS)
    talks = await say_alike(rasa, begin, [topic, f"{topic}!", f"hey, {topic}"])
    found = set(await groups_of(talks))
    assert len(found) == 1
    return found.pop()


async def test_that_a_label_is_given_once_and_taken_back(
    lee: httpx.AsyncClient, mo: httpx.AsyncClient, group: str
) -> None:
    at = f"/review/groups/{group}"
    done = await lee.post(f"{at}/label", json={"intent": "list_orders", "expected": 3})
    assert done.status_code == 200
    assert done.json()["receipt"]["title"] == "3 messages labelled"
    assert done.json()["unlabelled"] == 0
    assert done.json()["labellings"][0]["by"]["name"] == "Lee Castellwyn"
    late = await mo.post(f"{at}/label", json={"intent": "help", "expected": 3})
    assert late.status_code == 409
    assert "Lee Castellwyn labelled 3 messages of this group: List orders." in late.text
    undone = await mo.post(f"{at}/undo")
    assert undone.json()["unlabelled"] == 3
    assert undone.json()["labellings"] == []
    assert (await mo.post(f"{at}/undo")).status_code == 409
    async with database().read() as session:
        rows = await session.exec(
            select(Event.type, Event.actor).where(Event.subject == group).order_by(Event.at)  # type: ignore[arg-type]
        )
        assert list(rows.all()) == [
            ("review_labelled", "lee@support.example"),
            ("review_label_undone", "mo@support.example"),
        ]
        labelling = (
            await session.exec(select(ReviewLabelling).where(ReviewLabelling.group_id == group))
        ).one()
    assert (labelling.by, labelling.undone_by) == ("lee@support.example", "mo@support.example")


async def test_that_of_two_agents_at_once_one_labels(
    lee: httpx.AsyncClient, mo: httpx.AsyncClient, group: str
) -> None:
    at = f"/review/groups/{group}/label"
    answers = await asyncio.gather(
        *(
            who.post(at, json={"intent": intent, "expected": 3})
            for who, intent in ((lee, "help"), (mo, "list_orders")) * 3
        )
    )
    assert sorted(a.status_code for a in answers) == [200, *[409] * 5]


async def test_that_single_messages_are_labelled(lee: httpx.AsyncClient, group: str) -> None:
    at = f"/review/groups/{group}"
    first, second, _ = (await lee.get(at)).json()["items"]
    one = await lee.post(f"{at}/label", json={"ignore": True, "messages": [first["id"]]})
    assert one.json()["unlabelled"] == 2
    again = await lee.post(f"{at}/label", json={"intent": "help", "messages": [first["id"]]})
    assert again.status_code == 409
    stale = await lee.post(f"{at}/label", json={"intent": "help", "expected": 3})
    assert stale.status_code == 409
    rest = await lee.post(f"{at}/label", json={"intent": "help", "expected": 2})
    assert rest.json()["unlabelled"] == 0
    labels = {i["id"]: i["label"]["intent"] for i in rest.json()["items"]}
    assert (labels[first["id"]], labels[second["id"]]) == (None, "help")


@pytest.mark.parametrize(
    "body", [{"intent": "fly_to_the_moon"}, {}, {"intent": "help", "ignore": True}]
)
async def test_that_a_label_that_is_none_is_refused(
    lee: httpx.AsyncClient, group: str, body: dict[str, Any]
) -> None:
    assert (await lee.post(f"/review/groups/{group}/label", json=body)).status_code == 422


async def test_that_a_dry_run_labels_nothing(lee: httpx.AsyncClient, group: str) -> None:
    at = f"/review/groups/{group}"
    tried = await lee.post(f"{at}/label", json={"intent": "help"}, headers={"Dry-Run": "true"})
    assert tried.json()["unlabelled"] == 0
    assert (await lee.get(at)).json()["unlabelled"] == 3


async def test_that_agents_label_and_leads_export(
    person: SignedIn, lee: httpx.AsyncClient, mo: httpx.AsyncClient
) -> None:
    for email in ("nadia@northwind.example", "cyra@support.example"):
        assert (await (await person(email)).get("/review/groups")).status_code == 403
    assert (await lee.get("/review/training-data")).status_code == 403
    assert (await lee.get("/review/training-data.yml")).status_code == 403
    assert (await mo.get("/review/training-data")).status_code == 200


@pytest.mark.parametrize("sort", ["largest", "newest"])
async def test_that_pages_of_the_inbox_are_whole(
    lee: httpx.AsyncClient, group: str, sort: str
) -> None:
    seen: list[dict[str, Any]] = []
    cursor = None
    while True:
        query = {"sort": sort, "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await lee.get("/review/groups", params=query)).json()
        seen += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    ids = [one["id"] for one in seen]
    assert len(ids) == len(set(ids))
    assert group in ids
    keys = [(one["unlabelled"] if sort == "largest" else 0, one["newest_at"]) for one in seen]
    assert keys == sorted(keys, reverse=True)


async def test_that_the_export_has_each_new_sentence_once_and_shows_conflicts(
    rasa: FakeRasa, begin: Begin, lee: httpx.AsyncClient, mo: httpx.AsyncClient
) -> None:
    word = nonsense()
    fresh, known, torn = f"frobnicate {word}", "show my orders", f"twice said {word}"
    for sentence, intent in (
        (fresh, "list_orders"), (f"{fresh.upper()}!", "list_orders"), (known, "help"),
        (torn, "help"), (torn, "list_orders"),
    ):  # fmt: skip
        talks = await say_alike(rasa, begin, [sentence])
        [item] = await items(talks[0])
        body = {"intent": intent, "messages": [item.id]}
        (await lee.post(f"/review/groups/{item.group_id}/label", json=body)).raise_for_status()
    shown = (await mo.get("/review/training-data")).json()
    assert [t for t in shown["examples"]["list_orders"] if word in t.lower()] == [fresh]
    assert not any(word in t for t in shown["examples"].get("help", []))
    conflicts = {c["text"]: (c["intent"], c["other"], c["where"]) for c in shown["conflicts"]}
    assert conflicts[torn] == ("help", "list_orders", "inbox")
    assert conflicts[known] == ("help", "list_orders", "data")
    file = await mo.get("/review/training-data.yml")
    assert file.headers["content-type"].startswith("application/yaml")
    loaded = yaml.safe_load(file.text)
    assert loaded["version"] == "3.1"
    assert f"- {fresh}" in next(
        part["examples"] for part in loaded["nlu"] if part["intent"] == "list_orders"
    )
