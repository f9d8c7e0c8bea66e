"""What stands against assigning an order or a line of it, whoever asks and wherever it goes."""

from collections.abc import Sequence

from backend.core.problems import FieldError, Problem, conflict, invalid
from backend.orders.delays import ASSIGNABLE, Facts
from backend.orders.models import Order, OrderLine

OPEN_A_CASE = "Open a case with POST /api/v1/cases, or tell the assistant “open a case about it”."
_TYPES = {
    "stocking": (
        "is a stocking order: it fills a partner’s stock, not yet a customer’s Smart Account",
        "Assign the order with which the partner sells them to a customer.",
    ),
    "ea": (
        "belongs to an Enterprise Agreement, whose licences are requested rather than assigned",
        "Request the entitlement in the EA Workspace.",
    ),
}


def refusal(order: Order) -> Problem | None:
    """Why nobody can assign the order as it stands, with the next step; None if it can be."""
    if order.type not in ASSIGNABLE:
        why, hint = _TYPES[order.type]
        return _not_assignable(order, why, hint)
    if order.status == "cancelled" or order.cancelled_at is not None:
        return _not_assignable(order, "was cancelled", "Look for the order that replaced it.")
    if order.status == "closed" or order.closed_at is not None:
        return _not_assignable(order, "is closed in Commerce", OPEN_A_CASE)
    if order.status == "submitted" or order.booked_at is None:
        return _not_assignable(
            order, "is not booked yet",
            "Assign it once it is booked; follow it to hear of that. Until then the partner can "
            "choose the Smart Account in Commerce.",
        )  # fmt: skip
    if order.fc_email is None:
        return _not_assignable(
            order, "has no Fulfillment Contact",
            "Have the partner add the Fulfillment Contact to the order in Commerce.",
        )  # fmt: skip
    return None


def _not_assignable(order: Order, why: str, hint: str) -> Problem:
    return conflict(
        "order-not-assignable",
        "The order can’t be assigned",
        f"Order {order.number} {why}.",
        hint,
    )


def chosen(facts: Facts, numbers: Sequence[int] | None) -> list[OrderLine]:
    """The lines of these numbers; without any, those that have not arrived, or all that have when
    there is nothing else.

    A 422 `Problem` for a number that there is not, 409 for a product without Smart Licensing.
    """
    order, lines = facts.order, facts.lines
    if numbers is None:
        smart = [line for line in lines if line.smart_enabled]
        if not smart:
            raise _not_smart(order, lines)
        return [line for line in smart if not facts.has_arrived(line)] or smart
    found = numbered(lines, numbers)
    plain = [line for line in found if not line.smart_enabled]
    if plain:
        raise _not_smart(order, plain)
    return found


def numbered(lines: Sequence[OrderLine], numbers: Sequence[int]) -> list[OrderLine]:
    """The lines of these numbers, each once; a 422 `Problem` that says which there are."""
    by_number = {line.number: line for line in lines}
    unknown = [at for at, number in enumerate(numbers) if number not in by_number]
    if unknown:
        there = ", ".join(map(str, by_number))
        raise invalid(
            [
                FieldError(
                    field=f"lines.{at}",
                    code="unknown",
                    message=f"The order has no line {numbers[at]}. Its lines: {there}.",
                )
                for at in unknown
            ]
        )
    return [by_number[number] for number in dict.fromkeys(numbers)]


def _not_smart(order: Order, lines: Sequence[OrderLine]) -> Problem:
    return _not_assignable(
        order,
        f"has no Smart Licensing for {say_lines(lines)}: it is delivered as a PAK"
        if lines
        else "has no product with Smart Licensing",
        "Look for the PAK in the License Registration Portal.",
    )


def say_lines(lines: Sequence[OrderLine]) -> str:
    """“line 1 (Network Advantage), line 3 (Support)”."""
    return ", ".join(f"line {line.number} ({line.product})" for line in lines)
