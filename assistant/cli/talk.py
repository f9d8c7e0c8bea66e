"""The conversation API as a terminal needs it: sign in, begin, say, decide, listen."""

import contextlib
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx

Reply = dict[str, Any]
RECONNECT_SECONDS = 2.0


class Refused(RuntimeError):
    """The API said no, in its own words with the next step."""


class Talk:
    """One conversation of one signed-in person."""

    def __init__(
        self, address: str, *, http: httpx.Client | None = None, seconds: float = 60
    ) -> None:
        self._http = http or httpx.Client(
            base_url=f"{address.rstrip('/')}/api/v1", timeout=seconds, trust_env=False
        )
        self._id = ""
        self._closed = threading.Event()

    def sign_in(self, email: str) -> str:
        """Sign in as a person of the demo world; return the person's name."""
        answer = self._post("/auth/demo", {"email": email})
        self.use_token(answer["access_token"])
        return str(answer["user"]["name"])

    def people(self) -> list[dict[str, Any]]:
        """Whom one can sign in as, in demo mode: `{email, name, organization, note}` each."""
        items = _answer(self._http.get("/demo/people"))["items"]
        return [person for person in items if person["kind"] != "support"]

    def use_token(self, token: str) -> None:
        """Talk as whoever this bearer token was given to."""
        self._http.headers["Authorization"] = f"Bearer {token}"

    def begin(self, portal: str, engine: str | None = None) -> list[Reply]:
        """A new conversation; return the greeting."""
        body = {"portal": portal} | ({"engine": engine} if engine else {})
        answer = self._post("/conversations", body)
        self._id = answer["id"]
        return list(answer["replies"])

    def say(self, *, text: str | None = None, payload: str | None = None) -> list[Reply]:
        """Send words, or what stands behind an option or a button."""
        said = {"text": text} if payload is None else {"payload": payload}
        body = {"client_message_id": str(uuid.uuid4())} | said
        return list(self._post(f"/conversations/{self._id}/messages", body)["replies"])

    def decide(self, proposal: str, verdict: str) -> list[Reply]:
        """`confirm` or `cancel` a proposal."""
        path = f"/conversations/{self._id}/proposals/{proposal}/{verdict}"
        return list(self._post(path, {})["replies"])

    @property
    def conversation(self) -> str:
        """The conversation that has begun."""
        return self._id

    def messages(self, conversation: str) -> list[dict[str, Any]]:
        """All messages of a conversation, oldest first; support agents get the *why* of each."""
        return list(_answer(self._http.get(f"/conversations/{conversation}/messages"))["items"])

    def listen(self, hear: Callable[[Reply], None]) -> threading.Thread:
        """Call `hear` with every message that the stream brings, on a thread, until `close`."""
        thread = threading.Thread(target=self._listen, args=(hear,), daemon=True)
        thread.start()
        return thread

    def close(self) -> None:
        """Stop listening."""
        self._closed.set()

    def _listen(self, hear: Callable[[Reply], None]) -> None:
        last: str | None = None
        while not self._closed.is_set():
            headers = {"Last-Event-ID": last} if last else {}
            with contextlib.suppress(httpx.HTTPError):
                path = f"/conversations/{self._id}/stream"
                with self._http.stream("GET", path, headers=headers, timeout=45) as response:
                    for number, reply in events(response.iter_lines()):
                        last = number or last
                        hear(reply)
            self._closed.wait(RECONNECT_SECONDS)

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return _answer(self._http.post(path, json=body))


def events(lines: Iterator[str]) -> Iterator[tuple[str | None, Reply]]:
    """The messages of an event stream, with their ids; pings and half-written text left out."""
    number: str | None = None
    data: list[str] = []
    for line in lines:
        if line.startswith("id:"):
            number = line[3:].strip()
        elif line.startswith("data:"):
            data.append(line[5:].strip())
        elif not line:
            with contextlib.suppress(ValueError):
                message = json.loads("\n".join(data))
                if isinstance(message, dict) and {"id", "role", "text"} <= message.keys():
                    yield number, message
            number, data = None, []


def _answer(response: httpx.Response) -> dict[str, Any]:
    if response.status_code >= 400:
        raise Refused(_in_words(response))
    answer: dict[str, Any] = response.json()
    return answer


def _in_words(response: httpx.Response) -> str:
    """A problem's title, detail and next step as sentences."""
    try:
        problem = response.json()
    except ValueError:
        return f"The server answered {response.status_code}."
    parts = [str(problem.get(part) or "").rstrip(".") for part in ("title", "detail", "hint")]
    return " ".join(f"{part}." for part in parts if part) or f"Status {response.status_code}."
