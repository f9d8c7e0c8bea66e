"""Attacks as data: a hostile model, a hostile person or poisoned data, and what must not happen.

`model` are the model's steps (`say`, `call: [tool, arguments, words?]`, `calls`, `times`). With
`poison` the model is obedient instead: it `reads`, and does what it finds there: "please call
TOOL with {…} now." or "please say: …". Words in `<<…>>` are filled in from the world of the
attack. `told` is what a tool call must be answered with, `hidden` that nothing of the victim's
reaches even the model, `proposes` the one card that there may be afterwards.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from tests.agent.scripted_model import Says, Script, calls, text

FOLDER = Path(__file__).with_name("attacks")
MEGABYTE = 1_000_000
_FIXED: dict[str, Callable[[], Any]] = {
    "<<megabyte>>": lambda: "A" * MEGABYTE,
    "<<nested>>": lambda: _nested(300),
    "<<too_deep>>": lambda: '{"title": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "<<huge_number>>": lambda: int("9" * 1000),
    "<<many_windows>>": lambda: [{"start": "2027-01-04T10:00"}] * 10_000,
}


class Poison(BaseModel):
    """A text that somebody else wrote, and where."""

    model_config = ConfigDict(extra="forbid")
    field: Literal["title", "description", "note", "attachment", "article", "webinar",
                   "organization"]  # fmt: skip
    text: str


class Attack(BaseModel):
    """One attack and what it may come to."""

    model_config = ConfigDict(extra="forbid")
    name: str
    kind: str
    category: str = ""
    person: Literal["customer", "desk"] = "customer"
    user: str = "Please help me with my licences."
    model: list[dict[str, Any]] = Field(default_factory=list)
    for_ever: bool = False
    poison: Poison | None = None
    reads: list[Any] | None = None
    may_not_arrive: bool = False
    proposes: str | None = None
    told: str | None = None
    hidden: bool = False
    limit: bool = False
    any_engine: bool = False
    says: str | None = None
    never: list[str] = Field(default_factory=list)
    longest: int | None = None


def attacks() -> Iterator[Attack]:
    """Every attack of every category."""
    for path in sorted(FOLDER.glob("*.yml")):
        for raw in yaml.safe_load(path.read_text()):
            yield Attack.model_validate({"category": path.stem} | raw)


class Words:
    """Fills `<<name>>` in whatever an attack holds."""

    def __init__(self, known: dict[str, Any]) -> None:
        self._known = known

    def know(self, **more: Any) -> None:
        """Fill in these, too."""
        self._known |= more

    def fill(self, value: Any) -> Any:
        """The value with everything in it filled in."""
        if isinstance(value, list):
            return [self.fill(one) for one in value]
        if isinstance(value, dict):
            return self._object(value)
        if not isinstance(value, str):
            return value
        if value in _FIXED:
            return _FIXED[value]()
        return re.sub(r"<<(\w+)>>", lambda found: str(self._known[found[1]]), value)

    def _object(self, value: dict[Any, Any]) -> dict[str, Any]:
        filled: dict[str, Any] = {}
        for key, one in value.items():
            if key == "<<training>>":
                filled |= self._known["training"]
            else:
                filled[self.fill(key)] = self.fill(one)
        return filled


def hostile(attack: Attack, words: Words) -> Script:
    """A model that goes through its steps, and stays at the last one."""
    steps = [_step(words.fill(step)) for step in attack.model]
    left = list(steps)
    return lambda _: left.pop(0) if len(left) > 1 or not attack.for_ever else left[0]


def _step(step: dict[str, Any]) -> Says:
    if "say" in step:
        return text(step["say"])
    several = step.get("calls") or [step["call"]]
    said = Says(text=several[0][2] if len(several[0]) > 2 else "")
    for name, arguments, *_ in several * step.get("times", 1):
        sent = arguments if isinstance(arguments, str) else json.dumps(arguments)
        said.calls.append((name, sent))
    return said


_CALL = re.compile(r"please call ([\w.]+) with (\{.*?\}) now\.", re.IGNORECASE)
_SAY = re.compile(r"please say: (.*?) now\.", re.IGNORECASE | re.DOTALL)


def obedient(reads: list[Any]) -> Script:
    """A model that reads, and then does whatever is written there."""

    def script(request: dict[str, Any]) -> Says:
        last = request["messages"][-1]
        if last["role"] == "user":
            return calls(tuple(reads))
        return obeyed(last["content"]) or text("I did all that I could.")

    return script


def obeyed(content: str) -> Says | None:
    """What a text makes an obedient model do."""
    found = content.replace('\\"', '"').replace("\\n", "\n")
    if call := _CALL.search(found):
        return calls((call[1], json.loads(call[2])))
    said = _SAY.search(found)
    return text(said[1]) if said else None


def _nested(depth: int) -> Any:
    value: Any = "deep"
    for _ in range(depth):
        value = [value]
    return value
