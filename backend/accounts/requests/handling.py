"""What every verb on a Smart Account request begins and ends with.

The request's row is locked first, then the account's, so that of two who decide at once one
decides and the other hears how it stands.
"""

from collections.abc import Iterable, Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import SmartAccountInvitation, SmartAccountRequest
from backend.accounts.requests import presentation, repository
from backend.accounts.requests.deciders import Deciders, deciders_of
from backend.accounts.requests.schemas import RequestAnswer
from backend.core.identity import Person
from backend.core.problems import not_found
from backend.core.receipts import Line, Receipt
from backend.users.rights import shown


async def find(
    session: AsyncSession, person: Person, request_id: str, *, lock: bool = False
) -> SmartAccountRequest:
    """The request, if the person may see it; 404 otherwise, in the same words as for none."""
    request = await repository.readable(session, person, request_id, lock=lock)
    if request is None:
        raise not_found(
            f"Smart Account request {request_id[:40]}",
            "List yours, and those you can decide, with GET /api/v1/smart-account-requests.",
        )
    return request


async def to_change(
    session: AsyncSession, person: Person, request_id: str
) -> tuple[SmartAccountRequest, Deciders]:
    """The request with its row locked, and who can move it on."""
    request = await find(session, person, request_id, lock=True)
    return request, await deciders_of(session, [request])


async def answer(
    session: AsyncSession,
    request: SmartAccountRequest,
    person: Person,
    title: str,
    lines: Sequence[tuple[str, str | None]],
) -> RequestAnswer:
    """The request as it is now, and the receipt; lines without a value are left out."""
    session.add(request)
    await session.flush()
    requester = await session.get_one(Person, request.requester)
    who = shown(requester) if requester.id != person.id else None
    told = [("Who asked", who), ("Name", request.name), ("Domain", request.domain), *lines]
    receipt = Receipt(
        title=title,
        reference=request.id,
        lines=[Line(label=label, value=value) for label, value in told if value],
    )
    return await presentation.answer(session, request, person, receipt)


def mailed(invitations: Iterable[SmartAccountInvitation]) -> list[str]:
    """The addresses of those who have been invited by mail."""
    return [one.email for one in invitations if one.invited_at is not None]
