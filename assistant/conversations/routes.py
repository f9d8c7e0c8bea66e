"""The calls that talk. They hold no transaction while an engine thinks."""

import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, UploadFile
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.conversations import (
    feedback,
    files,
    presentation,
    repository,
    searching,
    service,
    turns,
)
from assistant.conversations.hub import hub
from assistant.conversations.models import Conversation, number_of
from assistant.conversations.schemas import (
    Confirmed,
    ConversationOpened,
    ConversationPublic,
    ConversationStatus,
    FeedbackIn,
    FeedbackKept,
    FileShown,
    FileStored,
    Incoming,
    NewConversation,
    Replies,
    Reply,
)
from assistant.limits import limit
from assistant.proposals import service as proposals
from backend.core.auth import OWN_HAND, CurrentPerson
from backend.core.database import database
from backend.core.identity import Person
from backend.core.pagination import CursorQuery, LimitQuery, Page, newest_first
from backend.core.policy import DeskAction, desk_allows
from backend.core.problems import RESPONSES, ProblemBody
from backend.core.search import LONGEST_SEARCH, Search
from backend.core.settings import settings
from backend.core.unit_of_work import never_a_dry_run

router = APIRouter(
    prefix="/api/v1/conversations",
    tags=["conversations"],
    responses=RESPONSES,
    dependencies=[Depends(never_a_dry_run)],
)
REREAD_SECONDS = 15.0
PAGE = 200
# Whoever resumes with rubbish reads from here: a browser must not be shut out for good.
BEGINNING = 0


@router.post("", status_code=201)
async def start_conversation(body: NewConversation, person: CurrentPerson) -> ConversationOpened:
    """Start a conversation; `replies` is the greeting."""
    await limit("conversations", person.id, settings().conversations_a_minute)
    return await service.begin(person, body)


@router.get("")
async def list_conversations(
    person: CurrentPerson,
    status: Annotated[
        ConversationStatus | None,
        Query(description="Only these; for support agents `waiting` and `person` show all"),
    ] = None,
    q: Annotated[
        str | None,
        Query(
            max_length=LONGEST_SEARCH,
            description="Words said in one message; support agents search everybody’s",
        ),
    ] = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[ConversationPublic]:
    """Your conversations, newest first. Support agents see others' too when they ask for a
    status or search for words.
    """
    search = Search.of(q)
    asks = status is not None or search is not None
    for_support = asks and desk_allows(person, DeskAction.TAKE_OVER)
    async with database().read() as session:
        statement = repository.readable_by(person)
        if not for_support:
            statement = statement.where(Conversation.person == person.id)
        if status is not None:
            statement = statement.where(Conversation.status == status)
        found: dict[str, str] = {}
        if search is None:
            at, key = col(Conversation.created_at), col(Conversation.id)
            rows, following = await newest_first(session, statement, at, key, cursor, limit)
        else:
            rows, following = await searching.page(session, statement, search, cursor, limit)
            found = await searching.snippets(session, rows, search)
        items = await presentation.conversations(
            session, rows, for_support=for_support, found=found
        )
    return Page(items=items, next=following)


@router.get("/{conversation_id}")
async def get_conversation(conversation_id: str, person: CurrentPerson) -> ConversationPublic:
    """One conversation without its messages."""
    async with database().read() as session:
        conversation = await service.own_or_support(session, person, conversation_id)
        return await _public(session, conversation, person)


async def _public(
    session: AsyncSession, conversation: Conversation, person: Person
) -> ConversationPublic:
    shown = await presentation.conversations(
        session, [conversation], for_support=conversation.person != person.id
    )
    return shown[0]


@router.post("/{conversation_id}/messages", dependencies=OWN_HAND)
async def post_message(conversation_id: str, body: Incoming, person: CurrentPerson) -> Replies:
    """Say something and get the answer. The same `client_message_id` again gives the same
    answer; two messages at once are answered in order.
    """
    await limit("messages", person.id, settings().messages_a_minute)
    if person.is_support and not await _is_own(person, conversation_id):
        return Replies(replies=await service.say_as_agent(person, conversation_id, body))
    return Replies(replies=await turns.post(person, conversation_id, body))


async def _is_own(person: Person, conversation_id: str) -> bool:
    async with database().read() as session:
        conversation = await service.own_or_support(session, person, conversation_id)
        return conversation.person == person.id


@router.get("/{conversation_id}/messages")
async def list_messages(
    conversation_id: str,
    person: CurrentPerson,
    after: Annotated[
        str | None, Query(max_length=20, description="Only what came after this message's id")
    ] = None,
    cursor: CursorQuery = None,
    limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE,
) -> Page[Reply]:
    """All that was said, oldest first, the person's own messages included."""
    start = number_of(cursor if cursor is not None else after) or BEGINNING
    async with database().read() as session:
        conversation = await service.own_or_support(session, person, conversation_id)
        rows = await repository.messages_after(session, conversation.id, start, limit + 1)
        items = await presentation.replies(
            session, rows[:limit], for_support=conversation.person != person.id
        )
    return Page(items=items, next=str(rows[limit - 1].seq) if len(rows) > limit else None)


@router.get(
    "/{conversation_id}/stream",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def stream_messages(
    conversation_id: str,
    person: CurrentPerson,
    after: Annotated[str | None, Query(max_length=40)] = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """Server-sent events: each message once, its id as the event's id; resume with
    `Last-Event-ID` (or `after` where headers can't be sent).
    """
    async with database().read() as session:
        conversation = await service.own_or_support(session, person, conversation_id)
    events = _events(
        conversation_id,
        number_of(last_event_id or after) or BEGINNING,
        for_support=conversation.person != person.id,
    )
    return StreamingResponse(
        events, media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


async def _events(conversation_id: str, seen: int, *, for_support: bool) -> AsyncIterator[bytes]:
    """Messages as they come, a comment now and then, and an end as soon as we are closing.

    `delta` events carry what an engine is saying; they have no id, the stored message follows.
    """
    async with hub().waiting(conversation_id) as changed:
        yield KEEPALIVE_COMMENT
        open_, shown_of_growing = True, 0
        while open_:
            changed.clear()
            growing = hub().growing.get(conversation_id, "")
            if len(growing) > shown_of_growing:
                more = json.dumps({"text": growing[shown_of_growing:]})
                yield format_sse_event(data_str=more, event="delta")
            shown_of_growing = len(growing)
            async with database().read() as session:
                rows = await repository.messages_after(session, conversation_id, seen, PAGE)
                shown = await presentation.replies(session, rows, for_support=for_support)
            for reply in shown:
                yield format_sse_event(
                    data_str=reply.model_dump_json(), event="message", id=reply.id
                )
            seen = rows[-1].seq if rows else seen
            if not rows:
                yield KEEPALIVE_COMMENT
            if len(rows) < PAGE:
                open_ = await hub().wait(changed, REREAD_SECONDS)


@router.post(
    "/{conversation_id}/proposals/{proposal_id}/confirm",
    dependencies=OWN_HAND,
    responses={503: {"model": ProblemBody, "description": "Not known yet: confirm again"}},
)
async def confirm_proposal(
    conversation_id: str, proposal_id: str, person: CurrentPerson
) -> Confirmed:
    """Carry out what the card shows. Repeating gives the first answer again."""
    settled = await proposals.confirm(person.id, conversation_id, proposal_id)
    return await _confirmed(settled)


@router.post("/{conversation_id}/proposals/{proposal_id}/cancel")
async def cancel_proposal(
    conversation_id: str, proposal_id: str, person: CurrentPerson
) -> Confirmed:
    """Discard the card."""
    return await _confirmed(await proposals.cancel(person.id, conversation_id, proposal_id))


async def _confirmed(settled: proposals.Settled) -> Confirmed:
    proposal = settled.proposal
    async with database().read() as session:
        rows = (
            await repository.messages_after(
                session, proposal.conversation_id, settled.reply_seq - 1, 1
            )
            if settled.reply_seq
            else []
        )
        shown = await presentation.replies(session, rows)
    return Confirmed(
        proposal=presentation.proposal_public(proposal),
        result=settled.result,
        receipt=(settled.result or {}).get("receipt"),
        replies=shown,
    )


@router.post("/{conversation_id}/take-over")
async def take_over(conversation_id: str, person: CurrentPerson) -> ConversationPublic:
    """Talk yourself from now on; the assistant is silent. For support agents."""
    conversation = await service.take_over(person, conversation_id)
    async with database().read() as session:
        return await _public(session, conversation, person)


@router.post("/{conversation_id}/hand-back")
async def hand_back(conversation_id: str, person: CurrentPerson) -> ConversationPublic:
    """Let the assistant answer again. For support agents."""
    conversation = await service.hand_back(person, conversation_id)
    async with database().read() as session:
        return await _public(session, conversation, person)


@router.post("/{conversation_id}/feedback")
async def give_feedback(
    conversation_id: str, body: FeedbackIn, person: CurrentPerson
) -> FeedbackKept:
    """Say what you think of an answer, or of the whole conversation: a thumb, a rating, a
    comment. A changed mind takes the place of what you said before.
    """
    return await feedback.give(person, conversation_id, body)


@router.delete("/{conversation_id}/feedback")
async def take_back_feedback(
    conversation_id: str,
    person: CurrentPerson,
    message_id: Annotated[
        str | None, Query(max_length=20, description="The answer's id; left out for the whole")
    ] = None,
) -> FeedbackKept:
    """Take back what you said about an answer, or about the whole conversation."""
    return await feedback.take_back(person, conversation_id, message_id)


@router.post("/{conversation_id}/files", status_code=201)
async def upload_file(conversation_id: str, file: UploadFile, person: CurrentPerson) -> FileStored:
    """Put a file into the chat (PDF, PNG, JPEG, ZIP, CSV or text, 10 MB at most); send its
    `file_id` as a message.
    """
    await limit("files", person.id, settings().files_a_minute)
    return await files.store(person, conversation_id, file)


@router.get("/{conversation_id}/files/{file_id}", operation_id="read_file")
async def read_file(
    conversation_id: str,
    file_id: Annotated[str, Path(max_length=32, description="What uploading it answered with")],
    person: CurrentPerson,
) -> FileShown:
    """Read a CSV file that you put into your own conversation."""
    async with database().read() as session:
        return files.shown(await files.find(session, person.id, conversation_id, file_id))
