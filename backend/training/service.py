"""Training engagements: requested by a person, scheduled by the desk."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts import repository as accounts
from backend.accounts.models import SmartAccount
from backend.cases import repository as cases
from backend.cases import service as case_service
from backend.cases.desk import desk
from backend.cases.invitation import next_invitation
from backend.cases.models import Case, Engagement
from backend.cases.schemas import CaseAnswer, Category, Schedule, Status
from backend.core import clock
from backend.core.database import lock_row
from backend.core.events import Acting
from backend.core.identity import Person
from backend.core.languages import language_name
from backend.core.portals import PORTAL_NAMES
from backend.core.problems import FieldError, conflict, invalid
from backend.core.receipts import Receipt
from backend.training import repository
from backend.training.schemas import KIND_NAMES, CreateTrainingEngagement, Reschedule
from backend.training.windows import LONGEST, SHORTEST, WindowIn, say_time

TRAINING_SEVERITY = 4
FARTHEST_SCHEDULE = timedelta(days=366)


async def create(
    session: AsyncSession, person: Person, acting: Acting, body: CreateTrainingEngagement
) -> CaseAnswer:
    """Open a training case, or give back the equal one that is open already."""
    await lock_row(session, Person, person.id)
    if not body.open_another:
        existing = await repository.equal_open_case(
            session,
            requester=person.id,
            kind=body.kind,
            portal=body.portal,
            starts=[w.start for w in body.windows],
            within=timedelta(hours=desk().duplicate_hours),
        )
        if existing is not None:
            return await case_service.answer(
                session,
                existing,
                person,
                case_service.receipt_for(
                    existing,
                    f"You already have case {existing.number}",
                    ("Subject", existing.title),
                ),
                already_exists=True,
            )
    account = await _account(session, person, body)
    case = await _insert(session, person, acting, body, account)
    await case_service.note_event(
        session, "training_requested", case, acting, f"{case.title} requested"
    )
    return await case_service.answer(session, case, person, _receipt(case, body, account))


async def _account(
    session: AsyncSession, person: Person, body: CreateTrainingEngagement
) -> SmartAccount | None:
    own = await accounts.of_member(session, person.id)
    if body.smart_account is None:
        return own[0] if len(own) == 1 else None
    for account in own:
        if account.domain == body.smart_account:
            return account
    raise invalid(
        [
            FieldError(
                field="smart_account",
                code="not_yours",
                message="You have no role in a Smart Account with the domain "
                f"{body.smart_account}. "
                "Leave it out, or name one of yours"
                + (f": {', '.join(a.domain for a in own)}." if own else "."),
            )
        ]
    )


async def _insert(
    session: AsyncSession,
    person: Person,
    acting: Acting,
    body: CreateTrainingEngagement,
    account: SmartAccount | None,
) -> Case:
    queue = desk().route(
        kind=body.kind,
        category=Category.TRAINING,
        portal=body.portal,
        severity=TRAINING_SEVERITY,
    )
    case = Case(
        number=await cases.next_number(session),
        kind=body.kind,
        category=Category.TRAINING,
        portal=body.portal,
        severity=TRAINING_SEVERITY,
        queue=queue,
        requester=person.id,
        title=f"{KIND_NAMES[body.kind]} on {PORTAL_NAMES[body.portal]}",
        description=body.notes or "",
        phone=body.phone or person.phone,
        conversation=acting.conversation,
        smart_account_id=account.id if account else None,
    )
    session.add(case)
    await session.flush()
    session.add(
        Engagement(
            case_number=case.number,
            **body.model_dump(
                include={
                    "kind",
                    "portal",
                    "topics",
                    "time_zone",
                    "attendees",
                    "attendee_emails",
                    "language",
                    "notes",
                }
            ),
        )
    )
    await session.flush()
    await repository.replace_windows(session, case.number, body.windows)
    await case_service.add_entry(session, case, "opened", person.id, body.notes or "")
    return case


def _receipt(case: Case, body: CreateTrainingEngagement, account: SmartAccount | None) -> Receipt:
    return case_service.receipt_for(
        case,
        f"{KIND_NAMES[body.kind]} requested",
        ("What", case.title),
        ("Topics", "; ".join(body.topics)),
        ("Preferred times", say_windows(body.windows, body.time_zone)),
        ("Attendees", str(body.attendees)),
        ("Invitations to", ", ".join(body.attendee_emails)),
        ("Language", language_name(body.language)),
        ("Phone", case.phone),
        ("Smart Account", account.name if account else None),
        ("Notes", body.notes),
        ("Goes to", desk().queues[case.queue]),
    )


def say_windows(windows: Sequence[WindowIn], time_zone: str) -> str:
    """The preferred times in the person's zone, which is named once."""
    zone = ZoneInfo(time_zone)
    said = [
        f"{say_time(w.start.astimezone(zone))} to {(w.end or w.start).astimezone(zone):%H:%M}"
        for w in windows
    ]
    return "; or ".join(said) + f" ({time_zone})"


async def _engagement(
    session: AsyncSession, person: Person, number: str
) -> tuple[Case, Engagement]:
    case = await case_service.find_to_change(session, person, number)
    found = await cases.engagement_of(session, case.number)
    if found is None:
        raise conflict(
            "not-a-training",
            "This case is no training session",
            f"Case {case.number} is “{case.title}”.",
            "Name the case of a training session or a demo.",
        )
    return case, found[0]


async def schedule(
    session: AsyncSession, person: Person, acting: Acting, number: str, body: Schedule
) -> CaseAnswer:
    """The desk fixes the time; requester and attendees get an invitation, or its update."""
    case, engagement = await _engagement(session, person, number)
    case_service.require_desk(person, case)
    case_service.require_open(case)
    zone = ZoneInfo(engagement.time_zone)
    start, end = (m.replace(tzinfo=zone) if m.tzinfo is None else m for m in (body.start, body.end))
    _check_schedule(start, end)
    engagement.scheduled_start, engagement.scheduled_end = start, end
    engagement.trainer = body.trainer
    engagement.meeting_url = str(body.meeting_url) if body.meeting_url else None
    session.add(engagement)
    if case.status != Status.IN_PROGRESS:
        case.status = Status.IN_PROGRESS
        await case_service.add_entry(session, case, "status", person.id, status=Status.IN_PROGRESS)
    when = f"{say_time(start.astimezone(zone))} ({engagement.time_zone})"
    entry = await case_service.add_entry(
        session,
        case,
        "scheduled",
        person.id,
        f"Scheduled for {when}",
        start=start.isoformat(),
        end=end.isoformat(),
        trainer=engagement.trainer,
        meeting_url=engagement.meeting_url,
    )
    await case_service.note_event(
        session,
        "training_scheduled",
        case,
        acting,
        f"Scheduled for {when}",
        entry=entry.id,
        invitation=next_invitation(engagement),
    )
    requester = await session.get_one(Person, case.requester)
    return await case_service.answer(
        session,
        case,
        person,
        case_service.receipt_for(
            case,
            "Session scheduled",
            ("What", case.title),
            ("When", when),
            ("Trainer", engagement.trainer),
            ("Join at", engagement.meeting_url),
            ("Invitations to", ", ".join([requester.email, *engagement.attendee_emails])),
        ),
    )


def _check_schedule(start: datetime, end: datetime) -> None:
    wrong = None
    if start <= clock.now():
        wrong = ("start", f"{say_time(start)} is in the past. Choose a time to come.")
    elif start > clock.now() + FARTHEST_SCHEDULE:
        wrong = ("start", f"{say_time(start)} is more than a year ahead. Choose an earlier time.")
    elif not SHORTEST <= end - start <= LONGEST:
        wrong = ("end", "A session lasts between 30 minutes and 8 hours. Choose another end.")
    if wrong:
        raise invalid([FieldError(field=wrong[0], code="time", message=wrong[1])])


async def reschedule(
    session: AsyncSession, person: Person, acting: Acting, number: str, body: Reschedule
) -> CaseAnswer:
    """New preferred times; a date that was fixed falls, and its invitation is withdrawn."""
    case, engagement = await _engagement(session, person, number)
    case_service.require_requester_or_desk(person, case)
    case_service.require_open(case)
    withdrawn = next_invitation(engagement)
    engagement.scheduled_start = engagement.scheduled_end = None
    engagement.time_zone = body.time_zone
    session.add(engagement)
    await repository.replace_windows(session, case.number, body.windows)
    if case.status == Status.CUSTOMER_PENDING:
        case.status = Status.IN_PROGRESS
        await case_service.add_entry(session, case, "status", person.id, status=Status.IN_PROGRESS)
    times = say_windows(body.windows, body.time_zone)
    await case_service.add_entry(
        session, case, "rescheduled", person.id, f"New preferred times: {times}"
    )
    await case_service.note_event(
        session,
        "training_rescheduled",
        case,
        acting,
        f"New preferred times: {times}",
        invitation=withdrawn,
    )
    return await case_service.answer(
        session,
        case,
        person,
        case_service.receipt_for(
            case,
            "New times sent",
            ("What", case.title),
            ("Preferred times", times),
            ("Invitation", "withdrawn until the new time is fixed" if withdrawn else None),
        ),
    )
