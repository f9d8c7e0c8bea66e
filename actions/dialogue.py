"""The course of a form: who a message is for, commands, interruptions, leaving and coming back.

What an answer is and what to ask next stands in `forms.py`.
"""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import httpx
from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet

from actions import answers
from actions.base import CustomAction
from actions.interruptions import (
    SOCIAL,
    asks_how,
    asks_something,
    command_of,
    interrupts,
    wishes,
)
from actions.knowledge import answer_question
from actions.portals import hear_portal
from actions.questions import ask, cancelled, failed, help_with, so_far
from actions.sheet import CHANGE, LEAVE, Memory, Sheet, Values
from actions.turn import Turn, button
from actions.wording import say
from backend.core.client import Answer, licensing_api

SAME = "same_again"  # "and for Oslo": the last task with other facts


class Dialogue(CustomAction):
    """A form in a conversation.

    `asks`: the order of questions; of these, only what the API requires or `optional` names is
    asked. `takes`: fields that are taken when said and never asked. `parts`: what is asked and is
    no field by itself, only together. `from_profile`: asked only when the person's profile lacks
    them. `begins`: intents that start the form; in its middle
    they only bring facts, and so do those in `restates`.
    `also_cancels`: intents that mean cancelling the form while it is being filled in.
    `hears`: entities that fill a slot of another name here. `teaches`: a sentence that asks how
    it is done gets an article first. `repeats`: slots that "the same for …" takes over.
    `subject`: what "it" is in a question that is asked meanwhile.
    """

    form: ClassVar[str]
    operation: ClassVar[str]
    asks: ClassVar[tuple[str, ...]]
    optional: ClassVar[frozenset[str]] = frozenset()
    takes: ClassVar[frozenset[str]] = frozenset()
    parts: ClassVar[frozenset[str]] = frozenset()
    from_profile: ClassVar[frozenset[str]] = frozenset()
    begins: ClassVar[frozenset[str]] = frozenset()
    restates: ClassVar[frozenset[str]] = frozenset()
    also_cancels: ClassVar[frozenset[str]] = frozenset()
    hears: ClassVar[Mapping[str, str]] = {}
    teaches: ClassVar[bool] = False
    repeats: ClassVar[frozenset[str]] = frozenset()
    subject: ClassVar[str] = "a case"

    def name(self) -> str:
        """The name under which Rasa calls the form."""
        return f"validate_{self.form}"

    async def act(self, turn: Turn) -> list[EventType]:
        """One message. No events: it was not for the form, and the rules answer it."""
        sheet = self._sheet(turn.tracker)
        try:
            return await self._run(turn, sheet)
        except httpx.HTTPError:
            slot = sheet.asked or self.asks[0]
            text = f"{say('utter_form_no_api')} {sheet.question(slot).text}"
            turn.reply(text, ask=sheet.ask(slot))
            return self._sheet(turn.tracker).events(slot)

    async def _run(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        if sheet.asked is None:
            return await self._begin(turn, sheet)
        if turn.other_action_ran:
            return await self._come_back(turn, sheet)
        if sheet.asked == LEAVE:
            return await self._leave_or_stay(turn, sheet)
        if answers.names_options(turn, sheet, sheet.asked):
            return await self._take(turn, sheet)  # whatever else the words may mean
        command = command_of(turn, sheet, self._own, self.also_cancels)
        if command is not None:
            return await self._command(command, turn, sheet)
        if interrupts(turn, sheet, self._own):
            return []
        if await self.aside(turn, sheet):
            return await self._again(turn, sheet)
        other = self._other_form(turn, sheet)
        if other is not None:
            return self._offer_to_leave(other, turn, sheet)
        if asks_something(turn, sheet) and not self._takes_questions(turn, sheet):
            await answer_question(turn, self.subject)
            return await self._again(turn, sheet)
        return await self._take(turn, sheet)

    def _sheet(self, tracker: Tracker) -> Sheet:
        operation = licensing_api().operations[self.operation]
        stored = {slot: tracker.get_slot(slot) for slot in self._slots}
        values = {slot: value for slot, value in stored.items() if value is not None}
        return Sheet(
            form=self.form, operation=operation, order=self.asks, values=values,
            memory=Memory.of(tracker.get_slot("form_memory")),
            asked=tracker.get_slot("requested_slot") if tracker.active_loop_name else None,
        )  # fmt: skip

    @property
    def _slots(self) -> frozenset[str]:
        return frozenset({*self.asks, *self.takes})

    @property
    def _own(self) -> frozenset[str]:
        return self.begins | self.restates

    def facts(self, turn: Turn) -> Values:
        """What the message says for this form's slots, by entity."""
        return answers.facts(turn, self._slots, self.hears)

    # -- what features may say ------------------------------------------------------------

    async def prepare(self, turn: Turn, sheet: Sheet, said: str) -> None:
        """Fill in what the first sentence says beyond its facts; nothing by default."""

    async def understand(
        self,
        turn: Turn,
        sheet: Sheet,
        heard: Values,
    ) -> None:
        """Add to `heard` what only the API can tell from the words: names of accounts, people …;
        called with each message that is for this form. Nothing by default.
        """

    async def elsewhere(self, turn: Turn, sheet: Sheet) -> str | None:  # noqa: ARG002
        """The form that the first sentence is really for; None for this one."""
        return None

    async def may(self, turn: Turn, sheet: Sheet) -> Answer | None:  # noqa: ARG002
        """Ask the API, before any question, whether the person may do this at all: its refusal,
        or None. Not asked by default.
        """
        return None

    async def options_of(
        self,
        slot: str,  # noqa: ARG002
        turn: Turn,  # noqa: ARG002
        sheet: Sheet,  # noqa: ARG002
    ) -> dict[str, str] | None:
        """Options that only the API knows (a choice of cases). One option is taken, none ends
        the form; None: the slot has no such options.
        """
        return None

    async def needs(self, slot: str, turn: Turn, sheet: Sheet) -> bool:  # noqa: ARG002
        """Whether a slot is to be asked for at all, as things stand; always by default."""
        return True

    async def aside(self, turn: Turn, sheet: Sheet) -> bool:  # noqa: ARG002
        """Answer something in passing that has no rule of its own; whether it was that."""
        return False

    def remarks(self, sheet: Sheet, changed: set[str]) -> list[str]:  # noqa: ARG002
        """What is to be said about values that have just changed."""
        return []

    # -- what an answer is: forms.py -------------------------------------------------------------

    @abstractmethod
    async def finish(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """All is known."""

    @abstractmethod
    async def _take(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """Take a message as an answer."""

    @abstractmethod
    async def _store(
        self, turn: Turn, sheet: Sheet, heard: Values, answered: str | None
    ) -> list[EventType]:
        """Keep what was heard, and go on."""

    @abstractmethod
    async def _profile(self, slot: str, turn: Turn, sheet: Sheet) -> Any:
        """What the person's profile says."""

    # -- beginning, interruptions, leaving --------------------------------------------------

    async def _begin(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        said, earlier = sheet.memory.said, sheet.memory.earlier
        sheet.memory = Memory(said=said)
        if earlier is not None:
            turn.go_back_to(earlier)
        if self.teaches and said is None and asks_how(turn):
            return await self._teach(turn, sheet)
        heard = self.facts(turn) if said is None or earlier else {}
        if turn.intent == SAME:
            sheet.values = self._once_more(turn) | sheet.values
        words = sheet.values.get("windows")
        if words and isinstance(words[0], str) and "windows" not in heard:
            heard["windows"] = sheet.values.pop("windows")  # said before this form began
        if "portal" in self._slots:
            hear_portal(turn, sheet, heard)
        await self.understand(turn, sheet, heard)
        other = await self.elsewhere(turn, sheet)
        if other is not None:
            sheet.memory.leave = {"form": other, "message": turn.message}
            return self._leave(sheet)
        await self.prepare(turn, sheet, turn.words if said is None else said)
        return await self._store(turn, sheet, heard, answered=None)

    async def _teach(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """How it is done, and the offer to do it here."""
        intent = next(iter(sorted(self.begins)))
        offer = button(say(f"utter_{self.form}_offer"), intent)
        await answer_question(turn, self.subject, offers=[offer])
        sheet.forget()
        return sheet.events(None)

    def _once_more(self, turn: Turn) -> Values:
        """What the last task of this kind was about, for what is to be the same."""
        last = turn.recall.get("last") or {}
        values: Values = last.get("values") or {} if last.get("run") == self.form else {}
        return {slot: value for slot, value in values.items() if slot in self.repeats}

    async def _come_back(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """A rule has answered: the open question again, or the card."""
        if sheet.asked == CHANGE and (turn.intent in SOCIAL or sheet.memory.exists):
            return sheet.events(sheet.asked)
        return await self._again(turn, sheet)

    async def _again(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """The open question once more; while a card waits, the card."""
        if sheet.asked == CHANGE and not sheet.memory.exists:
            return await self.finish(turn, sheet)
        return ask(turn, sheet, str(sheet.asked))

    def _other_form(self, turn: Turn, sheet: Sheet) -> "type[Dialogue] | None":
        """The form that a clear wish for something else belongs to."""
        if turn.intent in self._own or turn.confidence < 0.7 or sheet.asked is None:
            return None
        if sheet.takes_any_words(sheet.asked) and not wishes(turn, sheet):
            return None
        return next((f for f in forms() if turn.intent in f.begins), None)

    def _offer_to_leave(self, other: "type[Dialogue]", turn: Turn, sheet: Sheet) -> list[EventType]:
        sheet.memory.leave = {"form": other.form, "asked": sheet.asked, "message": turn.message}
        if len({*self.asks} & {*sheet.values}) <= 1:  # hardly begun: nothing is lost
            return self._leave(sheet)
        turn.reply(say("utter_form_switch"), ask=sheet.ask(LEAVE))
        return sheet.events(LEAVE)

    def _leave(self, sheet: Sheet) -> list[EventType]:
        """Drop this task and begin the other with what was said of it."""
        leave = sheet.memory.leave or {}
        sheet.forget()
        return [
            *(event for event in sheet.events(None) if event["name"] != "form_memory"),
            SlotSet("form_memory", {"said": leave["message"]["text"], "earlier": leave["message"]}),
            SlotSet("task", None),
            FollowupAction(leave["form"]),
        ]

    async def _leave_or_stay(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        leave = sheet.memory.leave or {}
        decided = answers.answer(turn, sheet, LEAVE)
        if decided is None and command_of(turn, sheet, self._own, self.also_cancels) == "cancel":
            return cancelled(turn, sheet)
        again = next((form for form in forms() if form.form == leave.get("form")), None)
        if decided or (decided is None and again is not None and turn.intent in again.begins):
            return self._leave(sheet)
        sheet.memory.leave = None
        sheet.asked = leave["asked"]
        if decided is None:
            return await self._run(turn, sheet)
        sheet.notes.append(say("utter_form_switch_kept"))
        return ask(turn, sheet, str(sheet.asked))

    def _takes_questions(self, turn: Turn, sheet: Sheet) -> bool:
        """Whether a sentence shaped like a question is an answer: "can we do Tuesday 3pm?"."""
        said = self.facts(turn)
        if turn.intent in {"inform", *self._own} and turn.confidence >= 0.5 and said:
            return True
        return sheet.kind(str(sheet.asked)) in {"datetime", "number"} and sheet.asked in said

    # -- commands: words about the form itself --------------------------------------------------

    async def _command(self, command: str, turn: Turn, sheet: Sheet) -> list[EventType]:
        if command == "cancel":
            return cancelled(turn, sheet)
        if command == "go_back":
            return self._back(turn, sheet)
        if command == "skip":
            return await self._skip(turn, sheet)
        if command == "help":
            return help_with(turn, sheet)
        if command == "ask_why":
            sheet.notes.append(sheet.question(str(sheet.asked)).why or say("utter_why"))
            return await self._again(turn, sheet)
        if command == "summarise":
            return so_far(turn, sheet)
        if command == "change":
            named = answers.changes_named(turn, sheet) or CHANGE
            return await self._change(named, turn, sheet)
        if command == "open_another":
            sheet.values["open_another"] = True
            return await self.finish(turn, sheet)
        return await self._again(turn, sheet)

    def _back(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """The question before, with the answer that it got."""
        trail = sheet.memory.trail
        if trail and trail[-1] == sheet.asked:
            trail.pop()
        if not trail:
            sheet.notes.append(say("utter_form_first_question"))
            return ask(turn, sheet, str(sheet.asked))
        slot = trail.pop()
        sheet.memory.changing = slot
        sheet.narrow(slot, None)
        if slot in sheet.values:
            sheet.notes.append(sheet.line(slot) + ".")
        return ask(turn, sheet, slot)

    async def _skip(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        asked = str(sheet.asked)
        named = answers.changes_named(turn, sheet)
        if asked == CHANGE and named in sheet.values and not sheet.is_required(str(named)):
            return await self._leave_out(str(named), turn, sheet)
        if asked == CHANGE or (sheet.memory.changing == asked and asked in sheet.values):
            sheet.memory.changing = None
            return await self._store(turn, sheet, {}, answered=None)
        if sheet.is_required(asked):
            why = sheet.question(asked).why
            return failed(turn, sheet, f"{say('utter_form_cannot_skip')} {why}".strip())
        sheet.memory.skipped.append(asked)
        sheet.notes.append(say("utter_form_skipped"))
        return await self._store(turn, sheet, {}, answered=None)

    async def _leave_out(self, slot: str, turn: Turn, sheet: Sheet) -> list[EventType]:
        """Forget a value that nobody needs: "drop the phone number"."""
        if slot in self.from_profile and await self._profile(slot, turn, sheet):
            sheet.notes.append(say("utter_form_from_profile"))
            return await self._again(turn, sheet)
        sheet.values.pop(slot, None)
        sheet.memory.skipped.append(slot)
        sheet.notes.append(say("utter_form_skipped"))
        return await self._store(turn, sheet, {}, answered=None)

    async def _change(self, slot: str, turn: Turn, sheet: Sheet) -> list[EventType]:
        """*Change* and what: ask for that one again."""
        if slot not in self._slots:
            return ask(turn, sheet, CHANGE)
        sheet.memory.changing = slot
        if some := await self.options_of(slot, turn, sheet):
            sheet.narrow(slot, some)
        return ask(turn, sheet, slot)


def forms() -> list[type[Dialogue]]:
    """All forms of all features."""
    found: dict[type[Dialogue], None] = dict.fromkeys(Dialogue.__subclasses__())
    left = list(found)
    while left:
        inner = left.pop().__subclasses__()
        left += [form for form in inner if form not in found]
        found |= dict.fromkeys(inner)
    return [form for form in found if hasattr(form, "form")]
