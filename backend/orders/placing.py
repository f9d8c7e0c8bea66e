"""Putting lines on an account: the rules of assigning again, and what changes of each line.

Nothing here asks the database, so that one order and five hundred go by the same rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.core import clock
from backend.core.identity import Person
from backend.core.policy import Action, explain
from backend.core.problems import Problem, conflict, forbidden
from backend.orders.assignability import OPEN_A_CASE, chosen, refusal, say_lines
from backend.orders.delays import Facts, refresh
from backend.orders.models import NOWHERE, Assigned, Order, OrderLine
from backend.orders.service import Seen
from backend.orders.target import Target


@dataclass(frozen=True)
class Placed:
    """What an assignment changed: the lines that were on no account, on another or in another
    virtual account; `moved` of them had arrived, so that their licences move. `arriving` were
    delivered without an account that takes them: their licences arrive by it. `left` are the
    accounts that lost a line by it.
    """

    order: Order
    lines: list[OrderLine]
    moved: list[OrderLine]
    arriving: list[OrderLine]
    left: frozenset[int]


def looking_only(seen: Seen) -> Problem:
    """403 for whoever sees an order only because it stands on an account."""
    contact = seen.order.fc_name or seen.order.fc_email
    named = f" ({contact})" if contact else ""
    return forbidden(
        f"You see order {seen.order.number} because it is assigned to an account of yours; that "
        "does not let you change where it goes.",
        f"Its Fulfillment Contact{named}, people of the contact’s company, a delegate and the "
        "partner’s Order Fulfillment Manager can.",
    )


def place(
    seen: Seen, facts: Facts, target: Target, numbers: Sequence[int] | None, person: Person
) -> Placed:
    """Put the lines of these numbers on the target.

    Raises a 409 `Problem` for an order that nobody can assign or whose licences have arrived
    elsewhere, 403 where the person may not, 422 for a line that there is not.
    """
    order, arrived = seen.order, facts.arrived()
    if not arrived:
        _require_assignable(seen)
    named = chosen(facts, numbers)
    wanted = [line for line in named if not _stands_there(line, target)]
    again = [line for line in wanted if arrived and line.smart_account_id is not None]
    if len(again) < len(wanted):
        _require_assignable(seen)
    _require_transfer(order, again if seen.may_assign else named, target)
    left = {line.smart_account_id for line in wanted} - {None, target.account.id}
    for line in wanted:
        _put(line, target, person)
    if wanted:
        refresh(order, seen.lines)
    moved = [line for line in wanted if line.number in arrived]
    arriving = [line for line in wanted if line.delivered_at and line not in moved]
    return Placed(order, wanted, moved, arriving, frozenset(one for one in left if one is not None))


def _stands_there(line: OrderLine, target: Target) -> bool:
    """On the default one also stands what names none."""
    if line.smart_account_id != target.account.id:
        return False
    return line.virtual_account_id == target.place or (
        line.virtual_account_id is None and target.is_default
    )


def _require_assignable(seen: Seen) -> None:
    if not seen.may_assign:
        raise looking_only(seen)
    refused = refusal(seen.order)
    if refused:
        raise refused


def _require_transfer(order: Order, lines: Sequence[OrderLine], target: Target) -> None:
    """Once something of an order has arrived, what is on an account stays there: it only moves
    between virtual accounts, by whoever may transfer licences in both.
    """
    elsewhere = [line for line in lines if line.smart_account_id != target.account.id]
    if elsewhere:
        raise conflict(
            "licenses-delivered",
            "Licences have arrived already",
            f"Licences of order {order.number} have been delivered, so {say_lines(elsewhere)} "
            "can’t go to another Smart Account any more; between virtual accounts of the same one "
            "they can be moved.",
            OPEN_A_CASE,
        )
    places = [line.virtual_account_id for line in lines]
    if not all(target.may_move(one) for one in places):
        raise forbidden(
            f"Licences of order {order.number} have been delivered, so moving them is a transfer "
            f"inside {target.account.name}. {explain(Action.TRANSFER_LICENSES)}",
            "Ask somebody with such a role in both virtual accounts.",
        )


def _put(line: OrderLine, target: Target, person: Person) -> None:
    now = clock.now()
    if line.assigned_by is None:
        line.keep_commerce(line.assigned())
    line.assign(Assigned(target.account.id, target.place, now, person.id))
    if line.provisioning == "on_hold":
        later = line.requested_start is not None and line.requested_start > now
        line.provisioning, line.provisioning_since = "scheduled" if later else "in_progress", now


def take_off(facts: Facts) -> list[OrderLine]:
    """Take back what was assigned here; the lines that it was about. One that Commerce had on
    another account stands there again: the next message would put it back there anyway.

    Raises a 409 `Problem` when nothing is assigned, something has arrived, or all of it was
    assigned in Commerce.
    """
    order, lines = facts.order, facts.lines
    assigned = [line for line in lines if line.smart_account_id is not None]
    if not assigned:
        raise _stays(order, "stands on no Smart Account", "There is nothing to take back.")
    if facts.arrived():
        raise _stays(order, "has delivered licences already", OPEN_A_CASE)
    ours = [line for line in assigned if line.assigned_by is not None]
    if not ours:
        raise _stays(
            order, "was assigned in Commerce, before the sale",
            "Assign it to another Smart Account instead, or have the partner change it.",
        )  # fmt: skip
    refused = refusal(order)
    if refused:
        raise refused
    now = clock.now()
    for line in ours:
        told = line.in_commerce()
        line.assign(told)
        line.keep_commerce(NOWHERE)
        if told.account is None and line.provisioning in {"scheduled", "in_progress"}:
            line.provisioning, line.provisioning_since = "on_hold", now
    refresh(order, lines)
    return ours


def _stays(order: Order, why: str, hint: str) -> Problem:
    return conflict(
        "assignment-stays", "The assignment can’t be undone", f"Order {order.number} {why}.", hint
    )
