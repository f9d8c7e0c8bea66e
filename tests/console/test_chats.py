"""Running chats: read with the why of each turn, taken over, handed back."""

import uuid

import httpx
import pytest_asyncio

from assistant.conversations.models import Message
from backend.core.database import database
from tests.console.conftest import open_case
from tests.console.test_case import section

WHY = {
    "intent": {"name": "request_training", "confidence": 0.52},
    "ranking": [
        {"name": "request_training", "confidence": 0.52},
        {"name": "open_case", "confidence": 0.41},
    ],
    "entities": [{"entity": "portal", "value": "clc"}],
    "active_form": "create_training_engagement_form",
    "requested_slot": "topics",
    "slots": {"portal": "clc"},
}


@pytest_asyncio.fixture(loop_scope="session")
async def chat(asker: httpx.AsyncClient) -> str:
    """The id of a chat in which something was said."""
    opened = await asker.post("/conversations", json={"portal": "clc"})
    chat_id = str(opened.raise_for_status().json()["id"])
    await say(asker, chat_id, "I need <training> on CLC")
    return chat_id


async def say(asker: httpx.AsyncClient, chat_id: str, text: str) -> None:
    """Post a message."""
    (
        await asker.post(
            f"/conversations/{chat_id}/messages",
            json={"client_message_id": uuid.uuid4().hex, "text": text},
        )
    ).raise_for_status()


async def test_the_why_of_a_turn_is_shown(lee: httpx.AsyncClient, chat: str) -> None:
    async with database().write() as session:
        message = await session.get_one(Message, (chat, 2))
        message.why = WHY
        session.add(message)
    page = (await lee.get(f"/console/conversations/{chat}")).text
    assert "I need &lt;training&gt; on CLC" in page
    for shown in (
        "Understood as <code>request_training</code>",
        "unsure",
        "52 %",
        "<code>open_case</code> 41 %",
        "create_training_engagement_form",
        "<code>portal</code> clc",
        "<code>topics</code>",
    ):
        assert shown in page


async def test_a_turn_that_failed_says_so(lee: httpx.AsyncClient, chat: str) -> None:
    assert "Not answered: unreachable" in (await lee.get(f"/console/conversations/{chat}")).text


async def test_running_chats_are_listed(
    lee: httpx.AsyncClient, asker: httpx.AsyncClient, chat: str
) -> None:
    page = (await lee.get("/console/conversations")).text
    row = page.split(f'href="/console/conversations/{chat}"')[0].rsplit("<li", 1)[1]
    assert asker.email in row
    assert "chat-bot" in row


async def test_taking_over_talking_and_handing_back(
    lee: httpx.AsyncClient,
    mo: httpx.AsyncClient,
    asker: httpx.AsyncClient,
    chat: str,
    htmx: dict[str, str],
) -> None:
    at = f"/console/conversations/{chat}"
    taken = await lee.post(f"{at}/take-over", headers=htmx)
    assert taken.status_code == 200
    assert "You talk here" in taken.text
    assert "say-text" in section(taken.text, "composer")
    lost = await mo.post(f"{at}/take-over", headers=htmx)
    assert lost.status_code == 409
    assert "Somebody else" in lost.text or "talks here" in lost.text

    key = uuid.uuid4().hex
    for _ in range(2):
        said = await lee.post(f"{at}/say", data={"text": "Hello!", "key": key}, headers=htmx)
        assert said.status_code == 200
    messages = (await asker.get(f"/conversations/{chat}/messages")).json()["items"]
    assert [m["text"] for m in messages if m["role"] == "person"] == ["Hello!"]

    back = await lee.post(f"{at}/hand-back", headers=htmx)
    assert "Take over" in back.text
    refused = await lee.post(f"{at}/say", data={"text": "Still here"}, headers=htmx)
    assert refused.status_code in {409, 422}
    again = await lee.post(f"{at}/say", data={"text": "Still here", "key": "k"}, headers=htmx)
    assert again.status_code == 409
    assert (await lee.post(f"{at}/nonsense", headers=htmx)).status_code == 404


async def test_an_empty_message_is_not_sent(
    lee: httpx.AsyncClient, chat: str, htmx: dict[str, str]
) -> None:
    at = f"/console/conversations/{chat}"
    await lee.post(f"{at}/take-over")
    answer = await lee.post(f"{at}/say", data={"text": " ", "key": "k"}, headers=htmx)
    assert answer.status_code == 422
    assert "empty message" in answer.text


async def test_case_and_chat_lead_to_each_other(
    lee: httpx.AsyncClient, asker: httpx.AsyncClient
) -> None:
    opened = (await asker.post("/conversations", json={"portal": "scm"})).json()
    chat_id = opened["id"]
    at = f"/conversations/{chat_id}"
    await say(asker, chat_id, "hello")
    for content in (
        {"payload": "/leave_case"},
        {"text": "orders"},
        {"text": "It hangs"},
        {"text": "It does since Monday"},
        {"text": "4"},
    ):
        answer = await asker.post(
            f"{at}/messages", json={"client_message_id": uuid.uuid4().hex, **content}
        )
    proposal = answer.json()["replies"][-1]["proposal"]["id"]
    done = await asker.post(f"{at}/proposals/{proposal}/confirm")
    number = done.json()["result"]["number"]
    case_page = (await lee.get(f"/console/cases/{number}")).text
    assert f'href="/console/conversations/{chat_id}"' in case_page
    assert "It does since Monday" in section(case_page, "transcript")
    chat_page = (await lee.get(f"/console/conversations/{chat_id}")).text
    assert f'href="/console/cases/{number}"' in section(chat_page, "head")
    other = await open_case(asker)
    assert other not in section(chat_page, "head")


async def test_mails_are_readable(lee: httpx.AsyncClient, asker: httpx.AsyncClient) -> None:
    number = await open_case(asker)
    page = (await lee.get("/console/mails", params={"to": asker.email})).text
    assert number in page
    assert "nadia@northwind.example" not in page
