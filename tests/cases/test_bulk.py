"""Many cases at once: each is changed, or says why not."""

import asyncio
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.conftest import Newcomer, SignedIn

LEE, MIA, MO, CYRA = (f"{name}@support.example" for name in ("lee", "mia", "mo", "cyra"))
CASE = {"category": "orders", "title": "Order stuck", "description": "It does not move."}


@pytest_asyncio.fixture(loop_scope="session")
async def owner(newcomer: Newcomer) -> httpx.AsyncClient:
    return await newcomer(name="Olga Owner")


@pytest_asyncio.fixture(loop_scope="session")
async def lee(person: SignedIn) -> httpx.AsyncClient:
    return await person(LEE)


async def opened(owner: httpx.AsyncClient, many: int = 1, **fields: Any) -> list[str]:
    answers = [await owner.post("/cases", json=CASE | fields) for _ in range(many)]
    return [answer.raise_for_status().json()["number"] for answer in answers]


async def bulk(by: httpx.AsyncClient, numbers: list[str], change: str, **more: Any) -> Any:
    body = {"numbers": numbers, "change": change} | more
    return (await by.post("/cases/bulk", json=body)).raise_for_status().json()


def statuses(told: Any) -> list[str]:
    return [row["status"] for row in told["results"]]


async def test_that_each_case_says_what_became_of_it(
    owner: httpx.AsyncClient, lee: httpx.AsyncClient, person: SignedIn
) -> None:
    mine, taken, closed, fresh = await opened(owner, 4)
    await lee.post(f"/cases/{mine}/claim")
    await (await person(MO)).post(f"/cases/{taken}/claim")
    await lee.patch(f"/cases/{closed}", json={"status": "closed"})
    numbers = [fresh, "C-999999999", mine, taken, closed, "what?"]
    told = await bulk(lee, numbers, "claim")
    assert [row["number"] for row in told["results"]] == numbers
    assert statuses(told) == ["changed", "failed", "skipped", "failed", "failed", "failed"]
    by_number = {row["number"]: row for row in told["results"]}
    assert "Mo Elbarrow" in by_number[taken]["detail"]
    assert by_number[taken]["hint"] == "Pick another case, or ask for it to be handed over."
    assert by_number[mine]["detail"] == "You have it already."
    assert "closed" in by_number[closed]["detail"]
    assert "C-999999999" in by_number["C-999999999"]["detail"]
    assert (told["changed"], told["skipped"], told["failed"]) == (1, 1, 4)
    assert told["receipt"]["title"] == "Claimed: 1 case"
    assert (await lee.get(f"/cases/{fresh}")).json()["assignee"]["email"] == LEE


@pytest.mark.parametrize(
    ("change", "more", "field", "becomes"),
    [
        ("assign", {"assignee": MO}, "assignee", {"name": "Mo Elbarrow", "email": MO}),
        ("move", {"queue": "licensing"}, "queue", "licensing"),
        ("severity", {"severity": 4}, "severity", 4),
        ("status", {"status": "in_progress"}, "status", "in_progress"),
        ("close", {}, "status", "closed"),
    ],
)
async def test_that_every_change_is_made_once(
    owner: httpx.AsyncClient, lee: httpx.AsyncClient, change: str, more: Any, field: str,
    becomes: Any,
) -> None:  # fmt: skip
    numbers = await opened(owner, 2)
    told = await bulk(lee, [*numbers, numbers[0]], change, **more)
    assert statuses(told) == ["changed", "changed"]
    for number in numbers:
        assert (await lee.get(f"/cases/{number}")).json()[field] == becomes
    assert statuses(await bulk(lee, numbers, change, **more)) == ["skipped", "skipped"]


async def test_that_closing_with_a_reply_tells_each_requester(
    owner: httpx.AsyncClient, lee: httpx.AsyncClient
) -> None:
    numbers = await opened(owner, 2)
    await bulk(lee, numbers, "close", reply="It was us; it is mended.")
    for number in numbers:
        case = (await owner.get(f"/cases/{number}")).json()
        assert case["status"] == "closed"
        assert [e["text"] for e in case["thread"] if e["type"] == "reply"] == [
            "It was us; it is mended."
        ]


async def test_that_a_case_that_fails_keeps_nothing_of_the_change(
    owner: httpx.AsyncClient, lee: httpx.AsyncClient
) -> None:
    """The answer is written before the status is refused; the savepoint takes it back."""
    [number], [other] = await opened(owner), await opened(owner, category="smart_account")
    await owner.post(f"/cases/{number}/cancel", json={})
    told = await bulk(lee, [number, other], "assign", assignee=MIA)
    assert statuses(told) == ["failed", "failed"]
    assert MIA in told["results"][1]["detail"]
    assert (await lee.get(f"/cases/{other}")).json()["assignee"] is None


async def test_that_other_queues_stay_closed(
    owner: httpx.AsyncClient, person: SignedIn, lee: httpx.AsyncClient
) -> None:
    [theirs], [mine] = await opened(owner, category="smart_account"), await opened(owner)
    told = await bulk(await person(MIA), [theirs, mine], "claim")
    assert statuses(told) == ["failed", "changed"]
    assert (await lee.get(f"/cases/{theirs}")).json()["assignee"] is None


async def test_that_others_than_agents_may_not(owner: httpx.AsyncClient, person: SignedIn) -> None:
    numbers = await opened(owner)
    for someone in (owner, await person(CYRA)):
        answer = await someone.post("/cases/bulk", json={"numbers": numbers, "change": "close"})
        assert answer.status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"numbers": [], "change": "claim"},
        {"numbers": ["C-500001"] * 201, "change": "claim"},
        {"numbers": ["C-500001"], "change": "explode"},
        {"numbers": ["C-500001"], "change": "move"},
        {"numbers": ["C-500001"], "change": "severity", "severity": 9},
        {"numbers": ["C-500001"], "change": "status"},
        {"numbers": ["C-500001"], "change": "close", "reply": "x" * 5001},
        {"change": "claim"},
    ],
)
async def test_that_a_wrong_body_changes_nothing(lee: httpx.AsyncClient, body: Any) -> None:
    assert (await lee.post("/cases/bulk", json=body)).status_code == 422


async def test_that_of_two_agents_at_once_each_case_goes_to_one(
    owner: httpx.AsyncClient, lee: httpx.AsyncClient, person: SignedIn
) -> None:
    mo, numbers = await person(MO), await opened(owner, 6)
    first, second = await asyncio.gather(
        bulk(lee, numbers, "claim"), bulk(mo, numbers[::-1], "claim")
    )
    won = {row["number"]: LEE for row in first["results"] if row["status"] == "changed"}
    also = {row["number"]: MO for row in second["results"] if row["status"] == "changed"}
    assert won.keys().isdisjoint(also)
    assert won.keys() | also.keys() == set(numbers)
    for number, email in (won | also).items():
        assert (await lee.get(f"/cases/{number}")).json()["assignee"]["email"] == email
    lost = [r for r in (*first["results"], *second["results"]) if r["status"] == "failed"]
    assert len(lost) == len(numbers)
    assert all("already works on it" in row["detail"] for row in lost)


async def test_that_a_repeated_call_gives_the_first_answer_and_a_dry_run_changes_nothing(
    owner: httpx.AsyncClient, lee: httpx.AsyncClient
) -> None:
    numbers = await opened(owner, 2)
    body = {"numbers": numbers, "change": "claim"}
    tried = await lee.post("/cases/bulk", json=body, headers={"Dry-Run": "true"})
    assert statuses(tried.json()) == ["changed", "changed"]
    assert (await lee.get(f"/cases/{numbers[0]}")).json()["assignee"] is None
    key = {"Idempotency-Key": numbers[0]}
    first = await lee.post("/cases/bulk", json=body, headers=key)
    again = await lee.post("/cases/bulk", json=body, headers=key)
    assert statuses(first.json()) == ["changed", "changed"]
    assert again.json() == first.json()
