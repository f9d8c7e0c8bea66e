"""Pages of lists: stable, complete, and with cursors that mean nothing outside."""

from typing import Any

import httpx
import pytest
from sqlalchemy import update
from sqlmodel import col

from backend.cases.models import Case
from backend.core import clock
from backend.core.database import database
from tests.conftest import Newcomer, SignedIn

CASE = {"category": "other", "description": "One of several"}


async def opened(someone: httpx.AsyncClient, *titles: str) -> list[str]:
    return [
        (await someone.post("/cases", json=CASE | {"title": title})).json()["number"]
        for title in titles
    ]


async def pages(
    someone: httpx.AsyncClient, path: str = "/cases", **query: Any
) -> list[list[dict[str, Any]]]:
    """All pages of a list, following `next`."""
    found, cursor = [], {}
    while True:
        page = (await someone.get(path, params=query | cursor)).raise_for_status().json()
        found.append(page["items"])
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


async def test_that_pages_are_newest_first_without_gap_or_repetition(newcomer: Newcomer) -> None:
    someone = await newcomer()
    numbers = await opened(someone, *"abcdefg")
    read = await pages(someone, limit=3)
    assert [len(page) for page in read] == [3, 3, 1]
    assert [case["number"] for page in read for case in page] == numbers[::-1]


async def test_that_a_page_which_ends_exactly_has_no_next(newcomer: Newcomer) -> None:
    someone = await newcomer()
    await opened(someone, *"abcd")
    assert [len(page) for page in await pages(someone, limit=2)] == [2, 2]


async def test_that_new_rows_do_not_shift_the_pages_that_follow(newcomer: Newcomer) -> None:
    someone = await newcomer()
    numbers = await opened(someone, *"abcd")
    first = (await someone.get("/cases", params={"limit": 2})).json()
    await opened(someone, "new", "newer")
    second = (await someone.get("/cases", params={"limit": 2, "cursor": first["next"]})).json()
    assert [c["number"] for c in first["items"] + second["items"]] == numbers[::-1]


async def test_that_rows_of_the_same_moment_are_all_listed(newcomer: Newcomer) -> None:
    someone = await newcomer()
    numbers = await opened(someone, *"abcde")
    async with database().write() as session:
        await session.exec(
            update(Case).where(col(Case.number).in_(numbers)).values(created_at=clock.now())
        )
    read = [case["number"] for page in await pages(someone, limit=2) for case in page]
    assert read == sorted(numbers, reverse=True)


async def test_that_conversations_are_paged_too(newcomer: Newcomer) -> None:
    someone = await newcomer()
    ids = [
        (await someone.post("/conversations", json={"portal": "clc"})).json()["id"]
        for _ in range(5)
    ]
    read = await pages(someone, "/conversations", limit=2)
    assert [c["id"] for page in read for c in page] == ids[::-1]


@pytest.mark.parametrize("path", ["/cases", "/conversations"])
@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "rubbish"}, {"cursor": "WyIyMDI3LTAxLTAxIiwgIngiXQ"}, {"cursor": "\x00"},
        {"cursor": "x" * 401}, {"limit": 0}, {"limit": 201}, {"limit": "many"},
    ],
)  # fmt: skip
async def test_that_a_list_refuses_rubbish(
    person: SignedIn, path: str, query: dict[str, Any]
) -> None:
    nadia = await person("nadia@northwind.example")
    answer = await nadia.get(path, params=query)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_that_a_cursor_of_one_person_shows_another_nothing_more(newcomer: Newcomer) -> None:
    someone, stranger = await newcomer(), await newcomer()
    await opened(someone, *"abc")
    cursor = (await someone.get("/cases", params={"limit": 1})).json()["next"]
    assert (await stranger.get("/cases", params={"cursor": cursor})).json() == {
        "items": [], "next": None,
    }  # fmt: skip
