"""Writing messages: numbered, with their offers and proposals, in the caller's transaction."""

from datetime import timedelta
from functools import partial
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.conversations import repository
from assistant.conversations.drafts import Draft, ProposalDraft
from assistant.conversations.hub import DESK, hub
from assistant.conversations.models import Conversation, Message, Proposal
from assistant.proposals.hashing import arguments_hash
from assistant.wording import wording
from backend.core import clock
from backend.core.database import after_commit
from backend.core.settings import settings


async def store_draft(
    session: AsyncSession,
    conversation: Conversation,
    draft: Draft,
    engine: str | None,
    *,
    in_reply_to: int | None = None,
    author: str | None = None,
    event_id: str | None = None,
) -> Message:
    """Number and store one reply of a conversation whose row is locked; whoever watches it is
    woken after commit.
    """
    proposal = None
    if draft.proposal:
        proposal = await _store_proposal(session, conversation, draft.proposal, engine or "rasa")
        draft.buttons = draft.buttons or card_buttons(draft.proposal.preview)
    message = Message(
        conversation_id=conversation.id,
        seq=repository.next_seq(conversation),
        role=draft.role,
        engine=engine,
        author=author,
        text=draft.text,
        buttons=draft.buttons,
        ask=draft.ask,
        card=draft.card,
        sources=draft.sources,
        case=draft.case,
        proposal_id=proposal.id if proposal else None,
        in_reply_to=in_reply_to,
        event_id=event_id,
        at=clock.now(),
    )
    session.add_all((conversation, message))
    await repository.remember_offers(session, conversation.id, engine, _offers(draft))
    wake_after_commit(session, conversation.id)
    return message


def wake_after_commit(session: AsyncSession, conversation_id: str) -> None:
    """Once it is safe, wake who watches this conversation, and the desk; once is enough."""
    for key in (conversation_id, DESK):
        if key not in session.info.setdefault("woken", set()):
            session.info["woken"].add(key)
            after_commit(session, partial(hub().wake, key))


def card_buttons(preview: dict[str, Any]) -> list[dict[str, str]]:
    """What a proposal's card offers, for clients that draw no card."""
    return [
        {"title": preview.get("confirm") or wording("confirm"), "payload": "/confirm"},
        {"title": wording("change"), "payload": "/change"},
        {"title": wording("cancel"), "payload": "/cancel"},
    ]


def _offers(draft: Draft) -> list[tuple[str, str]]:
    options: list[dict[str, Any]] = (draft.ask or {}).get("options") or []
    items: list[dict[str, Any]] = (draft.card or {}).get("items") or []
    buttons = [*draft.buttons, *(b for item in items for b in item.get("buttons") or [])]
    offers = [(b["payload"], b["title"]) for b in buttons]
    return offers + [(o["payload"], o["title"]) for o in options if o.get("payload")]


async def _store_proposal(
    session: AsyncSession, conversation: Conversation, draft: ProposalDraft, engine: str
) -> Proposal:
    """One open proposal a conversation: a new one supersedes it."""
    await repository.supersede(session, conversation.id, "superseded")
    proposal = Proposal(
        conversation_id=conversation.id,
        person=conversation.person,
        operation=draft.operation,
        arguments=draft.arguments,
        arguments_hash=arguments_hash(draft.arguments),
        preview=draft.preview,
        engine=engine,
        expires_at=clock.now() + timedelta(minutes=settings().proposal_minutes),
    )
    session.add(proposal)
    return proposal
