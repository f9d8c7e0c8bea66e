"""Every query about cases. Lists start from what the person may read."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from backend.accounts import repository as accounts
from backend.accounts.models import SmartAccount
from backend.cases.clocks import MOVES_CLOCKS
from backend.cases.desk_models import CaseTag
from backend.cases.models import (
    Attachment,
    Case,
    CaseAlert,
    CaseEntry,
    Counter,
    DeskView,
    Engagement,
    EngagementWindow,
)
from backend.cases.schemas import Status
from backend.core.database import insert_into
from backend.core.identity import Person
from backend.core.policy import DeskAction, Role, desk_allows
from backend.users.models import Membership

FIRST_NUMBER = 500_000


def _of_accounts(ids: Any, policy: str) -> ColumnElement[bool]:
    """Cases of these accounts, where the account shows them to such people."""
    open_to_them = select(SmartAccount.id).where(
        col(SmartAccount.id).in_(ids), SmartAccount.case_visibility == policy
    )
    return col(Case.smart_account_id).in_(open_to_them)


def readable_by(person: Person, *, at_the_desk: bool = True) -> SelectOfScalar[Case]:
    """Cases the person may see: own ones, the desk's queues (unless they are left out), and by the
    account's policy.

    Whoever has any role in an account is a member, also one in a virtual account or by a group.
    """
    administered = select(Membership.smart_account_id).where(
        Membership.person == person.id, Membership.role == Role.SA_ADMIN
    )
    ways: list[ColumnElement[bool]] = [
        col(Case.requester) == person.id,
        _of_accounts(accounts.in_which_somebody_is(person.id), "all"),
        _of_accounts(administered, "admins"),
    ]
    if at_the_desk and desk_allows(person, DeskAction.WORK_CASES):
        ways.append(col(Case.queue).in_(person.desk_queues))
    return select(Case).where(or_(*ways))


def numbers_readable_by(person: Person) -> Select[tuple[str]]:
    """The numbers of these cases, to narrow lists of what belongs to cases."""
    return readable_by(person).with_only_columns(col(Case.number))


async def readable(
    session: AsyncSession, person: Person, number: str, *, lock: bool = False
) -> Case | None:
    """One case, if the person may see it; with `lock` its row is ours until the end."""
    statement = readable_by(person).where(Case.number == number)
    if lock:
        statement = statement.with_for_update(of=Case, key_share=True)
    return (await session.exec(statement)).one_or_none()


async def next_number(session: AsyncSession) -> str:
    """The next case number. The counter's row is locked until the transaction ends.

    Counts and begins in one statement, so that the very first cases may come at once.
    """
    statement = (
        insert_into(session, Counter)
        .values(name="case", value=FIRST_NUMBER + 1)
        .on_conflict_do_update(
            index_elements=[col(Counter.name)], set_={"value": col(Counter.value) + 1}
        )
        .returning(col(Counter.value))
    )
    return f"C-{(await session.exec(statement)).scalar_one()}"


async def merged_into(session: AsyncSession, number: str) -> list[str]:
    """The numbers of cases that were merged into this one, also by way of others."""
    found: list[str] = []
    nearest = [number]
    while nearest:
        rows = await session.exec(
            select(Case.number).where(col(Case.merged_into).in_(nearest)).order_by(col(Case.number))
        )
        nearest = [one for one in rows.all() if one not in found]
        found += nearest
    return found


async def where_it_went(session: AsyncSession, number: str) -> str:
    """The number of the case that this one was merged into in the end; its own otherwise."""
    seen: set[str] = set()
    while number not in seen:
        seen.add(number)
        following = await session.exec(select(Case.merged_into).where(Case.number == number))
        number = following.first() or number
    return number


async def entries_of(
    session: AsyncSession, numbers: Sequence[str], *, internal: bool
) -> list[CaseEntry]:
    """The thread, oldest first; of a case and of those merged into it, as one."""
    statement = select(CaseEntry).where(col(CaseEntry.case_number).in_(numbers))
    if not internal:
        statement = statement.where(col(CaseEntry.internal).is_(False))
    return list(
        (await session.exec(statement.order_by(col(CaseEntry.at), col(CaseEntry.id)))).all()
    )


async def clock_entries(
    session: AsyncSession, numbers: Iterable[str]
) -> dict[str, list[CaseEntry]]:
    """For many cases at once, the entries that clocks depend on."""
    rows = await session.exec(
        select(CaseEntry)
        .where(
            col(CaseEntry.case_number).in_(list(numbers)),
            col(CaseEntry.type).in_(MOVES_CLOCKS),
            col(CaseEntry.internal).is_(False),
        )
        .order_by(col(CaseEntry.at), col(CaseEntry.id))
    )
    found: dict[str, list[CaseEntry]] = {}
    for entry in rows.all():
        found.setdefault(entry.case_number, []).append(entry)
    return found


async def alerts_of(session: AsyncSession, numbers: Iterable[str]) -> dict[str, list[CaseAlert]]:
    """For many cases at once, what the desk has been told of their clocks."""
    rows = await session.exec(
        select(CaseAlert).where(col(CaseAlert.case_number).in_(list(numbers)))
    )
    found: dict[str, list[CaseAlert]] = {}
    for alert in rows.all():
        found.setdefault(alert.case_number, []).append(alert)
    return found


async def to_be_told_of(session: AsyncSession, now: datetime) -> Sequence[str]:
    """The numbers of cases of whose clocks the desk is to be told by now."""
    rows = await session.exec(
        select(Case.number).where(col(Case.alert_at) <= now).order_by(col(Case.alert_at))
    )
    return rows.all()


async def leads_of(session: AsyncSession, queue: str) -> list[Person]:
    """Who leads this queue, by name."""
    rows = await session.exec(
        select(Person)
        .where(Person.kind == "support", Person.desk_role == "lead")
        .order_by(col(Person.name))
    )
    return [lead for lead in rows.all() if desk_allows(lead, DeskAction.WORK_CASES, queue)]


async def tags_of(session: AsyncSession, number: str) -> list[str]:
    """The desk's words on a case, by name."""
    rows = await session.exec(
        select(CaseTag.tag).where(CaseTag.case_number == number).order_by(col(CaseTag.tag))
    )
    return list(rows.all())


async def domains(session: AsyncSession, ids: Iterable[int | None]) -> dict[int, str]:
    """The domains of these Smart Accounts."""
    wanted = {i for i in ids if i is not None}
    rows = await session.exec(
        select(SmartAccount.id, SmartAccount.domain).where(col(SmartAccount.id).in_(wanted))
    )
    return dict(rows.all())


async def engagement_of(
    session: AsyncSession, number: str
) -> tuple[Engagement, list[EngagementWindow]] | None:
    """The engagement of a training case with its windows in order."""
    engagement = await session.get(Engagement, number)
    if engagement is None:
        return None
    windows = await session.exec(
        select(EngagementWindow)
        .where(EngagementWindow.case_number == number)
        .order_by(col(EngagementWindow.position))
    )
    return engagement, list(windows.all())


async def closed_at(session: AsyncSession, number: str) -> datetime:
    """When a closed case was closed; what was noted on it later does not count."""
    entries = (await clock_entries(session, [number])).get(number, [])
    return next(e.at for e in reversed(entries) if e.details.get("status") == Status.CLOSED)


async def attached_bytes(session: AsyncSession, number: str) -> int:
    """What all files of a case weigh together."""
    total = func.coalesce(func.sum(Attachment.size), 0)
    rows = await session.exec(select(total).where(Attachment.case_number == number))
    return int(rows.one())


async def view(session: AsyncSession, person: Person, view_id: str) -> DeskView | None:
    """A saved view of the person's own, or a shared one."""
    found = await session.get(DeskView, view_id)
    if found is None or not desk_allows(person, DeskAction.WORK_CASES):
        return None
    return found if found.shared or found.owner == person.id else None
