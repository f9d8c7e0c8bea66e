"""Scenarios: a conversation as data, held against the real product and its database.

A scenario names a person and a portal, then turns. A turn `say`s words, `press`es a button by
its title, `answer`s the open question by its slot (whatever its wording), or `confirm`s and
`cancel`s the card. `expect` looks at the turn's replies, `finish` answers all questions from
`facts` until the card is there, and `cases` says what the person's cases are afterwards:
nothing more and nothing less.

The same scenario is replayed on the agent with a model that understands what Rasa understood
(`ideal.py`). There, words are the model's: of `expect` only the cards count, that is `proposes`,
`arguments`, `preview`, `proposes_nothing` and a `card` of ours with what is said beside it. That
a card comes in the same turns as with Rasa, and `cases`, are checked always. An agent has no
buttons: what is pressed and was not offered is said.

People are everybody's: other tests of the same product, in whatever order, may have opened cases
for them. `cases` counts only new ones, and what a turn `expect`s must hold with older ones too.

Every scenario starts from the freshly seeded world. Of one that says what the database holds
`after` it, whatever it changes is compared, row by row in number, between the engines; one that
confirms nothing must change nothing.

Words may hold `{day:5}` (the fifth working day from now, ISO), `{weekday:5}` (its name and
date), `{number}` (of the case opened last), `{nora.id}` (a field of what the call that the
scenario has `given` under that name has answered).
"""

import re
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import httpx
import yaml
from pydantic import BaseModel, ConfigDict, Field

from backend.core.client import Operation, operations_of
from tests.conversations.ideal import IdealModel, Told
from tests.conversations.world import Changes, World, changes
from tests.product import Person, Product, working_day

MOST_QUESTIONS = 12
NEWS_SECONDS = 10
Reply = dict[str, Any]


class Strict(BaseModel):
    """A misspelt key is an error, not a check that never happens."""

    model_config = ConfigDict(extra="forbid")


class Expect(Strict):
    """What a turn's replies must be like."""

    says: list[str] | str = Field(default_factory=list, description="Patterns that must occur")
    never_says: list[str] | str = Field(default_factory=list)
    asks: str | None = Field(default=None, description="The slot of the one question")
    kind: str | None = Field(default=None, description="The kind of that question")
    required: bool | None = None
    options: list[str] | None = Field(default=None, description="Values it must offer")
    asks_nothing: bool = False
    buttons: list[str] = Field(default_factory=list, description="Titles that must be offered")
    card: str | None = Field(default=None, description="Kind of a card that must be shown")
    proposes: str | None = Field(default=None, description="Operation of the card to confirm")
    arguments: dict[str, Any] = Field(default_factory=dict, description="Of that proposal")
    proposes_nothing: bool = False
    preview: list[str] = Field(default_factory=list, description="Patterns of the card's lines")
    sources: bool = False


class File(Strict):
    """A file that is dropped into the chat."""

    name: str
    content: str
    encoding: str = "utf-8"


class Desk(Strict):
    """What an agent of the desk does meanwhile; `answers` is a reply to the case opened last."""

    who: str = "lee@support.example"
    does: Literal["comes", "goes away", "takes over", "hands back", "closes", ""] = ""
    says: str | None = None
    settled: str | None = None
    answers: str | None = None


class Turn(Strict):
    """One thing the person does, and what must follow."""

    desk: Desk | None = None
    silent: bool = Field(default=False, description="Nobody answers at once: people talk")
    say: str | None = None
    drop: File | None = None
    press: str | None = None
    answer: str | None = None
    confirm: bool = False
    cancel: bool = False
    finish: bool = Field(default=False, description="Answer questions until the card is there")
    expect: Expect = Expect()


class Call(Strict):
    """One call of the API by operation id."""

    as_: str | None = Field(default=None, alias="as", description="Who calls; the person if not")
    call: str
    with_: dict[str, Any] = Field(default_factory=dict, alias="with", description="Flat arguments")


class Given(Call):
    """What somebody has done before; its answer is known by a name."""

    name: str | None = None


class After(Call):
    """What the API must answer afterwards."""

    status: int = 200
    is_: dict[str, Any] | None = Field(default=None, alias="is", description="A part of it")
    has: list[dict[str, Any]] = Field(default_factory=list, description="Parts of items")
    lacks: list[dict[str, Any]] = Field(default_factory=list, description="Parts of no item")
    count: int | None = Field(default=None, description="How many items")


class Scenario(Strict):
    """A whole conversation."""

    name: str
    category: Literal[
        "happy", "many facts", "corrections", "digressions", "cancellations", "disambiguation",
        "invalid input", "duplicates", "refusals", "handoff",
    ]  # fmt: skip
    person: str
    portal: str = "clc"
    before: list[dict[str, Any]] = Field(
        default_factory=list, description="Training requests sent by REST before it begins"
    )
    given: list[Given] = Field(default_factory=list)
    facts: dict[str, str] = Field(default_factory=dict, description="Answers by slot")
    turns: list[Turn]
    after: list[After] = Field(default_factory=list)
    cases: list[dict[str, Any]] = Field(
        default_factory=list,
        description="The person's cases afterwards, newest first; {} for one that is not looked at",
    )


def load(folder: Path) -> Iterator[Scenario]:
    """Every scenario of a folder's YAML files."""
    for path in sorted(folder.glob("*.yml")):
        for raw in yaml.safe_load(path.read_text()):
            yield Scenario.model_validate(raw)


class Failed(AssertionError):
    """A scenario went wrong; the text has the transcript."""


class Run:
    """One scenario on a running product: with Rasa, or with the agent and an ideal model."""

    def __init__(
        self, product: Product, scenario: Scenario, *, ideal: IdealModel | None = None,
        as_with: Told | None = None, seeded: Path | None = None,
    ) -> None:  # fmt: skip
        self._scenario = scenario
        self._product = product
        self._world = World(product, seeded or product.seeded)
        self._world.restore()
        self._people = {scenario.person: product.client(scenario.person)}
        self._person: Person = self._people[scenario.person]
        self._given: dict[str, Any] = {}
        self._ideal, self._as_with = ideal, as_with or Told()
        self._replies: list[Reply] = []
        self._last: list[Reply] = []
        self._number = ""
        self._told = Told()

    def __call__(self) -> Told:
        """Play it; raise `Failed` with the transcript when anything is not as said."""
        known = {case["number"] for case in self._person.cases()}
        before = [self._filled(body) for body in self._scenario.before]
        for body in before:
            sent = self._person.http.post("/training-engagements", json=body)
            self._note(sent.raise_for_status().json()["number"])
        for given in self._scenario.given:
            self._do_before(given)
        rows = self._world.rows()
        if self._ideal:
            self._ideal.begin(self._as_with, before)
        self._last = self._person.begin(
            self._scenario.portal, engine="agent" if self._ideal else None
        )
        for number, turn in enumerate(self._scenario.turns, start=1):
            self._replies = []
            self._listen(number)
            self._take(turn, number)
            self._told.turns.append(self._replies)
            self._check(turn, number)
        self._told.cases = [c for c in self._person.cases() if c["number"] not in known]
        self._told.profile = self._person.http.get("/me").json()
        self._check_cases(self._told.cases)
        if self._scenario.after:
            self._check_world(changes(rows, self._world.rows()))
        return self._told

    def _note(self, number: str) -> None:
        self._number = number
        self._note_id(number)

    def _note_id(self, name: str) -> None:
        """An identifier that another run of the scenario has another one for."""
        if name not in self._told.numbers:
            self._told.numbers.append(name)

    # -- the API ------------------------------------------------------------------------------

    def _do_before(self, given: Given) -> None:
        done = self._call(given)
        if done.is_error:
            self._fail(f"before it, {given.call} answered {done.status_code}: {done.text}")
        body = done.json()
        if "id" in body:
            self._note_id(body["id"])
        if given.name:
            self._given[given.name] = body

    def _call(self, wanted: Call) -> httpx.Response:
        """Call an operation as somebody, its arguments where the API's document says."""
        operation = _operations(self._product)[wanted.call]
        email = self._fill(wanted.as_ or self._scenario.person)
        if email not in self._people:
            self._people[email] = self._product.client(email)
        arguments = self._filled(wanted.with_)
        path = operation.path.format(**arguments)
        left = {k: v for k, v in arguments.items() if k not in operation.path_parameters}
        query = {k: v for k, v in left.items() if k in operation.query_parameters}
        body = {k: v for k, v in left.items() if k not in query}
        return self._people[email].http.request(
            operation.method,
            f"{self._product.base}{path}",
            params=query,
            json=body if operation.method != "GET" else None,
        )

    def _check_world(self, changed: Changes) -> None:
        self._told.changes = changed
        for number, after in enumerate(self._scenario.after, start=1):
            self._check_after(after, f"afterwards {after.call} ({number})")
        if not self._told.done and changed:
            self._fail(f"nothing was done, and yet rows changed: {changed}")

    def _check_after(self, after: After, where: str) -> None:
        answer = self._call(after)
        if answer.status_code != after.status:
            self._fail(f"{where} answered {answer.status_code}: {answer.text}")
        body = answer.json()
        if after.is_ is not None:
            self._compare(self._filled(after.is_), body, where)
        if (after.has or after.lacks or after.count is not None) and "items" not in body:
            self._fail(f"{where} answers no list: {body}")
        items = body.get("items") or []
        if after.count is not None and len(items) != after.count:
            self._fail(f"{where} has {len(items)} items: {items}")
        for want in self._filled(after.has):
            if not any(_is_part(want, item) for item in items):
                self._fail(f"{where} has no {want} in {items}")
        for want in self._filled(after.lacks):
            if any(_is_part(want, item) for item in items):
                self._fail(f"{where} has {want}")

    # -- what the person does -------------------------------------------------------------------

    def _listen(self, number: int, *, more_to_come: bool = False) -> None:
        if self._ideal:
            self._ideal.listen(number, self._told.numbers, more_to_come=more_to_come)

    def _take(self, turn: Turn, number: int) -> None:
        if turn.desk is not None:
            self._do_at_desk(turn.desk)
        if turn.say is not None:
            replies = self._person.say(self._fill(turn.say))
            if turn.silent and replies:
                self._fail(f"turn {number}: somebody answered")
            if not turn.silent:
                self._hear(replies)
        if turn.drop is not None:
            content = turn.drop.content.encode(turn.drop.encoding)
            self._note_id(file_id := self._person.upload(turn.drop.name, content))
            self._listen(number)  # the model may name this file, too
            self._hear(self._person.drop(file_id))
        if turn.press is not None:
            self._press(self._fill(turn.press))
        if turn.answer is not None:
            self._answer(turn.answer)
        if turn.finish:
            self._tell_all(number) if self._ideal else self._finish()
        if turn.confirm or turn.cancel:
            self._settle("confirm" if turn.confirm else "cancel")

    def _do_at_desk(self, desk: Desk) -> None:
        """The console's presence, and the calls of a take-over; what came into the chat by it is
        what the person hears.
        """
        agent = self._product.client(desk.who).http
        chat = f"{self._product.base}/api/v1/conversations/{self._person.conversation}"
        before = len(self._person.transcript())
        calls: list[tuple[str, dict[str, Any]]] = []
        if desk.does in ("comes", "goes away"):
            status = {"status": "online" if desk.does == "comes" else "away"}
            agent.post(f"{self._product.base}/console/presence", data=status)
        elif desk.does:
            path = {"takes over": "take-over", "hands back": "hand-back", "closes": "close"}
            body = {"settled": self._fill(desk.settled)} if desk.settled else {}
            calls.append((f"{chat}/{path[desk.does]}", body))
        if desk.says is not None:
            said = {"client_message_id": f"desk {before}", "text": self._fill(desk.says)}
            calls.append((f"{chat}/messages", said))
        if desk.answers is not None:
            case = f"{self._product.base}/api/v1/cases/{self._number}/replies"
            calls.append((case, {"text": self._fill(desk.answers)}))
        for address, body in calls:
            done = agent.post(address, json=body)
            if done.is_error:
                self._fail(f"{desk.who} was refused: {done.text}")
        deadline = time.monotonic() + NEWS_SECONDS
        while desk.answers and len(self._person.transcript()) == before:
            if time.monotonic() > deadline:
                self._fail("the answer to the case did not come into the chat")
            time.sleep(0.1)
        self._replies = self._person.transcript()[before:]
        self._last = self._replies or self._last

    def _press(self, title: str) -> None:
        """Press a button; to an agent, which offers none, say its title."""
        offered = self._offered()
        if title.lower() in offered:
            self._hear(self._person.press(offered[title.lower()]))
        elif self._ideal:
            self._hear(self._person.say(title))
        else:
            self._fail(f"nothing called {title!r} was offered, only {sorted(offered)}")

    def _tell_all(self, number: int) -> None:
        """Tell an agent one fact after the other, whatever it asks; the last one completes them."""
        facts = list(self._scenario.facts.values()) or ["Go on."]
        for left, fact in zip(reversed(range(len(facts))), facts, strict=True):
            self._listen(number, more_to_come=left > 0)
            self._hear(self._person.say(self._fill(fact)))

    def _hear(self, replies: list[Reply]) -> None:
        if not replies:
            self._fail("the assistant was silent")
        self._last = replies
        self._replies = replies
        for reply in replies:
            self._told.done |= (reply["card"] or {}).get("kind") == "receipt"
            if (reply.get("case") or {}).get("number"):
                self._note(reply["case"]["number"])

    def _offered(self) -> dict[str, str]:
        offered = {}
        for message in self._person.transcript():
            for button in message["buttons"] + ((message["ask"] or {}).get("options") or []):
                offered[button["title"].lower()] = button["payload"]
        return offered

    def _question(self) -> dict[str, Any] | None:
        asked = [reply["ask"] for reply in self._last if reply["ask"]]
        if len(asked) > 1:
            self._fail(f"{len(asked)} questions at once")
        return asked[0] if asked else None

    def _answer(self, text: str) -> None:
        if self._question() is None and not self._ideal:
            self._fail("there is no question to answer")
        self._hear(self._person.say(self._fill(text)))

    def _finish(self) -> None:
        """Answer by slot, never by wording, until the card is there."""
        for _ in range(MOST_QUESTIONS):
            if self._proposal() is not None:
                return
            question = self._question()
            if question is None:
                self._fail("neither a question nor a card")
            slot = question["slot"]
            if slot in self._scenario.facts:
                self._hear(self._person.say(self._fill(self._scenario.facts[slot])))
            elif not question["required"]:
                self._hear(self._person.say("skip"))
            else:
                self._fail(f"asked for {slot}, which the scenario has no fact for")
        self._fail(f"no card after {MOST_QUESTIONS} questions")

    def _proposal(self) -> dict[str, Any] | None:
        cards = [reply["proposal"] for reply in self._last if reply["proposal"]]
        return cards[-1] if cards else None

    def _settle(self, how: str) -> None:
        open_cards = [
            message["proposal"]
            for message in self._person.transcript()
            if message["proposal"] and message["proposal"]["status"] == "open"
        ]
        if len(open_cards) != 1:
            self._fail(f"{len(open_cards)} open cards to {how}")
        settled = self._person.settle(open_cards[0]["id"], how)
        if settled.status_code != 200:
            self._fail(f"{how} answered {settled.status_code}: {settled.text}")
        result = settled.json().get("result") or {}
        if isinstance(result.get("id"), str):
            self._note_id(result["id"])
        self._hear(settled.json()["replies"])

    def _check(self, turn: Turn, number: int) -> None:
        if turn.desk is not None:  # people, whatever engine there is
            self._check_words(turn.expect, number)
            return
        if self._ideal:
            self._check_agent(turn.expect, number)
            return
        self._check_words(turn.expect, number)
        self._check_question(turn.expect, number)
        self._check_offers(turn.expect, number)
        self._check_proposal(turn.expect, number)

    def _check_agent(self, expect: Expect, number: int) -> None:
        """The model's words are its own; the cards and what is said beside them are ours."""
        others = {reply["engine"] for reply in self._replies} - {"agent", "system"}
        if others:
            self._fail(f"turn {number}: {others} answered")
        theirs = self._as_with.turns[number - 1]
        if _kinds(self._replies) != _kinds(theirs):
            self._fail(f"turn {number}: cards are {_kinds(self._replies)}, not {_kinds(theirs)}")
        if _kinds(self._replies):
            self._check_words(expect, number)
            self._check_offers(expect, number)
        if _proposed(self._replies) != _proposed(theirs):
            self._fail(f"turn {number}: with Rasa it proposed {_proposed(theirs)}")
        self._check_proposal(expect, number)

    def _check_words(self, expect: Expect, number: int) -> None:
        text = "\n".join(reply["text"] for reply in self._replies)
        for pattern in _list(expect.says):
            if not re.search(self._fill(pattern), text, re.IGNORECASE):
                self._fail(f"turn {number}: nothing said matches {pattern!r}")
        for pattern in _list(expect.never_says):
            if re.search(self._fill(pattern), text, re.IGNORECASE):
                self._fail(f"turn {number}: it said {pattern!r}")

    def _check_question(self, expect: Expect, number: int) -> None:
        question = self._question() or {}
        if expect.asks_nothing and question:
            self._fail(f"turn {number}: it asked for {question['slot']}")
        for name, wanted in (
            ("slot", expect.asks), ("kind", expect.kind), ("required", expect.required),
        ):  # fmt: skip
            if wanted is not None and question.get(name) != wanted:
                self._fail(f"turn {number}: the question’s {name} is {question.get(name)!r}")
        offered = {str(option["value"]) for option in question.get("options") or []}
        if not {self._fill(one) for one in expect.options or []} <= offered:
            self._fail(f"turn {number}: options are {sorted(offered)}")

    def _check_offers(self, expect: Expect, number: int) -> None:
        titles = {button["title"] for reply in self._replies for button in reply["buttons"]}
        if not set(expect.buttons) <= titles:
            self._fail(f"turn {number}: buttons are {sorted(titles)}")
        kinds = {reply["card"]["kind"] for reply in self._replies if reply["card"]}
        if expect.card is not None and expect.card not in kinds:
            self._fail(f"turn {number}: cards are {sorted(kinds)}")
        if expect.sources and not any(reply["sources"] for reply in self._replies):
            self._fail(f"turn {number}: no source is named")

    def _check_proposal(self, expect: Expect, number: int) -> None:
        proposal = self._proposal()
        if expect.proposes_nothing and proposal is not None:
            self._fail(f"turn {number}: it proposed {proposal['operation']}")
        if expect.proposes is None:
            return
        if proposal is None or proposal["operation"] != expect.proposes:
            self._fail(f"turn {number}: it did not propose {expect.proposes}")
        self._compare(self._filled(expect.arguments), proposal["arguments"], f"turn {number}")
        lines = "\n".join(f"{x['label']}: {x['value']}" for x in proposal["preview"]["lines"])
        for pattern in expect.preview:
            if not re.search(self._fill(pattern), lines, re.IGNORECASE):
                self._fail(f"turn {number}: the card has no {pattern!r} but\n{lines}")

    def _check_cases(self, found: list[dict[str, Any]]) -> None:
        wanted = self._scenario.cases
        if len(found) != len(wanted):
            numbers = [case["number"] for case in found]
            self._fail(f"{len(found)} new cases afterwards, not {len(wanted)}: {numbers}")
        for want, case in zip(wanted, found, strict=True):
            self._compare(self._filled(want), case, case["number"])

    def _compare(self, want: Any, got: Any, where: str) -> None:
        """`want` is a part of `got`: named keys of objects, whole lists, equal moments."""
        if isinstance(want, dict):
            for key, value in want.items():
                self._compare(value, (got or {}).get(key), f"{where}.{key}")
        elif isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
            for index, (one, other) in enumerate(zip(want, got, strict=True)):
                self._compare(one, other, f"{where}[{index}]")
        elif want != got and not _same_moment(want, got):
            self._fail(f"{where} is {got!r}, not {want!r}")

    def _filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._filled(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._filled(one) for one in value]
        return self._fill(value) if isinstance(value, str) else value

    def _fill(self, text: str) -> str:
        def day(match: re.Match[str]) -> str:
            when = working_day(int(match[2]))
            return when.isoformat() if match[1] == "day" else f"{when:%A}, {when.day} {when:%B %Y}"

        def field(match: re.Match[str]) -> str:
            return str(self._given[match[1]][match[2]])

        text = re.sub(r"\{(day|weekday):(\d+)\}", day, text).replace("{number}", self._number)
        return re.sub(r"\{(\w+)\.(\w+)\}", field, text)

    def _fail(self, what: str) -> Any:
        lines = [f"{self._scenario.name}: {what}", ""]
        for message in self._person.transcript():
            lines.append(f"  {message['role']:>6}: {message['text']}")
            extra = {
                key: message[key]
                for key in ("ask", "proposal", "card", "buttons") if message[key]
            }  # fmt: skip
            lines += [f"          {key}: {str(value)[:300]}" for key, value in extra.items()]
        raise Failed("\n".join(lines))


# What Rasa's actions show as a card, an agent says in words. Whether people are asked how it went
# depends on what they said to whom.
_SHOWN = {"links", "cases", "case", "directory", "requests", "tree", "table", "order", "orders",
          "orders_summary", "rating"}  # fmt: skip


def _kinds(replies: list[Reply]) -> set[str]:
    """The kinds of the cards that the assistant itself draws, whatever engine spoke."""
    return {reply["card"]["kind"] for reply in replies if reply["card"]} - _SHOWN


def _operations(product: Product) -> dict[str, Operation]:
    if product.base not in _documents:
        document = httpx.get(f"{product.base}/api/v1/openapi.json", trust_env=False)
        _documents[product.base] = operations_of(document.raise_for_status().json())
    return _documents[product.base]


_documents: dict[str, dict[str, Operation]] = {}


def _is_part(want: Any, got: Any) -> bool:
    """Whether `want` is in `got`: named keys of objects, the same members of lists, equal else."""
    if isinstance(want, dict):
        return isinstance(got, dict) and all(
            _is_part(one, got.get(key)) for key, one in want.items()
        )
    if isinstance(want, list):
        return (
            isinstance(got, list)
            and len(want) == len(got)
            and all(any(_is_part(one, other) for other in got) for one in want)
        )
    return bool(want == got) or _same_moment(want, got)


def _proposed(replies: list[Reply]) -> list[str]:
    return [reply["proposal"]["operation"] for reply in replies if reply["proposal"]]


def _list(value: list[str] | str) -> list[str]:
    return [value] if isinstance(value, str) else value


def _same_moment(want: Any, got: Any) -> bool:
    try:
        return datetime.fromisoformat(str(want)) == datetime.fromisoformat(str(got))
    except (ValueError, TypeError):
        return False
