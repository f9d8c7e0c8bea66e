"""Following an order, and stopping to."""

from sqlmodel import col, delete
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core import clock
from backend.core.database import insert_into, is_dry_run
from backend.core.events import Acting, record
from backend.core.identity import Person
from backend.core.receipts import Line, Receipt
from backend.orders import presentation
from backend.orders.models import OrderFollower
from backend.orders.news import codes_of, say_code
from backend.orders.schemas import OrderAnswer
from backend.orders.service import Seen, find


async def follow(
    session: AsyncSession, person: Person, acting: Acting, number: str
) -> tuple[OrderAnswer, bool]:
    """Hear of an order from now on; whether that is new and stays."""
    seen = await find(session, person, number, lock=True)
    codes = (await codes_of(session, [(seen.order, seen.lines)]))[seen.order.number]
    statement = (
        insert_into(session, OrderFollower)
        .values(order_number=seen.order.number, person=person.id, since=clock.now(), told=codes)
        .on_conflict_do_nothing()
        .returning(col(OrderFollower.person))
    )
    is_new = (await session.exec(statement)).first() is not None
    if is_new:
        await _note(session, seen, acting, "order_followed", "is followed")
    waits = "; ".join(map(say_code, codes)) or "nothing holds it up"
    receipt = Receipt(
        title="You follow this order" if is_new else "You follow this order already",
        reference=seen.order.number,
        lines=[
            Line(label="At present", value=waits),
            Line(label="You hear of it", value="by mail and in the chat, when that changes"),
        ],
    )
    answer = await presentation.answer(session, seen.view, seen.order, receipt)
    return answer, is_new and not is_dry_run(session)


async def unfollow(
    session: AsyncSession, person: Person, acting: Acting, number: str
) -> OrderAnswer:
    """Hear of an order no more; harmless for one that is not followed."""
    seen = await find(session, person, number, lock=True)
    statement = (
        delete(OrderFollower)
        .where(
            col(OrderFollower.order_number) == seen.order.number,
            col(OrderFollower.person) == person.id,
        )
        .returning(col(OrderFollower.person))
    )
    was_followed = (await session.exec(statement)).first() is not None
    if was_followed:
        await _note(session, seen, acting, "order_unfollowed", "is no longer followed")
    receipt = Receipt(
        title="You no longer follow this order" if was_followed else "You did not follow it",
        reference=seen.order.number,
    )
    return await presentation.answer(session, seen.view, seen.order, receipt)


async def _note(session: AsyncSession, seen: Seen, acting: Acting, type_: str, what: str) -> None:
    number = seen.order.number
    await record(
        session, type_, acting, subject=f"order {number}", text=f"Order {number} {what}",
        details={"order": number},
    )  # fmt: skip
