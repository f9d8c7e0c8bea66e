"""A secret typed into the chat or a case is kept nowhere, and its writer is told so once."""

import uuid
from typing import Any

import httpx
from sqlalchemy import text

from backend.core.database import database
from tests.conftest import Newcomer, SignedIn

SECRET = "Tr0ub4dor!77"


async def say(someone: httpx.AsyncClient, talk: str, said: str) -> list[dict[str, Any]]:
    body = {"client_message_id": uuid.uuid4().hex, "text": said}
    answer = await someone.post(f"/conversations/{talk}/messages", json=body)
    replies: list[dict[str, Any]] = answer.raise_for_status().json()["replies"]
    return replies


async def kept_anywhere(word: str) -> list[str]:
    """The tables in which a word stands in a column of text."""
    found = []
    async with database().read() as session:
        connection = await session.connection()
        for table, column in (("message", "text"), ("case_entry", "text"), ("event", "details"),
                              ("support_case", "description"), ("support_case", "title"),
                              ("mail", "text"), ("proposal", "arguments")):  # fmt: skip
            rows = await connection.scalar(
                text(f"SELECT count(*) FROM {table} WHERE CAST({column} AS TEXT) LIKE :word"),
                {"word": f"%{word}%"},
            )
            found += [f"{table}.{column}"] * bool(rows)
    return found


async def test_that_the_chat_hides_it_and_says_so_once(newcomer: Newcomer) -> None:
    someone = await newcomer()
    talk = (await someone.post("/conversations", json={"portal": "clc"})).json()["id"]
    first = await say(someone, talk, f"my password is {SECRET}")
    assert sum("I’ve hidden" in one["text"] for one in first) == 1
    second = await say(someone, talk, f"once more: password: {SECRET}")
    assert not any("I’ve hidden" in one["text"] for one in second)
    messages = (await someone.get(f"/conversations/{talk}/messages")).json()["items"]
    said = [one["text"] for one in messages if one["role"] == "user"]
    assert said[0] == "my password is [password hidden]"
    assert await kept_anywhere(SECRET) == []


async def test_that_a_case_hides_it_in_every_text(newcomer: Newcomer, person: SignedIn) -> None:
    someone, lee = await newcomer(), await person("lee@support.example")
    body = {
        "category": "other", "title": f"Password: {SECRET}",
        "description": f"The card is 4111 1111 1111 1111 and my password is {SECRET}",
    }  # fmt: skip
    opened = (await someone.post("/cases", json=body)).json()
    assert any(line["label"] == "Hidden" for line in opened["receipt"]["lines"])
    path = f"/cases/{opened['number']}"
    await someone.post(f"{path}/notes", json={"text": f"pwd={SECRET}"})
    await lee.post(f"{path}/replies", json={"text": f"Use the password: {SECRET}"})
    plain = await someone.post(f"{path}/notes", json={"text": "Order 4100005, please"})
    assert not any(line["label"] == "Hidden" for line in plain.json()["receipt"]["lines"])
    seen = (await someone.get(path)).json()
    assert "4111 1111" not in str(seen)
    assert "[card number hidden]" in seen["description"]
    assert await kept_anywhere(SECRET) == []
