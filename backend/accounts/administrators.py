"""The last administrator of an account has left: the desk puts another in their place, by a case
that holds the proof.
"""

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts import presentation
from backend.accounts.domains import covers
from backend.accounts.models import SmartAccount
from backend.accounts.schemas import AccountAnswer, ReplaceAdministrator
from backend.accounts.standing import Standing, as_member, standing
from backend.cases.models import Attachment, Case
from backend.core.events import Acting, record
from backend.core.identity import Person, by_address, people
from backend.core.policy import DeskAction, Role, desk_allows
from backend.core.problems import FieldError, Problem, conflict, forbidden, invalid, not_found
from backend.core.receipts import Line, Receipt
from backend.users import memberships
from backend.users.rights import held, shown


async def replace(
    session: AsyncSession, person: Person, acting: Acting, named: str, body: ReplaceAdministrator
) -> AccountAnswer:
    """Make somebody SA Administrator in place of the only one, or where there is none."""
    if not desk_allows(person, DeskAction.DECIDE_ACCOUNT_REQUESTS):
        raise await _not_the_desk(session, person, named)
    found = await standing(session, person, named, lock=True)
    account = found.account
    former = await _former(session, account)
    case = await _proof(session, person, account, body.case_number)
    successor = await _successor(session, former, body.email)
    if former is not None:
        own = await memberships.roll(session, account.id, [former.id])
        await own.take(former.id, Role.SA_ADMIN)
    await memberships.give(session, account.id, successor.id, Role.SA_ADMIN)
    if former is None or account.primary_contact == former.id:
        account.primary_contact = successor.id
    session.add(account)
    await session.flush()
    before = shown(former) if former else "nobody"
    await record(
        session,
        "administrator_replaced",
        acting,
        subject=account.domain,
        text=f"SA Administrator of {account.name} is {shown(successor)} instead of {before}, "
        f"by case {case.number}",
        smart_account_id=account.id,
        details={
            "case": case.number,
            "former": former.id if former else None,
            "successor": successor.id,
        },
    )
    return await _answer(session, found, successor, before, case)


async def _not_the_desk(session: AsyncSession, person: Person, named: str) -> Problem:
    """Also for members: an administrator who is there gives the role in the usual way."""
    account = (await as_member(session, person, named)).account
    return forbidden(
        f"Only the support desk replaces the administrator of {account.name}.",
        "An SA Administrator can give others the role. If the last one has left, open a case "
        "about the account and attach the proof.",
    )


async def _former(session: AsyncSession, account: SmartAccount) -> Person | None:
    """The only SA Administrator, or None where there is none; 409 when there are several."""
    if account.status != "active":
        raise conflict(
            "not-active",
            "The account is not active",
            f"{account.name} ({account.domain}) has not been accepted yet, so it has no "
            "administrator.",
            "Replace who is invited, with PATCH /api/v1/smart-account-requests/{request_id}.",
        )
    admins = {one.person for one in await held(session, [account.id], roles=[Role.SA_ADMIN])}
    known = await people(session, admins)
    if len(admins) > 1:
        names = ", ".join(shown(known[one]) for one in sorted(admins))
        raise conflict(
            "administrators-left",
            "The account has other administrators",
            f"{account.name} is administered by {names}.",
            "They can give and take the role themselves.",
        )
    return known[admins.pop()] if admins else None


async def _proof(session: AsyncSession, person: Person, account: SmartAccount, number: str) -> Case:
    """The case: about this account, not taken back, not the approver's own, with a file."""
    case = await session.get(Case, number)
    if case is None or case.smart_account_id != account.id:
        raise _no_proof(f"{number} is not the number of a case about {account.name}.")
    if case.status == "cancelled":
        raise _no_proof(f"Case {number} was cancelled.")
    if case.requester == person.id:
        raise _no_proof(f"You opened case {number} yourself, so it can’t be your proof.")
    files = await session.exec(
        select(func.count()).select_from(Attachment).where(col(Attachment.case_number) == number)
    )
    if files.one() == 0:
        raise _no_proof(f"Nothing is attached to case {number}: the proof has to be in it.")
    return case


def _no_proof(message: str) -> Problem:
    return invalid([FieldError(field="case_number", code="no_proof", message=message)])


async def _successor(session: AsyncSession, former: Person | None, email: str) -> Person:
    successor = await by_address(session, email)
    if successor is None:
        raise not_found(
            f"person with the address {email}", "They have to sign in once, so that they are known."
        )
    if former is not None and successor.id == former.id:
        message = f"{email} is the SA Administrator already. Name who takes their place."
        raise invalid([FieldError(field="email", code="same", message=message)])
    if successor.is_support:
        message = f"{email} works at the support desk. Name somebody of the company."
        raise invalid([FieldError(field="email", code="support", message=message)])
    return successor


async def _answer(
    session: AsyncSession, found: Standing, successor: Person, before: str, case: Case
) -> AccountAnswer:
    account = found.account
    foreign = not covers(successor.domain, account.domain) and not account.is_smb
    told = [
        ("Smart Account", f"{account.name} ({account.domain})"),
        ("SA Administrator", shown(successor)),
        ("Instead of", before),
        ("Proof", f"case {case.number}: {case.title}"),
        ("Please check", f"{successor.email} is not of {account.domain}" if foreign else None),
    ]
    receipt = Receipt(
        title="Administrator replaced",
        reference=account.domain,
        lines=[Line(label=label, value=value) for label, value in told if value],
    )
    shown_now = await presentation.whole(session, found)
    return AccountAnswer(**shown_now.model_dump(exclude_unset=True), receipt=receipt)
