"""What actions say: the responses of `data/*/domain.yml`, so that wording stays in YAML.

Besides `text` and `buttons`, a question's `metadata` holds what a form needs to ask it: label,
why it is asked, examples, titles of the options.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml

from backend.core.settings import settings

Button = dict[str, str]


@dataclass(frozen=True)
class Question:
    """How a slot is asked for."""

    text: str
    label: str
    why: str = ""
    examples: tuple[str, ...] = ()
    options: dict[str, str] = field(default_factory=dict)
    verbatim: bool = False
    metadata: dict[str, Any] = field(default_factory=dict)


@lru_cache(maxsize=1)
def responses() -> dict[str, dict[str, Any]]:
    """All responses by name, from every feature's domain file."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted(settings().data_dir.glob("*/domain.yml")):
        said = yaml.safe_load(file.read_text(encoding="utf-8")).get("responses") or {}
        found |= {name: variants[0] for name, variants in said.items()}
    return found


def say(response: str, /, **values: Any) -> str:
    """The text of a response with its `{places}` filled in."""
    text = str(responses()[response]["text"]).strip()
    return text.format(**values) if values else text


def counted(count: int, most: int) -> str:
    """How many there are; of a list that may have been cut off, how many at least."""
    return say("utter_at_least", count=count) if count >= most else str(count)


def buttons(response: str) -> list[Button]:
    """The buttons of a response; none if it has none."""
    return [dict(button) for button in responses()[response].get("buttons") or []]


def metadata(response: str, key: str, default: Any = None) -> Any:
    """One entry of a response's metadata."""
    return (responses()[response].get("metadata") or {}).get(key, default)


@lru_cache(maxsize=256)
def question(form: str, slot: str) -> Question:
    """How `form` asks for `slot`: its own wording, else the slot's, else one from its name."""
    said = responses()
    response = said.get(f"utter_question_{form}_{slot}") or said.get(f"utter_question_{slot}")
    if response is None:
        label = slot.replace("_", " ").replace(".", ", ").capitalize()
        return Question(text=f"{label}?", label=label)
    more = response.get("metadata") or {}
    return Question(
        text=response["text"].strip(),
        label=more.get("label", slot.replace("_", " ").capitalize()),
        why=more.get("why", ""),
        examples=tuple(str(example) for example in more.get("examples", ())),
        options={str(value): title for value, title in more.get("options", {}).items()},
        verbatim=more.get("verbatim", False),
        metadata=more,
    )
