"""The one form behind all forms: reads what to ask from the API's operation, then proposes.

A feature's form is a few lines: which operation, in which order to ask. What is wrong or still
missing, the API says in a dry run. Rasa calls `validate_<form>` once a message: that call takes
the answer, says what is to be said, and asks the next question. It never writes.
"""

from typing import Any, ClassVar

import httpx
from backend.core.client import licensing_api
from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import CustomAction
from actions import answers, times
from actions.interruptions import SOCIAL, command_of, interrupts
from actions.knowledge import answer_question
from actions.portals import hear_portal, note_unknown
from actions.questions import ask, ask_partial, cancelled, failed, help_with, so_far
from actions.sheet import CHANGE, LEAVE, Memory, Sheet, Values
from actions.turn import Turn
from actions.wording import buttons, say

FREE = frozenset({"text", "choices"})  # kinds of questions that take any words
UNKNOWN_NAME_WORDS = 3

class OperationForm(CustomAction):
    """Asks for an operation's fields and proposes the operation.

    `asks`: the order of questions; of these, only what the API requires or `optional` names is
    asked. `takes`: fields that are taken when said and never asked. `from_profile`: asked only
    when the person's profile lacks them. `begins`: intents that start the form; in its middle
    they only bring facts, and so do those in `restates`.
    """

    form: ClassVar[str]
    operation: ClassVar[str]
    asks: ClassVar[tuple[str, ...]]
    optional: ClassVar[frozenset[str]] = frozenset()
    takes: ClassVar[frozenset[str]] = frozenset()
    from_profile: ClassVar[frozenset[str]] = frozenset()
    begins: ClassVar[frozenset[str]] = frozenset()
    restates: ClassVar[frozenset[str]] = frozenset()

    def name(self) -> str:
        """The name under which Rasa calls the form."""
        return f"validate_{self.form}"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """One message. No events: it was not for the form, and the rules answer it."""
        turn = Turn(dispatcher, tracker)
        sheet = self._sheet(tracker)
        try:
            return await self._run(turn, sheet)
        except httpx.HTTPError:
            slot = sheet.asked or self.asks[0]
            text = f"{say('utter_form_no_api')} {sheet.question(slot).text}"
            turn.reply(text, ask=sheet.ask(slot))
            return Sheet.events(self._sheet(tracker), slot)

    async def _run(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        if sheet.asked is None:
            return await self._begin(turn, sheet)
        if turn.other_action_ran:
            return await self._come_back(turn, sheet)
        if sheet.asked == LEAVE:
            return await self._leave_or_stay(turn, sheet)
        command = command_of(turn, sheet)
        if command is not None:
            return await self._command(command, turn, sheet)
        if interrupts(turn, sheet, self._own):
            return []
        if await self.aside(turn, sheet):
            return ask(turn, sheet, sheet.asked)
        other = self._other_form(turn, sheet)
        if other is not None:
            return self._offer_to_leave(other, turn, sheet)
        if turn.asks_something and not self._takes_questions(turn, sheet):
            await answer_question(turn, sheet.values.get("portal"))
            return ask(turn, sheet, sheet.asked)
        return await self._take(turn, sheet)

    def _sheet(self, tracker: Tracker) -> Sheet:
        operation = licensing_api().operations[self.operation]
        stored = {slot: tracker.get_slot(slot) for slot in self._slots}
        values = {slot: value for slot, value in stored.items() if value is not None}
        return Sheet(
            form=self.form, operation=operation, values=values,
            memory=Memory.of(tracker.get_slot("form_memory")),
            asked=tracker.get_slot("requested_slot") if tracker.active_loop_name else None,
        )  # fmt: skip

    @property
    def _slots(self) -> frozenset[str]:
        return frozenset({*self.asks, *self.takes})

    @property
    def _own(self) -> frozenset[str]:
        return self.begins | self.restates

    # -- what features may say ------------------------------------------------------------

    async def prepare(self, turn: Turn, sheet: Sheet) -> None:
        """Fill in what the first sentence says beyond its facts; nothing by default."""

    async def options_of(self, slot: str, turn: Turn, sheet: Sheet) -> dict[str, str] | None:
        """Options that only the API knows (a choice of cases). One option is taken, none ends
        the form; None: the slot has no such options.
        """
        return None

    async def aside(self, turn: Turn, sheet: Sheet) -> bool:
        """Answer something in passing that has no rule of its own; whether it was that."""
        return False

    def remarks(self, sheet: Sheet, changed: set[str]) -> list[str]:
        """What is to be said about values that have just changed."""
        return []

    async def finish(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """All is known: propose, and stay open for changes until the person has decided."""
        fields = sheet.operation.fields
        arguments = {name: value for name, value in sheet.values.items() if name in fields}
        if sheet.notes:
            turn.reply("\n".join(sheet.notes))
        turn.reply(propose={"operation": self.operation, "arguments": arguments})
        sheet.memory.proposed = True
        sheet.memory.changing = None
        return sheet.events(CHANGE)

    # -- beginning, interruptions, leaving --------------------------------------------------

    async def _begin(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        said = sheet.memory.said
        sheet.memory = Memory(said=said)
        heard = answers.facts(turn, sheet, self._slots) if said is None else {}
        words = sheet.values.get("windows")
        if words and isinstance(words[0], str) and "windows" not in heard:
            heard["windows"] = sheet.values.pop("windows")  # said before this form began
        if "portal" in self._slots:
            hear_portal(turn, sheet, heard)
        await self.prepare(turn, sheet)
        return await self._store(turn, sheet, heard, answered=None)

    async def _come_back(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """A rule has answered: the open question again, or the card."""
        if not sheet.memory.proposed or sheet.memory.changing:
            return ask(turn, sheet, str(sheet.asked))
        if turn.intent in SOCIAL or sheet.memory.exists:
            return sheet.events(sheet.asked)
        return await self.finish(turn, sheet)

    def _other_form(self, turn: Turn, sheet: Sheet) -> "type[OperationForm] | None":
        """The form that a clear wish for something else belongs to."""
        if turn.intent in self._own or turn.confidence < 0.7 or sheet.asked is None:
            return None
        if sheet.kind(sheet.asked) in FREE:
            return None
        return next((f for f in forms() if turn.intent in f.begins), None)

    def _offer_to_leave(
        self, other: "type[OperationForm]", turn: Turn, sheet: Sheet
    ) -> list[EventType]:
        slots = frozenset({*other.asks, *other.takes})
        sheet.memory.leave = {
            "form": other.form, "asked": sheet.asked, "said": turn.text,
            "facts": answers.facts(turn, sheet, slots),
        }
        turn.reply(say("utter_form_switch"), ask=sheet.ask(LEAVE))
        return sheet.events(LEAVE)

    async def _leave_or_stay(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        leave = sheet.memory.leave or {}
        decided = answers.answer(turn, sheet, LEAVE)
        if decided is None and command_of(turn, sheet) == "cancel":
            return cancelled(turn, sheet)
        if decided:
            sheet.forget()
            return [
                *(e for e in sheet.events(None) if e["name"] != "form_memory"),
                *(SlotSet(slot, value) for slot, value in leave["facts"].items()),
                SlotSet("form_memory", {"said": leave["said"]}),
                FollowupAction(leave["form"]),
            ]
        sheet.memory.leave = None
        sheet.asked = leave["asked"]
        if decided is None:
            return await self._run(turn, sheet)
        sheet.notes.append(say("utter_form_switch_kept"))
        return ask(turn, sheet, str(sheet.asked))

    def _takes_questions(self, turn: Turn, sheet: Sheet) -> bool:
        """Whether a sentence shaped like a question is an answer: "can we do Tuesday 3pm?"."""
        said = answers.facts(turn, sheet, self._slots)
        if turn.intent in {"inform", *self._own} and turn.confidence >= 0.5 and said:
            return True
        return sheet.kind(str(sheet.asked)) in {"datetime", "number"} and sheet.asked in said

    # -- commands: words about the form itself --------------------------------------------------

    async def _command(self, command: str, turn: Turn, sheet: Sheet) -> list[EventType]:
        asked = str(sheet.asked)
        if command == "cancel":
            return cancelled(turn, sheet)
        if command == "go_back":
            return self._back(turn, sheet)
        if command == "skip":
            return await self._skip(turn, sheet)
        if command == "help":
            return help_with(turn, sheet)
        if command == "summarise":
            return so_far(turn, sheet, self.asks)
        if command == "change":
            return ask(turn, sheet, CHANGE)
        if command == "open_another":
            sheet.values["open_another"] = True
            return await self.finish(turn, sheet)
        if asked == CHANGE:  # "repeat", "yes": the card again
            return await self.finish(turn, sheet)
        return ask(turn, sheet, asked)

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
        if asked == CHANGE or (sheet.memory.changing == asked and asked in sheet.values):
            sheet.memory.changing = None
            return await self._store(turn, sheet, {}, answered=None)
        if sheet.is_required(asked):
            why = sheet.question(asked).why
            return failed(turn, sheet, f"{say('utter_form_cannot_skip')} {why}".strip())
        sheet.memory.skipped.append(asked)
        sheet.notes.append(say("utter_form_skipped"))
        return await self._store(turn, sheet, {}, answered=None)

    async def _change(self, slot: str, turn: Turn, sheet: Sheet) -> list[EventType]:
        """*Change* and what: ask for that one again."""
        if slot not in self._slots:
            return ask(turn, sheet, CHANGE)
        sheet.memory.changing = slot
        return ask(turn, sheet, slot)

    # -- answers ------------------------------------------------------------------------------

    async def _take(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """Take the message as the answer, as corrections, or say why it is neither."""
        asked = str(sheet.asked)
        if turn.intent == "answer":
            return await self._pressed(turn, sheet)
        heard = self._facts(turn, sheet, asked)
        open_portal = self._hears_portal(sheet, asked, heard) and hear_portal(turn, sheet, heard)
        corrects = bool(heard) and answers.CORRECTS.search(turn.text) is not None
        if asked == CHANGE and not heard and not open_portal:
            named = answers.changes_named(turn, sheet)
            return await self._change(named or CHANGE, turn, sheet)
        if asked != CHANGE and asked not in heard and not corrects and not open_portal:
            said = answers.answer(turn, sheet, asked)
            if said is not None:
                heard[asked] = said
            elif asked == "portal" and not heard and len(turn.text.split()) <= UNKNOWN_NAME_WORDS:
                note_unknown(turn.text.strip(" .!"), sheet)
        if not heard and not sheet.notes and not open_portal:
            return failed(turn, sheet, say("utter_form_not_understood"))
        return await self._store(turn, sheet, heard, answered=asked)

    def _hears_portal(self, sheet: Sheet, asked: str, heard: Values) -> bool:
        """A portal named in a free text ("from CSSM to CLC") is a word of it."""
        free = asked != CHANGE and sheet.kind(asked) in FREE
        return "portal" in self._slots and (not free or "portal" in heard)

    def _facts(self, turn: Turn, sheet: Sheet, asked: str) -> Values:
        """The facts to take. A free-text answer is taken as it is: what it names are its words."""
        heard = answers.facts(turn, sheet, self._slots)
        if asked == CHANGE or sheet.kind(asked) not in FREE:
            return heard
        if answers.CORRECTS.search(turn.text) and heard:
            return heard
        if sheet.question(asked).verbatim:
            return {}
        kept = {"attendees", "windows", "language", "time_zone", "attendee_emails"}
        return {slot: value for slot, value in heard.items() if slot in kept and slot != asked}

    async def _pressed(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """An option was pressed, of the open question or of an earlier one."""
        slot = str(turn.value("slot") or sheet.asked)
        if slot == CHANGE:
            return await self._change(str(turn.value("value")), turn, sheet)
        if slot not in self._slots:
            return ask(turn, sheet, str(sheet.asked))
        heard = {slot: turn.value("value")}
        if slot == "portal":
            hear_portal(turn, sheet, heard)
        if sheet.kind(slot) == "choices":
            heard[slot] = [heard[slot]]
        return await self._store(turn, sheet, heard, answered=slot)

    async def _store(
        self, turn: Turn, sheet: Sheet, heard: Values, answered: str | None
    ) -> list[EventType]:
        """Keep what is right, say what is wrong, and go on."""
        memory = sheet.memory
        if "windows" in heard and "time_zone" not in {*sheet.values, *heard}:
            sheet.values |= {k: v for k, v in turn.metadata.items() if k == "time_zone" and v}
        partial = times.hear_windows(turn, sheet, heard)
        changed = self._keep(turn, sheet, heard)
        if answered in heard and answered not in memory.trail:
            memory.trail.append(str(answered))
        missing, wrong = await self._check(turn, sheet)
        memory.missing = sorted(missing)
        wrong = {slot: said for slot, said in wrong.items() if slot in self._slots}
        for slot in wrong:
            sheet.values.pop(slot, None)
        self._acknowledge(sheet, changed - {*wrong}, answered)
        sheet.notes += self.remarks(sheet, changed - {*wrong})
        if partial is not None:
            return ask_partial(turn, sheet, partial)
        unanswered = answered is not None and answered != CHANGE and answered not in sheet.values
        if wrong or (unanswered and not heard):
            first = next((slot for slot in self.asks if slot in wrong), answered or self.asks[0])
            return failed(turn, sheet, " ".join(wrong.values()), first)
        if memory.changing in heard:
            memory.changing = None
        if memory.changing is not None:
            return ask(turn, sheet, memory.changing)
        return await self._go_on(turn, sheet, missing)

    def _keep(self, turn: Turn, sheet: Sheet, heard: Values) -> set[str]:
        """Put what was heard on the sheet; which slots are new or different."""
        changed = set()
        for slot, value in heard.items():
            merged = answers.merge(sheet, slot, self._typed(sheet, slot, value), turn)
            if merged != sheet.values.get(slot) or slot not in sheet.before:
                changed.add(slot)
            sheet.values[slot] = merged
            if slot in sheet.memory.skipped:
                sheet.memory.skipped.remove(slot)
        return changed

    def _typed(self, sheet: Sheet, slot: str, value: Any) -> Any:
        """An option's value is text; the API may want a number."""
        is_number = sheet.schema(slot).get("type") == "integer"
        return int(value) if is_number and str(value).lstrip("-").isdigit() else value

    async def _check(self, turn: Turn, sheet: Sheet) -> tuple[set[str], dict[str, str]]:
        """What is missing, and what is wrong, by slot; from a dry run of what is known."""
        operation, values = sheet.operation, sheet.values
        lacking = {name for name in operation.required if values.get(name) in (None, "", [])}
        if lacking & {*operation.path_parameters}:
            return lacking, {}
        fields = {name: value for name, value in values.items() if name in operation.fields}
        answer = await turn.call(self.operation, dry_run=True, **fields)
        sheet.memory.exists = bool(answer.body.get("already_exists"))
        if answer.status == httpx.codes.NOT_FOUND and operation.path_parameters:
            slot = operation.path_parameters[0]
            return {slot}, {slot: str(answer.body.get("detail", ""))}
        missing: set[str] = set()
        wrong: dict[str, str] = {}
        for error in answer.field_errors:
            slot = str(error["field"]).split(".")[0]
            if error["code"] == "missing" or values.get(slot) in (None, "", []):
                missing.add(slot)
            else:
                wrong[slot] = " ".join(filter(None, [error["message"], error.get("hint")]))
        if "windows" in wrong:
            wrong = await times.right_windows(turn, sheet, wrong)
        return missing, wrong

    def _acknowledge(self, sheet: Sheet, changed: set[str], answered: str | None) -> None:
        """Say back what was understood besides the answer itself; times always."""
        order = [*self.asks, *sorted(self.takes)]
        if sheet.asked is None:  # at the beginning: all that is known
            known = [slot for slot in order if slot in sheet.values and slot != "open_another"]
            corrected, noted = [], known if len(known) > 1 else []
        else:
            news = [slot for slot in order if slot in changed and slot in sheet.values]
            corrected = [slot for slot in news if slot in sheet.before]
            noted = [
                slot for slot in news
                if slot not in sheet.before and (slot != answered or slot == "windows")
            ]
        for slots, response in (
            (corrected, "utter_form_changed"), (noted, "utter_form_noted"),
        ):  # fmt: skip
            if slots:
                sheet.notes.append(say(response, changes="; ".join(map(sheet.line, slots))))

    async def _go_on(self, turn: Turn, sheet: Sheet, missing: set[str]) -> list[EventType]:
        """The next question, or the end of questions."""
        for slot in self.asks:
            wanted = slot in missing or slot in self.optional or slot in sheet.operation.required
            if not wanted or slot in sheet.values or slot in sheet.memory.skipped:
                continue
            if slot in self.from_profile and (known := await self._profile(slot, turn, sheet)):
                sheet.values[slot] = known
                continue
            options = await self.options_of(slot, turn, sheet)
            if options is not None and not options:
                return self._nothing_to_choose(turn, sheet)
            if options is not None and len(options) == 1:
                return await self._store(turn, sheet, {slot: next(iter(options))}, answered=None)
            sheet.narrow(slot, options)
            return ask(turn, sheet, slot)
        return await self.finish(turn, sheet)

    async def _profile(self, slot: str, turn: Turn, sheet: Sheet) -> Any:
        """What the person's profile says; looked up once a form."""
        if turn.metadata.get(slot):
            return turn.metadata[slot]
        if sheet.memory.profile is None:
            answer = await turn.call("get_me")
            sheet.memory.profile = {
                name: answer.body[name] for name in self.from_profile if answer.body.get(name)
            }
        return sheet.memory.profile.get(slot)

    def _nothing_to_choose(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        response = f"utter_{self.form}_nothing"
        turn.reply(say(response), buttons=buttons(response))
        sheet.forget()
        return sheet.events(None)


def forms() -> list[type[OperationForm]]:
    """All forms of all features."""
    return OperationForm.__subclasses__()
