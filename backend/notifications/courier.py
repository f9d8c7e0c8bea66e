"""Takes what waits in the outbox to the mail server, beside everything else the process does.

One dispatcher claims, and a few carriers with a connection each hand over. No request waits for
any of it: what is slow or down only makes the outbox longer.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from aiosmtplib import SMTP, SMTPException
from prometheus_client import Counter

from backend.core import clock, jobs
from backend.core.settings import settings
from backend.core.timers import timer
from backend.notifications import outbox
from backend.notifications.composing import Unwritable, envelope
from backend.notifications.handing_over import (
    DOT_SECONDS,
    NoLongerOurs,
    Refused,
    Unanswered,
    hand_over,
)
from backend.notifications.mail_server import MailServer, mail_server, words_of
from backend.notifications.outbox import Claim

POLL_SECONDS = 5.0
CLAIMS_A_CONNECTION = 8
# A connection that was still for so long is asked first whether it is there, and later closed.
STILL_SECONDS, IDLE_SECONDS = 5.0, 30.0
MAILS_A_CONNECTION = 200
STOP_SECONDS = 10.0
FIRST_REST, LONGEST_REST = timedelta(seconds=5), timedelta(minutes=5)
HANDED_OVER = Counter("mails_handed_over", "Mails by what the mail server said", ["outcome"])
log = structlog.get_logger(__name__)


class Line:
    """One connection to the server, opened when needed, kept while it is used."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._smtp: SMTP | None = None
        self._used_at, self._carried = 0.0, 0

    async def ready(self) -> SMTP:
        """A connection that answers. Raises `SMTPException` or `OSError`."""
        now = asyncio.get_running_loop().time()
        if self._smtp is not None and self._carried >= MAILS_A_CONNECTION:
            await self.close()
        if self._smtp is not None and self._smtp.is_connected:
            if now - self._used_at > STILL_SECONDS:
                with contextlib.suppress(SMTPException, OSError):
                    await self._smtp.noop()
            if self._smtp.is_connected:
                return self._used(self._smtp, now)
        self._smtp, self._carried = await self._server.connect(), 0
        return self._used(self._smtp, now)

    def _used(self, smtp: SMTP, now: float) -> SMTP:
        self._used_at = now
        self._carried += 1
        return smtp

    async def close(self) -> None:
        """Say goodbye, if there is somebody to say it to."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None and smtp.is_connected:
            with contextlib.suppress(SMTPException, OSError):
                await smtp.quit(timeout=2)
            smtp.close()


class Courier:
    """The dispatcher and its carriers, for one process."""

    def __init__(self, server: MailServer, slot: str, connections: int) -> None:
        self._server, self._slot, self._connections = server, slot, connections
        self._waiting: asyncio.Queue[Claim] = asyncio.Queue(maxsize=connections)
        self._woken, self._closed = asyncio.Event(), asyncio.Event()
        self._failures, self._rest_until = 0, 0.0

    def wake(self) -> None:
        """There may be something to do."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled; `close` first, so that nothing new is begun."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._dispatch())
            for _ in range(self._connections):
                group.create_task(self._carry())

    async def close(self) -> None:
        """Begin nothing more, and give what is at the server a moment to be answered."""
        self._closed.set()
        self.wake()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._waiting.join()

    async def _dispatch(self) -> None:
        taken_over = False
        while not self._closed.is_set():
            self._woken.clear()
            await self._rest()
            try:
                if not taken_over:
                    await outbox.take_over(self._slot)
                    taken_over = True
                claims = await outbox.claim(self._slot, self._connections * CLAIMS_A_CONNECTION)
            except Exception:
                log.exception("outbox_not_read")
                claims = []
            for one in claims:
                await self._waiting.put(one)
            if not claims:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), POLL_SECONDS)

    async def _rest(self) -> None:
        """Leave a server alone that could not be reached."""
        left = self._rest_until - asyncio.get_running_loop().time()
        if left > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), left)

    async def _carry(self) -> None:
        line = Line(self._server)
        try:
            while True:
                try:
                    one = await asyncio.wait_for(self._waiting.get(), IDLE_SECONDS)
                except TimeoutError:
                    await line.close()
                    one = await self._waiting.get()
                try:
                    await self._deliver(line, one)
                except Exception:
                    # Its lease runs out, and it is tried again or found unconfirmed.
                    log.exception("mail_not_settled", mail=one.mail.id)
                finally:
                    self._waiting.task_done()
        finally:
            await line.close()

    async def _deliver(self, line: Line, one: Claim) -> None:
        if self._closed.is_set() or clock.now() > one.until - outbox.LEASE / 2:
            return  # Whoever claims it next has more time.
        try:
            letter = envelope(one.mail)
        except Unwritable as exc:
            await self._settle("failed", outbox.settle_refused(one, str(exc), bounced=False))
            return
        try:
            smtp = await line.ready()
        except (SMTPException, OSError) as exc:
            await self._unreachable(one, exc)
            return
        self._failures = 0
        try:
            await hand_over(smtp, letter, lambda: outbox.note_handing_over(one))
        except Refused as exc:
            await self._refused(one, exc)
        except Unanswered as exc:
            words = f"The connection ended before the mail server’s answer: {exc}"
            await self._settle("unconfirmed", outbox.settle_unanswered(one, words))
        except NoLongerOurs:
            pass
        except (SMTPException, OSError) as exc:
            pause = outbox.pause_after(one.attempt)
            await self._settle("later", outbox.settle_for_now([one], words_of(exc), pause))
        else:
            await self._settle("sent", outbox.settle_sent(one))

    async def _refused(self, one: Claim, refusal: Refused) -> None:
        words = f"The mail server said {refusal}"
        if refusal.permanent:
            outcome = "bounced" if refusal.no_such_address else "failed"
            settled = outbox.settle_refused(one, words, bounced=refusal.no_such_address)
            await self._settle(outcome, settled)
        else:
            pause = outbox.pause_after(one.attempt)
            await self._settle("later", outbox.settle_for_now([one], words, pause))

    async def _unreachable(self, one: Claim, error: Exception) -> None:
        """Not this mail’s fault: everything rests, a little longer each time."""
        rest = min(FIRST_REST * 2 ** min(self._failures, 10), LONGEST_REST)
        loop = asyncio.get_running_loop()
        if loop.time() >= self._rest_until:
            self._failures += 1
            self._rest_until = loop.time() + rest.total_seconds()
            log.warning("mail_server_unreachable", server=str(self._server), error=words_of(error))
        await self._settle("later", outbox.settle_for_now([one], words_of(error), rest))

    @staticmethod
    async def _settle(outcome: str, settling: Awaitable[None]) -> None:
        await settling
        HANDED_OVER.labels(outcome).inc()


_courier: Courier | None = None


def wake() -> None:
    """A mail was written, or is to be tried again."""
    if _courier is not None:
        _courier.wake()


@asynccontextmanager
async def delivering() -> AsyncIterator[None]:
    """Hand mails over while the block lasts; does nothing without `SMTP_URL`."""
    global _courier
    server = mail_server()
    if server is None:
        yield
        return
    _courier = Courier(server, jobs.executor(), settings().smtp_connections)
    task = asyncio.create_task(_courier.run())
    try:
        yield
    finally:
        await _courier.close()
        _courier = None
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@timer("deliver_mails")
async def deliver_mails() -> None:
    """Look again, and notice what a process that nobody replaced was handing over."""
    if settings().smtp_url is not None:
        await outbox.notice_the_dead(timedelta(seconds=2 * DOT_SECONDS))
        wake()
