"""What an agent should know at a glance beside a chat: what was asked for and found out so far."""

from dataclasses import dataclass, field
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.console.shell import call
from assistant.console.transcript import Transcript
from assistant.conversations import presentation, repository
from assistant.conversations.schemas import ReplyProposal
from assistant.handoff import queue
from assistant.handoff.gathered import NAMED_ORDER
from assistant.handoff.models import Handover
from backend.core.identity import Organization, Person

MOST_ORDERS, MOST_ACCOUNTS = 3, 5
ORDER = "order_number"


@dataclass
class ChatFacts:
    """The form's slots, the open card, the way here, and whom and what the chat is about."""

    form: str | None = None
    slots: dict[str, Any] = field(default_factory=dict)
    proposal: ReplyProposal | None = None
    handover: Handover | None = None
    place: queue.Place | None = None
    organization: str = ""
    accounts: list[dict[str, Any]] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)


async def facts_of(session: AsyncSession, chat: Transcript, person: Person) -> ChatFacts:
    """What the database has about this chat."""
    conversation = chat.conversation
    found = ChatFacts(handover=await queue.open_handover(session, conversation.id))
    if found.handover and conversation.status == "waiting":
        found.place = await queue.place(session, found.handover)
    proposal = await repository.open_proposal(session, conversation.id)
    found.proposal = presentation.proposal_public(proposal) if proposal else None
    organization = await session.get(Organization, person.organization_domain)
    found.organization = organization.name if organization else person.organization_domain
    if conversation.form is not None:
        found.form, found.slots = "open_case", dict(conversation.form.get("slots") or {})
        return found
    for line in reversed(chat.lines):
        if line.why is not None and (line.why.slots or line.why.form):
            found.form, found.slots = line.why.form, line.why.slots
            break
    return found


async def read_along(agent: Person, chat: Transcript, person: Person, found: ChatFacts) -> None:
    """The accounts of the person's company, as the agent may see them; and the orders that this
    chat is about, as far as it showed them: the desk reads an order only through a case.
    """
    listed = await call(agent, "list_directory", {"q": person.domain, "limit": MOST_ACCOUNTS})
    found.accounts = list(listed.body.get("items") or []) if listed.ok else []
    shown: dict[str, dict[str, Any] | None] = {}
    for line in reversed(chat.lines):
        card = line.reply.card or {}
        if card.get("kind") == "order":
            number = card["order"]["number"]
            shown[number] = shown.get(number) or card["order"]
        for entity in line.why.entities if line.why else ():
            if entity.get("entity") == ORDER:
                shown.setdefault(str(entity["value"]), None)
        for number in NAMED_ORDER.findall(line.reply.text) if line.reply.role == "user" else ():
            shown.setdefault(number, None)
    if found.slots.get(ORDER):
        shown.setdefault(str(found.slots[ORDER]), None)
    found.orders = [{"number": n, "shown": order} for n, order in shown.items()][:MOST_ORDERS]
