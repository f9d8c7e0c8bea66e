"""Calendar invitations (RFC 5545, RFC 5546): one UID a case, updated by its sequence."""

from datetime import UTC, datetime
from typing import Any

from icalendar import Calendar, vCalAddress, vText
from icalendar import Event as CalendarEvent
from pydantic import BaseModel

from backend.cases.models import Case, Engagement
from backend.core import clock
from backend.core.settings import settings
from backend.notifications.addresses import invitation_address


class Invitation(BaseModel):
    """A time as it was fixed. Events keep it, because jobs come later: by then the engagement
    may have another time, or none.
    """

    start: datetime
    end: datetime
    sequence: int
    trainer: str | None = None
    meeting_url: str | None = None


def next_invitation(engagement: Engagement) -> dict[str, Any] | None:
    """Count the invitation on and give it for an event; None while no time is fixed."""
    if engagement.scheduled_start is None or engagement.scheduled_end is None:
        return None
    engagement.invitation_sequence += 1
    return Invitation(
        start=engagement.scheduled_start,
        end=engagement.scheduled_end,
        sequence=engagement.invitation_sequence,
        trainer=engagement.trainer,
        meeting_url=engagement.meeting_url,
    ).model_dump(mode="json")


def uid_of(case_number: str) -> str:
    """The same for all versions of a case's invitation, so that calendars replace the former."""
    return f"{case_number}@{settings().support_address.rsplit('@', 1)[-1]}"


def calendar_text(
    case: Case, engagement: Engagement, requester: str, fixed: Invitation, *, withdraw: bool,
    only: str,
) -> str:  # fmt: skip
    """The `.ics` text; `withdraw` makes it the cancellation of what was sent before.

    A withdrawal names `only` the one that it goes to: with everybody in it, it would say that the
    session itself does not take place, to calendars which others share.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Ask Licensing//Training//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if withdraw else "REQUEST")
    attendees = [only] if withdraw else [requester, *engagement.attendee_emails]
    calendar.add_component(_event(case, engagement, attendees, fixed, withdraw=withdraw))
    return str(calendar.to_ical().decode())


def _event(
    case: Case, engagement: Engagement, attendees: list[str], fixed: Invitation, *,
    withdraw: bool,
) -> CalendarEvent:  # fmt: skip
    event = CalendarEvent()
    event.add("uid", uid_of(case.number))
    event.add("sequence", fixed.sequence)
    event.add("dtstamp", clock.now())
    event.add("dtstart", fixed.start.astimezone(UTC))
    event.add("dtend", fixed.end.astimezone(UTC))
    event.add("summary", f"{case.title} ({case.number})")
    event.add("status", "CANCELLED" if withdraw else "CONFIRMED")
    described = ["Topics: " + "; ".join(engagement.topics)]
    if fixed.trainer:
        described.append(f"Trainer: {fixed.trainer}")
    if fixed.meeting_url:
        described.append(f"Join at: {fixed.meeting_url}")
        event.add("location", fixed.meeting_url)
        event.add("url", fixed.meeting_url)
    event.add("description", "\n".join(described))
    # Calendars send their owners' answers to the organizer.
    answers = invitation_address(case.number) or settings().support_address
    organizer = vCalAddress(f"mailto:{answers}")
    organizer.params["cn"] = vText("Ask Licensing")
    event.add("organizer", organizer)
    for address in dict.fromkeys(attendees):
        attendee = vCalAddress(f"mailto:{address}")
        attendee.params["role"] = vText("REQ-PARTICIPANT")
        attendee.params["rsvp"] = vText("TRUE")
        event.add("attendee", attendee, encode=False)
    return event
