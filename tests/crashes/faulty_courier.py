"""The courier alone, run as a process that ends as `kill -9` would at the worst moment.

`FAULT` is the moment: `before_note`, `before_dot`, `after_dot`, `after_250`, or `none` to work
until nothing waits any more. `FAULT_AT` is which mail it happens with, counted from one.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from aiosmtplib import SMTP
from sqlmodel import col, func, select

from backend import models as _models  # noqa: F401 - all tables
from backend.core import jobs
from backend.core.database import Database, database, use_database
from backend.core.settings import settings
from backend.notifications import courier, outbox
from backend.notifications.models import Mail, MailState

FAULT, AT = os.environ.get("FAULT", "none"), int(os.environ.get("FAULT_AT", "1"))
_counted = 0


def _is_time() -> bool:
    global _counted
    _counted += 1
    return _counted >= AT


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _dying(function: Callable[..., Awaitable[Any]], *, after: bool = False) -> Any:
    async def call(*arguments: Any, **named: Any) -> Any:
        now = _is_time()
        if now and not after:
            _die()
        result = await function(*arguments, **named)
        if now:
            _die()
        return result

    return call


async def _dot_and_die(self: SMTP, *command: bytes, **named: Any) -> Any:
    if command == (b".",) and _is_time():
        assert self.protocol is not None
        self.protocol.write(b".\r\n")
        await asyncio.sleep(0.3)  # it is on its way, and nobody reads the answer
        _die()
    return await _execute(self, *command, **named)


_execute = SMTP.execute_command


def _build_in(fault: str) -> None:
    match fault:
        case "before_note":
            outbox.note_handing_over = _dying(outbox.note_handing_over)
        case "before_dot":
            outbox.note_handing_over = _dying(outbox.note_handing_over, after=True)
        case "after_dot":
            SMTP.execute_command = _dot_and_die  # type: ignore[method-assign]
        case "after_250":
            outbox.settle_sent = _dying(outbox.settle_sent)
        case "none":
            pass
        case other:
            raise SystemExit(f"no fault is called {other}")


async def _waiting() -> int:
    under_way = (MailState.WAITING, MailState.HANDING_OVER)
    async with database().read() as session:
        counted = select(func.count()).where(col(Mail.state).in_(under_way))
        return int((await session.exec(counted)).one())


async def main() -> None:
    """Deliver until nothing waits any more, or death comes first."""
    db = Database(settings().database)
    use_database(db)
    slot = jobs.Slot(db)
    jobs.use_executor(await slot.take())
    async with courier.delivering():
        while await _waiting():  # noqa: ASYNC110 - the database is the truth
            await asyncio.sleep(0.05)
    await slot.free()
    await db.dispose()


if __name__ == "__main__":
    _build_in(FAULT)
    asyncio.run(main())
