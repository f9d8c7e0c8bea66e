"""Domains that can't be had: nobody's company, or somebody's already."""

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts import repository
from backend.accounts.models import SmartAccount, SmartAccountRequest
from backend.accounts.requests.states import STATUS_NAMES, Status
from backend.accounts.standing import Visibility
from backend.core.identity import Person, people
from backend.core.policy import Action
from backend.core.problems import FieldError, Problem, conflict, invalid
from backend.people.organizations import is_public_mailbox
from backend.users.rights import able, held, holders, shown

SMB = "smb"
MOST_NAMES = 3


async def refuse_unusable(session: AsyncSession, domain: str) -> None:
    """422 for a domain that stands for no company."""
    message = None
    if domain.rsplit(".", 1)[-1] == SMB:
        message = (
            f"{domain} can’t be asked for: domains that end in .{SMB} are given to accounts made "
            "with a personal mailbox. Use your company’s domain."
        )
    elif await is_public_mailbox(session, domain):
        message = (
            f"{domain} is a public mailbox provider’s, not a company’s. Use the company’s own "
            "domain, like company.example."
        )
    if message:
        raise invalid([FieldError(field="domain", code="unusable", message=message)])


async def refuse_taken(session: AsyncSession, person: Person, domain: str) -> None:
    """409 for a domain that an account has, had, or is asked for; access is offered instead.

    The turn (`numbers.take_turn`) must be taken, so that nobody takes it meanwhile.
    """
    waiting = await repository.pending_request_at(session, domain)
    if waiting is not None:
        raise _asked_for(waiting, person)
    account = await repository.holder_of(session, domain)
    if account is not None:
        raise await _taken(session, account, person, domain)


def _asked_for(request: SmartAccountRequest, person: Person) -> Problem:
    if request.requester == person.id:
        return conflict(
            "already-asked-for",
            "You have asked for this already",
            f"You asked for {request.name} ({request.domain}) on {request.created_at:%d %B %Y}. "
            f"{STATUS_NAMES[Status(request.status)]}.",
            f"Follow it with GET /api/v1/smart-account-requests/{request.id}, or cancel it first.",
        )
    return conflict(
        "domain-asked-for",
        "This domain has been asked for already",
        f"Somebody asked for a Smart Account with the domain {request.domain}; it is not active "
        "yet.",
        "Ask for access to it once it is active. If it is your company’s domain, open a case.",
    )


async def _taken(
    session: AsyncSession, account: SmartAccount, person: Person, domain: str
) -> Problem:
    own = await held(session, [account.id], person=person.id)
    if own:
        hint = "You have access to it already; look at it with GET /api/v1/directory."
    else:
        hint = (
            "Ask for access instead, with POST /api/v1/access-requests, or tell the assistant "
            f"“add me to {account.domain}”." + await _administrators(session, account, person)
        )
    return conflict(
        "domain-taken",
        "This domain has a Smart Account already",
        f"{domain} belongs to the Smart Account {account.name}.",
        hint,
    )


async def _administrators(session: AsyncSession, account: SmartAccount, person: Person) -> str:
    """Who can give access; of a restricted account only colleagues hear that."""
    if account.visibility == Visibility.RESTRICTED and person.domain != account.domain:
        return ""
    roles = (await holders(session, [account.id], Action.MANAGE_ACCOUNT_USERS))[account.id]
    ids = able(roles, Action.MANAGE_ACCOUNT_USERS)[:MOST_NAMES]
    known = await people(session, ids)
    names = ", ".join(shown(known[one]) for one in ids if one in known)
    return f" Its administrators: {names}." if names else ""
