"""Licences that end: their account is told 90, 60, 30, 14, 7, 3 and 1 day before, and afterwards.

Each licence is told of once in each of these windows, by the smallest that it is in: one that
arrives 20 days before its end is told of for 30 days, then for 14 and so on (`domain.md` §8.2). A
licence whose end is put off is told of anew.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import exists
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import SmartAccount
from backend.core import clock
from backend.core.database import database, lock_row
from backend.core.events import Acting, record
from backend.core.timers import timer
from backend.notifications.categories import configuration
from backend.notifications.preference_models import LicenseAlert
from backend.orders.models import License

ACCOUNTS_AT_ONCE = 200
MOST_NAMED = 50


@timer("tell_of_ending_licenses")
async def tell_of_ending_licenses() -> None:
    """Note for each account which of its licences came into which window."""
    now = clock.now()
    for days, begins, ends in windows(now):
        async for account in _accounts(days, begins, ends):
            async with database().write() as session:
                await lock_row(session, SmartAccount, account)
                await _tell(session, account, days, begins, ends)


def windows(now: datetime) -> list[tuple[int, datetime, datetime]]:
    """(days left, after when, until when licences end) of each window; 0 days for the ended."""
    days = sorted(configuration().expiry_days, reverse=True)
    found = [
        (far, now + timedelta(days=near), now + timedelta(days=far)) for far, near in pairwise(days)
    ]
    return [*found, (0, now - timedelta(days=configuration().expired_days), now)]


def _untold(days: int, begins: datetime, ends: datetime) -> tuple[Any, ...]:
    told = exists().where(
        col(LicenseAlert.license_id) == col(License.id),
        col(LicenseAlert.ends_at) == col(License.ends_at),
        col(LicenseAlert.days) == days,
    )
    return col(License.ends_at) > begins, col(License.ends_at) <= ends, ~told


async def _accounts(days: int, begins: datetime, ends: datetime) -> AsyncIterator[int]:
    last = 0
    while True:
        async with database().read() as session:
            rows = await session.exec(
                select(License.smart_account_id)
                .where(*_untold(days, begins, ends), License.smart_account_id > last)
                .distinct()
                .order_by(col(License.smart_account_id))
                .limit(ACCOUNTS_AT_ONCE)
            )
            found = list(rows.all())
        for account in found:
            yield account
        if len(found) < ACCOUNTS_AT_ONCE:
            return
        last = found[-1]


async def _tell(
    session: AsyncSession, account_id: int, days: int, begins: datetime, ends: datetime
) -> None:
    rows = await session.exec(
        select(License)
        .where(*_untold(days, begins, ends), License.smart_account_id == account_id)
        .order_by(col(License.ends_at), col(License.id))
    )
    licenses = rows.all()
    if not licenses:
        return  # another process was faster
    session.add_all(
        LicenseAlert(license_id=one.id, ends_at=one.ends_at, days=days)
        for one in licenses
        if one.ends_at is not None
    )
    await session.flush()
    account = await session.get_one(SmartAccount, account_id)
    await record(
        session, "licenses_expiring" if days else "licenses_expired",
        Acting(person=account.domain, via="rule"), subject=account.domain,
        text=_text(licenses, days), smart_account_id=account_id,
        virtual_accounts=sorted({one.virtual_account_id for one in licenses}),
        details={"days": days, "lines_told": [_line(one) for one in licenses[:MOST_NAMED]]},
    )  # fmt: skip


def _text(licenses: Sequence[License], days: int) -> str:
    first = f"{licenses[0].quantity} × {licenses[0].product}"
    others = len(licenses) - 1
    which = first + (f" and {others} other{'s' if others > 1 else ''}" if others else "")
    if not days:
        return f"Licences have expired: {which}."
    left = "1 day" if days == 1 else f"{days} days"
    return f"Licences expire within {left}: {which}."


def _line(one: License) -> str:
    return f"{one.quantity} × {one.product} (order {one.order_number}), end {one.ends_at:%d %B %Y}"
