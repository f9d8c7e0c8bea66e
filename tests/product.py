"""The real product for tests: the app and Rasa as processes, with a folder of their own.

Everything goes through the functions that `ask-licensing up` uses. Processes are killed by the
tests that say so, and started again on the same folder.
"""

import os
import shutil
import sqlite3
import uuid
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from assistant.cli.paths import State
from assistant.cli.secret_file import Secrets
from assistant.cli.supervisor import (
    Child,
    free_port,
    start_app,
    start_rasa,
    stop,
    wait_rasa,
    wait_ready,
)
from assistant.cli.training import train

READY_SECONDS = 120


class Product:
    """One installation. `base` is its address; `rasa` and `app` are its processes.

    `environment` are settings of the app, such as the address of a model.
    """

    def __init__(
        self, folder: Path, *, rest_channel: bool = False, with_rasa: bool = True,
        environment: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.state = State.at(folder)
        self.secrets = Secrets.made_up()
        self.port, self.rasa_port = free_port(), free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.rasa_url = f"http://127.0.0.1:{self.rasa_port}"
        self._rest_channel = rest_channel
        self._environment = dict(environment or {})
        self.model = train(self.state).model if with_rasa else None
        self.rasa: Child | None = None
        self.app: Child | None = None
        self._people: list[Person] = []

    def __enter__(self) -> Self:
        try:
            if self.model:
                self.start_rasa(wait=False)
            self.start_app(wait=False)
            self.wait()
            self._keep_seeded()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for person in self._people:
            person.http.close()
        stop([child for child in (self.app, self.rasa) if child])
        if "KEEP_STATE" not in os.environ:
            shutil.rmtree(self.state.folder, ignore_errors=True)

    @property
    def database(self) -> Path:
        """Its SQLite file."""
        return self.state.folder / "ask-licensing.db"

    @property
    def seeded(self) -> Path:
        """A copy of its database as it was before anybody did anything."""
        return self.state.folder / "seeded.db"

    def _keep_seeded(self) -> None:
        with (
            closing(sqlite3.connect(self.database)) as running,
            closing(sqlite3.connect(self.seeded)) as kept,
        ):
            running.backup(kept)

    def start_rasa(self, *, wait: bool = True) -> None:
        """Start Rasa on its port."""
        assert self.model is not None
        self.rasa = start_rasa(
            self.state.folder,
            self.model,
            self.secrets,
            f"{self.base}/actions/webhook",
            self.rasa_port,
            rest_channel=self._rest_channel,
        )
        if wait:
            wait_rasa(self.rasa, self.rasa_port, READY_SECONDS)

    def start_app(self, *, wait: bool = True) -> None:
        """Start the app on its port."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self._environment.items():
                patch.setenv(name, value)
            self.app = start_app(
                self.state, self.secrets, rasa_url=self.rasa_url, host="127.0.0.1", port=self.port
            )
        if wait:
            wait_ready(f"{self.base}/healthz", READY_SECONDS, self.app)

    def wait(self) -> None:
        """Until both answer; without Rasa, until the app does."""
        page = "readyz" if self.model else "healthz"
        wait_ready(f"{self.base}/{page}", READY_SECONDS, self.app)

    def client(self, email: str) -> "Person":
        """Somebody who is signed in."""
        self._people.append(Person(self.base, email))
        return self._people[-1]


class Person:
    """A signed-in person's calls, and one conversation at a time."""

    def __init__(self, base: str, email: str) -> None:
        self.email = email
        self.http = httpx.Client(base_url=f"{base}/api/v1", timeout=60, trust_env=False)
        signed_in = self.http.post("/auth/demo", json={"email": email}).raise_for_status().json()
        self.user: dict[str, Any] = signed_in["user"]
        self.token: str = signed_in["access_token"]
        self.http.cookies.clear()
        self.http.headers["Authorization"] = f"Bearer {self.token}"
        self.conversation: str | None = None

    def begin(self, portal: str = "clc", engine: str | None = None) -> list[dict[str, Any]]:
        """Start a conversation, with this engine if one is named; its greeting."""
        body = {"portal": portal} | ({"engine": engine} if engine else {})
        opened = self.http.post("/conversations", json=body).raise_for_status()
        self.conversation = opened.json()["id"]
        replies: list[dict[str, Any]] = opened.json()["replies"]
        return replies

    def send(self, *, key: str | None = None, **content: str) -> httpx.Response:
        """Post one message (`text`, `payload` or `file_id`)."""
        return self.http.post(
            f"/conversations/{self.conversation}/messages",
            json={"client_message_id": key or uuid.uuid4().hex, **content},
        )

    def say(self, text: str) -> list[dict[str, Any]]:
        """Say something; the replies."""
        replies: list[dict[str, Any]] = self.send(text=text).raise_for_status().json()["replies"]
        return replies

    def press(self, payload: str) -> list[dict[str, Any]]:
        """Press a button; the replies."""
        sent = self.send(payload=payload).raise_for_status()
        replies: list[dict[str, Any]] = sent.json()["replies"]
        return replies

    def upload(self, name: str, content: bytes, media_type: str = "text/csv") -> str:
        """Put a file into the conversation, not yet sent; its id."""
        sent = self.http.post(
            f"/conversations/{self.conversation}/files", files={"file": (name, content, media_type)}
        )
        file_id: str = sent.raise_for_status().json()["file_id"]
        return file_id

    def drop(self, file_id: str) -> list[dict[str, Any]]:
        """Send a file that was put into the conversation; the replies."""
        sent = self.send(file_id=file_id).raise_for_status()
        replies: list[dict[str, Any]] = sent.json()["replies"]
        return replies

    def settle(self, proposal_id: str, how: str = "confirm") -> httpx.Response:
        """Confirm or cancel a card."""
        return self.http.post(f"/conversations/{self.conversation}/proposals/{proposal_id}/{how}")

    def transcript(self) -> list[dict[str, Any]]:
        """All messages of the conversation; none before it has begun."""
        if self.conversation is None:
            return []
        listed = self.http.get(f"/conversations/{self.conversation}/messages").raise_for_status()
        items: list[dict[str, Any]] = listed.json()["items"]
        return items

    def cases(self) -> list[dict[str, Any]]:
        """The person's own cases, whole, newest first."""
        listed = self.http.get("/cases", params={"mine": True, "limit": 200}).raise_for_status()
        return [
            self.http.get(f"/cases/{head['number']}").raise_for_status().json()
            for head in listed.json()["items"]
        ]


def working_day(ahead: int, today: date | None = None) -> date:
    """The `ahead`-th working day after today, Monday to Friday."""
    day = today or datetime.now(UTC).date()
    while ahead:
        day += timedelta(days=1)
        ahead -= day.weekday() < 5
    return day
