"""Whatever goes wrong is answered as a problem, with a next step."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from sqlalchemy import text
from starlette.responses import StreamingResponse
from structlog.testing import capture_logs

from backend.core import database as databases
from backend.core import problems
from backend.core.database import Database
from backend.core.unit_of_work import SessionDep, UnitOfWorkRoute
from tests.assistant.serving import serving
from tests.conftest import SignedIn, client_of

PROBLEM = "application/problem+json"
SHOP = "https://shop.example"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/nothing/at/all", 404),
        ("DELETE", "/api/v1/me", 405),
        ("GET", "/api/v1/me", 401),
    ],
)
async def test_that_errors_of_the_framework_are_problems_too(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == PROBLEM
    told = answer.json()
    assert told["status"] == status
    assert all(told[name] for name in ("type", "title", "detail", "hint"))


@pytest.mark.parametrize("path", [
    "/cases/%00", "/cases/C-1%00", "/conversations/%00", "/conversations/a%00/messages",
    "/cases?queue=%00", "/cases?q=%00", "/cases?assignee=%00", "/cases?conversation=%00",
    "/knowledge?q=%00", "/cases/%FF", "/cases?q=%FF",
])  # fmt: skip
async def test_that_characters_no_database_takes_are_no_crash(person: SignedIn, path: str) -> None:
    lee = await person("lee@support.example")
    answer = await lee.get(path)
    assert answer.status_code in {200, 404, 422}
    if answer.status_code != 200:
        assert answer.headers["content-type"] == PROBLEM


# --- What nobody foresaw ------------------------------------------------------------------------


def broken_app() -> FastAPI:
    """Routes that fail in every way that nothing handles."""
    app = FastAPI()
    problems.install(app)
    app.add_middleware(CORSMiddleware, allow_origins=[SHOP])
    one_transaction = APIRouter(route_class=UnitOfWorkRoute)

    @app.get("/read")
    @app.post("/talk")
    async def fail() -> None:
        raise ZeroDivisionError("the secret of the machine")

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def some() -> AsyncIterator[str]:
            yield "begun"
            raise ZeroDivisionError

        return StreamingResponse(some())

    @one_transaction.post("/write")
    async def write(session: SessionDep) -> None:
        connection = await session.connection()
        await connection.execute(text("INSERT INTO kept VALUES ('no')"))
        raise ZeroDivisionError

    @one_transaction.post("/mistake")
    async def mistake(session: SessionDep) -> None:
        connection = await session.connection()
        await connection.execute(text("SELECT nothing FROM nowhere"))

    @app.get("/well")
    async def well() -> str:
        return "well"

    app.include_router(one_transaction)
    return app


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database of its own, with one empty table."""
    path = tmp_path / "kept.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE kept (word VARCHAR(9))")
    monkeypatch.setattr(databases, "_database", Database(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture
async def over_http(kept: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The broken app behind a real server."""
    async with (
        serving(broken_app()) as base,
        httpx.AsyncClient(base_url=base, trust_env=False) as client,
    ):
        yield client
        await databases.database().dispose()


@pytest.mark.parametrize(
    ("method", "path", "says"),
    [
        ("GET", "/read", "Nothing was changed."), ("POST", "/write", "Nothing was changed."),
        ("POST", "/mistake", "Nothing was changed."), ("POST", "/talk", "may have been done"),
    ],
)  # fmt: skip
async def test_that_what_nobody_foresaw_is_a_problem_too(
    over_http: httpx.AsyncClient, kept: Path, method: str, path: str, says: str
) -> None:
    with capture_logs() as logs:
        answer = await over_http.request(method, path, headers={"Origin": SHOP})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == PROBLEM
    assert answer.headers["access-control-allow-origin"] == SHOP
    told = answer.json()
    assert told["type"] == "/problems/unexpected"
    assert says in told["detail"]
    assert "machine" not in answer.text
    [noted] = logs
    assert noted["number"] in told["detail"]
    assert noted["number"] in told["hint"]
    assert noted["log_level"] == "error"
    assert noted["exc_info"]
    with sqlite3.connect(kept) as connection:
        assert connection.execute("SELECT * FROM kept").fetchall() == []
    assert (await over_http.get("/well")).json() == "well"


async def test_that_it_is_the_same_in_process(kept: Path) -> None:
    async with client_of(broken_app()) as client:
        answer = await client.post("/write")
    await databases.database().dispose()
    assert answer.status_code == 500
    assert answer.json()["type"] == "/problems/unexpected"


async def test_that_an_answer_that_breaks_off_is_seen_to_be_incomplete(
    over_http: httpx.AsyncClient,
) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await over_http.get("/stream")
    assert (await over_http.get("/well")).json() == "well"


# --- A database out of reach --------------------------------------------------------------------


def no_server(_: Path) -> str:
    """Nothing listens on this port."""
    return "postgresql+psycopg://nobody@127.0.0.1:9/nothing"


def no_folder(folder: Path) -> str:
    """The folder of this file is missing."""
    return f"sqlite+aiosqlite:///{folder / 'missing' / 'x.db'}"


@pytest.mark.parametrize("place", [no_server, no_folder])
async def test_that_a_database_out_of_reach_is_said_with_when_to_try_again(
    over_http: httpx.AsyncClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: Callable[[Path], str],
) -> None:
    monkeypatch.setattr(databases, "_database", Database(place(tmp_path)))
    answer = await over_http.post("/write")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == PROBLEM
    assert answer.headers["Retry-After"] == "5"
    assert "5 seconds" in answer.json()["hint"]
    await databases.database().dispose()


async def test_that_a_file_that_another_process_writes_to_is_busy(
    over_http: httpx.AsyncClient, kept: Path
) -> None:
    await over_http.post("/mistake")  # The connection is there, and is made impatient.
    async with databases.database().read() as session:
        connection = await session.connection()
        await connection.execute(text("PRAGMA busy_timeout=50"))
    other = sqlite3.connect(kept, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = await over_http.post("/write")
    other.close()
    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/database"
