"""What requests, rules and delegations leave in the event history."""

from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.access.models import AccessRequest
from backend.accounts.models import SmartAccount
from backend.core.events import Acting, record


def by_itself(account: SmartAccount, acting: Acting | None = None) -> Acting:
    """Who acts when a rule decides, or time: the account, known by its domain. What set it off,
    a conversation for example, stays known.
    """
    conversation = acting.conversation if acting else None
    return Acting(person=account.domain, via="rule", conversation=conversation)


async def note(
    session: AsyncSession,
    type_: str,
    request: AccessRequest,
    account: SmartAccount,
    acting: Acting,
    text: str,
    **more: Any,
) -> None:
    """Append an event about a request; the mails that follow from its type go out with it."""
    await record(
        session,
        type_,
        acting,
        subject=request.requester,
        text=text,
        smart_account_id=account.id,
        virtual_accounts=list(request.named),
        details={"request": request.id, "status": request.status, "role": request.role},
        **more,
    )
