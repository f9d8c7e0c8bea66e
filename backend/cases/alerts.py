"""The desk is told, once, of a clock that is about to break and of one that broke."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import due, repository, service
from backend.cases.clocks import CLOCK_NAMES
from backend.cases.desk import desk
from backend.cases.models import Case, CaseAlert
from backend.core import clock
from backend.core.database import database, lock_row
from backend.core.events import Acting, record
from backend.core.timers import timer

BY_ITSELF = Acting(person="desk", via="rule")
EVENTS = {"soon": "case_due_soon", "breached": "case_breached"}


@timer("tell_of_clocks")
async def tell_of_clocks() -> None:
    """Tell of every running clock that has come to its moment, each time it does so."""
    async with database().read() as session:
        numbers = await repository.to_be_told_of(session, clock.now())
    for number in numbers:
        async with database().write() as session:
            await lock_row(session, Case, number)
            await _tell(session, await session.get_one(Case, number))


async def _tell(session: AsyncSession, case: Case) -> None:
    """What has come due since; nothing when another process was here first."""
    now = clock.now()
    told = (await repository.alerts_of(session, [case.number])).get(case.number, [])
    clocks = await due.refresh(session, case)
    alerts = [alert for alert in due.untold(clocks, told) if alert[0] <= now]
    over = {name for _, name, _, kind in alerts if kind == "breached"}
    for _, name, due_at, kind in alerts:
        session.add(CaseAlert(case_number=case.number, clock_name=name, due_at=due_at, kind=kind))
        if kind == "breached" or name not in over:
            await _note(session, case, name, due_at, kind)
    await session.flush()
    await due.refresh(session, case)
    session.add(case)


async def _note(session: AsyncSession, case: Case, name: str, due_at: datetime, kind: str) -> None:
    what = CLOCK_NAMES[name]
    text = f"The {what} is overdue" if kind == "breached" else f"The {what} is due soon"
    await service.add_entry(
        session, case, EVENTS[kind], BY_ITSELF.person, text,
        internal=True, touches=False, clock=name, due=due_at.isoformat(),
    )  # fmt: skip
    # Without the Smart Account: its members read that account's history, the desk's haste is ours.
    await record(
        session, EVENTS[kind], BY_ITSELF, subject=case.number, text=f"{text}: {case.title}",
        rule=f"Severity {case.severity}, {desk().queues[case.queue]}",
        details={
            "case": case.number, "title": case.title, "status": case.status,
            "requester": case.requester, "conversation": case.conversation,
            "clock": name, "due": due_at.isoformat(),
        },
    )  # fmt: skip
