"""Answers of calendars to our invitations (RFC 5546, REPLY), noted on the case for the desk."""

import contextlib

from icalendar import Calendar
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import service
from backend.cases.invitation import uid_of
from backend.cases.models import Case, Engagement
from backend.core.events import Acting
from backend.core.identity import Person
from backend.inbound.letter import Letter

_ANSWERS = {
    "ACCEPTED": "accepted the invitation",
    "DECLINED": "declined the invitation",
    "TENTATIVE": "may come",
}


async def take(session: AsyncSession, number: str, letter: Letter, mail_id: str) -> str | None:
    """Note what an invited person’s calendar says; None if it is no such answer."""
    case, engagement = await session.get(Case, number), await session.get(Engagement, number)
    if case is None or engagement is None or letter.calendar is None:
        return None
    requester = await session.get_one(Person, case.requester)
    said = _said(letter.calendar, number, letter.sender)
    if said is None or letter.sender not in {requester.email, *engagement.attendee_emails}:
        return None
    answer, sequence = said
    earlier = " (to an earlier time)" if sequence < engagement.invitation_sequence else ""
    text = f"{letter.sender} {answer}{earlier}."
    case = await service.find_to_change(session, requester, number)
    entry = await service.add_entry(
        session, case, "attendance", letter.sender, text, internal=True, mail=mail_id
    )
    await service.note_event(
        session, "case_noted_internally", case, Acting(person=requester.id, via="mail"), text,
        entry=entry.id,
    )  # fmt: skip
    return text


def _said(calendar: str, number: str, sender: str) -> tuple[str, int] | None:
    """What `sender` answers to the invitation of this case, and to which version of it."""
    with contextlib.suppress(ValueError, KeyError, IndexError):
        read = Calendar.from_ical(calendar)
        if str(read.get("METHOD", "")).upper() != "REPLY":
            return None
        for event in read.walk("VEVENT"):
            listed = event.get("ATTENDEE", [])
            for one in listed if isinstance(listed, list) else [listed]:
                address = str(one).lower().removeprefix("mailto:")
                answer = _ANSWERS.get(str(one.params.get("PARTSTAT", "")).upper())
                if str(event.get("UID")) == uid_of(number) and address == sender and answer:
                    return answer, int(event.get("SEQUENCE", 0))
    return None
