"""The sheet that a form fills in: values, memory, and how the next question is asked."""

from dataclasses import dataclass, field
from typing import Any

from rasa_sdk.events import EventType, SlotSet

from actions.dates import Moment, say_moment, say_window
from actions.turn import payload
from actions.wording import Question, question
from backend.core.client import Answer, Operation, Schema
from backend.core.files import referred

CHANGE = "change"  # the "slot" asked for while a card waits
LEAVE = "leave"  # … and when another task is begun in the middle of this one
OURS = frozenset({CHANGE, LEAVE})
FREE = frozenset({"text", "choices"})  # kinds of questions that may be answered in any words
Values = dict[str, Any]


@dataclass
class Memory:
    """What a form remembers between turns besides the values, kept in the slot `form_memory`."""

    missing: list[str] = field(default_factory=list)
    trail: list[str] = field(default_factory=list)
    failed: dict[str, int] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    proposed: bool = False
    allowed: bool = False  # the API was asked whether the person may do it at all
    exists: bool = False  # an equal one is open already
    changing: str | None = None  # to be asked whether it is known or not
    begun: str | None = None  # the words of a window that lacks its day or its time
    profile: Values | None = None
    narrowed: str | None = None
    options: dict[str, str] | None = None
    ask_text: str | None = None
    leave: Values | None = None  # the other task that was begun in the middle
    kept: Values = field(default_factory=dict)  # what was said and waits for another answer
    said: str | None = None  # the sentence that began the task, when another turn did
    earlier: Values | None = None  # the whole message that it was

    @classmethod
    def of(cls, stored: Any) -> "Memory":
        """The memory in the slot; fields of an older version are forgotten."""
        known = stored if isinstance(stored, dict) else {}
        return cls(**{key: known[key] for key in known if key in cls.__dataclass_fields__})


@dataclass
class Sheet:
    """One form in one turn: `values` by slot, as the API takes them.

    `notes` are sentences to say before the next question, `offers` buttons beside it;
    `weekdays` the windows, by start, that were named by a weekday alone and may be a week later
    as well.
    """

    form: str
    operation: Operation
    order: tuple[str, ...]
    values: Values
    memory: Memory
    asked: str | None
    notes: list[str] = field(default_factory=list)
    offers: list[dict[str, str]] = field(default_factory=list)
    weekdays: dict[str, Moment] = field(default_factory=dict)
    before: Values = field(default_factory=dict)
    errors: list[dict[str, Any]] = field(default_factory=list)  # the API's last, by field
    judged: set[str] = field(default_factory=set)  # slots of which a word is said in `notes`
    refusal: Answer | None = None  # what the API says against all of it, whatever is answered

    def __post_init__(self) -> None:
        self.before = dict(self.values)

    def question(self, slot: str) -> Question:
        """The wording of a slot's question."""
        return question(self.form, slot)

    def schema(self, slot: str) -> Schema:
        """The JSON schema of a slot's field, without the null of an optional one; a dot leads into
        a field's own fields.
        """
        name, *inner = slot.split(".")
        schema = _not_null(self.operation.fields.get(name) or {})
        for part in inner:
            schema = _not_null((schema.get("properties") or {}).get(part) or {})
        return schema

    def arguments(self) -> Values:
        """The values as the API takes them: what has a dot in its name inside its field."""
        found: Values = {}
        for slot, value in self.values.items():
            name, *inner = slot.split(".")
            if name not in self.operation.fields:
                continue
            place = found
            for part in [name, *inner][:-1]:
                place = place.setdefault(part, {})
            place[[name, *inner][-1]] = value
        return found

    def takes_any_words(self, slot: str) -> bool:
        """Whether whatever is said may be the answer; not so where only known names are."""
        return self.kind(slot) in FREE and not self.question(slot).metadata.get("closed", False)

    def kind(self, slot: str) -> str:
        """The kind of control that asks for a slot, from its schema and its options; what no
        schema says (a file's text is a string) the question's `kind` does.
        """
        schema = self.schema(slot)
        if "kind" in self.question(slot).metadata:
            return str(self.question(slot).metadata["kind"])
        if slot == LEAVE or schema.get("type") == "boolean":
            return "confirm"
        if schema.get("type") == "array":
            item = schema.get("items") or {}
            return "datetime" if "start" in item.get("properties", {}) else "choices"
        if self.options(slot):
            return "choice"
        if schema.get("type") in {"integer", "number"}:
            return "number"
        return {"date-time": "datetime", "date": "date", "email": "email"}.get(
            schema.get("format", ""), "text"
        )

    def options(self, slot: str) -> dict[str, str]:
        """Value → title of a slot's options; or what it is narrowed to."""
        if slot == self.memory.narrowed and self.memory.options:
            return self.memory.options
        if slot == CHANGE:
            return {
                name: f"{self.question(name).label}: {self.show(name)}"
                for name in self._named()
                if name.split(".")[0] in self.operation.fields
            }
        titles = self.question(slot).options
        schema = self.schema(slot)
        allowed = [str(value) for value in schema.get("enum", ())]
        return {value: titles.get(value, value) for value in allowed} if allowed else titles

    def is_required(self, slot: str) -> bool:
        """Whether there is no going on without an answer: the API says so, as things stand."""
        return slot in self.operation.required or slot in self.memory.missing or slot in OURS

    def ask(self, slot: str) -> dict[str, Any]:
        """The `ask` of the contract for a slot."""
        kind, schema = self.kind(slot), self.schema(slot)
        ask: dict[str, Any] = {"slot": slot, "kind": kind, "required": self.is_required(slot)}
        options = self.options(slot)
        if options:
            ask["options"] = [
                {"value": value, "title": title,
                 "payload": payload("answer", slot=slot, value=value)}
                for value, title in options.items()
            ]  # fmt: skip
        elif kind == "confirm":
            ask["options"] = [
                {"value": value, "title": title, "payload": payload(value_intent)}
                for value, title, value_intent in (("yes", "Yes", "affirm"), ("no", "No", "deny"))
            ]
        if kind == "file":
            more = self.question(slot).metadata
            ask |= {name: more[name] for name in ("accept", "max") if name in more}
        for name, keys in (("min", ("minimum", "minItems")), ("max", ("maximum", "maxItems"))):
            bound = next((schema[key] for key in keys if key in schema), None)
            if bound is not None and kind in {"number", "choices", "datetime"}:
                ask[name] = int(bound) if float(bound).is_integer() else bound
        return ask

    def show(self, slot: str) -> str:
        """A value as people read it."""
        value = self.values.get(slot)
        if slot == "windows":
            zone = self.values.get("time_zone") or "UTC"
            said = [w if isinstance(w, str) else say_window(w, zone) for w in value or []]
            return "; ".join(said)
        if file := referred(value):
            return file[1]
        question = self.question(slot)
        titles: dict[str, str] = {**question.metadata.get("names", {}), **question.options}
        if isinstance(value, list):
            return ", ".join(titles.get(str(item), str(item)) for item in value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, str) and self.kind(slot) in {"date", "datetime"}:
            return say_moment(value)
        return titles.get(str(value), str(value))

    def line(self, slot: str) -> str:
        """A value with its label: "Portal: License Central (CLC)"."""
        return f"{self.question(slot).label}: {self.show(slot)}"

    def narrow(self, slot: str, options: dict[str, str] | None, text: str | None = None) -> None:
        """Offer only some options for a slot, perhaps with a question of their own."""
        self.memory.narrowed = slot if options else None
        self.memory.options = options
        self.memory.ask_text = text

    def text_of(self, slot: str) -> str:
        """The words that ask for a slot."""
        own = self.memory.ask_text if slot == self.memory.narrowed else None
        return own or self.question(slot).text

    def summary(self) -> list[str]:
        """What is known so far, a line a fact, in the order of asking."""
        return [f"- {self.line(name)}" for name in self._named()]

    def _named(self) -> list[str]:
        """The slots with a value that people know of, in the order of asking."""
        named = [*self.order, *sorted({*self.values} - {*self.order})]
        return [name for name in named if name in self.values and not self._is_hidden(name)]

    def _is_hidden(self, slot: str) -> bool:
        """Whether a slot is of no interest to people: an id, a flag."""
        return slot in _UNSEEN or bool(self.question(slot).metadata.get("hidden", False))

    def events(self, asked: str | None) -> list[EventType]:
        """What Rasa is to remember of this turn; `asked` None ends the form."""
        changed = {
            name: self.values.get(name)
            for name in {*self.values, *self.before}
            if self.values.get(name) != self.before.get(name)
        }
        kept = {key: value for key, value in vars(self.memory).items() if value}
        return [
            *(SlotSet(name, value) for name, value in changed.items()),
            SlotSet("form_memory", kept if asked is not None else None),
            SlotSet("requested_slot", asked),
        ]

    def forget(self) -> None:
        """Empty the sheet: the task is over."""
        self.values.clear()


def _not_null(schema: Schema) -> Schema:
    """What an optional field is when it is something."""
    return next((one for one in schema.get("anyOf", ()) if one.get("type") != "null"), schema)


_UNSEEN = frozenset({"open_another"})
