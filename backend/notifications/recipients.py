"""Extra addresses of an account: added by its SA Administrators, confirmed at the address."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import SmartAccount
from backend.accounts.standing import Standing, as_member, require
from backend.core import clock
from backend.core.database import database, lock_row
from backend.core.events import Acting, Event, record
from backend.core.fields import ZONES
from backend.core.identity import Person, people, person_ref
from backend.core.jobs import job
from backend.core.pagination import Page, newest_first
from backend.core.policy import Action
from backend.core.problems import FieldError, Problem, conflict, invalid, not_found
from backend.core.receipts import Line, Receipt
from backend.core.settings import settings
from backend.core.timers import timer
from backend.notifications import signing
from backend.notifications.categories import configuration
from backend.notifications.mails import put_in_outbox
from backend.notifications.preference_models import NotificationRecipient
from backend.notifications.preferences import UTC, reader_at
from backend.notifications.schemas import AddRecipient, RecipientAnswer, RecipientPublic

PURPOSE = "confirm-recipient"
HOUR = timedelta(hours=1)


async def listed(
    session: AsyncSession, person: Person, named: str, cursor: str | None, limit: int
) -> Page[RecipientPublic]:
    """The account's extra addresses, newest first."""
    found = await as_member(session, person, named)
    await require(session, found, Action.NOTIFY_OTHERS)
    rows, following = await newest_first(
        session,
        select(NotificationRecipient).where(
            NotificationRecipient.smart_account_id == found.account.id, _alive()
        ),
        col(NotificationRecipient.created_at), col(NotificationRecipient.id), cursor, limit,
    )  # fmt: skip
    return Page(items=await _public(session, rows), next=following)


async def add(
    session: AsyncSession, person: Person, acting: Acting, named: str, body: AddRecipient
) -> tuple[RecipientAnswer, bool]:
    """Add an address and mail it a link to confirm it with; whether it is a new one. One that
    waits already is mailed again, one that is confirmed stays as it is.
    """
    found = await as_member(session, person, named, lock=True)
    await require(session, found, Action.NOTIFY_OTHERS)
    _refuse_elsewhere(found, body.email)
    row = await _of_address(session, found.account, body.email)
    if row is not None and row.verified_at is not None:
        title = "This address gets the account’s news already"
        return await _answer(session, found.account, row, title), False
    is_new = row is None or row.expires_at <= clock.now()
    if row is None:
        await _refuse_many(session, found.account)
        row = NotificationRecipient(
            smart_account_id=found.account.id or 0, email=body.email, added_by=person.id,
            categories={k: v.value for k, v in configuration().recipients.categories.items()},
            hour=configuration().hour, expires_at=clock.now(),
            time_zone=person.time_zone if person.time_zone in ZONES else UTC,
        )  # fmt: skip
    _note_mail(row)
    row.added_by = person.id
    row.expires_at = clock.now() + timedelta(days=configuration().recipients.confirm_days)
    session.add(row)
    await session.flush()
    text = f"{row.email} shall get the news of {found.account.name}, once it is confirmed there"
    await _record(session, row, acting, "notification_recipient_added", text)
    title = "Address added" if is_new else "The confirmation is mailed once more"
    return await _answer(session, found.account, row, title), is_new


async def remove(
    session: AsyncSession, person: Person, acting: Acting, named: str, which: str
) -> RecipientAnswer:
    """Nothing goes to the address any more. `which` is its id, or the address itself."""
    found = await as_member(session, person, named, lock=True)
    await require(session, found, Action.NOTIFY_OTHERS)
    row = await session.get(NotificationRecipient, which)
    row = row or await _of_address(session, found.account, which.strip().lower())
    if row is None or row.smart_account_id != found.account.id:
        raise not_found(
            f"extra address {which[:100]}",
            f"GET /api/v1/smart-accounts/{found.account.domain}/notification-recipients lists "
            "those of the account.",
        )
    answer = await _answer(session, found.account, row, "Address removed")
    text = f"{row.email} no longer gets the news of {found.account.name}"
    await _record(session, row, acting, "notification_recipient_removed", text)
    await session.delete(row)
    return answer


# -- confirming -----------------------------------------------------------------------------------


def link_of(row: NotificationRecipient) -> str:
    """Where whoever reads the address's mails confirms it. It works without signing in: to have
    the mail is the proof.
    """
    token = signing.sign(PURPOSE, [row.id, row.email])
    return f"{settings().base_url}/confirm-address/{token}"


async def waiting_for(session: AsyncSession, token: str) -> tuple[NotificationRecipient, str]:
    """The address that a link confirms, and its account's name; 404 for any other link, 409 when
    its time is over.
    """
    parts = signing.read(PURPOSE, token) or []
    row = await session.get(NotificationRecipient, parts[0]) if len(parts) == 2 else None
    if row is None or row.email != parts[1]:
        raise not_found(
            "address with this link",
            "Open the link exactly as the mail has it. If the address was removed, ask the "
            "account’s administrator to add it again.",
        )
    if row.verified_at is None and row.expires_at <= clock.now():
        raise conflict(
            "confirmation-expired", "This link has expired",
            f"It counted until {row.expires_at:%d %B %Y, %H:%M} UTC.",
            "Ask the account’s administrator to add the address again.",
        )  # fmt: skip
    account = await session.get_one(SmartAccount, row.smart_account_id)
    return row, account.name


async def confirm(session: AsyncSession, token: str) -> tuple[NotificationRecipient, str]:
    """From now on the account's news go there; nothing is wrong when they do already."""
    row, name = await waiting_for(session, token)
    await lock_row(session, SmartAccount, row.smart_account_id)
    await session.refresh(row)
    if row.verified_at is None:
        row.verified_at = clock.now()
        session.add(row)
        await session.flush()
        await _record(
            session, row, Acting(person=row.email), "notification_recipient_confirmed",
            f"{row.email} was confirmed and gets the news of {name}",
        )  # fmt: skip
    return row, name


@job("mail_recipient_verification", after=("notification_recipient_added",))
async def mail_recipient_verification(event_id: str) -> None:
    """Ask at the address itself; not when it was removed or confirmed meanwhile."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        row = await session.get(NotificationRecipient, event.details["recipient"])
        if row is None or row.verified_at is not None:
            return
        facts = {
            "recipient": row,
            "account": await session.get_one(SmartAccount, row.smart_account_id),
            "actor": await session.get_one(Person, row.added_by),
            "link": link_of(row),
        }
        await put_in_outbox(session, event.id, "recipient_verification", row.email, facts)


@timer("forget_unconfirmed_recipients")
async def forget_unconfirmed_recipients() -> None:
    """An address that nobody confirmed in time is forgotten."""
    async with database().read() as session:
        rows = await session.exec(select(NotificationRecipient).where(~_alive()))
        due = [(row.id, row.smart_account_id) for row in rows.all()]
    for row_id, account_id in due:
        async with database().write() as session:
            await lock_row(session, SmartAccount, account_id)
            row = await session.get(NotificationRecipient, row_id)
            if row is None or row.verified_at is not None or row.expires_at > clock.now():
                continue
            account = await session.get_one(SmartAccount, account_id)
            await _record(
                session, row, Acting(person=account.domain, via="rule"),
                "notification_recipient_expired",
                f"Nobody confirmed {row.email} in time; it is forgotten",
            )  # fmt: skip
            await session.delete(row)


# -- rules ------------------------------------------------------------------------------------


def _alive() -> ColumnElement[bool]:
    return col(NotificationRecipient.verified_at).is_not(None) | (
        col(NotificationRecipient.expires_at) > clock.now()
    )


def _refuse_elsewhere(found: Standing, email: str) -> None:
    domain = found.account.domain
    if email.rsplit("@", 1)[-1] == domain:
        return
    if domain.endswith(".smb"):
        what_now = f"{domain} has no mailboxes; upgrade the account to your own domain first."
    else:
        what_now = (
            f"Name one that ends in @{domain}. For somebody elsewhere, give them a viewer’s role: "
            "then they choose their own mails."
        )
    raise invalid(
        [
            FieldError(
                field="email", code="domain",
                message=f"{email} is not at {domain}. Only addresses at the account’s own domain "
                f"can get its news. {what_now}",
            )
        ]
    )  # fmt: skip


async def _refuse_many(session: AsyncSession, account: SmartAccount) -> None:
    rows = await session.exec(
        select(func.count())
        .select_from(NotificationRecipient)
        .where(NotificationRecipient.smart_account_id == account.id)
    )
    most = configuration().recipients.most
    if rows.one() >= most:
        raise conflict(
            "too-many-recipients", "There are as many extra addresses as there can be",
            f"{account.name} has {most} extra addresses.",
            "Remove one first, or use a mailing list of your own.",
        )  # fmt: skip


def _note_mail(row: NotificationRecipient) -> None:
    """429 once enough confirmations went out; else note that one more does."""
    now, most = clock.now(), configuration().recipients.mails_an_hour
    sent = [one for one in row.mailed if datetime.fromisoformat(one) > now - HOUR]
    if len(sent) >= most:
        wait = datetime.fromisoformat(sent[0]) + HOUR - now
        raise Problem(
            429, "too-many-confirmations", "Too many confirmations",
            f"{most} mails went to {row.email} within the last hour, which is the most there can "
            "be.",
            "Look for the mail there, also in the spam folder, or ask again later.",
            headers={"Retry-After": str(max(1, int(wait.total_seconds()) + 1))},
        )  # fmt: skip
    row.mailed = [*sent, now.isoformat()]


async def _of_address(
    session: AsyncSession, account: SmartAccount, email: str
) -> NotificationRecipient | None:
    rows = await session.exec(
        select(NotificationRecipient).where(
            NotificationRecipient.smart_account_id == account.id,
            NotificationRecipient.email == email,
        )
    )
    return rows.first()


async def _record(
    session: AsyncSession, row: NotificationRecipient, acting: Acting, type_: str, text: str
) -> None:
    await record(
        session, type_, acting, subject=row.email, text=f"{text}.",
        smart_account_id=row.smart_account_id, details={"recipient": row.id},
    )  # fmt: skip


async def _answer(
    session: AsyncSession, account: SmartAccount, row: NotificationRecipient, title: str
) -> RecipientAnswer:
    (public,) = await _public(session, [row])
    gets = configuration().categories
    said = [gets[name].title for name, how in public.categories.items() if how != "off"]
    lines = [
        Line(label="Smart Account", value=f"{account.name} ({account.domain})"),
        Line(label="Address", value=row.email),
        Line(label="News about", value=", ".join(said) or "nothing: all was turned off"),
    ]
    if row.verified_at is None:
        lines.append(
            Line(label="Next", value=f"whoever reads {row.email} confirms it with the link that "
                 f"is mailed there, by {row.expires_at:%d %B %Y}")
        )  # fmt: skip
    return RecipientAnswer(
        **public.model_dump(), receipt=Receipt(title=title, reference=row.email, lines=lines)
    )


async def _public(
    session: AsyncSession, rows: Sequence[NotificationRecipient]
) -> list[RecipientPublic]:
    known = await people(session, [row.added_by for row in rows])
    return [
        RecipientPublic(
            id=row.id,
            email=row.email,
            status="confirmed" if row.verified_at else "unconfirmed",
            categories=dict(reader_at(row).categories),
            added_by=person_ref(row.added_by, known),
            created_at=row.created_at,
            confirmed_at=row.verified_at,
            expires_at=None if row.verified_at else row.expires_at,
        )
        for row in rows
    ]
