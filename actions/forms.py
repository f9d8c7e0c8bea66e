"""The one form behind all forms: reads what to ask from the API's operation, then proposes.

A feature's form is a few lines: which operation, in which order to ask. What is wrong or still
missing, the API says in a dry run. Rasa calls `validate_<form>` once a message: that call takes
the answer, says what is to be said, and asks the next question. It never writes.
"""

import re
from typing import Any, ClassVar

import httpx
from rasa_sdk.events import EventType, SlotSet

from actions import answers, times
from actions.dialogue import Dialogue
from actions.interruptions import wishes
from actions.portals import hear_portal, note_unknown
from actions.questions import ask, ask_partial, failed
from actions.sheet import CHANGE, Sheet, Values
from actions.turn import Turn
from actions.wording import buttons, say
from backend.core.client import Answer
from backend.core.wording import for_people

UNKNOWN_NAME_WORDS = 3
PLACE_WORDS = 3  # "Oslo time please" names a zone
CORRECTION_WORDS = 8
WORTH_SAYING = 3  # facts, at the beginning of a form


class OperationForm(Dialogue):
    """Asks for an operation's fields and proposes the operation; see `Dialogue` for its parts.

    `early`: a refusal that no answer can change ends the form as soon as the API says it.
    """

    early: ClassVar[bool] = False

    async def finish(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """All is known: propose, and stay open for changes until the person has decided."""
        if sheet.asked is None:  # the card itself shows what is known
            sheet.notes = [note for note in sheet.notes if say("utter_form_so_far") not in note]
        if sheet.notes:
            turn.reply("\n".join(sheet.notes))
        turn.reply(propose={"operation": self.operation, "arguments": sheet.arguments()})
        turn.remember(last={"run": self.form, "values": dict(sheet.values)})
        sheet.memory.proposed = True
        sheet.memory.changing = None
        return sheet.events(CHANGE)

    # -- answers ------------------------------------------------------------------------------

    async def _take(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """Take the message as the answer, as corrections, or say why it is neither."""
        asked = str(sheet.asked)
        if turn.intent == "answer":
            return await self._pressed(turn, sheet)
        heard = await self._hear(turn, sheet, asked)
        if turn.is_payload and not heard:
            return ask(turn, sheet, asked)
        if asked == CHANGE and turn.value("city") and len(turn.text.split()) <= PLACE_WORDS:
            heard.setdefault("time_zone", turn.value("city"))
        heard = heard or self._renamed(turn, sheet, asked)
        self._note_addresses(turn, sheet)
        open_portal = self._hears_portal(sheet, asked, heard) and hear_portal(turn, sheet, heard)
        corrects = bool(heard) and self._corrects(turn, sheet, asked)
        if asked == CHANGE and not heard and not open_portal:
            what = answers.changes_named(turn, sheet) or CHANGE
            if answers.REMOVES.search(turn.text) and not sheet.is_required(what):
                return await self._leave_out(what, turn, sheet)
            return await self._change(what, turn, sheet)
        few = sheet.memory.narrowed == asked and bool(sheet.question(asked).options)
        if few and turn.intent == "deny" and not heard:
            sheet.narrow(asked, None)  # none of the few: all of them
            return ask(turn, sheet, asked)
        answered = asked in {CHANGE, *heard, *sheet.judged}
        if not (answered or corrects or open_portal or turn.is_payload):
            open_portal = self._read(turn, sheet, asked, heard)
        if not heard and not sheet.notes and not open_portal:
            named = answers.changes_named(turn, sheet) if answers.ALTERS.search(turn.text) else None
            if named is not None:  # "the date should be different", whatever is asked just now
                return await self._change(named, turn, sheet)
            return failed(turn, sheet, say("utter_form_not_understood"))
        return await self._store(turn, sheet, heard, answered=asked)

    async def _hear(self, turn: Turn, sheet: Sheet, asked: str) -> Values:
        """What a message says by its facts, or by naming one of a few options exactly."""
        exact = answers.exact_choice(turn, sheet, asked)
        if exact is not None:
            return {asked: exact}
        heard = self._facts(turn, sheet, asked)
        await self.understand(turn, sheet, heard)
        return heard

    def _read(self, turn: Turn, sheet: Sheet, asked: str, heard: Values) -> bool:
        """Add the answer itself to `heard`; whether it leaves open which portal is meant."""
        said = answers.answer(turn, sheet, asked)
        if said is not None:
            heard[asked] = said
            return asked == "portal" and hear_portal(turn, sheet, heard)
        if asked == "portal" and not heard and _is_a_name(turn, sheet):
            note_unknown(turn.text.strip(" .!"), sheet)
        return False

    def _hears_portal(self, sheet: Sheet, asked: str, heard: Values) -> bool:
        """A portal named in a free text ("from CSSM to CLC") is a word of it."""
        free = asked != CHANGE and sheet.takes_any_words(asked)
        return "portal" in self._slots and (not free or "portal" in heard)

    def _facts(self, turn: Turn, sheet: Sheet, asked: str) -> Values:
        """The facts to take. A free-text answer is taken as it is: what it names are its words."""
        heard = self.facts(turn)
        if turn.is_payload or asked == CHANGE or not sheet.takes_any_words(asked):
            return heard
        if self._corrects(turn, sheet, asked):
            return heard
        if sheet.question(asked).verbatim:
            alone = answers.only_facts(turn)
            return {slot: heard[slot] for slot in heard if alone or slot == "order_number"}
        kept = {"attendees", "windows", "language", "time_zone", "attendee_emails"}
        return {slot: value for slot, value in heard.items() if slot in kept and slot != asked}

    def _corrects(self, turn: Turn, sheet: Sheet, asked: str) -> bool:
        """Whether a message corrects something; a story that only sounds so is an answer."""
        if not sheet.takes_any_words(asked):
            return answers.CORRECTS.search(turn.text) is not None
        if turn.intent in self._own and wishes(turn, sheet):
            return True
        begins = (
            answers.CORRECTS.match if sheet.question(asked).verbatim else answers.CORRECTS.search
        )
        return len(turn.text.split()) <= CORRECTION_WORDS and begins(turn.text) is not None

    def _renamed(self, turn: Turn, sheet: Sheet, asked: str) -> Values:
        """A new value for what is named or known: "change the title to …", "actually 20"."""
        corrects = asked == CHANGE or self._corrects(turn, sheet, asked)
        named = answers.changes_named(turn, sheet) if corrects else None
        numbers = [s for s in self.asks if s in sheet.values and sheet.kind(s) == "number"]
        if named is None and corrects and len(numbers) == 1 and sheet.kind(asked) != "number":
            named = numbers[0]
        value = answers.new_value(turn, sheet, named) if named in self._slots else None
        return {} if value is None or named is None else {named: value}

    def _note_addresses(self, turn: Turn, sheet: Sheet) -> None:
        """Say which e-mail addresses are none, so that nobody waits for an invitation."""
        if "attendee_emails" not in self._slots or sheet.takes_any_words(str(sheet.asked)):
            return
        known = turn.values("email")
        for said in re.findall(r"[^\s,;:<>()]*@[^\s,;:<>()]*", turn.text):
            if len(said) > 1 and said.lower().rstrip(".") not in known:
                sheet.notes.append(say("utter_form_no_address", said=said[:60]))

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
            heard[slot] = turn.values("value")
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
        missing, wrong = await self._judge(turn, sheet)
        if sheet.refusal is not None:
            return await self.refused(turn, sheet, sheet.refusal)
        wrong = {slot: said for slot, said in wrong.items() if slot in self._slots}
        for slot in wrong:
            sheet.values.pop(slot, None)
        memory.missing = sorted(missing | {*wrong} - self.optional - self.takes)
        self._acknowledge(sheet, changed - {*wrong}, answered)
        sheet.notes += self.remarks(sheet, changed - {*wrong})
        if partial is not None and not wrong:
            return ask_partial(turn, sheet, partial)
        unanswered = answered is not None and answered != CHANGE and answered not in sheet.values
        if wrong or (unanswered and not heard):
            first = next((slot for slot in self.asks if slot in wrong), answered or self.asks[0])
            return await self._ask_again(turn, sheet, first, " ".join(wrong.values()))
        if memory.changing in heard:
            memory.changing = None
        if memory.changing is not None:
            return ask(turn, sheet, memory.changing)
        return await self._go_on(turn, sheet, missing)

    async def _judge(self, turn: Turn, sheet: Sheet) -> tuple[set[str], dict[str, str]]:
        """What is missing and what is wrong; first of all whether the person may do it at all."""
        memory = sheet.memory
        if not memory.allowed and {*sheet.operation.path_parameters[:1]} <= {*sheet.values}:
            sheet.refusal = await self.may(turn, sheet)
            memory.allowed = sheet.refusal is None
        return await self._check(turn, sheet) if sheet.refusal is None else (set(), {})

    async def _ask_again(self, turn: Turn, sheet: Sheet, slot: str, reason: str) -> list[EventType]:
        """Ask for what was wrong, with what there is to choose from."""
        if sheet.memory.narrowed != slot and (some := await self.options_of(slot, turn, sheet)):
            sheet.narrow(slot, some)
        return failed(turn, sheet, reason, slot)

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
        """An option's value is text; the API may want a number, or a list of such."""
        if isinstance(value, str) and sheet.kind(slot) == "choices":
            return [value]
        is_number = sheet.schema(slot).get("type") == "integer"
        return int(value) if is_number and str(value).lstrip("-").isdigit() else value

    async def _check(self, turn: Turn, sheet: Sheet) -> tuple[set[str], dict[str, str]]:
        """What is missing, and what is wrong, by slot; from a dry run of what is known."""
        operation, fields = sheet.operation, sheet.arguments()
        lacking = {name for name in operation.required if fields.get(name) in (None, "", [])}
        if lacking & {*operation.path_parameters}:
            return self._inner(sheet, lacking), {}
        answer = await turn.call(self.operation, dry_run=True, **fields)
        sheet.memory.exists = bool(answer.body.get("already_exists"))
        if answer.status == httpx.codes.NOT_FOUND and operation.path_parameters:
            slot = operation.path_parameters[0]
            return {slot}, {slot: for_people(str(answer.body.get("detail", "")))}
        sheet.errors = answer.field_errors
        if self.early and not answer.ok and not answer.field_errors:
            sheet.refusal = answer
        missing: set[str] = set()
        wrong: dict[str, str] = {}
        for error in answer.field_errors:
            slot = self._slot_of(str(error["field"]))
            if error["code"] == "missing" or sheet.values.get(slot) in (None, "", []):
                missing |= self._inner(sheet, {slot})
            else:
                said = " ".join(filter(None, [error["message"], error.get("hint")]))
                wrong[slot] = " ".join(filter(None, [wrong.get(slot), for_people(said)]))
        if "windows" in wrong:
            wrong = await times.right_windows(turn, sheet, wrong)
        return missing, wrong

    def _slot_of(self, field: str) -> str:
        """The slot that a field of an error belongs to: "virtual_accounts.2" to the list."""
        parts = field.split(".")
        named = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
        return next((slot for slot in named if slot in self._slots), parts[0])

    def _inner(self, sheet: Sheet, missing: set[str]) -> set[str]:
        """For a field that is filled in by parts, those of its parts that are needed."""
        found: set[str] = set()
        for name in missing:
            parts = [slot for slot in self._slots if slot.startswith(f"{name}.")]
            needed = sheet.schema(name).get("required") or []
            found |= {slot for slot in parts if slot.split(".")[-1] in needed} or {name}
        return found

    async def refused(self, turn: Turn, sheet: Sheet, answer: Answer) -> list[EventType]:
        """The API refuses this whatever else is answered: say why and what next, and end it."""
        said = [answer.body.get("detail"), answer.body.get("hint")]
        words = for_people(" ".join(str(one) for one in said if one))
        turn.reply("\n\n".join([*sheet.notes, words]), buttons=sheet.offers)
        sheet.forget()
        return [*sheet.events(None), SlotSet("task", None)]

    def _acknowledge(self, sheet: Sheet, changed: set[str], answered: str | None) -> None:
        """Say back what was understood besides the answer itself; times always."""
        order = [*self.asks, *sorted(self.takes)]
        if sheet.asked is None:  # at the beginning: all that is known
            known = sheet.summary()
            if len(known) >= WORTH_SAYING:
                sheet.notes.append("\n".join([say("utter_form_so_far"), *known]))
            return
        news = [slot for slot in order if slot in changed and slot in sheet.values]
        corrected = [slot for slot in news if slot in sheet.before]
        noted = [
            slot
            for slot in news
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
            if not await self.needs(slot, turn, sheet):
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


def _is_a_name(turn: Turn, sheet: Sheet) -> bool:
    """Whether it may be a portal's name; "the other one" of two is none."""
    short = len(turn.text.split()) <= UNKNOWN_NAME_WORDS and any(c.isalpha() for c in turn.text)
    return short and sheet.memory.ask_text is None and turn.intent not in {"affirm", "deny", "skip"}
