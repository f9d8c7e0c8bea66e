"""What is changed of a Smart Account itself. One function a verb: permission → row → event."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts import presentation
from backend.accounts.fields import say_address
from backend.accounts.requests.lifecycle import name_key
from backend.accounts.schemas import (
    AccountAnswer,
    NoticeAnswer,
    NoticeName,
    UpdateSmartAccount,
)
from backend.accounts.standing import Standing, as_member, require
from backend.core.events import Acting, Event, record
from backend.core.identity import Person, by_address, people, person_ref
from backend.core.policy import Action
from backend.core.problems import FieldError, invalid
from backend.core.receipts import Line, Receipt
from backend.users.rights import held, shown

LABELS = {
    "name": "Name",
    "visibility": "Search",
    "headquarters": "Headquarters",
    "primary_contact": "Primary contact",
}


async def update(
    session: AsyncSession, person: Person, acting: Acting, named: str, body: UpdateSmartAccount
) -> AccountAnswer:
    """Change name, visibility, headquarters or primary contact; only what the body names."""
    found = await as_member(session, person, named, lock=True)
    await require(session, found, Action.EDIT_PROPERTIES)
    account = found.account
    wanted: dict[str, Any] = body.model_dump(include=body.model_fields_set)
    contact = await _contact(session, found, body.primary_contact)
    if contact is not None:
        wanted["primary_contact"] = contact.id
    changes = {name: value for name, value in wanted.items() if value != getattr(account, name)}
    for name, value in changes.items():
        setattr(account, name, value)
    if "name" in changes:
        account.key = name_key(account.name)
    lines = [(LABELS[name], _said(value, contact)) for name, value in changes.items()]
    session.add(account)
    await session.flush()
    if changes:
        await record(
            session,
            "account_changed",
            acting,
            subject=account.domain,
            text=f"{account.name}: " + "; ".join(f"{label}: {value}" for label, value in lines),
            smart_account_id=account.id,
            details={"changed": sorted(changes)},
        )
    return await _answer(
        session, found, "Smart Account changed" if changes else "Nothing to change", lines
    )


async def _contact(session: AsyncSession, found: Standing, email: str | None) -> Person | None:
    """The member with this address; 422 for anybody else."""
    if email is None:
        return None
    person = await by_address(session, email)
    if person is not None and await held(session, [found.account.id], person=person.id):
        return person
    raise invalid(
        [
            FieldError(
                field="primary_contact",
                code="no_member",
                message=f"{email} has no role in {found.account.name}. The primary contact is one "
                "of its members: give them a role first, or name somebody who has one.",
            )
        ]
    )


def _said(value: Any, contact: Person | None) -> str:
    if isinstance(value, dict):
        return say_address(value) or ""
    if contact is not None and value == contact.id:
        return shown(contact)
    return str(value)


async def _answer(
    session: AsyncSession, found: Standing, title: str, lines: Sequence[tuple[str, str]]
) -> AccountAnswer:
    account = await presentation.whole(session, found)
    receipt = Receipt(
        title=title,
        reference=found.account.domain,
        lines=[Line(label=label, value=value) for label, value in lines],
    )
    return AccountAnswer(**account.model_dump(), receipt=receipt)


NOTICE_ACTIONS = {
    NoticeName.SMART_LICENSING: Action.ACCEPT_LICENSING_NOTICE,
    NoticeName.ADMIN: Action.ACCEPT_ADMIN_NOTICE,
}
NOTICE_EVENTS = {
    NoticeName.SMART_LICENSING: "licensing_notice_accepted",
    NoticeName.ADMIN: "admin_notice_accepted",
}


async def accept_notice(
    session: AsyncSession, person: Person, acting: Acting, named: str, name: NoticeName
) -> NoticeAnswer:
    """Accept the present version of a notice for the company; accepting it again changes nothing.

    Never blocked by the other notice: one of them has to be the first.
    """
    found = await as_member(session, person, named, lock=True)
    await require(session, found, NOTICE_ACTIONS[name])
    account, version = found.account, presentation.VERSIONS[name]
    title = "Accepted already"
    if presentation.accepted_version(account, name) < version:
        title = "Notice accepted"
        if name is NoticeName.ADMIN:
            account.admin_notice = version
        else:
            account.smart_licensing_notice = version
        session.add(account)
        await session.flush()
        await record(
            session,
            NOTICE_EVENTS[name],
            acting,
            subject=account.domain,
            text=f"{presentation.notice(account, name).title} (version {version}) accepted for "
            f"{account.name}",
            smart_account_id=account.id,
            details={"version": version},
        )
    return await _notice_answer(session, found, name, title)


async def _notice_answer(
    session: AsyncSession, found: Standing, name: NoticeName, title: str
) -> NoticeAnswer:
    """With who accepted it and when, from the event."""
    account = found.account
    rows = await session.exec(
        select(Event)
        .where(Event.smart_account_id == account.id, Event.type == NOTICE_EVENTS[name])
        .order_by(col(Event.at).desc(), col(Event.id).desc())
        .limit(1)
    )
    event = rows.first()
    known = await people(session, [event.actor] if event else [])
    notice = presentation.notice(account, name)
    lines = [
        Line(label="Smart Account", value=f"{account.name} ({account.domain})"),
        Line(label="Notice", value=f"{notice.title}, version {notice.version}"),
    ]
    return NoticeAnswer(
        **notice.model_dump(),
        smart_account=account.domain,
        accepted_at=event.at if event else None,
        accepted_by=person_ref(event.actor, known) if event else None,
        receipt=Receipt(title=title, reference=account.domain, lines=lines),
    )
