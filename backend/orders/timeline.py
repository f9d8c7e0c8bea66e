"""The way of an order from being placed to being closed, as cards and timelines show it."""

from collections.abc import Sequence
from datetime import datetime

from backend.orders.delays import Delay, Facts, Severity
from backend.orders.models import OrderLine
from backend.orders.schemas import AssignmentStatus, TimelineStep

# What a line does while it is being set up, rather than waiting to be.
_UNDER_WAY = ("awaiting_provisioning_details", "scheduled", "in_progress", "failed", "completed")


def timeline(facts: Facts, status: AssignmentStatus, waits: Sequence[Delay]) -> list[TimelineStep]:
    """What has happened to an order and what is still to come. A step that has begun but is not
    done has a moment and `done` false: that is where the order is.
    """
    order, lines = facts.order, facts.lines
    steps = [
        _step("placed", "Placed", order.placed_at),
        _step("booked", "Booked", order.booked_at),
    ]
    if status is not AssignmentStatus.NOT_APPLICABLE:
        steps.append(_assigned(lines, status))
    blocking = [one for one in waits if one.reason.severity is Severity.BLOCKING]
    if blocking:
        first = min(blocking, key=lambda one: one.since)
        steps.append(_step("held", f"On hold: {blocking[0].reason.title}", first.since, done=False))
    steps += [_provisioning(lines), _provisioned(facts)]
    if order.cancelled_at is not None:
        reached = [step for step in steps if step.done]
        return [*reached, _step("cancelled", "Cancelled", order.cancelled_at)]
    return [*steps, _step("closed", "Closed in Commerce", order.closed_at)]


def _step(name: str, title: str, at: datetime | None, *, done: bool | None = None) -> TimelineStep:
    return TimelineStep.model_validate(
        {"step": name, "title": title, "at": at, "done": at is not None if done is None else done}
    )


def _assigned(lines: Sequence[OrderLine], status: AssignmentStatus) -> TimelineStep:
    if status is AssignmentStatus.UNASSIGNED:
        return _step("assigned", "Smart Account assigned", None)
    moments = [line.assigned_at for line in lines if line.assigned_at is not None]
    title = "Assigned in Commerce"
    if any(line.assigned_by for line in lines):
        title = "Smart Account assigned"
    return _step("assigned", title, max(moments, default=None), done=True)


def _provisioning(lines: Sequence[OrderLine]) -> TimelineStep:
    begun = [line.provisioning_since for line in lines if line.provisioning in _UNDER_WAY]
    done = all(line.delivered_at is not None for line in lines)
    return _step("provisioning", "Being set up", min(begun, default=None), done=done)


def _provisioned(facts: Facts) -> TimelineStep:
    at, lines = facts.order.provisioned_at, facts.lines
    delivered = [line.delivered_at for line in lines if line.delivered_at is not None]
    if at is None and lines and len(delivered) == len(lines):
        at = max(delivered)
    if facts.waiting_for_account():  # Commerce has delivered them, to nowhere yet
        return _step("provisioned", "Licences in a Smart Account", None)
    return _step("provisioned", "Licences delivered", at)
