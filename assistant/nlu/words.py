"""The words of a message, as the components see them."""

import re

from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message


def has_words(message: Message) -> bool:
    """Whether a person wrote it: an offered payload, "/intent{…}", is not for us to read."""
    return bool(message.get(TEXT)) and not str(message.get(TEXT)).startswith("/")


def words_of(message: Message) -> str:
    """The text that n-grams are counted in: digits alike, kinds of entities appended.

    "C-500123" and "C-500777" are the same sentence for an intent, and that a sentence names
    a portal or a date says more than which one.
    """
    text = re.sub(r"\d", "0", str(message.get(TEXT)).lower())
    kinds = sorted({f"has{e['entity']}".replace("_", "") for e in message.get(ENTITIES) or []})
    return " ".join([text, *kinds])
