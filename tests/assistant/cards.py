"""Cards as people see them, for the tests of what becomes of them."""

from typing import Any

from assistant.conversations.models import Proposal
from backend.core.database import database
from tests.assistant.conftest import Talk
from tests.assistant.fake_rasa import FakeRasa

CASE = {"category": "orders", "title": "Order stuck", "description": "It does not move."}
Card = dict[str, Any]


async def shown(rasa: FakeRasa, talk: Talk, **arguments: Any) -> Card:
    """A card for a case, as the person sees it."""
    rasa.proposes("open_case", **(CASE | arguments))
    [reply] = await talk.say("please")
    card: Card = reply["proposal"]
    return card


async def stored(card: Card) -> Proposal:
    async with database().read() as session:
        return await session.get_one(Proposal, card["id"])


async def status(talk: Talk, card: Card) -> str:
    """The card as the transcript shows it now."""
    cards = [m["proposal"] for m in await talk.transcript() if m["proposal"]]
    return next(str(c["status"]) for c in cards if c["id"] == card["id"])
