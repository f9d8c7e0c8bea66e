"""What was said and found out before a person was wanted, so that nobody has to ask it again."""

import json
import re
from typing import Any

from assistant.handoff import words
from assistant.situation import Situation

MOST_WORDS = 1500  # characters of a description
FEWEST = 3  # words that say something
_ORDER = "order_number"
NAMED_ORDER = re.compile(r"\border(?: number| no\.?)?\s*#?\s*(\d{6,10})\b", re.IGNORECASE)


def own_words(situation: Situation) -> list[str]:
    """What the person has written in this task, oldest first; commands and asking for a person
    say nothing about it.
    """
    begin = 0
    for message in situation.recent:
        over = (message.card or {}).get("kind") == "receipt"
        if over or (message.role == "person" and message.case is None):
            begin = message.seq
    return [
        message.text.strip()
        for message in situation.recent
        if message.role == "user"
        and message.seq > begin
        and message.payload is None
        and message.file_id is None
        and _intent(message.why) != "talk_to_person"
        and not words.ask_for_person(message.text)
        and len(message.text.split()) >= FEWEST
    ]


def _intent(why: dict[str, Any] | None) -> str:
    return str(((why or {}).get("intent") or {}).get("name") or "")


def slots(situation: Situation) -> dict[str, Any]:
    """What the engine knows already: the facts of an open form, ours or Rasa's."""
    if situation.conversation.form is not None:
        return dict(situation.conversation.form.get("slots") or {})
    for message in reversed(situation.recent):
        if message.role == "user" and message.why and message.why.get("slots"):
            return dict(message.why["slots"])
    return {}


def case_payload(situation: Situation) -> str:
    """*Open a case*, with what is known of it: the words so far, the order, the account."""
    said, known = own_words(situation), slots(situation)
    facts: dict[str, Any] = {}
    if said:
        # The first line is the title; all of it, below, the description.
        facts["wish"] = "\n".join([" ".join(said[0].split())[:150], *said])[:MOST_WORDS]
    order = known.get(_ORDER) or _order_heard(situation, said)
    if isinstance(order, str):
        facts[_ORDER] = order
    account = known.get("smart_account")
    if isinstance(account, str):
        facts["smart_account"] = account
    return "/open_case" + (json.dumps(facts, ensure_ascii=False) if facts else "")


def _order_heard(situation: Situation, said: list[str]) -> str | None:
    """The last order that an engine heard of in this conversation, or that these words name."""
    for message in reversed(situation.recent):
        for entity in (message.why or {}).get("entities") or ():
            if entity.get("entity") == _ORDER:
                return str(entity["value"])
    return next((found[1] for text in reversed(said) if (found := NAMED_ORDER.search(text))), None)
