"""Account numbers, given one after the other."""

from sqlmodel import col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import SmartAccount
from backend.cases.models import Counter
from backend.core.database import insert_into

COUNTER = "smart_account"
FIRST = 100_000
# Partner holding accounts have numbers of their own, which are not given here.
HOLDING = range(200_000, 300_000)


async def take_turn(session: AsyncSession) -> None:
    """Let nobody else take a number, or a domain, until this transaction ends.

    Whoever decides on whether a domain is free needs that: it may be asked for and given at the
    same moment.
    """
    statement = insert_into(session, Counter).values(name=COUNTER, value=FIRST)
    await session.exec(
        statement.on_conflict_do_update(
            index_elements=[col(Counter.name)], set_={"value": col(Counter.value)}
        )
    )


async def next_number(session: AsyncSession) -> int:
    """A number that no account has or had; after `take_turn`."""
    last = (await session.exec(select(Counter.value).where(Counter.name == COUNTER))).one()
    number = max(last, await _highest(session, below=HOLDING[0])) + 1
    if number in HOLDING:
        number = max(HOLDING[-1], await _highest(session)) + 1
    await session.exec(update(Counter).where(col(Counter.name) == COUNTER).values(value=number))
    return number


async def _highest(session: AsyncSession, *, below: int | None = None) -> int:
    """The highest number given so far, by whomever: the demo world brings its own."""
    statement = select(func.max(SmartAccount.id))
    if below is not None:
        statement = statement.where(col(SmartAccount.id) < below)
    return (await session.exec(statement)).one() or FIRST
