"""What follows from events of users and groups: mails to whom they are about."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import SmartAccount
from backend.core.database import database
from backend.core.events import Event
from backend.core.identity import Person, people
from backend.core.jobs import job
from backend.core.policy import Action
from backend.notifications.mails import put_in_outbox
from backend.users.models import UserGroup
from backend.users.rights import able, holders

# So many mails a transaction: whoever waits to write need not wait for all of them.
AT_ONCE = 50


async def _facts(session: AsyncSession, event: Event) -> dict[str, Any]:
    account_id = event.smart_account_id
    return event.details | {
        "event": event,
        "account": await session.get_one(SmartAccount, account_id),
        "actor": await session.get_one(Person, event.actor),
    }


async def _mail(
    session: AsyncSession, event: Event, kind: str, to: Iterable[str], facts: dict[str, Any]
) -> None:
    known = await people(session, to)
    for person in known.values():
        await put_in_outbox(session, event.id, kind, person.email, facts | {"person": person})


async def _mail_user(event_id: str, kind: str, **more: Any) -> None:
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        facts = await _facts(session, event) | more
        await _mail(session, event, kind, [event.subject], facts)


@job("mail_user_added", after=("user_added",))
async def mail_user_added(event_id: str) -> None:
    """Tell people that they have access now."""
    await _mail_user(event_id, "user_added", first=True)


@job("mail_user_role_added", after=("user_role_added",))
async def mail_user_role_added(event_id: str) -> None:
    """Tell people of a further role."""
    await _mail_user(event_id, "user_added", first=False)


@job("mail_user_role_changed", after=("user_role_changed",))
async def mail_user_role_changed(event_id: str) -> None:
    """Tell people what they are instead of what they were."""
    await _mail_user(event_id, "user_changed")


@job("mail_user_removed", after=("user_removed",))
async def mail_user_removed(event_id: str) -> None:
    """Tell people that their access has ended."""
    await _mail_user(event_id, "user_removed", left=False)


@job("mail_user_role_removed", after=("user_role_removed",))
async def mail_user_role_removed(event_id: str) -> None:
    """Tell people that a part of their access has ended."""
    await _mail_user(event_id, "user_removed", left=True)


@job("mail_users_added_in_bulk", after=("users_added_in_bulk",))
async def mail_users_added_in_bulk(event_id: str) -> None:
    """The same for everybody whom one call added."""
    async with database().read() as session:
        ids = list((await session.get_one(Event, event_id)).details["events"])
    for start in range(0, len(ids), AT_ONCE):
        await _mail_some(ids[start : start + AT_ONCE])


async def _mail_some(ids: Sequence[str]) -> None:
    async with database().write() as session:
        events = (await session.exec(select(Event).where(col(Event.id).in_(ids)))).all()
        common = await _facts(session, events[0])
        known = await people(session, [event.subject for event in events])
        for event in events:
            person = known[event.subject]
            facts = common | event.details | {"event": event, "person": person}
            await put_in_outbox(session, event.id, "user_added", person.email, facts)


# --- Groups -----------------------------------------------------------------------------------


@job("mail_group_members", after=("group_created", "group_changed"))
async def mail_group_members(event_id: str) -> None:
    """Tell those who came into a group what that gives them."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        facts = await _facts(session, event) | {"first": False}
        await _mail(session, event, "user_added", event.details["came"], facts)


@job("mail_group_message", after=("group_message_sent",))
async def mail_group_message(event_id: str) -> None:
    """Send what was written to those who were members then."""
    async with database().read() as session:
        members = list((await session.get_one(Event, event_id)).details["members"])
    for start in range(0, len(members), AT_ONCE):
        async with database().write() as session:
            event = await session.get_one(Event, event_id)
            facts = await _facts(session, event)
            some = members[start : start + AT_ONCE]
            await _mail(session, event, "group_message", some, facts)


@job("mail_group_access_requested", after=("group_access_requested",))
async def mail_group_access_requested(event_id: str) -> None:
    """Tell the administrators of the other account that a group asks, with its lookup ID."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        group = await session.get(UserGroup, event.details["group"])
        if group is None:
            return
        facts = await _facts(session, event) | {
            "group": group,
            "owner": await session.get_one(SmartAccount, group.smart_account_id),
        }
        account = facts["account"].id
        roles = (await holders(session, [account], Action.GRANT_EXTERNAL_GROUP))[account]
        admins = able(roles, Action.GRANT_EXTERNAL_GROUP)
        await _mail(session, event, "group_access_requested", admins, facts)


@job("mail_group_access_granted", after=("group_access_granted",))
async def mail_group_access_granted(event_id: str) -> None:
    """Tell whoever asked what the group has got."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        group = await session.get(UserGroup, event.details["group"])
        if group is None:
            return
        facts = await _facts(session, event) | {"group": group}
        await _mail(session, event, "group_access_granted", [event.details["asked"]], facts)


@job("mail_group_access_revoked", after=("group_access_revoked",))
async def mail_group_access_revoked(event_id: str) -> None:
    """Tell whoever asked that the group has nothing there, or nothing any more."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        facts = await _facts(session, event)
        await _mail(session, event, "group_access_revoked", [event.details["asked"]], facts)
