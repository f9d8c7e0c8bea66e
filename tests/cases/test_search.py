"""Cases are found by their words, by everybody who may read those words, and by nobody else."""

import uuid
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlmodel import col, select

from backend.cases.models import CaseWords
from backend.core.database import database
from tests.conftest import NORTHWIND, Newcomer, SignedIn

LEE, MIA = "lee@support.example", "mia@support.example"


def new_word() -> str:
    return f"w{uuid.uuid4().hex[:10]}"


class Found:
    """What somebody finds."""

    def __init__(self, by: httpx.AsyncClient) -> None:
        self.by = by

    async def cases(self, q: str, **query: Any) -> list[dict[str, Any]]:
        answer = await self.by.get("/cases", params={"q": q} | query)
        return list(answer.raise_for_status().json()["items"])

    async def numbers(self, q: str, **query: Any) -> list[str]:
        return [case["number"] for case in await self.cases(q, **query)]


@pytest_asyncio.fixture(loop_scope="session")
async def owner(newcomer: Newcomer) -> httpx.AsyncClient:
    return await newcomer(name="Ödön Searchwell", roles=((NORTHWIND, "sa_user"),))


@pytest_asyncio.fixture(loop_scope="session")
async def lee(person: SignedIn) -> Found:
    return Found(await person(LEE))


async def opened(owner: httpx.AsyncClient, **fields: Any) -> str:
    body = {"category": "orders", "title": "It is stuck", "description": "It does not move."}
    answer = await owner.post("/cases", json=body | fields)
    return str(answer.raise_for_status().json()["number"])


async def test_that_every_part_of_a_case_leads_to_it(owner: httpx.AsyncClient, lee: Found) -> None:
    title, text, note = new_word(), new_word(), new_word()
    number = await opened(
        owner, title=f"The {title} printer", description=f"about {text}", order_number="70004242",
        smart_account="northwind.example",
    )  # fmt: skip
    await owner.post(f"/cases/{number}/notes", json={"text": f"also {note}"})
    local = owner.email.split("@")[0]  # type: ignore[attr-defined]
    for q in (
        title, text, note, number, number.lower(), number.removeprefix("C-"),
        f"odon {title}", f"{local}@northwind.example {text}", f"70004242 {note}",
        f"northwind networks {title}", f"{text} {title}", title.upper(), title[:7],
    ):  # fmt: skip
        assert number in await lee.numbers(q), q
    assert await lee.numbers(f"{title} {new_word()}") == []
    assert await lee.numbers(f"{title[:7]} printer") == []


async def test_that_internal_notes_are_found_by_the_desk_alone(
    owner: httpx.AsyncClient, lee: Found, person: SignedIn, newcomer: Newcomer
) -> None:
    secret, public = new_word(), new_word()
    number = await opened(owner, category="smart_account", title=public)
    await lee.by.post(f"/cases/{number}/notes", json={"text": f"{secret} <i>rude</i>"})
    [case] = await lee.cases(secret)
    assert case["number"] == number
    assert case["found"] == f"<mark>{secret}</mark> &lt;i&gt;rude&lt;/i&gt;"
    # Also together with what is said in public.
    assert await lee.numbers(f"{public} {secret}") == [number]
    assert await Found(owner).numbers(secret) == []
    assert await Found(owner).numbers(f"{public} {secret}") == []
    assert await Found(owner).numbers(public) == [number]
    # Mia does not work on this queue, Wilma has nothing to do with it.
    for someone in (await person(MIA), await newcomer()):
        assert await Found(someone).numbers(secret) == []
        assert await Found(someone).numbers(public) == []


async def test_that_a_desk_person_does_not_read_notes_about_their_own_case_elsewhere(
    person: SignedIn, lee: Found
) -> None:
    """Mia opened it, but works on another queue than it lies in."""
    mia, secret = await person(MIA), new_word()
    number = await opened(mia, category="smart_account", title=new_word())
    await lee.by.post(f"/cases/{number}/notes", json={"text": secret})
    assert await lee.numbers(secret) == [number]
    assert await Found(mia).numbers(secret) == []
    await lee.by.patch(f"/cases/{number}", json={"queue": "orders"})
    assert await Found(mia).numbers(secret) == [number]


async def test_that_a_dry_run_leaves_no_words(owner: httpx.AsyncClient) -> None:
    word = new_word()
    body = {"category": "orders", "title": word, "description": "x"}
    await owner.post("/cases", json=body, headers={"Dry-Run": "true"})
    number = await opened(owner, title="Printers")
    tried = {"text": word}
    await owner.post(f"/cases/{number}/notes", json=tried, headers={"Dry-Run": "true"})
    assert await Found(owner).numbers(word) == []


async def test_that_who_changes_their_name_is_found_by_the_new_one(
    owner: httpx.AsyncClient, lee: Found
) -> None:
    number, name = await opened(owner), new_word()
    await owner.patch("/me", json={"name": f"Ada {name}"})
    assert await lee.numbers(name) == [number]


async def test_that_words_are_kept_once_a_case(owner: httpx.AsyncClient, lee: Found) -> None:
    number = await opened(owner)
    for _ in range(3):
        await owner.post(f"/cases/{number}/notes", json={"text": "again"})
    async with database().read() as session:
        rows = await session.exec(
            select(CaseWords.internal).where(col(CaseWords.case_number) == number)
        )
        assert rows.all() == [False]


HARMLESS = [
    '"', "'", "''", '"unclosed', "a AND", "NOT", "OR OR", "*", "***", ":*", "a:*b", "(", ")(",
    "words:x", "{words}", "x NEAR/3 y", "-x", "^x", "a & b | !c", "<->", "\\", "%", "_", "$1",
    "'; DROP TABLE case_words; --", "\u0000", "\u202e", "½", "①", "İ", "ß", "ﷺ", "日本語", "🙂",
    "a" * 200, "é" * 200,
]  # fmt: skip


@pytest.mark.parametrize("q", HARMLESS)
async def test_that_nothing_typed_is_an_operator(owner: httpx.AsyncClient, q: str) -> None:
    word = new_word()
    await opened(owner, title=word)
    found = Found(owner)
    await found.cases(q)
    assert await found.numbers(f"{word} {q}"[:200]) == await found.numbers(f"{q} {word}"[-200:])


@pytest.mark.parametrize("q", ["and", "or", "not", "near", "null"])
async def test_that_words_of_query_languages_are_found_as_words(
    owner: httpx.AsyncClient, q: str
) -> None:
    word = new_word()
    number = await opened(owner, title=f"{word} {q.upper()} x", description="-")
    await opened(owner, title=f"{word} without it", description="-")
    assert await Found(owner).numbers(f"{q} {word}") == [number]


async def test_that_an_empty_search_lists_all_and_one_without_words_nothing(
    owner: httpx.AsyncClient,
) -> None:
    number = await opened(owner)
    assert await Found(owner).numbers("") == [number]
    assert await Found(owner).numbers("   ") == [number]
    assert await Found(owner).numbers("?!") == []


async def test_that_a_search_of_5000_characters_is_refused_with_the_most(
    owner: httpx.AsyncClient,
) -> None:
    answer = await owner.get("/cases", params={"q": "a" * 5000})
    assert answer.status_code == 422
    assert "200" in answer.text


async def test_that_pages_of_a_search_hold_everything_once(
    owner: httpx.AsyncClient, lee: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ways of searching, along the order and by the index, and their boundary."""
    from backend.cases import listing

    word = new_word()
    numbers = [await opened(owner, title=f"{word} {n}") for n in range(7)]
    for nearest in (2000, 3, 1):
        monkeypatch.setattr(listing, "NEAREST", nearest)
        for sort in ("newest", "due"):
            seen: list[str] = []
            cursor: str | None = None
            while True:
                query = {"q": word, "limit": 2, "sort": sort} | (
                    {"cursor": cursor} if cursor else {}
                )
                answer = (await lee.by.get("/cases", params=query)).raise_for_status().json()
                seen += [case["number"] for case in answer["items"]]
                cursor = answer["next"]
                if cursor is None:
                    break
            assert sorted(seen) == sorted(numbers), (nearest, sort)
            assert seen == [case["number"] for case in await lee.cases(word, sort=sort)]
