"""Why an order waits: one table of reasons, each worked out from what the order is at present.

The reasons and who acts are those of the field's catalogue. Nothing of it is stored but three
columns that lists filter by (`refresh`); whatever hangs on an account or on time is asked anew.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import col, select

from backend.accounts.models import SmartAccount
from backend.accounts.standing import LICENSING_NOTICE_VERSION
from backend.core import clock
from backend.orders.models import Order, OrderLine

ASSIGNABLE = ("standard", "subscription")


class Severity(StrEnum):
    """Whether something keeps the order from going on, or is only good to know."""

    BLOCKING = "blocking"
    INFORMATIONAL = "informational"


@dataclass(frozen=True)
class Facts:
    """An order as its delays look at it: its lines, and the accounts they stand on, by id."""

    order: Order
    lines: Sequence[OrderLine]
    accounts: dict[int, SmartAccount]
    now: datetime

    def open(self) -> Iterator[OrderLine]:
        """The lines that have not been delivered."""
        return (line for line in self.lines if line.delivered_at is None)

    def on_accounts(self) -> Iterator[tuple[OrderLine, SmartAccount]]:
        """The lines that stand on an account and have not arrived there, with it."""
        return (
            (line, self.accounts[line.smart_account_id])
            for line in self.lines
            if line.smart_account_id is not None and not self.has_arrived(line)
        )

    def has_arrived(self, line: OrderLine) -> bool:
        """Whether a line is delivered and nothing is left to wait for. What Commerce delivers
        without a Smart Account, or to one that is not active, has arrived nowhere yet.
        """
        if line.delivered_at is None:
            return False
        if not line.smart_enabled:
            return True
        if line.smart_account_id is None:
            return not can_be_assigned(self.order, line)
        return self.accounts[line.smart_account_id].status == "active"

    def waiting_for_account(self) -> list[OrderLine]:
        """The lines that Commerce has delivered and no account has taken."""
        return [line for line in self.lines if line.delivered_at and not self.has_arrived(line)]

    def arrived(self) -> frozenset[int]:
        """The numbers of the lines that have arrived."""
        return frozenset(line.number for line in self.lines if self.has_arrived(line))


Since = Iterable[tuple[int, datetime]]


@dataclass(frozen=True)
class Reason:
    """One way an order can wait. `lines` gives the lines concerned and since when each is.

    `operation` is the one that helps, `portal` where it is done elsewhere; `without_assigning` is
    what helps an order that can't be assigned as it stands.
    """

    code: str
    title: str
    who: str
    next_step: str
    lines: Callable[[Facts], Since]
    severity: Severity = Severity.BLOCKING
    operation: str | None = None
    portal: str | None = None
    lies_within: bool = True
    without_assigning: str | None = None


@dataclass(frozen=True)
class Delay:
    """A reason that holds at present, since its first line."""

    reason: Reason
    since: datetime
    lines: tuple[int, ...]

    def age_days(self, now: datetime) -> int:
        """Whole days since it began."""
        return max((now - self.since).days, 0)


def is_waiting(order: Order) -> bool:
    """Whether an order can be late at all: it is booked, and was not cancelled."""
    return order.booked_at is not None and order.cancelled_at is None


def can_be_assigned(order: Order, line: OrderLine) -> bool:
    """Whether a line's licences go to a Smart Account, and it is for us to say to which."""
    return order.type in ASSIGNABLE and line.smart_enabled


def lacks_account(order: Order, line: OrderLine) -> bool:
    """Whether a line's licences have no Smart Account to go to, also when Commerce has delivered
    it: they wait for one.
    """
    return line.smart_account_id is None and can_be_assigned(order, line)


def _since_booking(order: Order) -> datetime:
    return order.booked_at or order.placed_at


def _unassigned(facts: Facts) -> Since:
    """While there is no contact, nobody may assign: that comes first and is said alone."""
    if facts.order.fc_email is None:
        return []
    return [
        (line.number, _since_booking(facts.order))
        for line in facts.lines
        if lacks_account(facts.order, line)
    ]


def _without_contact(facts: Facts) -> Since:
    if facts.order.fc_email is not None:
        return []
    return [
        (line.number, _since_booking(facts.order))
        for line in facts.lines
        if line.delivered_at is None or lacks_account(facts.order, line)
    ]


def _later(line: OrderLine, moment: datetime | None) -> datetime:
    return max(line.assigned_at or line.placed_at, moment or line.placed_at)


def _on_pending(facts: Facts) -> Since:
    return [
        (line.number, _later(line, account.created_at))
        for line, account in facts.on_accounts()
        if account.status == "pending"
    ]


def _on_holding(facts: Facts) -> Since:
    return [
        (line.number, line.assigned_at or line.placed_at)
        for line, account in facts.on_accounts()
        if account.type == "holding"
    ]


def _on_notice(facts: Facts) -> Since:
    return [
        (line.number, _later(line, account.activated_at))
        for line, account in facts.on_accounts()
        if account.status == "active"
        and account.type != "holding"
        and account.smart_licensing_notice < LICENSING_NOTICE_VERSION
    ]


def _lacking_set_up_contact(facts: Facts) -> Since:
    return [
        (line.number, _since_booking(facts.order))
        for line in facts.open()
        if line.kind == "subscription" and line.provisioning_contact is None
    ]


def _set_up_unanswered(facts: Facts) -> Since:
    return [
        (line.number, line.set_up_mail_at)
        for line in facts.open()
        if line.set_up_mail_at is not None
        and line.provisioning_contact is not None
        and line.onboarded_at is None
        and line.provisioning == "awaiting_provisioning_details"
    ]


def _unclaimed(facts: Facts) -> Since:
    return [
        (line.number, line.claim_sent_at)
        for line in facts.open()
        if line.claim_sent_at is not None and line.claimed_at is None
    ]


def _without_tenant(facts: Facts) -> Since:
    return [
        (line.number, line.tenant_asked_at)
        for line in facts.open()
        if line.tenant_asked_at is not None and line.tenant is None
    ]


def _not_started(facts: Facts) -> Since:
    return [
        (line.number, _since_booking(facts.order))
        for line in facts.open()
        if line.requested_start is not None and line.requested_start > facts.now
    ]


def _held(by: str) -> Callable[[Facts], Since]:
    def lines(facts: Facts) -> Since:
        since = facts.order.holds.get(by)
        if since is None:
            return []
        return [(line.number, datetime.fromisoformat(since)) for line in facts.open()]

    return lines


def _ea_request(facts: Facts) -> Since:
    return [
        (line.number, line.ea_request_due_at)
        for line in facts.open()
        if line.ea_request_due_at is not None and line.ea_requested_at is None
    ]


def _failed(facts: Facts) -> Since:
    return [
        (line.number, line.provisioning_since)
        for line in facts.open()
        if line.provisioning == "failed"
    ]


def _not_smart(facts: Facts) -> Since:
    return [
        (line.number, _since_booking(facts.order))
        for line in facts.open()
        if not line.smart_enabled
    ]


# In the order of the field's catalogue.
REASONS = (
    Reason(
        "SA_MISSING", "No Smart Account on the order",
        "The Fulfillment Contact, a delegate or the partner’s Order Fulfillment Manager",
        "Assign the order to an active Smart Account and virtual account.",
        _unassigned, operation="assign_order",
    ),
    Reason(
        "SA_PENDING", "The chosen Smart Account is not active yet",
        "The customer who was invited to accept the Smart Account",
        "Accept the Smart Account within its 90 days, or assign the order to another one.",
        _on_pending, operation="assign_order", lies_within=False,
        without_assigning="Accept the Smart Account within its 90 days.",
    ),
    Reason(
        "FC_MISSING", "The order has no Fulfillment Contact",
        "The partner, in Commerce",
        "Have the partner add the Fulfillment Contact to the order in Commerce.",
        _without_contact, portal="ccw",
    ),
    Reason(
        "HELD_BY_PARTNER", "The order stands on a partner’s holding account",
        "The partner",
        "Move the order to the customer’s Smart Account.",
        _on_holding, operation="assign_order", lies_within=False,
    ),
    Reason(
        "PROV_CONTACT_MISSING", "Nobody is named to set the subscription up",
        "The partner, or whoever may assign the order",
        "Name the provisioning contact of the line.",
        _lacking_set_up_contact, operation="change_provisioning_contact",
    ),
    Reason(
        "PROV_CONTACT_NO_ACTION", "The set-up mail was sent, but the set-up is not done",
        "The provisioning contact",
        "Open the set-up mail and finish it; have it sent again, or name another contact.",
        _set_up_unanswered, operation="resend_provisioning_mail",
    ),
    Reason(
        "CLAIM_NOT_ACTIVATED", "The claim code has not been used",
        "An administrator of the organisation that uses the subscription",
        "Claim the subscription with the code from the welcome mail, then activate each product.",
        _unclaimed, portal="csc",
    ),
    Reason(
        "TENANT_INFO_MISSING", "Details of the organisation or tenant are missing",
        "The provisioning contact",
        "Supply the organisation or tenant in the set-up.",
        _without_tenant, operation="resend_provisioning_mail",
    ),
    Reason(
        "START_DATE_FUTURE", "The requested start date lies ahead",
        "Nobody: it goes on by itself",
        "Wait for the requested start date, or have the partner choose an earlier one.",
        _not_started, severity=Severity.INFORMATIONAL, lies_within=False,
    ),
    Reason(
        "EULA_NOT_ACCEPTED", "The Smart Licensing Notice is not accepted",
        "An SA Administrator or SA Approver of the account",
        "Accept the Smart Licensing Notice of the Smart Account.",
        _on_notice, operation="accept_notice", lies_within=False,
    ),
    Reason(
        "EXPORT_HOLD", "An export review is under way",
        "The vendor’s trade compliance",
        "Wait for the review, and answer if it asks for something.",
        _held("export"), operation="open_case",
    ),
    Reason(
        "CREDIT_HOLD", "A credit review is under way",
        "The partner’s finance department",
        "Have the partner clear the credit.",
        _held("credit"), portal="ccw",
    ),
    Reason(
        "DEAL_HOLD", "The deal or its price is not approved yet",
        "The partner and the vendor’s sales team",
        "Have the deal approved.",
        _held("deal"), portal="ccw",
    ),
    Reason(
        "EA_REQUEST_NEEDED", "The entitlement has not been requested",
        "The administrator of the Enterprise Agreement",
        "Request the entitlement in the EA Workspace.",
        _ea_request, portal="eaws",
    ),
    Reason(
        "SYSTEM_ERROR", "Fulfilment failed for a technical reason",
        "The vendor; it is tried again by itself",
        "Wait for the next try, or open a case.",
        _failed, operation="open_case",
    ),
    Reason(
        "NOT_SMART_ENABLED", "The product is delivered as a PAK, without Smart Licensing",
        "Whoever uses the product",
        "Look for the PAK in the License Registration Portal.",
        _not_smart, severity=Severity.INFORMATIONAL, portal="lrp",
    ),
)  # fmt: skip
REASON = {reason.code: reason for reason in REASONS}


def delays(facts: Facts) -> list[Delay]:
    """The reasons that hold at present: blocking ones first, each since its first line."""
    if not is_waiting(facts.order):
        return []
    found = []
    for reason in REASONS:
        lines = list(reason.lines(facts))
        if lines:
            since = min(moment for _, moment in lines)
            found.append(Delay(reason, since, tuple(number for number, _ in lines)))
    return sorted(found, key=lambda one: one.reason.severity is not Severity.BLOCKING)


def refresh(order: Order, lines: Sequence[OrderLine]) -> None:
    """Work out what lists filter by, after a change of the order or one of its lines."""
    facts = Facts(order, lines, {}, clock.now())
    waiting = is_waiting(order)
    order.unassigned_lines = sum(
        1 for line in lines if order.cancelled_at is None and lacks_account(order, line)
    )
    order.is_held = waiting and any(
        True for reason in REASONS if reason.lies_within for _ in reason.lines(facts)
    )
    starts = [line.requested_start for line in facts.open() if line.requested_start is not None]
    order.starts_at = max(starts, default=None) if waiting else None
    order.updated_at = facts.now


def is_delayed(now: datetime, *, counted: bool = False) -> ColumnElement[bool]:
    """`delays` is not empty, as a condition on `Order`.

    A list looks at one order after the other until it has enough of them. Whoever counts all of
    them (`counted`) leaves PostgreSQL the choice to collect the lines that wait first.
    """
    waits_for_account = (
        select(OrderLine.order_number)
        .join(SmartAccount, col(SmartAccount.id) == col(OrderLine.smart_account_id))
        .where(
            OrderLine.order_number == Order.number,
            or_(
                and_(
                    col(SmartAccount.status) == "pending",
                    or_(col(OrderLine.delivered_at).is_(None), col(OrderLine.smart_enabled)),
                ),
                and_(
                    col(OrderLine.delivered_at).is_(None),
                    or_(
                        col(SmartAccount.type) == "holding",
                        and_(
                            col(SmartAccount.status) == "active",
                            col(SmartAccount.smart_licensing_notice) < LICENSING_NOTICE_VERSION,
                        ),
                    ),
                ),
            ),
        )
    )
    return and_(
        col(Order.booked_at).is_not(None),
        col(Order.cancelled_at).is_(None),
        or_(
            col(Order.is_held),
            and_(col(Order.starts_at).is_not(None), col(Order.starts_at) > now),
            waits_for_account.exists()
            if counted
            else waits_for_account.limit(1).scalar_subquery().is_not(None),
        ),
    )
