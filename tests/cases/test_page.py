"""Two agents at one case, handing it over, and what its words suggest."""

import asyncio
from collections.abc import Callable

import httpx
import pytest
import pytest_asyncio

from backend.cases.presence import forget_lookers
from backend.cases.schemas import Category
from backend.cases.suggestions import category_of, severity_of
from backend.core import jobs
from backend.core.database import database
from tests.cases.desk import LEE, MIA, MO, beside, events_of, open_case, seen, wrong
from tests.conftest import Newcomer, SignedIn


@pytest_asyncio.fixture(loop_scope="session")
async def lee(person: SignedIn) -> httpx.AsyncClient:
    return await person(LEE)


@pytest_asyncio.fixture(loop_scope="session")
async def mo(person: SignedIn) -> httpx.AsyncClient:
    return await person(MO)


@pytest_asyncio.fixture(loop_scope="session")
async def asker(newcomer: Newcomer) -> httpx.AsyncClient:
    return await newcomer(name="Ada Askwell")


class TestTwoAtOnce:
    async def test_that_each_sees_who_else_looks_and_writes_until_they_leave(
        self, asker: httpx.AsyncClient, lee: httpx.AsyncClient, mo: httpx.AsyncClient,
        clock_ahead: Callable[..., None],
    ) -> None:  # fmt: skip
        number = await open_case(asker)
        path = f"/cases/{number}/presence"
        first = (await lee.put(path, json={})).json()
        assert first == {"items": [], "changed": True}
        second = (await mo.put(path, json={"writes": True})).json()
        assert [(one["person"]["email"], one["writes"]) for one in second["items"]] == [
            (LEE, False)
        ]
        again = (await lee.put(path, json={})).json()
        assert not again["changed"], "nothing new for the others to see"
        assert [one["writes"] for one in again["items"]] == [True]
        looking = (await beside(lee, number))["looking"]
        assert [one["person"]["name"] for one in looking] == ["Mo Elbarrow"]
        clock_ahead(seconds=60)
        assert (await beside(lee, number))["looking"] == []
        assert (await mo.put(path, json={"writes": True})).json()["changed"], "back again"
        clock_ahead(hours=1)
        await forget_lookers()
        assert (await asker.put(path, json={})).status_code == 403

    async def test_that_an_answer_past_what_a_colleague_said_is_refused_first(
        self, asker: httpx.AsyncClient, lee: httpx.AsyncClient, mo: httpx.AsyncClient
    ) -> None:
        number = await open_case(asker)
        path = f"/cases/{number}/replies"
        read = (await seen(lee, number))["thread"][-1]["id"]
        said = await mo.post(path, json={"text": "I am on it.", "expected_entry": read})
        assert said.status_code == 200
        late = await lee.post(path, json={"text": "Me too.", "expected_entry": read})
        assert late.status_code == 409
        assert late.json()["type"] == "/problems/thread-changed"
        assert "Mo Elbarrow" in late.json()["detail"]
        macro = {"macro": "solve", "expected_entry": read}
        assert (await lee.post(f"/cases/{number}/macros", json=macro)).status_code == 409
        read = (await seen(lee, number))["thread"][-1]["id"]
        for _ in range(2):  # one's own words are no news to oneself
            again = await lee.post(path, json={"text": "Me too.", "expected_entry": read})
            assert again.status_code == 200
        unknown = await lee.post(path, json={"text": "x", "expected_entry": "0" * 32})
        assert wrong(unknown)[:2] == (422, "expected_entry")

    async def test_that_of_two_answers_at_once_one_is_refused(
        self, asker: httpx.AsyncClient, lee: httpx.AsyncClient, mo: httpx.AsyncClient
    ) -> None:
        number = await open_case(asker)
        read = (await seen(lee, number))["thread"][-1]["id"]
        body = {"text": "Here you are.", "expected_entry": read}
        path = f"/cases/{number}/replies"
        answers = await asyncio.gather(lee.post(path, json=body), mo.post(path, json=body))
        assert sorted(one.status_code for one in answers) == [200, 409]


async def test_that_an_answer_to_a_closed_case_is_refused_with_what_to_do_first(
    asker: httpx.AsyncClient, lee: httpx.AsyncClient
) -> None:
    number = await open_case(asker)
    await lee.patch(f"/cases/{number}", json={"status": "closed"})
    answer = await lee.post(f"/cases/{number}/replies", json={"text": "One more thing"})
    assert answer.status_code == 409
    assert answer.json()["hint"].startswith("Reopen it first")
    assert (await asker.post(f"/cases/{number}/notes", json={"text": "And?"})).status_code == 200
    assert (await seen(asker, number))["status"] == "in_progress"


async def test_that_a_case_is_handed_over_with_a_note_and_the_colleague_is_told(
    asker: httpx.AsyncClient, lee: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    number = await open_case(asker, category="ea")
    path = f"/cases/{number}/hand-over"
    answer = await lee.post(path, json={"to": MO, "note": "They called twice."})
    assert answer.status_code == 200, answer.text
    case = await seen(lee, number)
    assert case["assignee"]["email"] == MO
    assert "They called twice." not in str(await seen(asker, number))
    assert wrong(await lee.post(path, json={"to": MO}))[:2] == (422, "to")
    assert (await lee.post(path, json={"to": MIA})).status_code == 422, "not her queue"
    assert "case_handed_over" in await events_of(number)
    assert await jobs.drained(database(), 20)
    outbox = (await client.get("/api/v1/demo/outbox", params={"to": MO})).json()["items"]
    told = [mail for mail in outbox if mail["subject"] == f"{number}: handed over to you"]
    assert len(told) == 1
    assert "They called twice." in told[0]["text"]
    history = (await beside(lee, number))["history"]
    assert f"Handed over to {MO}" in [one["text"] for one in history]
    assert history[-1]["actor"]["name"] == "Ada Askwell"


class TestSuggestions:
    async def test_that_what_the_words_suggest_is_kept_with_its_reason_and_changes_nothing(
        self, asker: httpx.AsyncClient, lee: httpx.AsyncClient
    ) -> None:
        number = await open_case(
            asker, category="other", title="Our order never arrived",
            description="Production  is down because the licenses of the order have not come.",
        )  # fmt: skip
        assert await jobs.drained(database(), 60)
        told = (await beside(lee, number))["suggestions"]
        assert [(one["field"], one["value"]) for one in told] == [
            ("severity", "1"), ("category", "orders"),
        ]  # fmt: skip
        assert told[0]["reason"] == "it says “Production is down”"
        assert told[1]["reason"].startswith("it sounds like “")
        case = await seen(asker, number)
        assert (case["severity"], case["category"], case["queue"]) == (3, "other", "licensing")
        path = f"/cases/{number}/suggestions"
        await lee.post(path, json={"field": "severity", "accept": False})
        answer = await lee.post(path, json={"field": "category", "accept": True})
        assert answer.status_code == 200, answer.text
        case = await seen(lee, number)
        assert (case["severity"], case["category"], case["queue"]) == (3, "orders", "orders")
        told = (await beside(lee, number))["suggestions"]
        assert [(one["field"], one["accepted"]) for one in told] == [("severity", False)]
        assert (
            await asker.post(path, json={"field": "severity", "accept": True})
        ).status_code == 403
        await lee.post(path, json={"field": "severity", "accept": True})
        assert (await seen(lee, number))["severity"] == 1

    async def test_that_a_case_moved_by_hand_stays_where_it_is(
        self, asker: httpx.AsyncClient, lee: httpx.AsyncClient
    ) -> None:
        number = await open_case(
            asker, category="other", title="My order is stuck", description="In provisioning."
        )
        assert await jobs.drained(database(), 60)
        await lee.patch(f"/cases/{number}", json={"queue": "accounts"})
        body = {"field": "category", "accept": True}
        assert (await lee.post(f"/cases/{number}/suggestions", json=body)).status_code == 200
        case = await seen(lee, number)
        assert (case["category"], case["queue"]) == ("orders", "accounts")

    async def test_that_without_a_suggestion_there_is_none_to_decide(
        self, asker: httpx.AsyncClient, lee: httpx.AsyncClient
    ) -> None:
        number = await open_case(asker)
        assert await jobs.drained(database(), 60)
        assert (await beside(lee, number))["suggestions"] == []
        body = {"field": "severity", "accept": True}
        assert (await lee.post(f"/cases/{number}/suggestions", json=body)).status_code == 404


@pytest.mark.parametrize(
    ("text", "chosen", "suggested"),
    [
        ("Production is down since noon", 3, "1"),
        ("The whole PRODUCTION\nIS DOWN", 4, "1"),
        ("Production is down", 1, None),
        ("Not urgent, but our network is down in the lab", 3, "4"),
        ("We need this as soon as possible", 3, "2"),
        ("The surgently needed part", 3, None),
        ("A question about virtual accounts", 3, None),
        ("Just a question", 4, None),
    ],
)
def test_which_severity_phrases_suggest(text: str, chosen: int, suggested: str | None) -> None:
    found = severity_of(text, chosen)
    assert (found.value if found else None) == suggested


# Written by hand after the sentences of the file, none of which they repeat.
ABOUT: list[tuple[str, str, str | None]] = [
    ("Order 4100001 has not been provisioned for a week", "other", "orders"),
    ("Please make me admin of the smart account. Our admin left", "orders", "smart_account"),
    ("Switch cannot reach the license server, registration fails", "orders", "smart_licensing"),
    ("PAK redemption error. The key is not accepted", "smart_licensing", "traditional_licensing"),
    ("We need training on CLC for ten people", "other", "training"),
    ("Devices not showing up in PnP Connect", "other", "pnp"),
    ("Enterprise agreement true forward is calculated wrong", "orders", "ea"),
    ("My Entitlements portal is missing our subscription", "orders", "mce"),
    ("Delivery date. When do the licenses of our purchase arrive?", "smart_licensing", "orders"),
    ("Order is stuck. It does not move.", "orders", None),
    ("Air gapped router needs a license reservation code", "smart_licensing", None),
    ("Transfer licenses between virtual accounts", "smart_licensing", None),
    ("Invoice question. I want to know when we have to pay", "other", None),
    ("I cannot log in. The page says my password is wrong", "other", None),
    ("Hello. I have a question", "other", None),
    ("Lunch menu. What is for lunch today", "other", None),
]


@pytest.mark.parametrize(("text", "chosen", "suggested"), ABOUT, ids=[one[0] for one in ABOUT])
def test_which_category_the_nearest_sentences_suggest(
    text: str, chosen: str, suggested: str | None
) -> None:
    found = category_of(text, Category(chosen))
    assert (found.value if found else None) == suggested
