"""What the case system is told of an event: the case as it is, in its fields, and what happened.

A message holds the whole case, so a receiver that keeps the one with the highest `sequence` has
the present state, in whatever order they arrive.
"""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import repository
from backend.cases.models import Attachment, Case, CaseEntry
from backend.cases.schemas import Status
from backend.core import clock
from backend.core.events import Event
from backend.core.identity import Organization, Person, people, person_ref
from backend.core.languages import language_name
from backend.core.portals import PORTAL_NAMES, Portal
from backend.core.settings import settings
from backend.webhooks.mapping import case_system
from backend.webhooks.models import CaseSystemLink, WebhookEndpoint

# What happened, as the message says it, by the event's type.
CASE_EVENTS = {
    "case_opened": "case.opened",
    "training_requested": "case.opened",
    "training_scheduled": "case.scheduled",
    "training_rescheduled": "case.rescheduled",
    "case_claimed": "case.claimed",
    "case_assigned": "case.assigned",
    "case_handed_over": "case.assigned",
    "case_recategorised": "case.updated",
    "case_merged": "case.merged",
    "case_took_over": "case.took_over",
    "case_status_changed": "case.status_changed",
    "case_closed": "case.closed",
    "case_cancelled": "case.cancelled",
    "case_updated": "case.updated",
    "case_replied": "case.replied",
    "case_noted": "case.noted",
    "case_noted_internally": "case.noted_internally",
    "case_attachment": "case.attachment_added",
    "case_known_outside": "case.known_outside",
}
TEST_EVENT, TEST_MESSAGE = "webhook_tested", "webhook.test"
MESSAGES = tuple(dict.fromkeys(CASE_EVENTS.values()))
# On an event: which system it came from. It is never told its own words.
ORIGIN = "case_system"
_API = "/api/v1"


def came_from_outside(event: Event) -> bool:
    """Whether the case system itself told us this."""
    return event.details.get("origin") == ORIGIN


async def sequence_of(session: AsyncSession, event: Event) -> int:
    """Which event of its case this is, from 1. Events of a case are written under its lock, so
    none slips in before one that was counted.
    """
    before = or_(
        col(Event.at) < event.at, and_(col(Event.at) == event.at, col(Event.id) <= event.id)
    )
    counted = await session.exec(
        select(func.count())
        .select_from(Event)
        .where(Event.subject == event.subject, col(Event.type).in_(list(CASE_EVENTS)), before)
    )
    return counted.one()


async def case_message(session: AsyncSession, event: Event, sequence: int) -> str:
    """The body for a case's event, as it is signed and sent."""
    case = await session.get_one(Case, event.details["case"])
    entry_id = event.details.get("entry")
    entry = await session.get(CaseEntry, entry_id) if entry_id else None
    known = await people(session, [event.actor, *([entry.author] if entry else [])])
    return _json(
        type=CASE_EVENTS[event.type],
        timestamp=event.at,
        data={
            "sequence": sequence,
            "event": {
                "id": event.id,
                "text": event.text,
                "by": person_ref(event.actor, known).model_dump(),
                "from_you": came_from_outside(event),
            },
            "case": case_system().mapped(await _facts(session, case)),
            "entry": _entry(entry, known) if entry else None,
            "attachments": await _attachments(session, case),
        },
    )


def test_message(endpoint: WebhookEndpoint) -> str:
    """The body that only tries whether a receiver is there."""
    told = "This is a test of the connection; it is about no case."
    return _json(
        type=TEST_MESSAGE, timestamp=clock.now(), data={"endpoint": endpoint.id, "text": told}
    )


def _json(**message: Any) -> str:
    """The only thing in a message that JSON doesn't know is a moment."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), default=_moment)


def _moment(value: datetime) -> str:
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _entry(entry: CaseEntry, known: dict[str, Person]) -> dict[str, Any]:
    return {
        "id": entry.id,
        "type": entry.type,
        "at": entry.at,
        "visibility": "internal" if entry.internal else "public",
        "author": person_ref(entry.author, known).model_dump(),
        "text": entry.text,
    }


async def _facts(session: AsyncSession, case: Case) -> dict[str, Any]:
    """All that the mapping may place in a field of theirs (`mapping.FACTS`)."""
    requester = await session.get_one(Person, case.requester)
    company = await session.get(Organization, requester.organization_domain)
    codes = case_system().codes(case.kind, case.category)
    link = await session.get(CaseSystemLink, case.number)
    domains = await repository.domains(session, [case.smart_account_id])
    assignee = await session.get(Person, case.assignee) if case.assignee else None
    start, end, remarks = await _wishes(session, case)
    return {
        "number": case.number,
        "reference": link.reference if link else None,
        "title": case.title,
        "description": case.description,
        "remarks": remarks,
        "severity": case_system().severities[case.severity],
        "status": case_system().statuses[Status(case.status)],
        **codes.model_dump(),
        "requested_start": start,
        "requested_end": end,
        "contact_name": requester.name,
        "contact_email": requester.email,
        "contact_phone": case.phone or requester.phone,
        "contact_company": company.name if company else None,
        "contact_domain": requester.organization_domain,
        "contact_time_zone": requester.time_zone,
        "contact_language": requester.language,
        "smart_account": domains.get(case.smart_account_id or 0),
        "order_number": case.order_number,
        "portal": PORTAL_NAMES[Portal(case.portal)] if case.portal else None,
        "queue": case.queue,
        "assignee": assignee.email if assignee else None,
    }


async def _wishes(
    session: AsyncSession, case: Case
) -> tuple[datetime | None, datetime | None, str | None]:
    """The times that a training session was asked for (its fixed one, once there is one), and
    the rest of the wish in words.
    """
    found = await repository.engagement_of(session, case.number)
    if found is None:
        return None, None, None
    wish, windows = found
    first = windows[0] if windows else None
    start = wish.scheduled_start or (first.start if first else None)
    end = wish.scheduled_end or (first.end if first else None)
    lines = [
        f"Topics: {', '.join(wish.topics)}",
        f"Attendees: {wish.attendees}",
        f"Language: {language_name(wish.language)}",
        f"Time zone: {wish.time_zone}",
        *(
            f"Window {number}: {_moment(one.start)} to {_moment(one.end)}"
            for number, one in enumerate(windows, 1)
        ),
    ]
    if wish.trainer:
        lines.append(f"Trainer: {wish.trainer}")
    if wish.notes:
        lines.append(f"Notes: {wish.notes}")
    return start, end, "\n".join(lines)


async def _attachments(session: AsyncSession, case: Case) -> list[dict[str, Any]]:
    """What is attached, never the bytes: they are fetched with the case system's own token, so
    that a message that leaks opens no file.
    """
    rows = await session.exec(
        select(Attachment).where(Attachment.case_number == case.number).order_by(col(Attachment.at))
    )
    return [
        {
            "id": one.id,
            "filename": one.filename,
            "content_type": one.content_type,
            "size": one.size,
            "at": one.at,
            "link": f"{settings().base_url}{_API}/case-system/cases/{case.number}"
            f"/attachments/{one.id}",
        }
        for one in rows.all()
    ]
