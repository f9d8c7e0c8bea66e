"""How many mails a second go from the outbox to a real mail server, and whether each goes once.

The mail server is a process of its own, and so is the courier, which is killed three times on the
way. Afterwards no mail may have arrived twice, and those that did not arrive must say that they may
not have.
"""

import asyncio
import os
import signal
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from rich.console import Console
from sqlmodel import select

from assistant.cli.supervisor import free_port
from backend.core.database import Database, database, use_database
from backend.core.events import Acting, record
from backend.core.migrations import migrate
from backend.core.settings import ROOT, Settings
from backend.notifications.models import Mail, MailState
from tests.conftest import DATABASES, fresh_database
from tests.product import Product

MAILS, DEATHS = 10_000, 3
WANTED = {"sqlite": 50, "postgresql": 50}
_TEXT = "Hello,\n\nsomething happened in your account.\n" * 10


@asynccontextmanager
async def _outbox(kind: str, folder: Path) -> AsyncIterator[str]:
    """A database whose outbox is full; its address."""
    with fresh_database(kind, folder) as url:
        db = Database(Settings(database_url=url).database)
        await migrate(db)
        use_database(db)
        async with database().write() as session:
            event = await record(session, "b", Acting(person="b"), subject="b", text="b")
            session.add_all(
                Mail(event_id=event.id, kind="b", to=f"p{number}@northwind.example", text=_TEXT,
                     subject="Hello", html=f"<p>{_TEXT}", state=MailState.WAITING)
                for number in range(MAILS)
            )  # fmt: skip
        yield url
        use_database(None)
        await db.dispose()


@asynccontextmanager
async def _mail_server(log: Path) -> AsyncIterator[str]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.notifications.post_office", str(port), str(log),
        cwd=ROOT, stdout=PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    await process.stdout.readline()
    yield f"smtp://127.0.0.1:{port}?starttls=off"
    process.kill()
    await process.wait()


async def _courier(url: str, server: str, folder: Path) -> Process:
    told = {"DATABASE_URL": url, "SMTP_URL": server, "STATE_DIR": str(folder), "FAULT": "none",
            "PYTHONPATH": str(ROOT)}  # fmt: skip
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.crashes.faulty_courier", env=os.environ | told, cwd=folder
    )


def _lines(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


async def _until(log: Path, many: int) -> float:
    """The moment at which so many mails have arrived."""
    while len(_lines(log)) < many:  # noqa: ASYNC110 - another process writes it
        await asyncio.sleep(0.05)
    return time.perf_counter()


async def measure(console: Console, kind: str) -> None:
    """Print the rate, and what three deaths did."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = folder / "arrived"
        async with _outbox(kind, folder) as url, _mail_server(log) as server:
            mails, seconds = 0, 0.0
            for part in range(1, DEATHS + 1):
                courier = await _courier(url, server, folder)
                begun, at_first = len(_lines(log)), await _until(log, len(_lines(log)) + 100)
                many = MAILS * part // (DEATHS + 1)
                seconds += await _until(log, many) - at_first
                mails += many - begun - 100
                courier.send_signal(signal.SIGKILL)
                await courier.wait()
            courier = await _courier(url, server, folder)
            await courier.wait()
            arrived = Counter(line.strip("<>").split("@")[0] for line in _lines(log))
            async with database().read() as session:
                states = dict((await session.exec(select(Mail.id, Mail.state))).all())
    twice = sum(count > 1 for count in arrived.values())
    in_doubt = {one for one, state in states.items() if state == MailState.UNCONFIRMED}
    lost = sum(one not in arrived and one not in in_doubt for one in states)
    console.print(
        f"Mails on {kind}: {MAILS:,} to a server in another process, "
        f"{mails / seconds:,.0f} a second (at least {WANTED[kind]}); "
        f"killed {DEATHS} times: {twice} arrived twice (at most 0), "
        f"{lost} lost (at most 0), {len(in_doubt)} said to be in doubt, of which "
        f"{sum(one in arrived for one in in_doubt)} had arrived"
    )


async def run(_: Product, console: Console) -> None:
    """On both databases."""
    for kind in DATABASES:
        await measure(console, kind)
