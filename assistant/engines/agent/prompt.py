"""The system prompt: a file of its own, filled with what the turn is about."""

from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from assistant.situation import Situation
from backend.core import clock
from backend.core.portals import PORTAL_NAMES, Portal

FILE = Path(__file__).with_name("prompt.md")

LONGEST_NAME = 60


@lru_cache
def template() -> str:
    """The prompt's text, with names in braces for what differs from turn to turn."""
    return FILE.read_text()


def system_prompt(situation: Situation) -> str:
    """The prompt for this person and portal. No address, phone or role: tools know those."""
    person = situation.person
    zone = person.time_zone or "UTC"
    return template().format(
        name=_named(person.name.split()[0]),
        kind=person.kind,
        organization=_named(situation.organization),
        portal=PORTAL_NAMES[Portal(situation.conversation.portal)],
        now=f"{clock.now().astimezone(ZoneInfo(zone)):%A, %d %B %Y, %H:%M}",
        time_zone=zone,
        language=person.language or "unknown",
    )


def _named(name: str) -> str:
    """A name that somebody chose, in one short line: there is no room for instructions in it."""
    return " ".join(name.split())[:LONGEST_NAME]
