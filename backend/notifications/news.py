"""News of accounts: their SA Administrators and their extra addresses are told of events."""

from collections.abc import Iterable
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import SmartAccount
from backend.core.database import database
from backend.core.events import Event
from backend.core.jobs import job
from backend.core.policy import Role
from backend.notifications.categories import Category
from backend.notifications.mails import put_in_outbox
from backend.notifications.preference_models import NotificationRecipient
from backend.notifications.preferences import Reader, reader_at, readers
from backend.users.rights import held

KIND = "account_news"
NEWS: dict[str, Category] = {
    "user_added": Category.USERS,
    "user_role_added": Category.USERS,
    "user_role_changed": Category.USERS,
    "user_removed": Category.USERS,
    "user_role_removed": Category.USERS,
    "users_added_in_bulk": Category.USERS,
    "group_created": Category.USERS,
    "group_deleted": Category.USERS,
    "account_changed": Category.ACCOUNTS,
    "virtual_account_created": Category.VIRTUAL_ACCOUNTS,
    "virtual_account_renamed": Category.VIRTUAL_ACCOUNTS,
    "virtual_account_changed": Category.VIRTUAL_ACCOUNTS,
    "virtual_account_access_level_changed": Category.VIRTUAL_ACCOUNTS,
    "virtual_account_moved": Category.VIRTUAL_ACCOUNTS,
    "virtual_account_deleted": Category.VIRTUAL_ACCOUNTS,
    "virtual_account_default_changed": Category.VIRTUAL_ACCOUNTS,
    "licenses_arrived": Category.LICENCES,
    "licenses_expiring": Category.LICENCES,
    "licenses_expired": Category.LICENCES,
    "licensing_notice_accepted": Category.AGREEMENTS,
    "admin_notice_accepted": Category.AGREEMENTS,
    "policies_changed": Category.AGREEMENTS,
}


@job("tell_of_account_news", after=tuple(NEWS))
async def tell_of_account_news(event_id: str) -> None:
    """Tell them, each as chosen. Whoever did it knows, and whom it is about has a mail of their
    own.
    """
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        account = await session.get(SmartAccount, event.smart_account_id or 0)
        if account is None:
            return  # an order that stands on no account
        known = {event.actor, event.subject, str(event.details.get("person"))}
        told = [one for one in await _administrators(session, account) if one.id not in known]
        facts = {"account": account, "event": event, "lines": event.details.get("lines_told", [])}
        for reader in [*told, *await _recipients(session, account)]:
            await _tell(session, event, reader, facts)


async def _tell(session: AsyncSession, event: Event, reader: Reader, facts: dict[str, Any]) -> None:
    await put_in_outbox(
        session, event.id, KIND, reader.email, facts | {"reader": reader},
        category=NEWS[event.type], reader=reader, line=event.text,
    )  # fmt: skip


async def _administrators(session: AsyncSession, account: SmartAccount) -> Iterable[Reader]:
    """Everybody once, whichever way they administer it."""
    roles = await held(session, [account.id or 0], roles=[Role.SA_ADMIN])
    found = await readers(session, {one.person for one in roles})
    return [found[one] for one in sorted(found)]


async def _recipients(session: AsyncSession, account: SmartAccount) -> list[Reader]:
    rows = await session.exec(
        select(NotificationRecipient)
        .where(
            NotificationRecipient.smart_account_id == account.id,
            col(NotificationRecipient.verified_at).is_not(None),
        )
        .order_by(col(NotificationRecipient.email))
    )
    return [reader_at(row) for row in rows.all()]
