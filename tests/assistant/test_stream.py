"""Server-sent events over a real connection: each message once, resumed, and an end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from assistant.conversations.hub import hub
from tests.assistant.conftest import Talk
from tests.assistant.fake_rasa import FakeRasa
from tests.conftest import SignedIn, SignIn


class Stream:
    """An open stream; reads its events one by one."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def ids(self, count: int) -> list[str]:
        """The ids of the next `count` messages."""
        return [await asyncio.wait_for(self._next_id(), 5) for _ in range(count)]

    async def _next_id(self) -> str:
        async for line in self._lines:
            if line.startswith("id:"):
                return line.removeprefix("id:").strip()
        raise EOFError

    async def is_quiet(self) -> bool:
        """Whether nothing comes."""
        try:
            await asyncio.wait_for(self._next_id(), 0.3)
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def stream(
    address: str, talk: Talk, query: str = "", **headers: str
) -> AsyncIterator[Stream]:
    """Listen to a conversation."""
    everything = {"Authorization": talk.person.headers["Authorization"], **headers}
    async with (
        httpx.AsyncClient(trust_env=False, timeout=10) as http,
        http.stream(
            "GET", f"{address}/api/v1{talk.path}/stream{query}", headers=everything
        ) as response,
    ):
        yield Stream(response)


async def test_that_a_stream_begins_with_all_there_is_and_goes_on_with_what_comes(
    rasa: FakeRasa, talk: Talk, address: str
) -> None:
    async with stream(address, talk) as listening:
        assert listening.response.headers["content-type"].startswith("text/event-stream")
        assert await listening.ids(1) == ["1"]
        await talk.say("Hello")
        assert await listening.ids(2) == ["2", "3"]
        await talk.say("again")
        assert await listening.ids(2) == ["4", "5"]


async def test_that_a_message_is_whole_and_like_in_the_transcript(
    rasa: FakeRasa, talk: Talk, address: str
) -> None:
    async with stream(address, talk) as listening:
        text = ""
        async for chunk in listening.response.aiter_text():
            text += chunk
            if "data:" in text and text.endswith("\n\n"):
                break
    events = [e for e in text.split("\n\n") if "data:" in e]
    lines = dict(line.split(": ", 1) for line in events[0].splitlines())
    assert lines["event"] == "message"
    assert httpx.Response(200, text=lines["data"]).json() == (await talk.transcript())[0]


async def test_that_two_listeners_hear_the_same(rasa: FakeRasa, talk: Talk, address: str) -> None:
    async with stream(address, talk) as one, stream(address, talk) as other:
        await talk.say("Hello")
        assert await one.ids(3) == await other.ids(3) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("query", "last", "expected"),
    [
        ("", "3", ["4", "5"]), ("?after=3", None, ["4", "5"]), ("?after=1", "4", ["5"]),
        ("", "rubbish", ["1", "2", "3", "4", "5"]), ("", "-1", ["1", "2", "3", "4", "5"]),
        ("", "9" * 30, ["1", "2", "3", "4", "5"]), ("", "3.5", ["1", "2", "3", "4", "5"]),
        ("?after=%00", None, ["1", "2", "3", "4", "5"]), ("", "0", ["1", "2", "3", "4", "5"]),
    ],
)  # fmt: skip
async def test_that_a_stream_resumes_after_the_last_id_and_rubbish_means_the_beginning(
    rasa: FakeRasa, talk: Talk, address: str, query: str, last: str | None, expected: list[str]
) -> None:
    await talk.say("one")
    await talk.say("two")
    headers = {"Last-Event-ID": last} if last else {}
    async with stream(address, talk, query, **headers) as listening:
        assert await listening.ids(len(expected)) == expected


async def test_that_resuming_after_the_newest_waits_for_the_next(
    rasa: FakeRasa, talk: Talk, address: str
) -> None:
    async with stream(address, talk, **{"Last-Event-ID": "1"}) as listening:
        assert await listening.is_quiet()
    async with stream(address, talk, **{"Last-Event-ID": "1"}) as listening:
        await talk.say("Hello")
        assert await listening.ids(2) == ["2", "3"]


async def test_that_an_agents_reply_wakes_the_stream(
    talk: Talk, address: str, person: SignedIn
) -> None:
    lee = await person("lee@support.example")
    body = {"category": "orders", "title": "Stuck", "description": "x"}
    number = (await talk.person.post("/cases", json=body)).json()["number"]
    async with stream(address, talk) as listening:
        assert await listening.ids(1) == ["1"]
        await lee.post(f"/cases/{number}/replies", json={"text": "Hello"})
        assert await listening.ids(1) == ["2"]


async def test_that_a_lost_wake_up_loses_nothing(
    rasa: FakeRasa, talk: Talk, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is the truth: what was not announced is read a little later."""
    from assistant.conversations import routes

    async def unheard(_: str) -> None:
        return

    monkeypatch.setattr(routes, "REREAD_SECONDS", 0.1)
    async with stream(address, talk) as listening:
        assert await listening.ids(1) == ["1"]
        monkeypatch.setattr(hub(), "wake", unheard)
        await talk.say("Hello")
        assert await listening.ids(2) == ["2", "3"]


async def test_that_streams_end_at_once_when_the_product_closes(talk: Talk, address: str) -> None:
    async with stream(address, talk) as listening:
        assert await listening.ids(1) == ["1"]
        hub().closing.set()
        try:
            with pytest.raises(EOFError):
                await listening.ids(1)
        finally:
            hub().closing.clear()


@pytest.mark.parametrize("who", ["carla@contoso.example", None])
async def test_that_nobody_listens_to_others(
    talk: Talk, address: str, sign_in: SignIn, who: str | None
) -> None:
    headers = await sign_in(who) if who else {"Authorization": ""}
    async with stream(address, talk, **headers) as listening:
        assert listening.response.status_code == (404 if who else 401)
        assert listening.response.headers["content-type"] == "application/problem+json"
