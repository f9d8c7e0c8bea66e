"""The system prompt: a file of its own, filled with what the turn is about."""

from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from assistant.situation import Situation
from backend.core import clock
from backend.core.portals import PORTAL_NAMES, Portal

FILE = Path(__file__).with_name("prompt.md")


@lru_cache
def template() -> str:
    """The prompt's text, with names in braces for what differs from turn to turn."""
    return FILE.read_text()


def system_prompt(situation: Situation) -> str:
    """The prompt for this person and portal. No address, phone or role: tools know those."""
    person = situation.person
    zone = person.time_zone or "UTC"
    return template().format(
        name=person.name.split()[0],
        kind=person.kind,
        organization=situation.organization,
        portal=PORTAL_NAMES[Portal(situation.conversation.portal)],
        now=f"{clock.now().astimezone(ZoneInfo(zone)):%A, %d %B %Y, %H:%M}",
        time_zone=zone,
        language=person.language or "unknown",
    )
