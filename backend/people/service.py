"""The signed-in person's profile."""

from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.database import LOCK
from backend.core.events import Acting, record
from backend.core.identity import Person
from backend.core.problems import Problem
from backend.core.receipts import Line, Receipt
from backend.partners import service as partners
from backend.people import emails, repository
from backend.people.schemas import Me, MeAnswer, UpdateMe


async def me(session: AsyncSession, person: Person) -> Me:
    """The profile, with the roles held."""
    return Me.model_validate(
        person.model_dump(
            include={
                "email",
                "name",
                "kind",
                "phone",
                "language",
                "time_zone",
                "address",
                "email_pending",
            }
        )
        | {
            "organization": await repository.organization_name(session, person),
            "roles": [
                *await repository.roles_of(session, person.id),
                *await partners.roles_of(session, person),
            ],
            "desk": {"role": person.desk_role, "queues": person.desk_queues}
            if person.desk_role
            else None,
        }
    )


async def update(session: AsyncSession, person: Person, acting: Acting, body: UpdateMe) -> MeAnswer:
    """Change one's own profile; only what the body names changes."""
    await session.refresh(person, with_for_update=LOCK)
    changes = {
        name: value
        for name, value in body.model_dump(include=body.model_fields_set - {"email"}).items()
        if value != getattr(person, name)
    }
    for name, value in changes.items():
        setattr(person, name, value)
    lines = [
        Line(label=name.replace("_", " ").capitalize(), value=_said(value))
        for name, value in changes.items()
    ]
    session.add(person)
    await session.flush()
    if changes:
        await record(
            session,
            "profile_changed",
            acting,
            subject=person.id,
            text="Profile changed: " + ", ".join(line.label for line in lines),
        )
    if "email" in body.model_fields_set:
        lines += await emails.change(session, person, acting, body.email)
    return await _answer(session, person, "Profile saved" if lines else "Nothing to change", lines)


async def verify_email(
    session: AsyncSession, person: Person, acting: Acting, code: str
) -> MeAnswer | Problem:
    """Confirm the new address with the code that was mailed there."""
    await session.refresh(person, with_for_update=LOCK)
    lines = await emails.verify(session, person, acting, code)
    if isinstance(lines, Problem):
        return lines
    return await _answer(session, person, "E-mail confirmed", lines)


async def _answer(session: AsyncSession, person: Person, title: str, lines: list[Line]) -> MeAnswer:
    shown = await me(session, person)
    return MeAnswer(**shown.model_dump(), receipt=Receipt(title=title, lines=lines))


def _said(value: Any) -> str:
    if isinstance(value, dict):
        value = ", ".join(str(part) for part in value.values() if part)
    return str(value) if value else "removed"
