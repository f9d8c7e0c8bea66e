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
from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, tuple_, union_all
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
MOST_COUNTED, MOST_LOOKED_AT = 999, 5_000
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
    """A stretch of an order: cases of these statuses, by which columns, in which direction.

    `marks` is what a cursor remembers beside the number. What waits for somebody else goes by
    number alone, which rises with time, as that is how an index has it.
    """

    statuses: Sequence[Status]
    by: tuple[str, ...]
    marks: str = "created_at"
    rising: bool = False
    runs: bool | None = None

    def order(self, rows: Any) -> list[Any]:
        """For ORDER BY."""
        keys = [getattr(rows, name) for name in self.by]
        return keys if self.rising else [key.desc() for key in keys]

    def where(self, after: tuple[datetime, str] | None) -> list[ColumnElement[bool]]:
        """Its cases, those that come after this one."""
        found: list[ColumnElement[bool]] = []
        if self.runs is not None:
            found.append(col(Case.due_at).is_not(None) if self.runs else col(Case.due_at).is_(None))
        if after is not None:
            keys = tuple_(*(getattr(Case, name) for name in self.by))
            last = tuple_(*after[-len(self.by) :])
            found.append(keys > last if self.rising else keys < last)
        return found


# What breaks first, then what waits for somebody else, then what has ended.
_PARTS = {
    Sort.NEWEST: [_Part(list(Status), ("created_at", "number"))],
    Sort.DUE: [
        _Part(OPEN, ("due_at", "number"), marks="due_at", rising=True, runs=True),
        _Part(OPEN, ("number",), runs=False),
        _Part(list(ENDED), ("created_at", "number")),
    ],
}


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
    begin, after = 0, None
    if cursor:
        begin, *last = decode(cursor, (int, datetime, str))
        begin, after = min(max(begin, 0), len(_PARTS[sort]) - 1), (last[0], last[1])
    narrow = _Narrowed(person, filters, [*await _conditions(session, person, filters), *more])
    place = _Place(sort, begin, after)
    if search is None:
        found = await _in_order(session, narrow, place, limit + 1)
    else:
        found = await _nearest(session, narrow, place, search, limit + 1)
        if len(found) <= limit:
            statement = by_words(session, narrow, place, search)
            found = (await session.exec(statement.limit(limit + 1))).all()
    following = None
    if len(found) > limit:
        number, last_case = _part_of(sort, found[limit - 1]), found[limit - 1]
        marks = getattr(last_case, _PARTS[sort][number].marks)
        following = encode((number, marks, last_case.number))
    return list(found[:limit]), following


def _part_of(sort: Sort, case: Case) -> int:
    """Which part of the order a case is in."""
    if sort is Sort.NEWEST:
        return 0
    return 2 if case.status in ENDED else 0 if case.due_at is not None else 1


@dataclass(frozen=True)
class _Narrowed:
    """The cases that somebody may see under some filters."""

    person: Person
    filters: CaseFilters
    conditions: Sequence[ColumnElement[bool]]

    def branches(
        self, statuses: Sequence[Status], where: Sequence[ColumnElement[bool]] = ()
    ) -> list[SelectOfScalar[Case]]:
        """Those of these statuses, in parts that have nothing in common: each is one stretch of
        an index, so that a page is read off their beginnings.
        """
        filters, where = self.filters, [*self.conditions, *where]
        wanted = [status for status in filters.statuses if status in statuses]
        queues = desk_queues(self.person)
        found = [
            select(Case).where(Case.queue == queue, Case.status == status, *where)
            for queue in queues
            if filters.queue in (None, queue)
            for status in wanted
        ]
        if found and filters.queue in queues:
            return found
        elsewhere = repository.readable_elsewhere(self.person).where(*where)
        if queues:
            elsewhere = elsewhere.where(col(Case.queue).not_in(queues))
        return [*found, self._filtered(elsewhere, wanted)]

    def whole(self) -> SelectOfScalar[Case]:
        """All of them."""
        statement = repository.readable_by(self.person).where(*self.conditions)
        return self._filtered(statement, self.filters.statuses)

    def _filtered(
        self, statement: SelectOfScalar[Case], statuses: Sequence[Status]
    ) -> SelectOfScalar[Case]:
        if self.filters.queue is not None:
            statement = statement.where(Case.queue == self.filters.queue)
        if len(statuses) < len(Status):
            statement = statement.where(col(Case.status).in_(statuses))
        return statement


@dataclass(frozen=True)
class _Place:
    """Where in an order a page begins: behind this case of this part."""

    sort: Sort
    part: int
    after: tuple[datetime, str] | None


def desk_queues(person: Person) -> list[str]:
    """The queues in which the person sees all there is, internal notes too."""
    return person.desk_queues if desk_allows(person, DeskAction.WORK_CASES) else []


def _first(branches: Sequence[Any], part: _Part, most: int) -> Any:
    """The first cases of all branches together: their numbers, queues and what orders them. Each
    branch is in order itself, so that they are merged instead of sorted.
    """
    told: list[Any] = [col(Case.number), col(Case.queue)]
    told += [col(getattr(Case, name)) for name in part.by if name != "number"]
    heads = [
        branch.with_only_columns(*told).order_by(*part.order(Case)).limit(most).subquery()
        for branch in branches
    ]
    rows = union_all(*(columns(head) for head in heads)).subquery()
    return columns(rows).order_by(*part.order(rows.c)).limit(most).subquery()


async def _cases(session: AsyncSession, rows: Any, part: _Part) -> Sequence[Case]:
    """The cases with these numbers, in the order of the part."""
    statement = select(Case).join(rows, rows.c.number == col(Case.number))
    return (await session.exec(statement.order_by(*part.order(Case)))).all()


async def _in_order(
    session: AsyncSession, narrow: _Narrowed, place: _Place, most: int
) -> Sequence[Case]:
    """The first cases from there on, part by part."""
    found: list[Case] = []
    after = place.after
    for part in _PARTS[place.sort][place.part :]:
        if len(found) < most:
            branches = narrow.branches(part.statuses, part.where(after))
            found += await _cases(session, _first(branches, part, most - len(found)), part)
        after = None
    return found


async def _nearest(
    session: AsyncSession, narrow: _Narrowed, place: _Place, search: Search, most: int
) -> Sequence[Case]:
    """The first cases that hold the words, among so many as are nearest."""
    part = _PARTS[place.sort][place.part]
    near = _first(narrow.branches(part.statuses, part.where(place.after)), part, NEAREST)
    told = exists().where(
        col(CaseWords.case_number) == near.c.number,
        search.hits(CaseWords, session),
        or_(~col(CaseWords.internal), near.c.queue.in_(desk_queues(narrow.person))),
    )
    nearest = columns(near).where(told).order_by(*part.order(near.c)).limit(most).subquery()
    return await _cases(session, nearest, part)


def by_words(
    session: AsyncSession, narrow: _Narrowed, place: _Place, search: Search
) -> SelectOfScalar[Case]:
    """All cases from there on that hold the words, beginning at the index of words. What only an
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
    statement = (
        narrow.whole()
        .join(found, found.c.case_number == col(Case.number))
        .where(or_(found.c.only_inside == 0, col(Case.queue).in_(desk_queues(narrow.person))))
    )
    parts = _PARTS[place.sort]
    rank = _rank() if len(parts) > 1 else literal(0)
    begun = [rank == place.part, *parts[place.part].where(place.after)]
    statement = statement.where(or_(rank > place.part, and_(*begun)))
    if len(parts) > 1:
        moment = case((rank == 0, col(Case.due_at)))
        waits = case((rank == 1, col(Case.number)))
        statement = statement.order_by(
            rank, moment, case((rank == 0, col(Case.number))), waits.desc()
        )
    return statement.order_by(*_PARTS[Sort.NEWEST][0].order(Case))


def _rank() -> ColumnElement[int]:
    """The part of the order by due moments in which a case is."""
    ended, runs = col(Case.status).in_(ENDED), col(Case.due_at).is_not(None)
    return case((ended, 2), (runs, 0), else_=1)


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
    branches = _Narrowed(person, filters, ()).branches(list(Status))
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
