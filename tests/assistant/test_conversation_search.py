"""Talks are found by what was said in them: everybody's by the desk, one's own by oneself."""

import uuid
from typing import Any

import httpx

from tests.conftest import Newcomer, SignedIn


async def talk_of(person: httpx.AsyncClient, text: str) -> str:
    talk = (await person.post("/conversations", json={"portal": "scm"})).json()["id"]
    body = {"client_message_id": uuid.uuid4().hex, "text": text}
    (await person.post(f"/conversations/{talk}/messages", json=body)).raise_for_status()
    return str(talk)


async def found(by: httpx.AsyncClient, q: str) -> list[dict[str, Any]]:
    answer = await by.get("/conversations", params={"q": q})
    return list(answer.raise_for_status().json()["items"])


async def test_that_a_talk_is_found_by_its_words(newcomer: Newcomer, person: SignedIn) -> None:
    word = f"w{uuid.uuid4().hex[:8]}"
    speaker, other, lee = (
        await newcomer(name=f"Wendy {word}x"), await newcomer(), await person("lee@support.example")
    )  # fmt: skip
    talk = await talk_of(speaker, f"my <b>{word}</b> printer hangs")
    [seen] = await found(lee, f"printer {word[:6]}")
    assert seen["id"] == talk
    assert f"&lt;b&gt;<mark>{word}</mark>&lt;/b&gt; <mark>printer</mark>" in seen["found"]
    assert [one["id"] for one in await found(lee, f"wendy {word}")] == [talk]
    assert [one["id"] for one in await found(speaker, word)] == [talk]
    assert await found(other, word) == []
    assert await found(lee, f"{word} elephant") == []
    assert (await lee.get("/conversations", params={"q": "a" * 5000})).status_code == 422
