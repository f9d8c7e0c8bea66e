"""A process that dies while it hands mails over: none is sent twice, and none is lost in silence.

The mail server is real and stays alive. Where nobody can know whether a mail arrived, its row
says so; that is at most one for each death and connection.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlmodel import select

from backend.core.database import Database, database, use_database
from backend.core.events import Acting, record
from backend.core.migrations import migrate
from backend.core.settings import ROOT, Settings
from backend.notifications.models import Mail, MailState
from tests.conftest import DATABASES, fresh_database
from tests.notifications.post_office import PostOffice

MAILS = 12
# What a death may leave: whether the server got the mail, at that moment.
MOMENTS = {"before_note": None, "before_dot": 0, "after_dot": 1, "after_250": 1}


@pytest_asyncio.fixture(params=DATABASES)
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """A database with mails that wait in its outbox."""
    with fresh_database(request.param, tmp_path) as address:
        db = Database(Settings(database_url=address).database)
        await migrate(db)
        use_database(db)
        await _write()
        yield address
        use_database(None)
        await db.dispose()


async def _write() -> None:
    async with database().write() as session:
        event = await record(session, "t", Acting(person="t"), subject="t", text="t")
        session.add_all(
            Mail(event_id=event.id, kind="t", to=f"p{number}@northwind.example", subject="Hello",
                 text="Hello.\n", html="<p>Hello.", state=MailState.WAITING)
            for number in range(MAILS)
        )  # fmt: skip


def work(url: str, office: PostOffice, folder: Path, fault: str, at: int = 1) -> int:
    """Run the courier as a process to its end; how it ended."""
    told = {"DATABASE_URL": url, "SMTP_URL": office.url, "STATE_DIR": str(folder), "FAULT": fault,
            "FAULT_AT": str(at), "SMTP_CONNECTIONS": "1", "PYTHONPATH": str(ROOT)}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "tests.crashes.faulty_courier"], env=os.environ | told, cwd=folder,
        timeout=60, check=False,
    )  # fmt: skip
    return done.returncode


async def states() -> dict[str, str]:
    async with database().read() as session:
        mails = (await session.exec(select(Mail))).all()
    return {mail.id: mail.state for mail in mails}


def arrived(office: PostOffice) -> Counter[str]:
    """How often each mail arrived, by its id."""
    return Counter(str(mail["Message-ID"]).strip("<>").split("@")[0] for mail in office.box.mails)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("moment", MOMENTS)
async def test_that_a_death_sends_no_mail_twice_and_hides_none(
    url: str, tmp_path: Path, moment: str
) -> None:
    with PostOffice() as office:
        assert work(url, office, tmp_path, moment, at=4) == -signal.SIGKILL
        assert work(url, office, tmp_path, "none") == 0
        times, known = arrived(office), await states()
    doubtful = {mail for mail, state in known.items() if state == MailState.UNCONFIRMED}
    sent = {mail for mail, state in known.items() if state == MailState.SENT}
    assert sent | doubtful == set(known)
    assert len(known) == MAILS
    assert {times[mail] for mail in sent} == {1}
    expected = MOMENTS[moment]
    assert len(doubtful) == (0 if expected is None else 1)
    assert {times[mail] for mail in doubtful} <= {expected}


@pytest.mark.timeout(120)
async def test_that_two_processes_at_once_share_the_work(tmp_path: Path) -> None:
    with fresh_database("postgresql", tmp_path) as url, PostOffice() as office:
        db = Database(Settings(database_url=url).database)
        await migrate(db)
        use_database(db)
        await _write()
        told = os.environ | {
            "DATABASE_URL": url, "SMTP_URL": office.url, "STATE_DIR": str(tmp_path),
            "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        command = (sys.executable, "-m", "tests.crashes.faulty_courier")
        both = [
            await asyncio.create_subprocess_exec(*command, env=told, cwd=tmp_path) for _ in range(2)
        ]
        assert [await process.wait() for process in both] == [0, 0]
        assert set((await states()).values()) == {MailState.SENT}
        assert sorted(arrived(office).values()) == [1] * MAILS
        use_database(None)
        await db.dispose()
