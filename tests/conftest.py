"""What tests share: the app on both databases, people who are signed in, a clock that moves.

`app` is the whole product in this process, inside its lifespan. It is started once for SQLite
and once for PostgreSQL, and every test that uses it runs on both, on a database of its own that
is dropped afterwards. Nothing is wiped between tests: a test that needs to be alone makes its own
people with `newcomer`.
"""

import asyncio
import getpass
import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy.engine import URL, make_url

from backend.core import clock, jobs
from backend.core.database import database
from backend.core.identity import Person
from backend.core.settings import ROOT, Settings, settings
from backend.users.models import Membership
from tests.product import Product

DATABASES = ("sqlite", "postgresql")
NORTHWIND, CONTOSO, LITWARE = 100001, 100002, 100003
# Nothing listens there: whoever talks to Rasa without the fake finds it down at once.
NOWHERE = "http://127.0.0.1:9"
FIRST_START_SECONDS = 300

SignIn = Callable[[str], Awaitable[dict[str, str]]]
SignedIn = Callable[[str], Awaitable[httpx.AsyncClient]]
Newcomer = Callable[..., Awaitable[httpx.AsyncClient]]
ClockAt = Callable[[datetime | str], None]


def _place(item: pytest.Item) -> tuple[bool, bool, bool]:
    needs_app = "app" in getattr(item, "fixturenames", ())
    is_last = item.path.name == "test_schema.py"
    return needs_app, "demo_world" not in item.nodeid, is_last


def _group(item: pytest.Item) -> str:
    """What is done by one process: a file's tests with the app, or those without; of the two
    files that take longest, what is about one database and person, or one folder of scenarios.
    """
    needs_app, _, is_last = _place(item)
    about = item.name.partition("[")[2]
    folder = about.partition(":")[0] if item.path.name == "test_scenarios.py" else ""
    part = about if is_last else folder
    return f"{item.path.relative_to(ROOT)}{' with the app' if needs_app else ''} {part}".strip(" ]")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that use `app` share its event loop, which lives as long as the session.

    They come last: those that need nothing are done when the app starts, and property tests are
    not disturbed by its threads. Among them those about the demo world come first, before others
    move the clock in it, and Schemathesis at the very end: it renames people and opens cases as
    it likes. Of several processes each takes one group after the other.
    """
    items.sort(key=_place)
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
        if {"product", "crashed"} & set(getattr(item, "fixturenames", ())):
            # They wait for Rasa to start, the first of them for its training too.
            item.add_marker(pytest.mark.timeout(FIRST_START_SECONDS), append=False)
        if pytest_asyncio.is_async_test(item) and "app" in item.fixturenames:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            item.fixturenames.append("_no_job_is_left")


@pytest.fixture(scope="session", autouse=True)
def _own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads the settings of whoever runs it, or writes into the project's `var/`."""
    with pytest.MonkeyPatch.context() as patch:
        for name in Settings.model_fields:
            patch.delenv(name.upper(), raising=False)
        patch.setitem(Settings.model_config, "env_file", None)
        patch.setenv("STATE_DIR", str(tmp_path_factory.mktemp("state")))
        settings.cache_clear()
        yield
    settings.cache_clear()


@contextmanager
def fresh_database(kind: str, folder: Path) -> Iterator[str]:
    """The address of an empty database, which is dropped at the end.

    Without PostgreSQL its tests are left out with the reason, or fail when `REQUIRE_SERVICES`
    is set.
    """
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'test.db'}"
        return
    admin = _postgresql()
    name = f"ask_licensing_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(_dsn(admin), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield _dsn(admin.set(database=name))
    finally:
        with psycopg.connect(_dsn(admin), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _postgresql() -> URL:
    given = os.environ.get("TEST_DATABASE_URL")
    person = os.environ.get("PGUSER") or getpass.getuser()
    url = make_url(given or f"postgresql://{person}@127.0.0.1:5432/postgres")
    try:
        psycopg.connect(_dsn(url), connect_timeout=3).close()
    except psycopg.OperationalError as exc:
        if os.environ.get("REQUIRE_SERVICES"):
            raise
        pytest.skip(f"PostgreSQL is not reachable (TEST_DATABASE_URL): {exc}")
    return url


def _dsn(url: URL) -> str:
    return url.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The app and a trained Rasa as processes, for all tests that leave both alive."""
    with Product(tmp_path_factory.mktemp("product")) as running:
        yield running


@pytest.fixture(scope="session", params=DATABASES)
def database_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The app's database: SQLite, then PostgreSQL."""
    with fresh_database(request.param, tmp_path_factory.mktemp("database")) as url:
        yield url


@asynccontextmanager
async def living(app: FastAPI) -> AsyncIterator[None]:
    """Inside the app's lifespan, which one task enters and leaves, as a server's does."""
    begun, over = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.router.lifespan_context(app):
            begun.set()
            await over.wait()

    life, beginning = asyncio.create_task(live()), asyncio.create_task(begun.wait())
    await asyncio.wait((life, beginning), return_when=asyncio.FIRST_COMPLETED)
    try:
        if begun.is_set():
            yield
    finally:
        over.set()
        beginning.cancel()
        await life


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def app(
    database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[FastAPI]:
    """The whole product with the demo world in it; its Rasa is down unless `rasa` is used."""
    from assistant.main import create_app

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STATE_DIR", str(tmp_path_factory.mktemp("app")))
        patch.setenv("DATABASE_URL", database_url)
        patch.setenv("RASA_URL", NOWHERE)
        patch.setenv("MESSAGES_A_MINUTE", "100000")
        patch.setenv("CONVERSATIONS_A_MINUTE", "100000")
        settings.cache_clear()
        settings()
    application = create_app()
    async with living(application):
        yield application
    settings.cache_clear()
    clock.set_offset(0)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def loop(app: FastAPI) -> asyncio.AbstractEventLoop:
    """The app's loop, for tests that are functions and call the app."""
    return asyncio.get_running_loop()


@pytest_asyncio.fixture(loop_scope="session")
async def _no_job_is_left(app: FastAPI) -> AsyncIterator[None]:
    """What a test set off is done before it ends: between tests the loop stands still."""
    yield
    assert await jobs.drained(database(), 20), "a job of this test does not come to an end"


def client_of(app: FastAPI, **more: Any) -> httpx.AsyncClient:
    """A client that calls the app in this process."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://product.test", trust_env=False,
        **more,
    )  # fmt: skip


@pytest_asyncio.fixture(loop_scope="session")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who is not signed in; addresses begin at the root, like `/api/v1/me`."""
    async with client_of(app) as made:
        yield made


@pytest.fixture(scope="session")
def tokens(app: FastAPI) -> dict[str, str]:
    """Tokens by address, so that everybody signs in once."""
    return {}


@pytest.fixture
def sign_in(app: FastAPI, tokens: dict[str, str]) -> SignIn:
    """`await sign_in(email)` gives the headers of somebody of the demo world."""

    async def signed(email: str) -> dict[str, str]:
        if email not in tokens:
            async with client_of(app) as visitor:
                answer = await visitor.post("/api/v1/auth/demo", json={"email": email})
            tokens[email] = answer.raise_for_status().json()["access_token"]
        return {"Authorization": f"Bearer {tokens[email]}"}

    return signed


@pytest_asyncio.fixture(loop_scope="session")
async def person(app: FastAPI, sign_in: SignIn) -> AsyncIterator[SignedIn]:
    """`await person(email)` gives a signed-in client whose addresses begin below `/api/v1`."""
    async with AsyncExitStack() as clients:

        async def signed_in(email: str) -> httpx.AsyncClient:
            made = client_of(app, headers=await sign_in(email))
            made.base_url = httpx.URL("http://product.test/api/v1")
            return await clients.enter_async_context(made)

        yield signed_in


@pytest.fixture
def newcomer(app: FastAPI, person: SignedIn) -> Newcomer:
    """`await newcomer(...)` gives a signed-in client of somebody whom no other test knows.

    `roles` are (Smart Account id, role) pairs; all other names are fields of `Person`.
    The address is in the client's `email` attribute.
    """

    async def arrive(
        roles: tuple[tuple[int, str], ...] = (), organization: str = "northwind.example",
        **fields: Any,
    ) -> httpx.AsyncClient:  # fmt: skip
        email = f"p{uuid.uuid4().hex[:10]}@{organization}"
        told = {"name": "New Comer", "kind": "customer", "phone": "+47 555 01 00"} | fields
        async with database().write() as session:
            session.add(Person(id=email, email=email, organization_domain=organization, **told))
            await session.flush()
            session.add_all(
                Membership(smart_account_id=account, person=email, role=role)
                for account, role in roles
            )
        signed_in = await person(email)
        signed_in.email = email  # type: ignore[attr-defined]
        return signed_in

    return arrive


@pytest.fixture
def clock_at() -> Iterator[ClockAt]:
    """`clock_at("2027-03-08T10:00")` puts the product's clock there (UTC); it goes on ticking."""

    def put(moment: datetime | str) -> None:
        there = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        there = there if there.tzinfo else there.replace(tzinfo=UTC)
        clock.set_offset((there - datetime.now(UTC)).total_seconds())

    yield put
    clock.set_offset(0)


@pytest.fixture
def clock_ahead(clock_at: ClockAt) -> Callable[..., None]:
    """`clock_ahead(days=14)` moves the product's clock on from where it is."""
    return lambda **how_far: clock_at(clock.now() + timedelta(**how_far))
