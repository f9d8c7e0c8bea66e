"""What the router looks at: the message, and where the conversation stands."""

from dataclasses import dataclass, replace

from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.conversations import repository
from assistant.conversations.models import Conversation, Message, Proposal
from backend.core.client import Caller, Via
from backend.core.identity import Person


@dataclass(frozen=True)
class Situation:
    """One message to answer. Read in one go, so that no transaction is open while answering."""

    conversation: Conversation
    message: Message
    person: Person
    offered: bool
    last: Message | None
    question: Message | None
    proposal: Proposal | None
    failed: Message | None

    @classmethod
    async def read(
        cls, session: AsyncSession, conversation: Conversation, message: Message
    ) -> "Situation":
        """Everything the router needs, from one read transaction."""
        offered = (
            message.payload is not None
            and await repository.offered(session, conversation.id, message.payload) is not None
        )
        return cls(
            conversation=conversation,
            message=message,
            person=await session.get_one(Person, conversation.person),
            offered=offered,
            last=await repository.last_message(session, conversation.id, message.seq),
            question=await repository.last_question(session, conversation.id, message.seq),
            proposal=await repository.open_proposal(session, conversation.id),
            failed=await repository.last_unanswered(session, conversation.id, message.seq),
        )

    def caller(self, via: Via) -> Caller:
        """Calls of this turn use the rights of the person who chats."""
        return Caller(self.conversation.person, self.conversation.id, via)

    def again(self, message: Message) -> "Situation":
        """The same conversation, answering an earlier message."""
        return replace(self, message=message)
