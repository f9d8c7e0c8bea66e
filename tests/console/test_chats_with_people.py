"""At the desk in a chat: who is there, what is known, whispers, passing on, closing, unread."""

import re
import uuid
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from sqlmodel import delete

from assistant.handoff.models import Presence
from backend.core.database import database
from tests.console.conftest import Desk
from tests.console.test_case import section
from tests.console.test_chats import chat as chat  # a fixture
from tests.console.test_chats import say


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def _nobody_is_left(app: object) -> AsyncIterator[None]:
    yield
    async with database().write() as session:
        await session.exec(delete(Presence))


async def test_an_agent_goes_away_and_comes_back(
    lee: httpx.AsyncClient, htmx: dict[str, str]
) -> None:
    await lee.post("/console/presence", data={"status": "online"}, headers=htmx)
    page = (await lee.get("/console/conversations")).text
    assert re.search(r"You take chats: \d+ of 3\.", section(page, "nav"))
    await lee.post("/console/presence", data={"status": "away"}, headers=htmx)
    page = (await lee.get("/console/conversations")).text
    assert "You take no chats now." in section(page, "nav")
    assert (await lee.post("/console/presence", data={"status": "online"})).status_code == 303


@pytest.mark.parametrize(
    ("email", "origin", "status"),
    [("cyra@support.example", "http://product.test", 403),
     ("lee@support.example", "https://evil.example", 401)],
)  # fmt: skip
async def test_only_agents_at_their_own_console_say_that_they_are_there(
    desk: Desk, email: str, origin: str, status: int
) -> None:
    browser = await desk(email)
    answer = await browser.post("/console/presence", headers={"Origin": origin})
    assert answer.status_code == status


async def test_what_is_known_stands_beside_the_chat(
    lee: httpx.AsyncClient, asker: httpx.AsyncClient, chat: str
) -> None:
    await say(asker, chat, "It is about order 4100005")
    facts = section((await lee.get(f"/console/conversations/{chat}")).text, "facts")
    for known in (asker.email, "Asia/Tokyo", "4100005", "Ada Askwell"):
        assert known in facts


async def test_whispers_stand_on_the_page_and_in_no_message(
    lee: httpx.AsyncClient, mo: httpx.AsyncClient, asker: httpx.AsyncClient, chat: str,
    htmx: dict[str, str],
) -> None:  # fmt: skip
    at = f"/console/conversations/{chat}"
    said = await mo.post(f"{at}/whisper", data={"text": "<b>Careful</b> here"}, headers=htmx)
    assert said.status_code == 200
    whispers = section((await lee.get(at)).text, "whispers")
    assert "&lt;b&gt;Careful&lt;/b&gt; here" in whispers
    assert "Mo Elbarrow" in whispers
    assert "Careful" not in (await asker.get(f"/conversations/{chat}/messages")).text
    empty = await mo.post(f"{at}/whisper", data={"text": " "}, headers=htmx)
    assert empty.status_code == 422
    assert "empty message" in empty.text


async def test_what_the_person_wrote_meanwhile_is_marked_until_it_is_seen(
    lee: httpx.AsyncClient, asker: httpx.AsyncClient, chat: str
) -> None:
    await lee.post(f"/console/conversations/{chat}/take-over")
    for text in ("one", "two"):
        await say(asker, chat, text)

    async def row() -> str:
        page = (await lee.get("/console/conversations")).text
        return page.split(f'href="/console/conversations/{chat}"')[1].split("</li>")[0]

    assert "2 new" in await row()
    await lee.get(f"/console/conversations/{chat}")
    assert "new</span>" not in await row()
    await lee.post(f"/console/conversations/{chat}/hand-back")


async def test_a_chat_is_passed_on_and_closed(
    lee: httpx.AsyncClient, mo: httpx.AsyncClient, asker: httpx.AsyncClient, chat: str,
    htmx: dict[str, str],
) -> None:  # fmt: skip
    at = f"/console/conversations/{chat}"
    await lee.post(f"{at}/take-over")
    assert "No colleague is there" in section((await lee.get(at)).text, "ways")
    alone = await lee.post(f"{at}/pass-on", data={"to": "mo@support.example"}, headers=htmx)
    assert alone.status_code == 409
    assert "has no console open" in alone.text
    await mo.post("/console/presence", data={"status": "online"}, headers=htmx)
    assert "Mo Elbarrow, 0 chats" in section((await lee.get(at)).text, "ways")
    passed = await lee.post(f"{at}/pass-on", data={"to": "mo@support.example"}, headers=htmx)
    assert passed.status_code == 200
    late = await lee.post(f"{at}/say", data={"text": "Wait", "key": uuid.uuid4().hex}, headers=htmx)
    assert (late.status_code, "Mo Elbarrow" in late.text) == (409, True)
    closed = await mo.post(f"{at}/close", headers=htmx)
    assert closed.status_code == 200
    assert "This chat is closed" in section(closed.text, "composer")
    await say(asker, chat, "Hello again")
    assert "Take over" in section((await mo.get(at)).text, "head")


async def test_what_was_settled_is_kept_for_the_engine(
    lee: httpx.AsyncClient, asker: httpx.AsyncClient, chat: str, htmx: dict[str, str]
) -> None:
    at = f"/console/conversations/{chat}"
    await lee.post(f"{at}/take-over")
    back = await lee.post(f"{at}/hand-back", data={"settled": "All is well."}, headers=htmx)
    assert back.status_code == 200
    items = (await lee.get(f"/api/v1/conversations/{chat}/messages")).json()["items"]
    [line] = [m for m in items if "has left the conversation" in m["text"]]
    assert line["why"]["settled"] == "All is well."
    assert "All is well." not in (await asker.get(f"/conversations/{chat}/messages")).text
