"""Deleting a virtual account for good: what stands in the way, and what goes with it.

A feature that keeps things in virtual accounts says so with `stands_in_the_way`: licences or
orders that would lose their place keep it from being deleted.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from sqlmodel import col, delete, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.access.models import (
    AccessRequest,
    AccessRequestPlace,
    ApprovalDelegation,
    DelegationPlace,
)
from backend.core import clock
from backend.core.events import Acting, record
from backend.core.identity import Person, people
from backend.core.policy import Action
from backend.core.problems import FieldError, conflict, invalid
from backend.core.receipts import Line, Receipt
from backend.core.wording import shown
from backend.orders.models import License, Order, OrderLine
from backend.users.models import (
    ExternalGroupGrant,
    ExternalGroupPlace,
    Membership,
    MembershipPlace,
    UserGroup,
    UserGroupPlace,
)
from backend.users.rights import shown as shown_person
from backend.virtual_accounts import service
from backend.virtual_accounts.models import VirtualAccount
from backend.virtual_accounts.schemas import VirtualAccountDeleted

# Answers what is in the way, each in words that go on “… stand in the way: ”; empty if nothing.
Check = Callable[[AsyncSession, VirtualAccount], Awaitable[list[str]]]
_checks: list[Check] = []
MOST_NAMES = 5


def stands_in_the_way(check: Check) -> Check:
    """Register a check that is asked before a virtual account is deleted."""
    _checks.append(check)
    return check


async def delete_virtual_account(
    session: AsyncSession, person: Person, acting: Acting, account: str, named: str,
    confirm_name: str | None,
) -> VirtualAccountDeleted:  # fmt: skip
    """Delete one for good. `confirm_name` has to be its name wherever it is given, and an engine
    that acts for a person has to give it: the person types what is about to be lost.
    """
    place = await service.to_change(session, person, account, named, Action.DELETE_VIRTUAL_ACCOUNT)
    row = place.row
    _require_typed(row, acting, confirm_name)
    obstacles = [said for check in _checks for said in await check(session, row)]
    if obstacles:
        raise conflict(
            "still-needed",
            "This virtual account is still needed",
            f"{row.name} can’t be deleted: {'; '.join(obstacles)}.",
            "Move or remove what is named, then delete it.",
        )
    for model in (MembershipPlace, UserGroupPlace, ExternalGroupPlace):
        await session.exec(delete(model).where(col(model.virtual_account_id) == row.id))
    await session.delete(row)
    await session.flush()
    await record(
        session, "virtual_account_deleted", acting,
        subject=row.name,
        text=f"Virtual account {place.tree.path(row.id)} deleted.",
        smart_account_id=row.smart_account_id,
        virtual_accounts=[row.id, *([row.parent_id] if row.parent_id else [])],
    )  # fmt: skip
    return VirtualAccountDeleted(
        name=row.name,
        receipt=Receipt(
            title="Virtual account deleted",
            reference=row.name,
            lines=[
                Line(label="Virtual account", value=place.tree.path(row.id)),
                Line(label="Smart Account", value=place.found.account.name),
            ],
        ),
    )


def _require_typed(row: VirtualAccount, acting: Acting, typed: str | None) -> None:
    if typed is None and acting.via not in {"rasa", "agent", "mcp"}:
        return
    if typed is None or typed.strip() != row.name:
        raise invalid(
            [
                FieldError(
                    field="confirm_name",
                    code="missing" if typed is None else "differs",
                    message=f"Deleting is for good. Type its name, {shown(row.name)}, to confirm"
                    + (f"; {shown(typed)} is another." if typed else "."),
                )
            ]
        )


@stands_in_the_way
async def _is_default(_: AsyncSession, row: VirtualAccount) -> list[str]:
    return ["it is the default; make another one the default first"] if row.is_default else []


@stands_in_the_way
async def _has_children(session: AsyncSession, row: VirtualAccount) -> list[str]:
    children = await session.exec(
        select(VirtualAccount.name)
        .where(col(VirtualAccount.parent_id) == row.id)
        .order_by(col(VirtualAccount.key))
    )
    return _counted(children.all(), "is nested in it", "are nested in it")


@stands_in_the_way
async def _is_somebodys_only_place(session: AsyncSession, row: VirtualAccount) -> list[str]:
    """Whoever has a role there and nowhere else would have one without a place."""
    alone = await session.exec(
        select(Membership.person).where(
            col(Membership.id).in_(
                _only_place(MembershipPlace.membership_id, MembershipPlace, row.id)
            )
        )
    )
    known = await people(session, alone.all())
    names = sorted(shown_person(one) for one in known.values())
    return _counted(names, "has a role there alone", "have roles there alone")


@stands_in_the_way
async def _is_a_groups_only_place(session: AsyncSession, row: VirtualAccount) -> list[str]:
    own = await session.exec(
        select(UserGroup.name).where(
            col(UserGroup.id).in_(_only_place(UserGroupPlace.group_id, UserGroupPlace, row.id))
        )
    )
    others = await session.exec(
        select(UserGroup.name)
        .join(ExternalGroupGrant, col(ExternalGroupGrant.group_id) == col(UserGroup.id))
        .where(
            col(ExternalGroupGrant.id).in_(
                _only_place(ExternalGroupPlace.grant_id, ExternalGroupPlace, row.id)
            )
        )
    )
    names = sorted([*own.all(), *others.all()])
    return _counted(
        [f"group {name}" for name in names],
        "has its role there alone",
        "have their roles there alone",
    )


def _only_place(owner: Any, model: Any, place: str) -> Any:
    """The owners of exactly one place, which is this one."""
    here = select(owner).where(col(model.virtual_account_id) == place)
    return select(owner).where(col(owner).in_(here)).group_by(owner).having(func.count() == 1)


@stands_in_the_way
async def _is_asked_for(session: AsyncSession, row: VirtualAccount) -> list[str]:
    asking = await session.exec(
        select(func.count())
        .select_from(AccessRequest)
        .join(AccessRequestPlace, col(AccessRequestPlace.request_id) == col(AccessRequest.id))
        .where(
            col(AccessRequestPlace.virtual_account_id) == row.id,
            col(AccessRequest.status) == "pending",
        )
    )
    count = asking.one()
    waiting = "access request waits" if count == 1 else "access requests wait"
    return [f"{count} {waiting} for a decision about it"] if count else []


@stands_in_the_way
async def _is_delegated(session: AsyncSession, row: VirtualAccount) -> list[str]:
    delegates = await session.exec(
        select(ApprovalDelegation.delegate)
        .join(DelegationPlace, col(DelegationPlace.delegation_id) == col(ApprovalDelegation.id))
        .where(
            col(DelegationPlace.virtual_account_id) == row.id,
            col(ApprovalDelegation.ended_at).is_(None),
            col(ApprovalDelegation.ends) > clock.now(),
        )
    )
    known = await people(session, delegates.all())
    names = sorted(shown_person(one) for one in known.values())
    return _counted(
        names, "is to decide about it (delegation)", "are to decide about it (delegations)"
    )


@stands_in_the_way
async def _has_licenses(session: AsyncSession, row: VirtualAccount) -> list[str]:
    """Licences would be lost with their place."""
    quantities = await session.exec(
        select(func.sum(License.quantity)).where(License.virtual_account_id == row.id)
    )
    count = int(quantities.one() or 0)
    return [f"{count} {'licence lies' if count == 1 else 'licences lie'} in it"] if count else []


@stands_in_the_way
async def _has_orders(session: AsyncSession, row: VirtualAccount) -> list[str]:
    """Orders that still are to be delivered into it would go astray."""
    waiting = await session.exec(
        select(OrderLine.order_number)
        .join(Order, col(Order.number) == col(OrderLine.order_number))
        .where(
            OrderLine.virtual_account_id == row.id,
            col(OrderLine.delivered_at).is_(None),
            col(Order.cancelled_at).is_(None),
            col(Order.closed_at).is_(None),
        )
        .distinct()
        .order_by(col(OrderLine.order_number))
    )
    names = [f"order {number}" for number in waiting.all()]
    return _counted(names, "is still to be delivered into it", "are still to be delivered into it")


def _counted(names: Iterable[str], one: str, several: str) -> list[str]:
    """“Vik and 3 more have roles there alone”; nothing for nobody."""
    found = list(names)
    if not found:
        return []
    more = len(found) - MOST_NAMES
    listed = ", ".join(found[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
    return [f"{listed} {one if len(found) == 1 else several}"]
