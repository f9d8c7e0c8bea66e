"""Calendar invitations (RFC 5545, RFC 5546): one UID a case, updated by its sequence."""

from datetime import datetime

from icalendar import Calendar, vCalAddress, vText
from icalendar import Event as CalendarEvent

from backend.cases.models import Case, Engagement
from backend.core import clock
from backend.core.settings import settings


def invitation(
    case: Case,
    engagement: Engagement,
    requester: str,
    start: datetime,
    end: datetime,
    *,
    withdraw: bool,
) -> str:
    """The `.ics` text; `withdraw` makes it the cancellation of what was sent before."""
    calendar = Calendar()
    calendar.add("prodid", "-//Ask Licensing//Training//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if withdraw else "REQUEST")
    calendar.add_component(_event(case, engagement, requester, start, end, withdraw=withdraw))
    return str(calendar.to_ical().decode())


def _event(
    case: Case,
    engagement: Engagement,
    requester: str,
    start: datetime,
    end: datetime,
    *,
    withdraw: bool,
) -> CalendarEvent:
    event = CalendarEvent()
    event.add("uid", f"{case.number}@{settings().support_address.rsplit('@', 1)[-1]}")
    event.add("sequence", engagement.invitation_sequence)
    event.add("dtstamp", clock.now())
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("summary", f"{case.title} ({case.number})")
    event.add("status", "CANCELLED" if withdraw else "CONFIRMED")
    described = ["Topics: " + "; ".join(engagement.topics)]
    if engagement.trainer:
        described.append(f"Trainer: {engagement.trainer}")
    if engagement.meeting_url:
        described.append(f"Join at: {engagement.meeting_url}")
        event.add("location", engagement.meeting_url)
        event.add("url", engagement.meeting_url)
    event.add("description", "\n".join(described))
    organizer = vCalAddress(f"mailto:{settings().support_address}")
    organizer.params["cn"] = vText("Ask Licensing")
    event.add("organizer", organizer)
    for address in dict.fromkeys([requester, *engagement.attendee_emails]):
        attendee = vCalAddress(f"mailto:{address}")
        attendee.params["role"] = vText("REQ-PARTICIPANT")
        attendee.params["rsvp"] = vText("TRUE")
        event.add("attendee", attendee, encode=False)
    return event
