"""Why an order waits and why somebody sees it, in words, with names where they may be known."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from backend.core.identity import Person
from backend.core.portals import PORTAL_NAMES, Portal
from backend.core.wording import for_people
from backend.orders.assignability import OPEN_A_CASE, refusal
from backend.orders.delays import Delay, Facts
from backend.orders.models import Order, OrderLine
from backend.orders.schemas import DelayPublic, WayPublic
from backend.orders.standing import Places, knows_account
from backend.orders.visibility import View, Way, may_assign
from backend.users.rights import shown

# What only those may do who may assign the order.
_FOR_ASSIGNERS = frozenset(
    {"assign_order", "resend_provisioning_mail", "change_provisioning_contact"}
)


@dataclass(frozen=True)
class Reader:
    """Somebody who looks at one order; `accepting` are those who can accept the notice of an
    account, by its id.
    """

    view: View
    ways: Sequence[Way]
    places: Places
    accepting: dict[int, list[Person]] = field(default_factory=dict)


def contact_of(order: Order) -> str:
    """“Fiona Glenmarrow (fiona@northwind.example)”."""
    return f"{order.fc_name} ({order.fc_email})" if order.fc_name else f"{order.fc_email}"


def explained(reader: Reader, facts: Facts, waits: Iterable[Delay]) -> list[DelayPublic]:
    """The delays of an order as this reader is told them."""
    return [
        DelayPublic(
            code=one.reason.code,
            title=one.reason.title,
            severity=one.reason.severity,
            since=one.since,
            age_days=one.age_days(facts.now),
            who=_who(reader, facts, one),
            next_step=_next_step(facts, one),
            operation=_operation(reader, facts, one),
            link=PORTAL_NAMES[Portal(one.reason.portal)] if one.reason.portal else None,
            lines=list(one.lines),
        )
        for one in waits
    ]


def _next_step(facts: Facts, delay: Delay) -> str:
    """What to do about it. Where assigning would help but nobody can assign the order as it
    stands (closed, for example), what then does.
    """
    refused = refusal(facts.order) if delay.reason.operation == "assign_order" else None
    if refused is None:
        return delay.reason.next_step
    if refused.body.hint == OPEN_A_CASE:
        return f"{refused.body.detail} Open a case about it."
    return delay.reason.without_assigning or for_people(refused.body.hint)


def _operation(reader: Reader, facts: Facts, delay: Delay) -> str | None:
    operation = delay.reason.operation
    if operation == "assign_order" and (refused := refusal(facts.order)):
        return "open_case" if refused.body.hint == OPEN_A_CASE else None
    if operation in _FOR_ASSIGNERS and not may_assign(reader.ways):
        return None
    if operation == "accept_notice":
        able = {person.id for account in _accounts(facts, delay) for person in
                reader.accepting.get(account, ())}  # fmt: skip
        return operation if reader.view.person in able else None
    return operation


def _lines(facts: Facts, delay: Delay) -> list[OrderLine]:
    return [line for line in facts.lines if line.number in delay.lines]


def _accounts(facts: Facts, delay: Delay) -> list[int]:
    """The accounts that a delay is about, each once."""
    found = (line.smart_account_id for line in _lines(facts, delay))
    return list(dict.fromkeys(one for one in found if one is not None))


def _who(reader: Reader, facts: Facts, delay: Delay) -> str:
    if delay.reason.code == "SA_MISSING" and refusal(facts.order) is not None:
        return "Licensing support, by a case"
    named = _NAMED.get(delay.reason.code)
    return (named(reader, facts, delay) if named else None) or delay.reason.who


def _assigners(_: Reader, facts: Facts, __: Delay) -> str:
    order = facts.order
    told = f"{contact_of(order)}, the Fulfillment Contact, or a delegate"
    if order.partner_name:
        told += f"; or an Order Fulfillment Manager of {order.partner_name}"
    return told


Naming = Callable[[Reader, Facts, Delay], str | None]


def _partner(*, where: str) -> Naming:
    def who(_: Reader, facts: Facts, __: Delay) -> str | None:
        return facts.order.partner_name and f"{facts.order.partner_name}{where}"

    return who


def _invited(reader: Reader, facts: Facts, delay: Delay) -> str | None:
    names = _account_names(reader, facts, delay)
    return names and f"The customer who was invited to accept {names}"


def _holding(reader: Reader, facts: Facts, delay: Delay) -> str | None:
    names = _account_names(reader, facts, delay)
    return names and f"{names}, which holds it for the customer"


def _contacts(_: Reader, facts: Facts, delay: Delay) -> str | None:
    found = {line.provisioning_contact for line in _lines(facts, delay)} - {None}
    told = ", ".join(sorted(str(one) for one in found))
    return told and f"{told}, the provisioning contact"


def _acceptors(reader: Reader, facts: Facts, delay: Delay) -> str | None:
    names = [
        shown(person)
        for account in _known(reader, facts, delay)
        for person in reader.accepting.get(account, ())
    ]
    if not names:
        return None
    return f"An SA Administrator or SA Approver of the account: {', '.join(dict.fromkeys(names))}"


def _known(reader: Reader, facts: Facts, delay: Delay) -> list[int]:
    return list(
        dict.fromkeys(
            line.smart_account_id
            for line in _lines(facts, delay)
            if line.smart_account_id is not None
            and knows_account(
                reader.view, reader.ways, line, facts.accounts[line.smart_account_id],
                reader.places,
            )
        )
    )  # fmt: skip


def _account_names(reader: Reader, facts: Facts, delay: Delay) -> str:
    return ", ".join(facts.accounts[one].name for one in _known(reader, facts, delay))


_NAMED: dict[str, Naming] = {
    "SA_MISSING": _assigners,
    "SA_PENDING": _invited,
    "FC_MISSING": _partner(where=", in Commerce"),
    "HELD_BY_PARTNER": _holding,
    "PROV_CONTACT_MISSING": _partner(where=", or whoever may assign the order"),
    "PROV_CONTACT_NO_ACTION": _contacts,
    "TENANT_INFO_MISSING": _contacts,
    "EULA_NOT_ACCEPTED": _acceptors,
    "CREDIT_HOLD": _partner(where="’s finance department"),
    "DEAL_HOLD": _partner(where=" and the vendor’s sales team"),
}


def said(delays: Sequence[DelayPublic], *, closed_without_provisioning: bool) -> str:
    """The delays in a sentence or two, the worst first."""
    closed = (
        "It is closed in Commerce, but not everything in it was ever set up. "
        if closed_without_provisioning
        else ""
    )
    if not delays:
        return f"{closed}Nothing holds this order up at present."
    first, more = delays[0], len(delays) - 1
    days = "day" if first.age_days == 1 else "days"
    told = f"{closed}{first.title}, for {first.age_days} {days}. Who acts: {first.who}. "
    others = f" {more} more {'reason' if more == 1 else 'reasons'} beside that." if more else ""
    return told + first.next_step + others


def because(order: Order, view: View, ways: Iterable[Way]) -> list[WayPublic]:
    """Why the reader sees an order."""
    texts = {
        Way.CONTACT: "You are its Fulfillment Contact.",
        Way.DOMAIN: f"Its Fulfillment Contact, {contact_of(order)}, has an address at "
        f"{view.domain}, as you have.",
        Way.DELEGATE: f"{contact_of(order)}, its Fulfillment Contact, lets you assign it.",
        Way.PARTNER: "You are an Order Fulfillment Manager of "
        f"{order.partner_name or order.partner_domain}, which sold it.",
        Way.SHARED: "It was shared with you (order-based access).",
        Way.ACCOUNT: "Your role in the account that it is assigned to lets you look at it.",
    }
    return [WayPublic(way=way, text=texts[way]) for way in ways]
