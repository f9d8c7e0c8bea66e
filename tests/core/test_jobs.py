"""Jobs follow from events in the same transaction, and survive crashes and upgrades."""

import asyncio
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import select

from assistant import main as _everything  # noqa: F401 - registers all jobs
from assistant.conversations.models import Message
from assistant.delivery import deliver_case_news
from backend.cases.mails import mail_case_replied
from backend.core import jobs
from backend.core.database import Database, database
from backend.core.events import Acting, Event, record
from backend.core.ids import new_id
from backend.core.settings import ROOT
from backend.notifications.models import Mail
from tests.conftest import DATABASES, Newcomer, SignedIn, fresh_database

CASE = {"category": "other", "title": "A question", "description": "About jobs"}
SECONDS = 10


async def queued(event_id: str | None = None) -> int:
    """How many jobs DBOS knows, of one event or of all."""
    schema = "" if database().on_sqlite else "dbos."
    async with database().read() as session:
        connection = await session.connection()
        return await connection.scalar(
            text(f"SELECT count(*) FROM {schema}workflow_status WHERE workflow_uuid LIKE :id"),
            {"id": f"{event_id or ''}%"},
        )


async def mails_to(email: str) -> list[Mail]:
    await jobs.drained(database(), SECONDS)
    async with database().read() as session:
        return list((await session.exec(select(Mail).where(Mail.to == email))).all())


async def test_that_a_write_sends_its_mail_once(newcomer: Newcomer) -> None:
    someone = await newcomer()
    number = (await someone.post("/cases", json=CASE)).json()["number"]
    mails = await mails_to(someone.email)
    assert [m.subject for m in mails] == [f"{number}: A question"]


async def test_that_a_dry_run_leaves_no_job(newcomer: Newcomer) -> None:
    someone = await newcomer()
    await jobs.drained(database(), SECONDS)
    before = await queued()
    tried = await someone.post("/cases", json=CASE, headers={"Dry-Run": "true"})
    assert tried.status_code == 200
    assert await queued() == before
    assert await mails_to(someone.email) == []


async def test_that_a_rollback_leaves_neither_event_nor_job(newcomer: Newcomer) -> None:
    someone = await newcomer()
    event = None

    async def broken() -> None:
        nonlocal event
        async with database().write() as session:
            event = await record(
                session, "case_opened", Acting(person=someone.email), subject="x", text="x"
            )
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await broken()
    assert event is not None
    assert await queued(event.id) == 0
    async with database().read() as session:
        assert await session.get(Event, event.id) is None


async def test_that_a_repeated_job_adds_no_second_mail_and_no_second_message(
    newcomer: Newcomer, person: SignedIn
) -> None:
    someone, lee = await newcomer(), await person("lee@support.example")
    await someone.post("/conversations", json={"portal": "clc"})
    number = (await someone.post("/cases", json=CASE)).json()["number"]
    await lee.post(f"/cases/{number}/replies", json={"text": "Here is the answer."})
    mails = await mails_to(someone.email)
    async with database().read() as session:
        event = (
            await session.exec(
                select(Event).where(Event.subject == number, Event.type == "case_replied")
            )
        ).one()
    assert len(mails) == 2
    assert await queued(event.id) == len(jobs.following("case_replied"))
    await mail_case_replied(event.id)
    await deliver_case_news(event.id)
    assert len(await mails_to(someone.email)) == 2
    async with database().read() as session:
        delivered = await session.exec(select(Message).where(Message.event_id == event.id))
        assert len(delivered.all()) == 1


async def test_that_a_name_nobody_registered_is_refused_when_it_is_enqueued(app: object) -> None:
    with pytest.raises(LookupError, match="no job is called nobodys_job"):
        async with database().write() as session:
            await jobs.enqueue(session, "nobodys_job", "e1")


ran_on: list[asyncio.AbstractEventLoop] = []


@jobs.job("note_the_loop")
async def note_the_loop(_: str) -> None:
    ran_on.append(asyncio.get_running_loop())


def test_that_a_job_waits_for_the_loop_of_its_database(
    app: object, loop: asyncio.AbstractEventLoop
) -> None:
    """On a loop of its own it would share locks and connections that must not be shared."""

    async def enqueue() -> None:
        async with database().write() as session:
            await jobs.enqueue(session, "note_the_loop", new_id())

    ran_on.clear()
    loop.run_until_complete(enqueue())
    time.sleep(1)  # The loop stands still, while DBOS hands the job out.
    assert loop.run_until_complete(jobs.drained(database(), SECONDS))
    assert ran_on == [loop]


def test_that_every_job_that_follows_or_is_enqueued_by_name_is_registered() -> None:
    assert {name for names in jobs._following.values() for name in names} <= jobs.registered()
    enqueued = re.findall(r'enqueue\(\s*\w+,\s*"(\w+)"', _sources())
    assert set(enqueued) <= jobs.registered()


def test_that_every_event_that_a_job_waits_for_is_recorded_somewhere() -> None:
    sources = re.sub(r"@job\(.*?\)\s*\n(async )?def", "", _sources(), flags=re.DOTALL)
    assert [name for name in jobs._following if f'"{name}"' not in sources] == []


def _sources() -> str:
    files = [p for top in ("backend", "assistant") for p in (ROOT / top).rglob("*.py")]
    return "\n".join(path.read_text() for path in files)


def test_that_two_jobs_of_one_name_are_refused() -> None:
    name = min(jobs.registered())
    with pytest.raises(ValueError, match=name):
        jobs.job(name)(mail_case_replied)


async def test_that_a_second_process_on_the_same_file_is_refused(tmp_path: Path) -> None:
    db = Database(f"sqlite+aiosqlite:///{tmp_path / 'x.db'}")
    other = Database(f"sqlite+aiosqlite:///{tmp_path / 'y.db'}")
    first, second, elsewhere = jobs.Slot(db), jobs.Slot(db), jobs.Slot(other)
    assert await first.take() == "app"
    with pytest.raises(jobs.AlreadyRunning, match="Stop it first, or give this one its own"):
        await second.take()
    assert await elsewhere.take() == "app"
    await elsewhere.free()
    await first.free()
    assert await second.take() == "app"
    await second.free()
    await db.dispose()


async def test_that_processes_on_postgresql_have_slots_of_their_own_and_reuse_them(
    tmp_path: Path,
) -> None:
    with fresh_database("postgresql", tmp_path) as url:
        db = Database(url.replace("postgresql://", "postgresql+psycopg://"))
        slots = [jobs.Slot(db) for _ in range(3)]
        assert [await slot.take() for slot in slots] == ["slot-0", "slot-1", "slot-2"]
        await slots[1].free()
        again = jobs.Slot(db)
        assert await again.take() == "slot-1"
        for slot in (slots[0], slots[2], again):
            await slot.free()
        await db.dispose()


# One process that queues a job and is killed while it runs, then one with other code.
PROCESS = """
import asyncio, os, pathlib, signal, sys
from backend.core import jobs
from backend.core.database import Database, use_database
from backend.core.settings import settings

out = pathlib.Path(sys.argv[1])

@jobs.job("note_it")
async def note_it(event_id):
    {body}

async def main():
    db = Database(settings().database)
    use_database(db)
    slot = jobs.Slot(db)
    await slot.take()
    await jobs.start(db, slot)
    if "enqueue" in sys.argv:
        async with db.write() as session:
            await jobs.enqueue(session, "note_it", "event-1")
    done = await jobs.drained(db, 20)
    await jobs.stop(slot)
    await db.dispose()
    sys.exit(0 if done else 3)

asyncio.run(main())
"""
OLD = 'out.write_text("begun"); os.kill(os.getpid(), signal.SIGKILL)'
NEW = 'out.write_text(f"{out.read_text()}, finished by the new version: {event_id}")'


@pytest.mark.parametrize("kind", DATABASES)
def test_that_a_job_queued_before_a_crash_and_an_upgrade_still_runs(
    kind: str, tmp_path: Path
) -> None:
    with fresh_database(kind, tmp_path) as url:
        environment = os.environ | {
            "STATE_DIR": str(tmp_path), "DATABASE_URL": url, "PYTHONPATH": str(ROOT),
        }  # fmt: skip

        def run(body: str, *arguments: str) -> int:
            return subprocess.run(
                [sys.executable, "-c", PROCESS.format(body=body), str(tmp_path / "out"),
                 *arguments],
                env=environment, cwd=tmp_path, timeout=60, check=False, stderr=subprocess.DEVNULL,
            ).returncode  # fmt: skip

        assert run(OLD, "enqueue") == -9
        assert (tmp_path / "out").read_text() == "begun"
        assert run(NEW) == 0
    said = (tmp_path / "out").read_text()
    assert said == "begun, finished by the new version: event-1"
