"""What a reader can do with an order now: by the rules of the writes, without trying them.

Moving licences that have arrived depends on roles in the account, which are not looked up for a
list: who may do that is told by the write itself.
"""

from collections.abc import Sequence

from backend.orders.assignability import refusal
from backend.orders.delays import Delay, Facts, can_be_assigned, is_waiting
from backend.orders.models import OrderLine
from backend.orders.visibility import SHARING, View, Way, may_assign


def you_may(
    view: View, ways: Sequence[Way], facts: Facts, waits: Sequence[Delay], *, following: bool
) -> list[str]:
    """The operations that this order lets the reader do now, by their ids."""
    found = [*(["explain_order_delay"] if waits else [])]
    if may_assign(ways):
        found += [*_assigning(view, ways, facts), *_setting_up(facts)]
    if not SHARING.isdisjoint(ways):
        found.append("share_order")
    if any(line.delivered_at is not None for line in facts.lines):
        found.append("find_license")
    return [*found, "unfollow_order" if following else "follow_order"]


def _assigning(view: View, ways: Sequence[Way], facts: Facts) -> list[str]:
    if refusal(facts.order) is not None:
        return []
    arrived = facts.arrived()
    to_assign = [
        line
        for line in facts.lines
        if line.number not in arrived and can_be_assigned(facts.order, line)
    ]
    found = []
    # Once something has arrived, what is on an account stays there.
    if any(not arrived or line.smart_account_id is None for line in to_assign):
        found.append("assign_order")
    if to_assign and Way.CONTACT in ways and view.kind == "customer":
        found.append("delegate_order")
    if not arrived and any(line.assigned_by is not None for line in facts.lines):
        found.append("unassign_order")
    return found


def _setting_up(facts: Facts) -> list[str]:
    if not is_waiting(facts.order):
        return []
    lines = [
        line for line in facts.open() if line.kind == "subscription" and line.onboarded_at is None
    ]
    mailed = [line for line in lines if line.provisioning_contact and not _later(line, facts)]
    found = ["resend_provisioning_mail"] if mailed else []
    return found + (["change_provisioning_contact"] if lines else [])


def _later(line: OrderLine, facts: Facts) -> bool:
    return line.requested_start is not None and line.requested_start > facts.now
