"""Deciding in another's place: given for a time, within what the delegator decides himself."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.access import repository
from backend.access.asking import resolve
from backend.access.authority import stand_ins
from backend.access.configuration import configuration
from backend.access.delegation_schemas import (
    DelegateApprovals,
    DelegationAnswer,
    DelegationPublic,
)
from backend.access.models import ApprovalDelegation, DelegationPlace
from backend.access.schemas import SCOPE_NAMES, Scope
from backend.accounts.models import SmartAccount
from backend.accounts.standing import Standing, as_member, require, require_admin_notice
from backend.core import clock
from backend.core.events import Acting, record
from backend.core.identity import Person, by_address, people, person_ref
from backend.core.pagination import Page, newest_first
from backend.core.policy import Action
from backend.core.problems import (
    FieldError,
    Problem,
    conflict,
    invalid,
    not_found,
)
from backend.core.receipts import Line, Receipt
from backend.users.rights import held, shown
from backend.virtual_accounts.tree import Node, Tree, tree


async def listed(
    session: AsyncSession, person: Person, named: str, cursor: str | None, limit: int
) -> Page[DelegationPublic]:
    """An SA Administrator sees all of the account, others those given by or to them."""
    found = await as_member(session, person, named)
    involving = None if found.may(Action.READ_POLICIES) else person.id
    rows, following = await newest_first(
        session, repository.delegations_of(found.account.id, involving),
        col(ApprovalDelegation.created_at), col(ApprovalDelegation.id), cursor, limit,
    )  # fmt: skip
    if not rows and not found.may_somewhere(Action.DELEGATE_APPROVAL):
        await require(session, found, Action.READ_POLICIES)
    return Page(items=await _public(session, found.account, rows), next=following)


async def one(
    session: AsyncSession, person: Person, named: str, delegation_id: str
) -> DelegationPublic:
    """One delegation."""
    found = await as_member(session, person, named)
    row = await _row(session, found, delegation_id)
    (public,) = await _public(session, found.account, [row])
    return public


async def delegate(
    session: AsyncSession, person: Person, acting: Acting, named: str, body: DelegateApprovals
) -> DelegationAnswer:
    """Let a member decide requests in one's place until a certain time."""
    found = await as_member(session, person, named, lock=True)
    account = found.account
    forest = await tree(session, account.id)
    places = resolve(forest, account, body.virtual_accounts or [])
    await require(
        session, found, Action.DELEGATE_APPROVAL, [place.id for place in places] or [None]
    )
    await require_admin_notice(session, found)
    stand_in = await _stand_in(session, found, body, forest, places)
    starts, ends = _times(person, body)
    await _refuse_twice(session, found, stand_in, (starts, ends))
    row = ApprovalDelegation(
        smart_account_id=account.id, delegator=person.id, delegate=stand_in.id,
        scope=body.scope, starts=starts, ends=ends,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    session.add_all(
        DelegationPlace(delegation_id=row.id, virtual_account_id=place.id) for place in places
    )
    await session.flush()
    return await _changed(
        session, account, row, acting, "Approvals delegated", "approvals_delegated",
        f"{shown(stand_in)} decides requests in place of {shown(person)}",
    )  # fmt: skip


async def revoke(
    session: AsyncSession, person: Person, acting: Acting, named: str, delegation_id: str
) -> DelegationAnswer:
    """End a delegation: whoever gave or has it can, and every SA Administrator."""
    found = await as_member(session, person, named, lock=True)
    row = await _row(session, found, delegation_id)
    await session.refresh(row)
    await require_admin_notice(session, found)
    if status_of(row) == "ended":
        raise conflict(
            "delegation-ended", "This delegation has ended",
            f"It ended on {row.ended_at or row.ends:%d %B %Y, %H:%M} UTC.",
            "There is nothing left to revoke.",
        )  # fmt: skip
    row.ended_at = clock.now()
    session.add(row)
    known = await people(session, [row.delegator, row.delegate])
    return await _changed(
        session, found.account, row, acting, "Delegation revoked", "approval_delegation_revoked",
        f"{shown(known[row.delegate])} no longer decides requests in place of "
        f"{shown(known[row.delegator])}",
    )  # fmt: skip


async def end(
    session: AsyncSession, row: ApprovalDelegation, account: SmartAccount, acting: Acting
) -> None:
    """A delegation's time is over."""
    row.ended_at = row.ends
    session.add(row)
    known = await people(session, [row.delegator, row.delegate])
    await _record(
        session, account, row, acting, "approval_delegation_ended",
        f"The time is over in which {shown(known[row.delegate])} decided requests in place of "
        f"{shown(known[row.delegator])}",
    )  # fmt: skip


def status_of(row: ApprovalDelegation) -> Literal["scheduled", "active", "ended"]:
    """Where a delegation stands at this moment."""
    now = clock.now()
    if row.ended_at is not None or row.ends <= now:
        return "ended"
    return "scheduled" if row.starts > now else "active"


async def _row(session: AsyncSession, found: Standing, delegation_id: str) -> ApprovalDelegation:
    """A delegation that the person sees; 404 for others, 403 where it is somebody else's."""
    row = await session.get(ApprovalDelegation, delegation_id)
    if row is None or row.smart_account_id != found.account.id:
        raise not_found(
            f"delegation {delegation_id[:40]}",
            f"GET /api/v1/smart-accounts/{found.account.domain}/approval-delegations lists yours.",
        )
    if found.person.id not in (row.delegator, row.delegate):
        await require(session, found, Action.READ_POLICIES)
    return row


async def _stand_in(
    session: AsyncSession, found: Standing, body: DelegateApprovals, forest: Tree,
    places: Sequence[Node],
) -> Person:  # fmt: skip
    """The delegate: a member who is no viewer, and may not decide these requests anyway."""
    account = found.account
    stand_in = await by_address(session, body.delegate)
    if stand_in is None or not await held(session, [account.id], person=stand_in.id):
        raise _wrong(
            f"{body.delegate} has no role in {account.name}. Name a member; "
            f"GET /api/v1/smart-accounts/{account.domain}/users lists them.",
        )
    if stand_in.id == found.person.id:
        raise _wrong("You decide these requests already. Name somebody else.")
    if not await stand_ins(session, [account.id], [stand_in.id]):
        raise _wrong(f"{shown(stand_in)} only views {account.name}. Name somebody with more.")
    theirs = Standing(account, stand_in, await held(session, [account.id], person=stand_in.id))
    reached = {place.id for place in places}
    reached |= {below for place in places for below in forest.below(place.id)}
    wanted: list[str | None] = [*reached] or [None]
    if all(theirs.may(Action.DECIDE_ACCESS_REQUESTS, place) for place in wanted):
        raise _wrong(f"{shown(stand_in)} may decide these requests anyway. Name somebody else.")
    return stand_in


def _wrong(message: str, field: str = "delegate") -> Problem:
    return invalid([FieldError(field=field, code="not_possible", message=message)])


def _times(person: Person, body: DelegateApprovals) -> tuple[datetime, datetime]:
    """Begin and end in UTC; without a zone they are in the person's. What lies back begins now."""
    zone = ZoneInfo(person.time_zone or "UTC")
    try:
        starts, ends = (
            (moment.replace(tzinfo=zone) if moment.tzinfo is None else moment).astimezone(UTC)
            for moment in (body.starts or clock.now(), body.ends)
        )
    except OverflowError:
        raise _wrong("That is out of reach. Name times within the coming months.", "ends") from None
    starts = max(starts, clock.now())
    longest = configuration().delegations.longest_days
    if ends <= starts:
        raise _wrong(
            f"It would end on {ends:%d %B %Y, %H:%M} UTC, before it begins. Name a later end.",
            "ends",
        )
    days = (ends.astimezone(zone).date() - starts.astimezone(zone).date()).days
    if days > longest:
        latest = starts.astimezone(zone) + timedelta(days=longest)
        raise _wrong(
            f"It would last {days} days. At most {longest} are possible: until {latest:%d %B %Y}.",
            "ends",
        )
    return starts, ends


async def _refuse_twice(
    session: AsyncSession, found: Standing, stand_in: Person, times: tuple[datetime, datetime]
) -> None:
    """409 for a second delegation to the same person that overlaps the first."""
    there = await repository.delegations_between(
        session, found.account.id, found.person.id, stand_in.id
    )
    for row in there:
        if status_of(row) != "ended" and row.starts < times[1] and times[0] < row.ends:
            raise conflict(
                "delegated-already", "That is delegated already",
                f"{shown(stand_in)} decides in your place until {row.ends:%d %B %Y, %H:%M} UTC.",
                "End that delegation first, or choose a time after it.",
            )  # fmt: skip


async def _changed(
    session: AsyncSession, account: SmartAccount, row: ApprovalDelegation, acting: Acting,
    title: str, type_: str, text: str,
) -> DelegationAnswer:  # fmt: skip
    await session.flush()
    (public,) = await _public(session, account, [row])
    await _record(session, account, row, acting, type_, text)
    receipt = Receipt(
        title=title,
        reference=row.id,
        lines=[
            Line(label="Smart Account", value=f"{account.name} ({account.domain})"),
            Line(label="Who decides", value=f"{public.delegate.name} ({public.delegate.email})"),
            Line(label="In place of", value=f"{public.delegator.name} ({public.delegator.email})"),
            Line(label="For", value=_say_scope(public)),
            Line(label="From", value=f"{public.starts:%d %B %Y, %H:%M} UTC"),
            Line(label="Until", value=f"{row.ended_at or public.ends:%d %B %Y, %H:%M} UTC"),
        ],
    )
    return DelegationAnswer(**public.model_dump(), receipt=receipt)


def _say_scope(public: DelegationPublic) -> str:
    return ", ".join(public.virtual_accounts) or SCOPE_NAMES[Scope.ACCOUNT]


async def _record(
    session: AsyncSession, account: SmartAccount, row: ApprovalDelegation, acting: Acting,
    type_: str, text: str,
) -> None:  # fmt: skip
    places = (await repository.delegated_places(session, [row.id])).get(row.id, frozenset())
    await record(
        session, type_, acting, subject=row.delegate, text=text, smart_account_id=account.id,
        virtual_accounts=places, details={"delegation": row.id},
    )  # fmt: skip


async def _public(
    session: AsyncSession, account: SmartAccount, rows: Sequence[ApprovalDelegation]
) -> list[DelegationPublic]:
    known = await people(session, [one for row in rows for one in (row.delegator, row.delegate)])
    places = await repository.delegated_places(session, [row.id for row in rows])
    forest = await tree(session, account.id) if places else None
    return [
        DelegationPublic.model_validate(
            row.model_dump()
            | {
                "smart_account": account.domain,
                "delegator": person_ref(row.delegator, known),
                "delegate": person_ref(row.delegate, known),
                "virtual_accounts": forest.names(places.get(row.id, ())) if forest else [],
                "status": status_of(row),
            }
        )
        for row in rows
    ]
