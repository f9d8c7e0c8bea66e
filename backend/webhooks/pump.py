"""Messages are made, sent and tried again: the jobs behind `backend.webhooks`.

1. `plan_webhooks` follows from every case event, in its transaction: one row a receiver.
2. `send_webhooks` sends what is due to one endpoint. One run at a time does (a lease on the
   endpoint), so a case's messages go out in order, and a receiver that is slow or down holds
   up nobody but itself.
3. What failed is due again later: a moment in its row, found by a timer each minute. Nobody
   sleeps meanwhile, and a restart loses nothing.

At least once: killed between the answer and its note, the same message goes out again under the
same `webhook-id`.
"""

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core import clock
from backend.core.database import LOCK, database, insert_into
from backend.core.events import Acting, Event, record
from backend.core.ids import new_id
from backend.core.jobs import OUTSIDE, enqueue, job
from backend.core.timers import timer
from backend.webhooks import messages
from backend.webhooks.messages import CASE_EVENTS, TEST_EVENT, TEST_MESSAGE
from backend.webhooks.models import WebhookDelivery, WebhookEndpoint
from backend.webhooks.sending import GONE, Outcome, send

# After each failure in turn; then the message is dead, until somebody sends it again. About
# three and a half days in all, the schedule that Standard Webhooks proposes.
WAITS = (
    timedelta(seconds=30), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2),
    timedelta(hours=5), timedelta(hours=10), timedelta(hours=14), timedelta(hours=20),
    timedelta(hours=24),
)  # fmt: skip
# Added at random, so that what failed together isn't tried together.
JITTER = 0.2
# An endpoint without one success for so long is left alone, and its lead is told.
PAUSE_AFTER = timedelta(days=3)
# How many cases' messages one endpoint is sent at once.
AT_ONCE = 4
# How long a run's claim to an endpoint lasts; renewed with every few messages.
LEASE = timedelta(seconds=60)
PUMP = Acting(person="webhooks", via="rule")
_dice = random.SystemRandom()


@job("plan_webhooks", after=(*CASE_EVENTS, TEST_EVENT))
async def plan_webhooks(event_id: str) -> None:
    """Make an event's message for each endpoint that wants it, once."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        wanted = await _receivers(session, event)
        if not wanted:
            return
        is_test = event.type == TEST_EVENT
        sequence = 0 if is_test else await messages.sequence_of(session, event)
        for endpoint in wanted:
            body = (
                messages.test_message(endpoint)
                if is_test
                else await messages.case_message(session, event, sequence)
            )
            await session.exec(
                insert_into(session, WebhookDelivery)
                .values(
                    WebhookDelivery(
                        endpoint_id=endpoint.id,
                        event_id=event.id,
                        type=TEST_MESSAGE if is_test else CASE_EVENTS[event.type],
                        case_number=None if is_test else event.subject,
                        sequence=sequence,
                        body=body,
                    ).model_dump()
                )
                .on_conflict_do_nothing()
            )
            await start_sending(session, endpoint, event.id)


async def _receivers(session: AsyncSession, event: Event) -> list[WebhookEndpoint]:
    """Those that are told of this event. A paused endpoint's messages wait for it."""
    if event.type == TEST_EVENT:
        tested = await session.get(WebhookEndpoint, event.subject)
        return [tested] if tested else []
    rows = await session.exec(select(WebhookEndpoint).where(col(WebhookEndpoint.active)))
    said = CASE_EVENTS[event.type]
    own = messages.came_from_outside(event)
    return [
        one
        for one in rows.all()
        if (not one.event_types or said in one.event_types) and (one.is_observer or not own)
    ]


async def start_sending(session: AsyncSession, endpoint: WebhookEndpoint, occasion: str) -> None:
    """Have what is due to this endpoint sent after the caller's transaction, once an occasion."""
    await enqueue(session, "send_webhooks", f"{endpoint.id}:{occasion}")


@job("send_webhooks", queue=OUTSIDE)
async def send_webhooks(run: str) -> None:
    """Send what is due to the endpoint of this run, unless another run is at it."""
    endpoint_id = run.partition(":")[0]
    while batch := await _claimed(endpoint_id, run):
        endpoint, due = batch
        outcomes = await asyncio.gather(*(send(endpoint, one) for one in due))
        await _note(endpoint_id, list(zip([one.id for one in due], outcomes, strict=True)))


async def _claimed(
    endpoint_id: str, run: str
) -> tuple[WebhookEndpoint, Sequence[WebhookDelivery]] | None:
    """The next messages to send, with the claim renewed; None when there is nothing to do or
    another run does it. The claim ends in the transaction that finds nothing, so that whoever
    adds a message sees either a run that will find it or none.
    """
    async with database().write() as session:
        endpoint = await session.get(WebhookEndpoint, endpoint_id, with_for_update=LOCK)
        now = clock.now()
        if endpoint is None:
            return None
        until = endpoint.sender_until
        if endpoint.sender not in (None, run) and until is not None and until > now:
            return None
        due = await _due(session, endpoint, now)
        endpoint.sender = run if due else None
        endpoint.sender_until = now + LEASE if due else None
        session.add(endpoint)
    return (endpoint, due) if due else None


async def _due(
    session: AsyncSession, endpoint: WebhookEndpoint, now: datetime
) -> Sequence[WebhookDelivery]:
    """A few that are due: of each case only its first, the next one after that has arrived."""
    if not endpoint.active or endpoint.paused_because or _is_quiet(endpoint, now):
        tested = col(WebhookDelivery.type) == TEST_MESSAGE  # a test is asked for by somebody
    else:
        tested = col(WebhookDelivery.id).is_not(None)
    earlier = aliased(WebhookDelivery)
    comes_later = exists().where(
        col(earlier.endpoint_id) == WebhookDelivery.endpoint_id,
        col(earlier.case_number) == WebhookDelivery.case_number,
        col(earlier.status) == "waiting",
        col(earlier.sequence) < col(WebhookDelivery.sequence),
    )
    rows = await session.exec(
        select(WebhookDelivery)
        .where(
            WebhookDelivery.endpoint_id == endpoint.id,
            WebhookDelivery.status == "waiting",
            col(WebhookDelivery.due_at) <= now,
            ~comes_later,
            tested,
        )
        .order_by(col(WebhookDelivery.due_at), col(WebhookDelivery.id))
        .limit(AT_ONCE)
    )
    return rows.all()


def _is_quiet(endpoint: WebhookEndpoint, now: datetime) -> bool:
    return endpoint.quiet_until is not None and endpoint.quiet_until > now


async def _note(endpoint_id: str, outcomes: list[tuple[str, Outcome]]) -> None:
    """Write down what came of each attempt, and what that says of the endpoint."""
    async with database().write() as session:
        endpoint = await session.get(WebhookEndpoint, endpoint_id, with_for_update=LOCK)
        for delivery_id, outcome in outcomes:
            delivery = await session.get(WebhookDelivery, delivery_id)
            if delivery is None or endpoint is None:
                continue  # Deleted meanwhile.
            _attempted(delivery, outcome)
            session.add(delivery)
            if outcome.delivered:
                endpoint.last_success_at, endpoint.failing_since = clock.now(), None
                endpoint.quiet_until = None
            else:
                await _failed(session, endpoint, outcome)
        if endpoint is not None:
            session.add(endpoint)


def _attempted(delivery: WebhookDelivery, outcome: Outcome) -> None:
    now = clock.now()
    delivery.attempts += 1
    delivery.last_at, delivery.duration_ms = now, outcome.duration_ms
    delivery.answer_status, delivery.answer = outcome.status, outcome.answer
    delivery.error = outcome.error
    if outcome.delivered:
        delivery.status, delivery.delivered_at = "delivered", now
    elif delivery.attempts > len(WAITS):
        delivery.status = "dead"
    else:
        wait = WAITS[delivery.attempts - 1] * (1 + JITTER * _dice.random())
        delivery.due_at = now + max(wait, outcome.retry_after or timedelta(0))


async def _failed(session: AsyncSession, endpoint: WebhookEndpoint, outcome: Outcome) -> None:
    now = clock.now()
    endpoint.failing_since = endpoint.failing_since or now
    if outcome.retry_after is not None:
        endpoint.quiet_until = now + outcome.retry_after
    if endpoint.paused_because:
        return
    if outcome.status == GONE:
        reason, why = "gone", "it answered 410, so it wants no more messages"
    elif now - endpoint.failing_since >= PAUSE_AFTER:
        reason, why = "failing", f"nothing has arrived for {PAUSE_AFTER.days} days"
    else:
        return
    endpoint.paused_because, endpoint.paused_at = reason, now
    await record(
        session,
        "webhook_paused",
        PUMP,
        subject=endpoint.id,
        text=f"Messages to {endpoint.url} wait: {why}",
        details={"endpoint": endpoint.id, "reason": reason, "error": outcome.error},
    )


@timer("send_due_webhooks")
async def send_due_webhooks() -> None:
    """Find the endpoints to which something is due (again), and have it sent."""
    now = clock.now()
    async with database().read() as session:
        waiting = (
            select(WebhookDelivery.endpoint_id)
            .where(WebhookDelivery.status == "waiting", col(WebhookDelivery.due_at) <= now)
            .distinct()
        )
        rows = await session.exec(
            select(WebhookEndpoint).where(
                col(WebhookEndpoint.id).in_(waiting),
                col(WebhookEndpoint.active),
                col(WebhookEndpoint.paused_because).is_(None),
            )
        )
        endpoints = [one for one in rows.all() if not _is_quiet(one, now)]
    for endpoint in endpoints:
        async with database().write() as session:
            await start_sending(session, endpoint, new_id())
