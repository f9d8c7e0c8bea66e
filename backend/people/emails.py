"""A person's address: a new one counts, for every rule, only once a code proves it theirs."""

from datetime import timedelta

from sqlalchemy import delete
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts import eligibility
from backend.accounts.configuration import configuration
from backend.core import clock
from backend.core.database import database, is_dry_run
from backend.core.events import Acting, record
from backend.core.identity import Person
from backend.core.problems import FieldError, Problem, conflict, invalid
from backend.core.receipts import Line
from backend.core.settings import settings
from backend.core.timers import timer
from backend.partners.models import OrderFulfillmentManager
from backend.people import repository
from backend.people.codes import is_code_of
from backend.people.models import EmailCode
from backend.people.organizations import organization_at

HOUR = timedelta(hours=1)
CODES_LIVE = timedelta(hours=24)


async def change(
    session: AsyncSession, person: Person, acting: Acting, email: str | None
) -> list[Line]:
    """Ask for a new address, or drop the one that waits for its code; the lines for a receipt.

    Whether somebody else has the address is told to its mailbox alone, so that nobody can find
    out by asking here. The person's row must be locked.
    """
    if email is None or email == person.email:
        if person.email_pending is None:
            return []
        dropped, person.email_pending = person.email_pending, None
        return [Line(label="E-mail", value=f"{person.email} stays; {dropped} is dropped")]
    _refuse_leaving_the_desk(person, email)
    if settings().demo_mode and email in {*person.other_emails, person.id}:
        return await _take(session, person, acting, email)
    await _refuse_too_many(session, person, email)
    times = configuration().email_codes
    code = EmailCode(
        person=person.id, email=email, expires_at=clock.now() + timedelta(minutes=times.minutes)
    )
    session.add(code)
    person.email_pending = email
    await session.flush()
    await record(
        session,
        "email_code_requested",
        acting,
        subject=person.id,
        text=f"A code for the new address {email} was asked for",
        details={"code": code.id},
    )
    waits = f"{email}, once you confirm the code that is mailed there"
    return [Line(label="New e-mail", value=waits)]


def _refuse_leaving_the_desk(person: Person, email: str) -> None:
    if person.is_support and email.rsplit("@", 1)[-1] != person.domain:
        raise invalid(
            [
                FieldError(
                    field="email",
                    code="domain",
                    message=f"{email} can’t be yours here: who works at the desk has an address "
                    f"at {person.domain}.",
                )
            ]
        )


async def _refuse_too_many(session: AsyncSession, person: Person, email: str) -> None:
    """429 once enough codes went out for this person, or to this address."""
    since = clock.now() - HOUR
    most = configuration().email_codes.an_hour
    sent = await repository.codes_sent(session, since, person=person.id)
    if len(sent) < most:
        sent = await repository.codes_sent(session, since, email=email)
    if len(sent) < most:
        return
    wait = max(1, int((sent[-most] + HOUR - clock.now()).total_seconds()) + 1)
    raise Problem(
        429,
        "too-many-codes",
        "Too many codes",
        f"{most} codes were mailed within the last hour, which is the most there can be.",
        "Use the newest code if it came, or ask again later.",
        headers={"Retry-After": str(wait)},
    )


async def verify(
    session: AsyncSession, person: Person, acting: Acting, said: str
) -> list[Line] | Problem:
    """Take the pending address if this is its code; the lines for a receipt.

    A wrong code is *returned* as a problem, not raised, so that the try counts. A dry run does
    not compare: it would be a way to try without being counted.
    """
    pending = person.email_pending
    code = await repository.newest_code(session, person.id, pending) if pending else None
    if pending is None or code is None:
        raise conflict(
            "nothing-to-confirm",
            "There is no new address to confirm",
            f"Your address is {person.email}, and no other waits for a code.",
            "Set the new address first, with PATCH /api/v1/me.",
        )
    _refuse_dead(code)
    if is_dry_run(session):
        return [Line(label="New e-mail", value=f"{pending}, if the code is right")]
    if is_code_of(said, code):
        return await _take(session, person, acting, pending)
    code.tries += 1
    session.add(code)
    left = configuration().email_codes.tries - code.tries
    what_now = f"You can try {left} more times." if left else "Ask for a new code."
    return invalid(
        [
            FieldError(
                field="code",
                code="wrong",
                message=f"{said} is not the code that was mailed to {pending}. {what_now}",
            )
        ]
    )


def _refuse_dead(code: EmailCode) -> None:
    times = configuration().email_codes
    again = "Set the address again with PATCH /api/v1/me, and a new code is mailed."
    if code.tries >= times.tries:
        raise conflict(
            "code-used-up",
            "This code was tried too often",
            f"The code for {code.email} was wrong {times.tries} times and counts no more.",
            again,
        )
    if code.expires_at <= clock.now():
        raise conflict(
            "code-expired",
            "This code has expired",
            f"The code for {code.email} counted for {times.minutes} minutes.",
            again,
        )


async def _take(session: AsyncSession, person: Person, acting: Acting, email: str) -> list[Line]:
    """From here on the address is the person's, and the organisation is the one at its domain."""
    if await repository.is_somebody_elses(session, email, person.id):
        raise conflict(
            "address-taken",
            "This address belongs to another profile",
            f"{email} is the address of another profile already.",
            "Sign in with it, or open a case to have the two profiles made one.",
        )
    former, person.email, person.email_pending = person.email, email, None
    if settings().demo_mode:
        others = [one for one in person.other_emails if one != email]
        person.other_emails = list(dict.fromkeys([*others, former]))
    lines = [Line(label="E-mail", value=f"{email} (was {former})")]
    lines += await _follow(session, person)
    session.add(person)
    await session.flush()
    await record(
        session,
        "email_changed",
        acting,
        subject=person.id,
        text=f"E-mail changed from {former} to {email}",
        details={"former": former, "email": email},
    )
    await eligibility.tell_what_became_possible(session, person, acting)
    return lines


async def _follow(session: AsyncSession, person: Person) -> list[Line]:
    """The organisation follows the address; what a partner company granted stays with it."""
    if person.domain == person.organization_domain:
        return []
    kind = "customer" if person.is_support else person.kind
    organization = await organization_at(session, person.domain, kind)
    person.organization_domain = organization.domain
    lines = [Line(label="Organisation", value=organization.name)]
    if not person.is_support and organization.kind in {"customer", "partner"}:
        person.kind = organization.kind
    managed = await session.exec(
        delete(OrderFulfillmentManager)
        .where(
            col(OrderFulfillmentManager.person) == person.id,
            col(OrderFulfillmentManager.partner_domain) != person.domain,
        )
        .returning(col(OrderFulfillmentManager.partner_domain))
    )
    if list(managed.all()) or person.partner_roles:
        person.partner_roles = []
        lines.append(Line(label="Roles at the former partner company", value="ended"))
    return lines


@timer("forget_email_codes")
async def forget_email_codes() -> None:
    """Codes are kept for a day: long past their life, and past the hour in which they count."""
    async with database().write() as session:
        await session.exec(
            delete(EmailCode).where(col(EmailCode.sent_at) < clock.now() - CODES_LIVE)
        )
