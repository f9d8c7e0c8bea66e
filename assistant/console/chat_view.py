"""One chat as an agent has it on screen: what was said, what is known, and what may be done."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from assistant.console.chat_facts import ChatFacts, facts_of, read_along
from assistant.console.forms import FormState
from assistant.console.sections import Sections
from assistant.console.shell import around, read
from assistant.console.transcript import Transcript, transcript
from assistant.conversations import service
from assistant.conversations.models import Conversation
from assistant.handoff import whispers
from assistant.handoff.schemas import WhisperPublic
from backend.core.database import database
from backend.core.identity import Person

SECTIONS = ("head", "transcript", "composer", "ways", "facts", "whispers")


@dataclass
class ChatView:
    """A chat with what the page shows beside it."""

    agent: Person
    chat: Transcript
    person: Person
    holder: Person | None
    facts: ChatFacts
    whispers: list[WhisperPublic]
    cases: list[dict[str, Any]]
    shell: dict[str, Any]
    forms: dict[str, FormState] = field(default_factory=dict)

    @classmethod
    async def of(cls, agent: Person, conversation_id: str, forms: Iterable[str]) -> "ChatView":
        """Read it, with these forms on it. Raises 404 for whoever may not."""
        async with database().read() as session:
            conversation = await service.own_or_support(session, agent, conversation_id)
            chat = await transcript(session, conversation)
            person = await session.get_one(Person, conversation.person)
            holder = await session.get(Person, conversation.agent) if conversation.agent else None
            facts = await facts_of(session, chat, person)
            own = conversation.person == agent.id
            said = [] if own else await whispers.whispers(session, agent, conversation_id)
        await read_along(agent, chat, person, facts)
        cases = await read(agent, "list_cases", conversation=conversation_id)
        shell = await around(agent, "chats")
        empty = {name: FormState() for name in forms}
        return cls(agent, chat, person, holder, facts, said, cases["items"], shell, empty)

    def context(self) -> dict[str, Any]:
        """The facts for the templates."""
        conversation: Conversation = self.chat.conversation
        return self.shell | {
            "chat": self.chat,
            "person": self.person,
            "requester_name": self.person.name,
            "holder": self.holder,
            "known": self.facts,
            "whispers": self.whispers,
            "cases": self.cases,
            "mine": conversation.status == "person" and conversation.agent == self.agent.id,
            "own": conversation.person == self.agent.id,
            "zone": self.agent.time_zone or "UTC",
            "forms": self.forms,
        }

    def sections(self) -> Sections:
        """All sections of the page."""
        return Sections.of("chat", SECTIONS, self.context())
