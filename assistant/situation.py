"""What the router looks at: the message, and where the conversation stands."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.conversations import repository
from assistant.conversations.models import Conversation, Message, Offer, Proposal
from backend.core.client import Caller, Via
from backend.core.identity import Organization, Person
from backend.core.settings import settings

TRY_AGAIN = "/try_again"


@dataclass(frozen=True)
class Situation:
    """One message to answer. Read in one go, so that no transaction is open while answering."""

    conversation: Conversation
    message: Message
    person: Person
    organization: str
    offer: Offer | None
    recent: list[Message]
    answers: Message | None
    proposal: Proposal | None

    @classmethod
    async def read(
        cls, session: AsyncSession, message: Message, conversation: Conversation, person: Person,
        organization: Organization,
    ) -> "Situation":  # fmt: skip
        """Everything the router needs, from one read transaction."""
        recent = await repository.messages_before(
            session, conversation.id, message.seq, settings().agent_history
        )
        answers = recent[-1] if recent else None
        if message.in_reply_to is not None:
            answers = await session.get(Message, (conversation.id, message.in_reply_to))
        situation = cls(
            conversation=conversation,
            message=message,
            person=person,
            organization=organization.name,
            offer=None,
            recent=recent,
            answers=answers,
            proposal=await repository.open_proposal(session, conversation.id),
        )
        return await situation._with_offer(session)

    async def _with_offer(self, session: AsyncSession) -> "Situation":
        """A button may be pressed or its title typed; both mean its payload."""
        message = self.message
        payload = message.payload or self._typed_title()
        if payload is None:
            return self
        offer = await repository.offered(session, self.conversation.id, payload)
        pressed = Message.model_validate(message.model_dump() | {"payload": payload})
        return replace(self, message=pressed, offer=offer)

    def _typed_title(self) -> str | None:
        """The payload of a button just offered whose title these words are."""
        said = self.message.text.strip().casefold()
        return next(
            (
                button["payload"]
                for message in self.last_answer
                for button in message.buttons
                if self.message.file_id is None and button["title"].casefold() == said
            ),
            None,
        )

    @cached_property
    def last(self) -> Message | None:
        """The newest message before this one."""
        return self.recent[-1] if self.recent else None

    @cached_property
    def last_own(self) -> Message | None:
        """The person's message before this one, but for pressing *Try again*."""
        own = (m for m in reversed(self.recent) if m.role == "user" and m.payload != TRY_AGAIN)
        return next(own, None)

    @property
    def last_answer(self) -> list[Message]:
        """What was said since the person's message before this one."""
        after = max((m.seq for m in self.recent if m.role == "user"), default=0)
        return [m for m in self.recent if m.seq > after]

    @property
    def question(self) -> Message | None:
        """The assistant's newest message, if it asks something."""
        newest = next((m for m in reversed(self.recent) if m.role == "bot"), None)
        return newest if newest is not None and newest.ask else None

    @property
    def failed(self) -> Message | None:
        """The person's message before this one, if no engine could answer it."""
        return self.last_own if self.last_own and "failure" in self._why_before else None

    @property
    def agent_missed(self) -> bool:
        """Whether the message before this one went to Rasa because the agent failed."""
        return "agent_failed" in self._why_before

    @property
    def in_form_of_rasa(self) -> bool:
        """Whether Rasa was in the middle of a form, and no card has ended since."""
        return bool(self._why_before.get("active_form")) and not self.conversation.fresh_session

    @property
    def _why_before(self) -> dict[str, Any]:
        return (self.last_own.why if self.last_own else None) or {}

    def caller(self, via: Via) -> Caller:
        """Calls of this turn use the rights of the person who chats."""
        return Caller(self.conversation.person, self.conversation.id, via)

    def again(self, message: Message) -> "Situation":
        """The same conversation, answering an earlier message, whoever could not answer it."""
        offer = self.offer if message.payload else None
        before = [m for m in self.recent if m.seq < message.seq]
        answered = [m for m in before if m.seq == message.in_reply_to] or before[-1:]
        return replace(
            self, message=message, offer=offer, answers=answered[0] if answered else None
        )
