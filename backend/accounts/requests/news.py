"""Events of Smart Account requests, with the mails that follow from each.

Whom to mail is decided with the event, in its transaction: by the time the job runs, others may
be invited, or the account may be gone.
"""

from collections.abc import Iterable

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import SmartAccountRequest
from backend.accounts.requests.deciders import Deciders
from backend.accounts.requests.repository import people_at
from backend.core.database import database
from backend.core.events import Acting, Event, record
from backend.core.identity import Person
from backend.core.jobs import job
from backend.core.settings import settings
from backend.notifications.mails import put_in_outbox

Mailing = tuple[str, str]  # the mail's kind, and the address that it goes to

TYPES = (
    "account_requested",
    "account_request_approved",
    "account_request_accepted",
    "account_activated",
    "account_upgraded",
    "account_request_declined",
    "account_invitation_declined",
    "account_request_cancelled",
    "account_request_expired",
    "account_request_reminded",
    "account_invited_changed",
    "account_activation_resent",
)


async def note(
    session: AsyncSession,
    type_: str,
    request: SmartAccountRequest,
    acting: Acting,
    text: str,
    mails: Iterable[Mailing] = (),
    *,
    account: int | None = None,
    rule: str | None = None,
) -> None:
    """Write the event about a request as it is now; the mails go out by a job."""
    await record(
        session,
        type_,
        acting,
        subject=request.domain,
        text=text,
        rule=rule,
        smart_account_id=account or request.smart_account_id,
        details={
            "request": request.id,
            "requester": request.requester,
            "mails": [list(one) for one in dict.fromkeys(mails)],
            "facts": request.model_dump(
                mode="json",
                include={
                    "kind", "name", "domain", "status", "note", "note_to_customer", "reason",
                    "expires_at",
                },
            ),
        },
    )  # fmt: skip


def to_people(kind: str, ids: Iterable[str], known: Deciders) -> list[Mailing]:
    """A mail of this kind to each of these people."""
    return [(kind, known.persons[one].email) for one in ids if one in known.persons]


def to_addresses(kind: str, addresses: Iterable[str]) -> list[Mailing]:
    """A mail of this kind to each of these addresses."""
    return [(kind, address) for address in addresses]


@job("mail_account_news", after=TYPES)
async def mail_account_news(event_id: str) -> None:
    """Write the mails of an event about a request."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        requester = await session.get_one(Person, event.details["requester"])
        actor = await session.get(Person, event.actor)
        facts = {
            "requester": requester,
            "actor": actor,
            "event": event,
            "request": event.details["facts"],
            "link": f"{settings().base_url}/?request={event.details['request']}",
        }
        mails = event.details["mails"]
        known = await people_at(session, [address for _, address in mails])
        for kind, address in mails:
            more = {"to": known.get(address)}
            await put_in_outbox(session, event.id, kind, address, facts | more)
