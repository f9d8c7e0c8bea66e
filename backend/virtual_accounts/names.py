"""What virtual accounts may be called, and when two names are the same."""

import unicodedata
from typing import Annotated

from pydantic import BeforeValidator, StringConstraints

from backend.core.fields import clean, one_line

LONGEST_NAME = 80
# Case folding makes some letters longer (“ß” becomes “ss”).
LONGEST_KEY = 3 * LONGEST_NAME

Name = Annotated[
    str, BeforeValidator(one_line), StringConstraints(min_length=1, max_length=LONGEST_NAME)
]
Description = Annotated[str, BeforeValidator(clean), StringConstraints(max_length=500)]
Tag = Annotated[str, BeforeValidator(one_line), StringConstraints(min_length=1, max_length=40)]
Location = Annotated[str, BeforeValidator(one_line), StringConstraints(max_length=120)]
# How people point to one: by its id, or by its name in any case.
Named = Annotated[
    str, BeforeValidator(one_line), StringConstraints(min_length=1, max_length=LONGEST_NAME)
]


def key_of(name: str) -> str:
    """The same for names that nobody could tell apart by reading: case, width, invisible signs."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    visible = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    return " ".join(visible.split())[:LONGEST_KEY]
