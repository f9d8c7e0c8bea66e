"""What follows from events of cases: mails to the requester, invitations to all who take part."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import repository
from backend.cases.clocks import CLOCK_NAMES
from backend.cases.desk import desk
from backend.cases.invitation import Invitation, calendar_text
from backend.cases.models import Case, CaseEntry, Engagement
from backend.core.database import database
from backend.core.events import Event
from backend.core.identity import Person
from backend.core.jobs import job
from backend.core.languages import language_name
from backend.core.portals import PORTAL_NAMES, Portal
from backend.core.settings import settings
from backend.notifications.addresses import reply_address
from backend.notifications.composing import thread_headers
from backend.notifications.mails import put_in_outbox
from backend.notifications.models import Mail


async def _facts(session: AsyncSession, event: Event) -> tuple[Case, dict[str, Any]]:
    case = await session.get_one(Case, event.details["case"])
    requester = await session.get_one(Person, case.requester)
    actor = await session.get(Person, event.actor)
    return case, {
        "case": case,
        "requester": requester,
        "actor": actor or requester,
        "event": event,
        "entry": await session.get(CaseEntry, event.details["entry"])
        if event.details.get("entry")
        else None,
        "link": f"{settings().base_url}/?case={case.number}",
        "reopen_days": desk().reopen_days,
        "by_mail": settings().reply_domain is not None,
    }


def _headers(case: Case) -> dict[str, str]:
    """All mails of a case are one thread in mail programs."""
    return thread_headers(case.number)


def _headers_for_requester(case: Case) -> dict[str, str]:
    """The requester’s answers find the case again; nobody else’s would be taken."""
    answers = reply_address(case.number, case.requester)
    return _headers(case) | ({"Reply-To": answers} if answers else {})


async def _mail_requester(event_id: str, kind: str) -> None:
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        case, facts = await _facts(session, event)
        await _to_requester(session, event, kind, case, facts)


async def _to_requester(
    session: AsyncSession, event: Event, kind: str, case: Case, facts: dict[str, Any]
) -> None:
    await put_in_outbox(
        session, event.id, kind, facts["requester"].email, facts,
        headers=_headers_for_requester(case), case_number=case.number,
    )  # fmt: skip


@job("mail_training_requested", after=("training_requested",))
async def mail_training_requested(event_id: str) -> None:
    """Confirm a training case to its requester."""
    await _mail_engagement(event_id, "training_requested")


@job("mail_case_opened", after=("case_opened",))
async def mail_case_opened(event_id: str) -> None:
    """Confirm a case to its requester."""
    await _mail_requester(event_id, "case_opened")


@job("mail_case_replied", after=("case_replied",))
async def mail_case_replied(event_id: str) -> None:
    """Send the desk's answer to the requester."""
    await _mail_requester(event_id, "case_replied")


@job("mail_case_closed", after=("case_closed",))
async def mail_case_closed(event_id: str) -> None:
    """Tell the requester that the case is closed, and how to reopen it."""
    await _mail_requester(event_id, "case_closed")


async def _mail_engagement(event_id: str, kind: str) -> None:
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        case, facts = await _facts(session, event)
        found = await repository.engagement_of(session, case.number)
        if found is None:
            return
        engagement, windows = found
        zone = ZoneInfo(engagement.time_zone)
        facts |= {
            "engagement": engagement,
            "language": language_name(engagement.language),
            "portal": PORTAL_NAMES[Portal(engagement.portal)],
            "windows": [(w.start.astimezone(zone), w.end.astimezone(zone)) for w in windows],
        }
        await _to_requester(session, event, kind, case, facts)


async def _mail_invitation(event_id: str, kind: str, *, withdraw: bool) -> None:
    """Send the invitation, its update or its withdrawal to requester and attendees.

    Does nothing when the event fixed no time and none was fixed before it.
    """
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        case, facts = await _facts(session, event)
        engagement = await session.get(Engagement, case.number)
        if engagement is None or not event.details.get("invitation"):
            return
        fixed = Invitation.model_validate(event.details["invitation"])
        zone = ZoneInfo(engagement.time_zone)
        facts |= {
            "engagement": engagement,
            "language": language_name(engagement.language),
            "portal": PORTAL_NAMES[Portal(engagement.portal)],
            "fixed": fixed,
            "start": fixed.start.astimezone(zone),
            "end": fixed.end.astimezone(zone),
        }
        requester = facts["requester"].email
        now = dict.fromkeys([requester, *engagement.attendee_emails])
        before = [one for one in await _invited(session, case.number) if one not in now]
        for address in [*now, *before]:
            # Whoever was invited and takes part no more has it taken out of the calendar.
            over = withdraw or address not in now
            await put_in_outbox(
                session,
                event.id,
                _WITHDRAWN if over else kind,
                address,
                facts | {"to_requester": address == requester},
                [_attached(case, engagement, requester, fixed, address, withdraw=over)],
                headers=_headers_for_requester(case) if address == requester else _headers(case),
                case_number=case.number,
            )


_INVITED, _WITHDRAWN = "training_scheduled", "training_withdrawn"


async def _invited(session: AsyncSession, case_number: str) -> list[str]:
    """Who has an invitation to this case's session in the calendar, by what was last mailed."""
    rows = await session.exec(
        select(Mail.to, Mail.kind)
        .where(Mail.case_number == case_number, col(Mail.kind).in_((_INVITED, _WITHDRAWN)))
        .order_by(col(Mail.at), col(Mail.id))
    )
    return [address for address, kind in dict(rows.all()).items() if kind == _INVITED]


def _attached(
    case: Case, engagement: Engagement, requester: str, fixed: Invitation, address: str, *,
    withdraw: bool,
) -> dict[str, str]:  # fmt: skip
    """The calendar's file; a withdrawal names only whom it is for, if others still take part."""
    text = calendar_text(case, engagement, requester, fixed, withdraw=withdraw, only=address)
    method = "CANCEL" if withdraw else "REQUEST"
    return {
        "filename": "invitation.ics",
        "content": text,
        "content_type": f"text/calendar; method={method}",
    }


@job("mail_training_scheduled", after=("training_scheduled",))
async def mail_training_scheduled(event_id: str) -> None:
    """Invite requester and attendees, or update their invitation."""
    await _mail_invitation(event_id, "training_scheduled", withdraw=False)


@job("mail_training_rescheduled", after=("training_rescheduled",))
async def mail_training_rescheduled(event_id: str) -> None:
    """Confirm the new wishes; withdraw the invitation to the old time, if there was one."""
    await _mail_invitation(event_id, "training_withdrawn", withdraw=True)
    await _mail_engagement(event_id, "training_rescheduled")


@job("mail_case_cancelled", after=("case_cancelled",))
async def mail_case_cancelled(event_id: str) -> None:
    """Confirm the cancellation; withdraw the invitation, if there was one."""
    await _mail_invitation(event_id, "training_withdrawn", withdraw=True)
    await _mail_requester(event_id, "case_cancelled")


@job("mail_clock", after=("case_due_soon", "case_breached"))
async def mail_clock(event_id: str) -> None:
    """Tell who has the case of its clock, or whoever leads its queue."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        case, facts = await _facts(session, event)
        if case.assignee:
            told = [await session.get_one(Person, case.assignee)]
        else:
            told = await repository.leads_of(session, case.queue)
        due = datetime.fromisoformat(event.details["due"])
        for person in told:
            facts |= {
                "person": person,
                "due": due.astimezone(ZoneInfo(person.time_zone or "UTC")),
                "clock": CLOCK_NAMES[event.details["clock"]],
                "queue": desk().queues[case.queue],
                "link": f"{settings().base_url}/console/cases/{case.number}",
            }
            await put_in_outbox(session, event.id, event.type, person.email, facts)


@job("mail_case_merged", after=("case_merged",))
async def mail_case_merged(event_id: str) -> None:
    """Tell the requester in which case this one goes on."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        _, facts = await _facts(session, event)
        facts["into"] = await session.get_one(Case, event.details["into"])
        facts["link"] = f"{settings().base_url}/?case={facts['into'].number}"
        # An answer to this mail goes to the case that goes on.
        await _to_requester(session, event, event.type, facts["into"], facts)


@job("mail_case_handed_over", after=("case_handed_over",))
async def mail_case_handed_over(event_id: str) -> None:
    """Tell an agent which case was given to them, and what they should know."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        if event.details["to"] == event.actor:
            return
        case, facts = await _facts(session, event)
        facts["person"] = await session.get_one(Person, event.details["to"])
        facts["link"] = f"{settings().base_url}/console/cases/{case.number}"
        await put_in_outbox(session, event.id, event.type, facts["person"].email, facts)
