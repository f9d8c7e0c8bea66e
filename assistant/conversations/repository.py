"""Every query about conversations."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from assistant.conversations.models import Conversation, Feedback, Message, Offer, Proposal
from backend.core import clock
from backend.core.database import insert_into
from backend.core.identity import Organization, Person
from backend.core.ids import new_id
from backend.core.policy import DeskAction, desk_allows

INTENT_LENGTH = 60
# The queries of every turn, put together once: that takes as long as running them.
_OF_CONVERSATION = col(Message.conversation_id) == bindparam("conversation")
_UNANSWERED = (
    _OF_CONVERSATION, col(Message.waiting).is_(True), col(Message.seq) <= bindparam("up_to"),
)  # fmt: skip
_WAITING = select(Message.seq).where(*_UNANSWERED).limit(1)
_NEXT_TURN = (
    select(Message, Conversation, Person, Organization)
    .join(Conversation, col(Conversation.id) == Message.conversation_id)
    .join(Person, col(Person.id) == Conversation.person)
    .join(Organization, col(Organization.domain) == Person.organization_domain)
    .where(*_UNANSWERED)
    .order_by(col(Message.seq))
    .limit(1)
)
_BY_CLIENT_ID = select(Message).where(
    _OF_CONVERSATION, col(Message.client_message_id) == bindparam("client_message")
)
_REPLIES = (
    select(Message)
    .where(
        _OF_CONVERSATION,
        col(Message.in_reply_to) == bindparam("seq"),
        col(Message.role) != "user",
    )
    .order_by(col(Message.seq))
)
_BEFORE = (
    select(Message)
    .where(_OF_CONVERSATION, col(Message.seq) < bindparam("before"))
    .order_by(col(Message.seq).desc())
    .limit(bindparam("most"))
)
_LOCKED = (
    select(Conversation)
    .where(col(Conversation.id) == bindparam("conversation"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_LOCKED_OWN = _LOCKED.where(col(Conversation.person) == bindparam("person"))
_OPEN_PROPOSAL = select(Proposal).where(
    col(Proposal.conversation_id) == bindparam("conversation"), col(Proposal.status) == "open"
)


def readable_by(person: Person) -> SelectOfScalar[Conversation]:
    """One's own conversations; for support agents all of them."""
    statement = select(Conversation)
    if desk_allows(person, DeskAction.TAKE_OVER):
        return statement
    return statement.where(Conversation.person == person.id)


async def readable(
    session: AsyncSession, person: Person, conversation_id: str
) -> Conversation | None:
    """One conversation, if the person may read it."""
    return (
        await session.exec(readable_by(person).where(Conversation.id == conversation_id))
    ).one_or_none()


def next_seq(conversation: Conversation) -> int:
    """The next number of a conversation whose row is locked, as it stays until commit."""
    conversation.last_seq += 1
    conversation.updated_at = clock.now()
    return conversation.last_seq


def take_lease(conversation: Conversation, until: datetime, now: datetime) -> str | None:
    """The turn's token for a conversation whose row is locked; None while another turn has it."""
    held_until = conversation.turn_until if conversation.turn_token else None
    if held_until is not None and held_until >= now:
        return None
    conversation.turn_token, conversation.turn_until = new_id(), until
    return conversation.turn_token


async def free_lease(session: AsyncSession, conversation_id: str, token: str) -> None:
    """Give the conversation back, if it is still ours."""
    await session.exec(
        update(Conversation)
        .where(col(Conversation.id) == conversation_id, col(Conversation.turn_token) == token)
        .values(turn_token=None, turn_until=None)
    )


async def free_all_leases(session: AsyncSession) -> None:
    """Give every conversation back; only for a process that knows that it is alone."""
    await session.exec(
        update(Conversation)
        .where(col(Conversation.turn_token).is_not(None))
        .values(turn_token=None, turn_until=None)
    )


async def locked(session: AsyncSession, conversation_id: str) -> Conversation:
    """The conversation, its row locked for this transaction."""
    return (await session.exec(_LOCKED, params={"conversation": conversation_id})).one()


async def own(session: AsyncSession, conversation_id: str, person: str) -> Conversation | None:
    """The person's own conversation; None if it is not theirs."""
    return (
        await session.exec(
            select(Conversation).where(
                Conversation.id == conversation_id, Conversation.person == person
            )
        )
    ).one_or_none()


async def locked_own(
    session: AsyncSession, conversation_id: str, person: str
) -> Conversation | None:
    """The person's own conversation, its row locked; None if it is not theirs."""
    asked = {"conversation": conversation_id, "person": person}
    return (await session.exec(_LOCKED_OWN, params=asked)).one_or_none()


async def message_by_client_id(
    session: AsyncSession, conversation_id: str, client_message_id: str
) -> Message | None:
    """The message that a client sent under this id."""
    asked = {"conversation": conversation_id, "client_message": client_message_id}
    return (await session.exec(_BY_CLIENT_ID, params=asked)).one_or_none()


async def is_waiting(session: AsyncSession, conversation_id: str, up_to: int) -> bool:
    """Whether any message up to this one has no answer yet."""
    asked = {"conversation": conversation_id, "up_to": up_to}
    return (await session.exec(_WAITING, params=asked)).first() is not None


async def next_turn(
    session: AsyncSession, conversation_id: str, up_to: int
) -> tuple[Message, Conversation, Person, Organization] | None:
    """The oldest message up to this one that has no answer yet, and whose it is."""
    asked = {"conversation": conversation_id, "up_to": up_to}
    return (await session.exec(_NEXT_TURN, params=asked)).first()


async def note_answered(session: AsyncSession, message: Message, why: dict[str, Any]) -> None:
    """The message waits no more; `why` it was answered so stays with it."""
    await session.exec(
        update(Message)
        .where(
            col(Message.conversation_id) == message.conversation_id, col(Message.seq) == message.seq
        )
        .values(waiting=False, why=why, intent=intent_of(why))
    )


def intent_of(why: dict[str, Any]) -> str | None:
    """The intent that a turn's notes name."""
    name = (why.get("intent") or {}).get("name")
    return str(name)[:INTENT_LENGTH] if name else None


def note_hand_off(conversation: Conversation, reason: str) -> None:
    """That it left the assistant for a person, and why; the first time is the one that counts."""
    if conversation.handed_off_at is None:
        conversation.handed_off_at, conversation.handed_off_reason = clock.now(), reason


async def conversations_waiting(
    session: AsyncSession, engine: str | None = None
) -> list[tuple[str, int]]:
    """Conversations (of this engine) with unanswered messages, and the newest of these."""
    wanted = select(Message.conversation_id, Message.seq).where(col(Message.waiting).is_(True))
    if engine is not None:
        talks = select(Conversation.id).where(Conversation.engine == engine)
        wanted = wanted.where(col(Message.conversation_id).in_(talks))
    rows = await session.exec(wanted.order_by(col(Message.seq)))
    return list(dict(rows.all()).items())


async def replies_to(session: AsyncSession, conversation_id: str, seq: int) -> list[Message]:
    """What the turn of this message answered."""
    asked = {"conversation": conversation_id, "seq": seq}
    return list((await session.exec(_REPLIES, params=asked)).all())


async def messages_after(
    session: AsyncSession, conversation_id: str, after: int, limit: int
) -> list[Message]:
    """Messages with a higher number, oldest first."""
    rows = await session.exec(
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.seq > after)
        .order_by(col(Message.seq))
        .limit(limit)
    )
    return list(rows.all())


async def messages_before(
    session: AsyncSession, conversation_id: str, before: int, limit: int
) -> list[Message]:
    """The newest messages before this number, oldest first."""
    asked = {"conversation": conversation_id, "before": before, "most": limit}
    return list((await session.exec(_BEFORE, params=asked)).all())[::-1]


async def last_texts(session: AsyncSession, ids: Sequence[str]) -> dict[str, str]:
    """The newest message's text of each of these conversations."""
    rows = await session.exec(
        select(Message.conversation_id, Message.text)
        .join(Conversation, col(Conversation.id) == Message.conversation_id)
        .where(col(Conversation.id).in_(list(ids)), Message.seq == Conversation.last_seq)
    )
    return dict(rows.all())


async def opinions(
    session: AsyncSession, conversation_id: str, first: int, last: int
) -> dict[int, Feedback]:
    """What the person thinks of each of these messages."""
    rows = await session.exec(
        select(Feedback).where(
            Feedback.conversation_id == conversation_id,
            col(Feedback.message_seq).between(first, last),
        )
    )
    return {row.message_seq: row for row in rows.all() if row.message_seq is not None}


async def ratings(session: AsyncSession, ids: Sequence[str]) -> dict[str, Feedback]:
    """What their people think of these conversations as a whole."""
    rows = await session.exec(
        select(Feedback).where(
            col(Feedback.conversation_id).in_(list(ids)), col(Feedback.message_seq).is_(None)
        )
    )
    return {row.conversation_id: row for row in rows.all()}


def digest(payload: str) -> str:
    """How offered payloads are remembered."""
    return hashlib.sha256(payload.encode()).hexdigest()


async def remember_offers(
    session: AsyncSession,
    conversation_id: str,
    engine: str | None,
    offers: Iterable[tuple[str, str]],
) -> None:
    """Note which payloads were offered, with their titles; the newest offer of one counts."""
    rows = [
        {"conversation_id": conversation_id, "digest": digest(payload), "title": title[:300],
         "engine": engine}
        for payload, title in dict(offers).items()
    ]  # fmt: skip
    if not rows:
        return
    insert = insert_into(session, Offer)
    newest = {name: insert.excluded[name] for name in ("title", "engine")}
    with session.no_autoflush:
        await session.exec(
            insert.values(rows).on_conflict_do_update(
                index_elements=["conversation_id", "digest"], set_=newest
            )
        )


async def offered(session: AsyncSession, conversation_id: str, payload: str) -> Offer | None:
    """The offer of this payload in this conversation."""
    return await session.get(Offer, (conversation_id, digest(payload)))


async def open_proposal(session: AsyncSession, conversation_id: str) -> Proposal | None:
    """The one proposal that waits for confirmation."""
    asked = {"conversation": conversation_id}
    return (await session.exec(_OPEN_PROPOSAL, params=asked)).one_or_none()


async def locked_proposal(session: AsyncSession, proposal_id: str) -> Proposal | None:
    """The proposal, its row locked; lock its conversation first."""
    return (
        await session.exec(select(Proposal).where(Proposal.id == proposal_id).with_for_update())
    ).one_or_none()


async def supersede(session: AsyncSession, conversation_id: str, status: str) -> None:
    """End the open proposal, if there is one."""
    await session.exec(
        update(Proposal)
        .where(col(Proposal.conversation_id) == conversation_id, col(Proposal.status) == "open")
        .values(status=status)
    )


async def proposals_by_id(session: AsyncSession, ids: Iterable[str | None]) -> dict[str, Proposal]:
    """These proposals."""
    wanted = [proposal_id for proposal_id in ids if proposal_id]
    if not wanted:
        return {}
    rows = await session.exec(select(Proposal).where(col(Proposal.id).in_(wanted)))
    return {p.id: p for p in rows.all()}


async def half_confirmed(session: AsyncSession, older_than: timedelta) -> list[Proposal]:
    """Proposals confirmed by their person whose execution was cut short."""
    rows = await session.exec(
        select(Proposal).where(
            col(Proposal.status).in_(("open", "superseded")),
            col(Proposal.confirmed_at).is_not(None),
            col(Proposal.confirmed_at) < clock.now() - older_than,
        )
    )
    return list(rows.all())


async def newest_of(session: AsyncSession, person: str) -> str | None:
    """The id of the person's most recent conversation."""
    return (
        await session.exec(
            select(Conversation.id)
            .where(Conversation.person == person)
            .order_by(col(Conversation.updated_at).desc())
            .limit(1)
        )
    ).first()
