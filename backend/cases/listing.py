"""Lists of cases: what narrows them, in which order they come, and pages that never count rows.

A search first looks at the nearest cases of the order: words that many cases hold fill a page
there at once. What is rarer is found by the index of words, and is then little to put in order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import Field
from sqlalchemy import ColumnElement, and_, case, exists, func, or_, tuple_, union_all
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from backend.cases import repository
from backend.cases.models import Case, CaseEntry, CaseWords, Engagement
from backend.cases.schemas import ENDED, OPEN, Category, Status
from backend.core import clock
from backend.core.fields import Body, Domain, Language
from backend.core.identity import Person, by_address
from backend.core.pagination import decode, encode
from backend.core.policy import DeskAction, desk_allows
from backend.core.portals import Portal
from backend.core.search import Search

UNCLAIMED, ME = "none", "me"
# So many cases along the order are looked at before the index of words is asked.
NEAREST = 2000
# Counting stops there: "999+" says enough. What no index narrows is looked for among so many.
MOST_COUNTED, MOST_LOOKED_AT = 999, 10_000
MOST_HOURS = 24 * 30


class Sort(StrEnum):
    """The order of a list."""

    NEWEST = "newest"
    DUE = "due"


class CaseFilters(Body):
    """What narrows a list of cases, all of it at once; what is left out narrows nothing."""

    queue: str | None = Field(default=None, max_length=30, description="Only this queue")
    status: Status | None = Field(default=None, description="Only this status")
    open_only: bool = Field(default=False, description="Only those that have not ended")
    severity: int | None = Field(default=None, ge=1, le=4, description="Only this severity")
    category: Category | None = Field(default=None, description="Only this category")
    portal: Portal | None = Field(default=None, description="Only about this portal")
    assignee: str | None = Field(
        default=None,
        max_length=254,
        description="Only this agent’s; `me` for your own, `none` for unclaimed ones",
    )
    breaching_within: int | None = Field(
        default=None, ge=0, le=MOST_HOURS,
        description="Only those whose clock runs out within so many hours, or already has",
    )  # fmt: skip
    language: Language | None = Field(
        default=None, description="Only requesters, or training sessions, with this language"
    )
    domain: Domain | None = Field(
        default=None, description="Only requesters of the company with this e-mail domain"
    )

    @property
    def statuses(self) -> Sequence[Status]:
        """The statuses that are left; none named are all of them. One that is named goes before
        `open_only`: a console keeps both.
        """
        if self.status is not None:
            return [self.status]
        return OPEN if self.open_only else list(Status)


async def _conditions(
    session: AsyncSession, person: Person, filters: CaseFilters, case: Any = Case
) -> list[ColumnElement[bool]]:
    """What the filters ask of a case, beside its queue and status."""
    found = [
        getattr(case, name) == getattr(filters, name)
        for name in ("severity", "category", "portal")
        if getattr(filters, name) is not None
    ]
    if filters.assignee == UNCLAIMED:
        found.append(case.assignee.is_(None))
    elif filters.assignee:
        found.append(case.assignee == await _agent(session, person, filters.assignee))
    if filters.breaching_within is not None:
        found.append(case.due_at <= clock.now() + timedelta(hours=filters.breaching_within))
    if filters.language is not None:
        found.append(_in_language(case, filters.language))
    if filters.domain is not None:
        theirs = select(Person.id).where(Person.organization_domain == filters.domain)
        found.append(case.requester.in_(theirs))
    return found


async def _agent(session: AsyncSession, person: Person, address: str) -> str:
    if address == ME:
        return person.id
    agent = await by_address(session, address.strip().lower())
    return agent.id if agent else address


def _in_language(case: Any, language: str) -> ColumnElement[bool]:
    """`en` is also `en-GB`. A training session has a language of its own."""

    def speaks(column: Any) -> ColumnElement[bool]:
        return or_(column == language, column.startswith(f"{language}-", autoescape=True))

    theirs = select(Person.id).where(speaks(col(Person.language)))
    held = select(Engagement.case_number).where(speaks(col(Engagement.language)))
    return or_(and_(case.kind == "support", case.requester.in_(theirs)), case.number.in_(held))


@dataclass(frozen=True)
class _Part:
    """A stretch of an order: cases of these statuses, by which moment, in which direction."""

    statuses: Sequence[Status]
    by: str
    rising: bool = False
    runs: bool | None = None

    def keys(self, case: Any) -> tuple[Any, Any]:
        """What it is ordered by."""
        return getattr(case, self.by), case.number

    def order(self, case: Any) -> Sequence[Any]:
        """The same for ORDER BY."""
        return [key if self.rising else key.desc() for key in self.keys(case)]

    def where(self, after: tuple[datetime, str] | None) -> list[ColumnElement[bool]]:
        """Its cases, those that come after this one."""
        found: list[ColumnElement[bool]] = []
        if self.runs is not None:
            found.append(col(Case.due_at).is_not(None) if self.runs else col(Case.due_at).is_(None))
        if after is not None:
            keys, last = tuple_(*self.keys(Case)), tuple_(*after)
            found.append(keys > last if self.rising else keys < last)
        return found


# What breaks first, then what waits for somebody else, then what has ended.
_PARTS = {
    Sort.NEWEST: [_Part(list(Status), "created_at")],
    Sort.DUE: [
        _Part(OPEN, "due_at", rising=True, runs=True),
        _Part(OPEN, "created_at", runs=False),
        _Part(list(ENDED), "created_at"),
    ],
}


def _branches(
    person: Person, filters: CaseFilters, statuses: Sequence[Status],
    where: Sequence[ColumnElement[bool]],
) -> list[SelectOfScalar[Case]]:  # fmt: skip
    """The cases that somebody may see, in parts that have nothing in common: each is one stretch
    of an index, so that a page is read off their beginnings.
    """
    wanted = [status for status in filters.statuses if status in statuses]
    named = [] if filters.queue is None else [col(Case.queue) == filters.queue]
    queues = desk_queues(person)
    found = [
        select(Case).where(Case.queue == queue, Case.status == status, *where)
        for queue in queues
        if filters.queue in (None, queue)
        for status in wanted
    ]
    elsewhere = repository.readable_by(person, at_the_desk=False).where(*named, *where)
    if len(wanted) < len(Status):
        elsewhere = elsewhere.where(col(Case.status).in_(wanted))
    if queues:
        elsewhere = elsewhere.where(col(Case.queue).not_in(queues))
    return [*found, elsewhere]


def desk_queues(person: Person) -> list[str]:
    """The queues in which the person sees all there is, internal notes too."""
    return person.desk_queues if desk_allows(person, DeskAction.WORK_CASES) else []


def _merged(branches: Sequence[Any], part: _Part, most: int) -> Any:
    """The first cases of all branches together, as something to select from."""
    rows = union_all(*branches).subquery()
    merged = columns(rows).order_by(*part.order(aliased(Case, rows))).limit(most)
    return aliased(Case, merged.subquery())


async def page(
    session: AsyncSession,
    person: Person,
    filters: CaseFilters,
    *,
    sort: Sort = Sort.NEWEST,
    search: Search | None = None,
    more: Sequence[ColumnElement[bool]] = (),
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[Case], str | None]:
    """A page of the cases that the person may see, and the next cursor."""
    parts, begin = _PARTS[sort], 0
    after: tuple[datetime, str] | None = None
    if cursor:
        begin, *last = decode(cursor, (int, datetime, str))
        after = (last[0], last[1])
    conditions = [*await _conditions(session, person, filters), *more]
    found: list[tuple[int, Case]] = []
    for number, part in list(enumerate(parts))[max(begin, 0) :]:
        if len(found) > limit:
            break
        where = [*conditions, *part.where(after)]
        branches = _branches(person, filters, part.statuses, where)
        most = limit + 1 - len(found)
        found += [
            (number, row) for row in await _rows(session, person, branches, part, search, most)
        ]
        after = None
    following = None
    if len(found) > limit:
        number, last_case = found[limit - 1]
        following = encode((number, getattr(last_case, parts[number].by), last_case.number))
    return [row for _, row in found[:limit]], following


async def _rows(
    session: AsyncSession, person: Person, branches: Sequence[Any], part: _Part,
    search: Search | None, most: int,
) -> list[Case]:  # fmt: skip
    """The first rows of a part; with a search, of those that hold the words."""
    near = _merged(branches, part, most if search is None else NEAREST)
    statement = select(near).order_by(*part.order(near)).limit(most)
    if search is None:
        return list((await session.exec(statement)).all())
    told = exists().where(
        col(CaseWords.case_number) == near.number,
        search.hits(CaseWords, session),
        or_(~col(CaseWords.internal), near.queue.in_(desk_queues(person))),
    )
    rows = list((await session.exec(statement.where(told))).all())
    if len(rows) == most:
        return rows
    by_index = by_words(session, person, branches, search, part)
    return list((await session.exec(by_index.limit(most))).all())


def by_words(
    session: AsyncSession, person: Person, branches: Sequence[Any], search: Search, part: _Part
) -> Any:
    """Of these cases those that hold the words, beginning at the index of words. What only an
    internal note holds is found in the person's own queues alone.
    """
    only_inside = func.min(case((col(CaseWords.internal), 1), else_=0)).label("only_inside")
    found = (
        columns(col(CaseWords.case_number), only_inside)
        .where(search.hits(CaseWords, session))
        .group_by(col(CaseWords.case_number))
        .cte("found")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    held = [
        branch.join(found, found.c.case_number == col(Case.number)).where(
            or_(found.c.only_inside == 0, col(Case.queue).in_(desk_queues(person)))
        )
        for branch in branches
    ]
    rows = aliased(Case, union_all(*held).subquery())
    return select(rows).order_by(*part.order(rows))


async def snippets(
    session: AsyncSession, person: Person, cases: Sequence[Case], search: Search
) -> dict[str, str]:
    """Where the words stand in each of these cases, as HTML, in what the person may read of it."""
    queues = desk_queues(person)
    inside = [one.number for one in cases if one.queue in queues]
    rows = await session.exec(
        select(CaseEntry)
        .where(
            col(CaseEntry.case_number).in_([one.number for one in cases]),
            col(CaseEntry.text) != "",
            or_(~col(CaseEntry.internal), col(CaseEntry.case_number).in_(inside)),
        )
        .order_by(col(CaseEntry.at), col(CaseEntry.id))
    )
    said: dict[str, list[str]] = {}
    for entry in rows.all():
        said.setdefault(entry.case_number, []).append(entry.text)
    found = {
        one.number: search.snippet(one.description, *said.get(one.number, []), one.title)
        for one in cases
    }
    return {number: told for number, told in found.items() if told}


@dataclass(frozen=True)
class Count:
    """How many cases there are, or at least so many when there are `more`."""

    number: int
    more: bool


async def count(session: AsyncSession, person: Person, filters: CaseFilters) -> Count:
    """How many cases the person may see under these filters, as far as counting is cheap: up to
    999, and for what only part of an index narrows, among so many cases as can be looked at.
    """
    branches = _branches(person, filters, list(Status), ())
    near: Any = aliased(Case, union_all(*branches).limit(MOST_LOOKED_AT).subquery())
    conditions = await _conditions(session, person, filters, near)
    if not conditions:
        numbers = [branch.with_only_columns(col(Case.number)) for branch in branches]
        some = union_all(*numbers).limit(MOST_COUNTED + 1).subquery()
        number = (await session.exec(select(func.count()).select_from(some))).one()
        return Count(min(number, MOST_COUNTED), more=number > MOST_COUNTED)
    fits = case((and_(*conditions), 1), else_=0)
    rows = await session.exec(
        select(func.coalesce(func.sum(fits), 0), func.count()).select_from(near)
    )
    number, looked_at = rows.one()
    more = number > MOST_COUNTED or looked_at == MOST_LOOKED_AT
    return Count(min(number, MOST_COUNTED), more=more)
