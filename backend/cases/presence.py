"""Who has a case open right now: told by each page again and again, kept in the database.

So it works with any number of processes, and whoever closes the page is gone after a while.
"""

from datetime import timedelta

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import service
from backend.cases.desk_models import CaseLooker
from backend.cases.page_schemas import Looker, Lookers, Present
from backend.core import clock
from backend.core.database import database, insert_into
from backend.core.identity import Person, people, person_ref
from backend.core.timers import timer

# Pages tell every 20 seconds; one that was lost on the way doesn't count as having left.
PRESENT = timedelta(seconds=50)


async def tell(session: AsyncSession, person: Person, number: str, body: Present) -> Lookers:
    """Note that the person looks at the case, and who else does."""
    case = await service.find(session, person, number)
    service.require_desk(person, case)
    now = clock.now()
    before = await session.get(CaseLooker, (case.number, person.id))
    news = before is None or before.seen_at < now - PRESENT or before.writes != body.writes
    told = {"seen_at": now, "writes": body.writes}
    await session.exec(
        insert_into(session, CaseLooker)
        .values(case_number=case.number, person=person.id, **told)
        .on_conflict_do_update(index_elements=["case_number", "person"], set_=told)
    )
    return Lookers(items=await others(session, person, case.number), changed=news)


async def others(session: AsyncSession, person: Person, number: str) -> list[Looker]:
    """Who else has the case open, those who write first."""
    rows = await session.exec(
        select(CaseLooker)
        .where(
            CaseLooker.case_number == number,
            CaseLooker.person != person.id,
            CaseLooker.seen_at >= clock.now() - PRESENT,
        )
        .order_by(col(CaseLooker.writes).desc(), col(CaseLooker.person))
    )
    found = rows.all()
    known = await people(session, [one.person for one in found])
    return [
        Looker(person=person_ref(one.person, known), writes=one.writes, seen_at=one.seen_at)
        for one in found
    ]


@timer("forget_lookers")
async def forget_lookers() -> None:
    """Whoever has left for good is no longer kept."""
    async with database().write() as session:
        await session.exec(
            delete(CaseLooker).where(col(CaseLooker.seen_at) < clock.now() - 10 * PRESENT)
        )
