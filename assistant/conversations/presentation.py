"""Messages as they are shown."""

from collections.abc import Mapping, Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.conversations import repository
from assistant.conversations.models import Conversation, Feedback, Message, Proposal
from assistant.conversations.schemas import (
    ConversationPublic,
    FeedbackGiven,
    Reply,
    ReplyProposal,
)
from backend.core import clock
from backend.core.identity import people, person_ref

PREVIEW_CHARACTERS = 120


def proposal_public(proposal: Proposal) -> ReplyProposal:
    """A proposal as its card shows it; one whose time is over shows as expired."""
    shown = proposal.model_dump()
    if (
        proposal.status == "open"
        and not proposal.confirmed_at
        and proposal.expires_at <= clock.now()
    ):
        shown["status"] = "expired"
    return ReplyProposal.model_validate(shown)


async def replies(
    session: AsyncSession, messages: Sequence[Message], *, for_support: bool = False
) -> list[Reply]:
    """Messages with their proposals' present state."""
    proposals = await repository.proposals_by_id(session, [m.proposal_id for m in messages])
    known = await people(session, [m.author for m in messages])
    opinions = await _opinions(session, messages)
    return [
        Reply.model_validate(
            m.model_dump(exclude={"why"})
            | {
                "id": str(m.seq),
                "why": m.why if for_support else None,
                "feedback": _given(opinions.get(m.seq)),
                "author": person_ref(m.author, known).name if m.author else None,
                "proposal": proposal_public(proposals[m.proposal_id]) if m.proposal_id else None,
            }
        )
        for m in messages
    ]


async def _opinions(session: AsyncSession, messages: Sequence[Message]) -> dict[int, Feedback]:
    """By number. All messages are of one conversation; new ones have no opinion yet."""
    if not messages:
        return {}
    first, last = messages[0], messages[-1]
    return await repository.opinions(session, first.conversation_id, first.seq, last.seq)


def _given(opinion: Feedback | None) -> FeedbackGiven | None:
    return FeedbackGiven.model_validate(opinion.model_dump()) if opinion else None


async def conversations(
    session: AsyncSession,
    rows: Sequence[Conversation],
    *,
    for_support: bool,
    found: Mapping[str, str] | None = None,
) -> list[ConversationPublic]:
    """Conversations as lists show them. `found` has snippets by id."""
    last = await repository.last_texts(session, [c.id for c in rows])
    known = await people(session, [c.person for c in rows]) if for_support else {}
    ratings = await repository.ratings(session, [c.id for c in rows])
    return [
        ConversationPublic.model_validate(
            c.model_dump(exclude={"person"})
            | {
                "last": last.get(c.id, "")[:PREVIEW_CHARACTERS],
                "feedback": _given(ratings.get(c.id)),
                "found": (found or {}).get(c.id),
                "person": person_ref(c.person, known).model_dump() if for_support else None,
            }
        )
        for c in rows
    ]
