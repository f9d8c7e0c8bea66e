"""The words of a message, as the components see them."""

import re

from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

ADDRESSES = frozenset({"email", "domain"})  # long names of which every letter is chance


def has_words(message: Message) -> bool:
    """Whether a person wrote it: an offered payload, "/intent{…}", is not for us to read."""
    return bool(message.get(TEXT)) and not str(message.get(TEXT)).startswith("/")


def words_of(message: Message) -> str:
    """The text that n-grams are counted in: digits alike, addresses cut out, kinds of entities
    appended.

    "C-500123" and "C-500777" are the same sentence for an intent, and that a sentence names
    a portal or a date says more than which one.
    """
    text, facts = str(message.get(TEXT)), message.get(ENTITIES) or []
    for fact in sorted(facts, key=lambda fact: -int(fact["start"])):
        if fact["entity"] in ADDRESSES:
            text = f"{text[: fact['start']]}{fact['entity']}{text[fact['end'] :]}"
    kinds = sorted({f"has{fact['entity']}".replace("_", "") for fact in facts})
    return " ".join([re.sub(r"\d", "0", text.lower()), *kinds])
