"""Links between cases, as they look from either end."""

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import repository
from backend.cases.desk_models import CaseLink
from backend.cases.models import Case
from backend.cases.schemas import Link, LinkKind, Status
from backend.core.identity import Person

# What a link is called at its other end.
OTHER_END: dict[LinkKind, LinkKind] = {
    "related": "related",
    "blocks": "blocked_by",
    "blocked_by": "blocks",
    "caused_by": "causes",
    "causes": "caused_by",
}
LINK_NAMES: dict[LinkKind, str] = {
    "related": "Related to",
    "blocks": "Blocks",
    "blocked_by": "Blocked by",
    "caused_by": "Caused by",
    "causes": "Causes",
}


def stored(number: str, kind: LinkKind, other: str) -> tuple[str, LinkKind, str]:
    """The way in which a link is kept: one row, whichever end it is told from."""
    turned = other < number if kind == "related" else kind in {"blocked_by", "causes"}
    return (other, OTHER_END[kind], number) if turned else (number, kind, other)


async def links_of(session: AsyncSession, number: str, viewer: Person) -> list[Link]:
    """The cases that this one has to do with, as far as `viewer` may see them."""
    ends = await session.exec(
        select(CaseLink)
        .where(or_(col(CaseLink.case_number) == number, col(CaseLink.other) == number))
        .order_by(col(CaseLink.at))
    )
    told: list[tuple[LinkKind, str]] = [
        (_kind(link), link.other)
        if link.case_number == number
        else (OTHER_END[_kind(link)], link.case_number)
        for link in ends.all()
    ]
    if not told:
        return []
    rows = await session.exec(
        repository.readable_by(viewer).where(col(Case.number).in_([other for _, other in told]))
    )
    seen = {case.number: case for case in rows.all()}
    return [
        Link(kind=kind, number=other, title=seen[other].title, status=Status(seen[other].status))
        for kind, other in told
        if other in seen
    ]


def _kind(link: CaseLink) -> LinkKind:
    kinds: dict[str, LinkKind] = {kind: kind for kind in OTHER_END}
    return kinds[link.kind]
