"""What the router looks at: the message, and where the conversation stands."""

from dataclasses import dataclass, replace

from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.conversations import repository
from assistant.conversations.models import Conversation, Message, Offer, Proposal
from backend.core.client import Caller, Via
from backend.core.identity import Organization, Person


@dataclass(frozen=True)
class Situation:
    """One message to answer. Read in one go, so that no transaction is open while answering."""

    conversation: Conversation
    message: Message
    person: Person
    organization: str
    offer: Offer | None
    last: Message | None
    answers: Message | None
    question: Message | None
    proposal: Proposal | None
    failed: Message | None
    agent_missed: bool

    @classmethod
    async def read(
        cls, session: AsyncSession, conversation: Conversation, message: Message
    ) -> "Situation":
        """Everything the router needs, from one read transaction."""
        person = await session.get_one(Person, conversation.person)
        organization = await session.get_one(Organization, person.organization_domain)
        offer = (
            await repository.offered(session, conversation.id, message.payload)
            if message.payload is not None
            else None
        )
        last = await repository.last_message(session, conversation.id, message.seq)
        answers = last
        if message.in_reply_to is not None:
            answers = await session.get(Message, (conversation.id, message.in_reply_to))
        return cls(
            conversation=conversation,
            message=message,
            person=person,
            organization=organization.name,
            offer=offer,
            last=last,
            answers=answers,
            question=await repository.last_question(session, conversation.id, message.seq),
            proposal=await repository.open_proposal(session, conversation.id),
            failed=await repository.last_unanswered(session, conversation.id, message.seq),
            agent_missed=await repository.agent_missed(session, conversation.id, message.seq),
        )

    def caller(self, via: Via) -> Caller:
        """Calls of this turn use the rights of the person who chats."""
        return Caller(self.conversation.person, self.conversation.id, via)

    def again(self, message: Message) -> "Situation":
        """The same conversation, answering an earlier message."""
        return replace(self, message=message)
