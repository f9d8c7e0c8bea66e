"""A duplicate goes on in another case of the same requester."""

import asyncio

import httpx
import pytest
import pytest_asyncio

from backend.cases.merging import ALIKE, title_likeness
from backend.core import jobs
from backend.core.database import database
from tests.cases.desk import LEE, MIA, beside, events_of, open_case, seen
from tests.conftest import Newcomer, SignedIn


@pytest_asyncio.fixture(loop_scope="session")
async def asker(newcomer: Newcomer) -> httpx.AsyncClient:
    return await newcomer(name="Ada Askwell")


@pytest_asyncio.fixture(loop_scope="session")
async def lee(person: SignedIn) -> httpx.AsyncClient:
    return await person(LEE)


async def merge(lee: httpx.AsyncClient, number: str, into: str, **headers: str) -> httpx.Response:
    return await lee.post(f"/cases/{number}/merge", json={"into": into}, headers=headers)


async def test_that_the_thread_goes_on_in_the_other_case_and_the_first_is_closed(
    asker: httpx.AsyncClient, lee: httpx.AsyncClient
) -> None:
    first, again = await open_case(asker), await open_case(asker, description="Still stuck!")
    await lee.post(f"/cases/{again}/notes", json={"text": "Same as the other one."})
    before = (await seen(lee, first))["sla"]
    answer = await merge(lee, again, first)
    assert answer.status_code == 200
    assert answer.json()["number"] == first
    assert answer.json()["receipt"]["title"] == f"{again} goes on in {first}"
    merged = await seen(asker, again)
    assert (merged["status"], merged["merged_into"]) == ("closed", first)
    own = await seen(asker, first)
    assert own["merged"] == [again]
    assert [e["text"] for e in own["thread"] if e["case"] == again][:1] == ["Still stuck!"]
    assert "Same as the other one." not in str(own), "an internal note stays the desk’s"
    assert "Same as the other one." in str(await seen(lee, first))
    after = (await seen(lee, first))["sla"]
    assert after["first_response_due"] == before["first_response_due"]
    assert after["first_response_at"] is None, "what was said in the other doesn’t count"


async def test_that_an_answer_in_the_merged_case_is_no_answer_in_the_one_that_goes_on(
    asker: httpx.AsyncClient, lee: httpx.AsyncClient
) -> None:
    first, again = await open_case(asker), await open_case(asker)
    await lee.post(f"/cases/{again}/replies", json={"text": "We look into it."})
    await merge(lee, again, first)
    own = await seen(asker, first)
    assert "We look into it." in str(own["thread"])
    assert own["sla"]["first_response_at"] is None


async def test_that_files_of_the_merged_case_are_reached_from_the_one_that_goes_on(
    asker: httpx.AsyncClient, lee: httpx.AsyncClient, newcomer: Newcomer
) -> None:
    first, again = await open_case(asker), await open_case(asker)
    file = {"file": ("list.csv", b"a,b\n", "text/csv")}
    attached = (await asker.post(f"/cases/{again}/attachments", files=file)).json()
    file_id = attached["thread"][-1]["details"]["attachment"]
    path = f"/cases/{first}/attachments/{file_id}"
    assert (await asker.get(path)).status_code == 404
    await merge(lee, again, first)
    for someone in (asker, lee):
        assert (await someone.get(path)).content == b"a,b\n"
    assert (await (await newcomer()).get(path)).status_code == 404


async def test_that_the_requester_is_told_once(
    asker: httpx.AsyncClient, lee: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    first, again = await open_case(asker), await open_case(asker)
    for _ in range(3):
        assert (await merge(lee, again, first)).status_code == 200
    assert await jobs.drained(database(), 20)
    to = asker.email  # type: ignore[attr-defined]
    outbox = (await client.get("/api/v1/demo/outbox", params={"to": to})).json()["items"]
    told = [mail["subject"] for mail in outbox if "goes on in" in mail["subject"]]
    assert told == [f"{again}: goes on in {first}"]
    assert not [mail for mail in outbox if mail["subject"].endswith("closed")]
    assert (await events_of(again)).count("case_merged") == 1
    assert "case_took_over" in await events_of(first)


async def test_that_who_answers_to_the_merged_case_answers_in_the_one_that_goes_on(
    asker: httpx.AsyncClient, lee: httpx.AsyncClient
) -> None:
    first, again, last = [await open_case(asker) for _ in range(3)]
    await merge(lee, again, first)
    await merge(lee, first, last)
    answer = await asker.post(f"/cases/{again}/notes", json={"text": "Any news?"})
    assert answer.json()["number"] == last
    assert (await seen(asker, again))["status"] == "closed"
    assert (await seen(asker, last))["merged"] == [first, again]


async def test_that_a_merged_case_can_be_neither_reopened_nor_answered(
    asker: httpx.AsyncClient, lee: httpx.AsyncClient
) -> None:
    first, again = await open_case(asker), await open_case(asker)
    await merge(lee, again, first)
    for answer in (
        await lee.patch(f"/cases/{again}", json={"status": "in_progress"}),
        await lee.post(f"/cases/{again}/replies", json={"text": "Hello"}),
        await lee.post(f"/cases/{again}/claim"),
        await asker.post(f"/cases/{again}/cancel", json={}),
    ):
        assert answer.status_code == 409
        assert first in answer.json()["hint"]


async def test_what_is_refused(
    asker: httpx.AsyncClient, lee: httpx.AsyncClient, newcomer: Newcomer, person: SignedIn
) -> None:
    first, again = await open_case(asker), await open_case(asker)
    others = await open_case(await newcomer())
    closed, cancelled = await open_case(asker), await open_case(asker)
    await lee.patch(f"/cases/{closed}", json={"status": "closed"})
    await asker.post(f"/cases/{cancelled}/cancel", json={})
    for into, status, word in [
        (again, 422, "itself"), ("C-999999", 422, "no case"), (others, 409, "different people"),
        (closed, 409, "ended"), (cancelled, 409, "ended"),
    ]:  # fmt: skip
        answer = await merge(lee, again, into)
        assert answer.status_code == status, answer.text
        assert word in answer.text
    assert (await merge(lee, closed, again)).status_code == 409
    assert (await merge(asker, again, first)).status_code == 403
    assert (await merge(await newcomer(), again, first)).status_code == 404
    licensing = await open_case(asker, category="ea")
    mia = await person(MIA)
    elsewhere = await merge(mia, first, licensing)
    assert elsewhere.status_code == 422, "she does not see the queue of the other"
    assert (await seen(asker, again))["status"] == "new"
    assert "case_merged" not in await events_of(again)


async def test_that_what_was_merged_into_one_is_not_merged_into_another(
    asker: httpx.AsyncClient, lee: httpx.AsyncClient
) -> None:
    first, again, third = [await open_case(asker) for _ in range(3)]
    await merge(lee, again, first)
    answer = await merge(lee, again, third)
    assert answer.status_code == 409
    assert first in answer.json()["hint"]


async def test_that_of_two_that_merge_crosswise_at_once_one_is_refused(
    asker: httpx.AsyncClient, lee: httpx.AsyncClient
) -> None:
    first, again = await open_case(asker), await open_case(asker)
    answers = await asyncio.gather(merge(lee, first, again), merge(lee, again, first))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    states = [await seen(asker, number) for number in (first, again)]
    assert sorted(one["status"] for one in states) == ["closed", "new"]


async def test_that_a_dry_run_merges_nothing(
    asker: httpx.AsyncClient, lee: httpx.AsyncClient
) -> None:
    first, again = await open_case(asker), await open_case(asker)
    answer = await merge(lee, again, first, **{"Dry-Run": "true"})
    assert answer.status_code == 200
    assert (await seen(asker, again))["merged_into"] is None


async def test_that_likely_duplicates_are_found_by_order_and_title(
    asker: httpx.AsyncClient, lee: httpx.AsyncClient, newcomer: Newcomer
) -> None:
    title = "Licenses of order 4100001 never arrived"
    number = await open_case(asker, title=title, order_number="4100001")
    near = await open_case(asker, title="licences of the order 4100001 never arrived")
    same_order = await open_case(asker, title="Need help", order_number="4100001")
    await open_case(asker, title="Something else entirely")
    ended = await open_case(asker, title=title)
    await lee.patch(f"/cases/{ended}", json={"status": "closed"})
    await open_case(await newcomer(), title=title, order_number="4100001")
    found = (await beside(lee, number))["duplicates"]
    assert [one["case"]["number"] for one in found] == [same_order, near]
    assert [one["reason"] for one in found] == ["Same order 4100001", "Nearly the same title"]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Order is stuck", "my order is STUCK", True),
        ("Order 4100001 stuck", "Stuck: order 4100001", True),
        ("PAK can't be redeemed", "PAK cannot be redeemed", True),
        ("Order is stuck", "Add Vera to our Smart Account", False),
        ("Training on CLC", "Training on CSSM", False),
        ("!!!", "???", False),
        ("!!!", "!!!", True),
    ],
)
def test_how_alike_titles_are(one: str, other: str, alike: bool) -> None:
    assert (title_likeness(one, other) >= ALIKE) == alike
    assert title_likeness(one, other) == pytest.approx(title_likeness(other, one), abs=0.05)
