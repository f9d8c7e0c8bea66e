"""Whether an SMB account can become a standard one, and what its banner says."""

from pydantic import BaseModel, Field
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts import repository
from backend.accounts.configuration import configuration
from backend.accounts.models import SmartAccount, SmartAccountRequest
from backend.core.events import Acting, record
from backend.core.identity import Person
from backend.core.policy import Role
from backend.people.organizations import is_public_mailbox
from backend.users.models import Membership


class Reason(BaseModel):
    """Why an account can't be upgraded now."""

    code: str = Field(
        description="not_smb, not_active, not_admin, request_pending, personal_mailbox "
        "or domain_taken"
    )
    text: str


class Banner(BaseModel):
    """What the account's page says about the upgrade."""

    title: str
    text: str
    action: str | None = Field(description="The operation that helps, if there is one")


class Eligibility(BaseModel):
    """Whether the account can be upgraded, by whoever asks."""

    eligible: bool
    reasons: list[Reason] = Field(description="What stands in the way; empty when eligible")
    banner: Banner


async def eligibility(
    session: AsyncSession, person: Person, account: SmartAccount, *, is_admin: bool
) -> Eligibility:
    """What the person who asks can do about it. Other domains than one's own may be possible
    where it says `domain_taken`.
    """
    own = person.domain
    personal = await is_public_mailbox(session, own)
    waiting = await repository.pending_request_of(session, account.id)
    reasons = [
        Reason(code=code, text=text)
        for code, applies, text in (
            ("not_smb", not account.is_smb, f"{account.name} is a standard Smart Account."),
            ("not_active", account.status != "active", f"{account.name} is not active yet."),
            ("not_admin", not is_admin, "Only an SA Administrator can upgrade the account."),
            ("request_pending", waiting is not None, "An upgrade waits for its approval."),
            (
                "personal_mailbox", personal,
                f"Your address {person.email} is of a public mailbox, not of a company.",
            ),
        )
        if applies
    ]  # fmt: skip
    if not reasons and await repository.holder_of(session, own, besides=account.id):
        reasons = [Reason(code="domain_taken", text=f"{own} belongs to another Smart Account.")]
    banner = _banner(person, account, {reason.code for reason in reasons}, waiting)
    return Eligibility(eligible=not reasons, reasons=reasons, banner=banner)


def _banner(
    person: Person, account: SmartAccount, codes: set[str], waiting: SmartAccountRequest | None
) -> Banner:
    kinds = (
        ("not_smb", "standard"), ("not_active", "standard"), ("request_pending", "pending"),
        ("not_admin", "not_yours"), ("personal_mailbox", "not_yet"),
        ("domain_taken", "domain_taken"),
    )  # fmt: skip
    kind = next((kind for code, kind in kinds if code in codes), "ready")
    wording = configuration().banners[kind]
    text = wording.text.format(
        name=account.name,
        domain=account.domain,
        email=person.email,
        own_domain=person.domain,
        example=f"it.{person.domain}",
        target=waiting.domain if waiting else account.domain,
    )
    return Banner(title=wording.title, text=text, action=wording.action)


async def tell_what_became_possible(session: AsyncSession, person: Person, acting: Acting) -> None:
    """After a change of the person's address: an event for each account that can now be upgraded,
    from which mail and chat follow.
    """
    rows = await session.exec(
        select(SmartAccount)
        .join(Membership, col(Membership.smart_account_id) == SmartAccount.id)
        .where(
            Membership.person == person.id,
            Membership.role == Role.SA_ADMIN,
            col(SmartAccount.is_smb),
        )
        .order_by(col(SmartAccount.id))
    )
    for account in rows.all():
        found = await eligibility(session, person, account, is_admin=True)
        if found.eligible:
            await record(
                session,
                "upgrade_became_possible",
                acting,
                subject=account.domain,
                text=f"{account.name} can be upgraded, since {person.email} is of a company",
                smart_account_id=account.id,
                details={
                    "person": person.id,
                    "domain": account.domain,
                    "banner": found.banner.model_dump(),
                },
            )
