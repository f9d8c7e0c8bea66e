"""What a conversation's data gave: only numbers, addresses and links among it may be shown.

Evidence are answers of tools (of this turn and remembered), what was shown before, and the
person's own words. A link counts only from a field that the API fills with links: text that
somebody wrote into a case or a note cannot make one.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from assistant.engines.agent.turn import AgentTurn

_REFERENCE = re.compile(r"\b[A-Z]{1,4}-\d{5,}\b", re.IGNORECASE)
# Case numbers as people write them: "c500123", "case 500123", "case number 500123".
_CASE = re.compile(r"\b(?:c ?|case[ :#]+(?:number[ :#]+)?)(\d{5,})\b", re.IGNORECASE)
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LINK = re.compile(r"https?://[^\s<>()\[\]\"'`]+", re.IGNORECASE)
# Quotes inside of a text are escaped in JSON, so that no text can look like a field.
_LINK_FIELD = re.compile(r'"(?:\w*url|link)": "([^"\\]+)"')
_STATUS = re.compile(r'"(status|[a-z]+_at|scheduled|assignee|granted)": (?:"(\w+)|[{\[])')


def references(text: str) -> set[str]:
    """Numbers of cases and the like in a text, all written like `C-500123`."""
    cases = {f"C-{digits}" for digits in _CASE.findall(text)}
    return cases | {number.upper() for number in _REFERENCE.findall(text)}


@dataclass
class Grounds:
    """References in capitals, addresses in small letters, links as they are.

    `states` are what records of this turn say of themselves, `earlier` those before.
    """

    references: set[str] = field(default_factory=set)
    receipts: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    states: set[str] = field(default_factory=set)
    earlier: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, turn: AgentTurn) -> "Grounds":
        """Everything this turn may repeat; the same until another tool has answered."""
        if turn.grounds is None or turn.grounds[0] != len(turn.tools):
            turn.grounds = len(turn.tools), cls._gathered(turn)
        found: Grounds = turn.grounds[1]
        return found

    @classmethod
    def _gathered(cls, turn: AgentTurn) -> "Grounds":
        found, situation = cls(), turn.situation
        found.addresses.add(situation.person.email.lower())
        for text in _texts(turn):
            found.references |= references(text)
            found.addresses |= {a.lower() for a in ADDRESS.findall(text)}
        for answer in _answers(turn):
            found.links |= set(_LINK_FIELD.findall(answer))
            found.earlier |= _states(answer)
        for message in situation.recent:
            found.links |= set(_LINK_FIELD.findall(json.dumps([message.sources, message.card])))
            if (message.card or {}).get("kind") == "receipt":
                found.receipts.add(str((message.card or {}).get("reference")).upper())
        for own in _own_words(turn):
            found.links |= set(_LINK.findall(own))
        for call in turn.tools:
            if call["ok"]:
                found.states |= _states(call["result"])
        return found


def _states(answer: str) -> set[str]:
    return {name for pair in _STATUS.findall(answer) for name in pair if name}


def _texts(turn: AgentTurn) -> Iterator[str]:
    yield from _answers(turn)
    yield from _own_words(turn)
    for message in turn.situation.recent:
        yield message.text
        yield json.dumps([message.card, message.case], ensure_ascii=False)


def _answers(turn: AgentTurn) -> Iterator[str]:
    for call in turn.tools:
        yield call["result"]
    for message in turn.situation.recent:
        for call in (message.why or {}).get("tools") or []:
            yield call["result"]


def _own_words(turn: AgentTurn) -> Iterator[str]:
    yield turn.situation.message.text
    for message in turn.situation.recent:
        if message.role == "user":
            yield message.text
