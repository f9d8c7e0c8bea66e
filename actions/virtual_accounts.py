"""Virtual accounts: created, changed, made the default, deleted."""

import re
from typing import Any, ClassVar

from rasa_sdk.events import EventType

from actions.accounts import related, spellings
from actions.answers import changes_named
from actions.dialogue import Dialogue
from actions.inside import Item, nodes_of
from actions.names import Hit, find_names
from actions.negations import affirmed
from actions.questions import ask
from actions.sheet import CHANGE, Sheet, Values
from actions.spoken import (
    corrected_name,
    described,
    inside_said,
    level_said,
    moved,
    name_said,
    names_joined,
    new_name,
    parent_of_new,
    subject_said,
    without_lead,
)
from actions.tree_forms import (
    DEFAULT,
    ONE,
    TOP,
    OneForm,
    TreeForm,
    entry_of,
    is_kind,
    one_by_one,
    refrains,
    take_description,
)
from actions.turn import Turn, button
from actions.wording import buttons, say
from backend.core.client import Answer

_AND = re.compile(r"\s*(?:,|&|\+|\band\b)\s*(?:and\s+)?", re.IGNORECASE)
# What a verb alone says is to be different.
_VERBS = {
    "parent": re.compile(r"\b(?:move|nest|shift|relocate)\b", re.IGNORECASE),
    "name": re.compile(r"\bren\w*me\b", re.IGNORECASE),
    "tags": re.compile(r"\btag\b", re.IGNORECASE),
}


class CreateVirtualAccountForm(TreeForm):
    """Creates a virtual account, at the top level or nested in another."""

    form = "create_virtual_account_form"
    operation = "create_virtual_account"
    asks = ("smart_account", "name", "parent")
    optional = frozenset({"parent"})
    takes = frozenset({"access_level", "description", "tags", "location"})
    begins = frozenset({"create_virtual_account"})
    hears: ClassVar[dict[str, str]] = {"visibility": "access_level"}
    repeats = frozenset({"smart_account", "parent"})

    async def may(self, turn: Turn, sheet: Sheet) -> Answer | None:
        """Who administers only some virtual accounts creates below those alone."""
        refusal = await super().may(turn, sheet)
        if refusal is None:
            entry = await entry_of(turn, str(sheet.values["smart_account"]))
            sheet.memory.kept["below"] = entry is not None and "sa_admin" not in entry["roles"]
        return refusal

    def _other_form(self, turn: Turn, sheet: Sheet) -> type[Dialogue] | None:
        """A change of "it" is one of what is about to be created."""
        if turn.intent == "change_virtual_account" and not subject_said(turn.words):
            return None
        return super()._other_form(turn, sheet)

    async def _check(self, turn: Turn, sheet: Sheet) -> tuple[set[str], dict[str, str]]:
        """What has to be nested can't be tried before it is known in what."""
        if sheet.memory.kept.get("below") and not sheet.values.get("parent"):
            wrong = {"parent": say("utter_below_only")} if "parent" in sheet.values else {}
            return {"parent", *({"name"} - {*sheet.values})}, wrong
        missing, wrong = await super()._check(turn, sheet)
        if sheet.refusal is not None and is_kind(sheet.refusal, "name-taken"):
            said = [sheet.refusal.body.get("detail"), sheet.refusal.body.get("hint")]
            sheet.refusal = None
            return missing, {**wrong, "name": " ".join(str(one) for one in said if one)}
        return missing, wrong

    async def options_of(self, slot: str, turn: Turn, sheet: Sheet) -> dict[str, str] | None:
        """Where it may be nested; whoever has to nest it is not offered the top level."""
        options = await super().options_of(slot, turn, sheet)
        if slot != "parent" or options is None:
            return options
        if sheet.memory.kept.get("below"):
            options.pop(TOP)
        elif len(options) <= 2:  # the default alone: there is nothing to nest it in
            sheet.memory.skipped.append("parent")
        return options or None

    async def needs(self, slot: str, turn: Turn, sheet: Sheet) -> bool:
        """Where it goes is asked only when there is a choice."""
        if slot != "parent" or sheet.memory.kept.get("below"):
            return await super().needs(slot, turn, sheet)
        return len(await nodes_of(turn, str(sheet.values["smart_account"]))) > 1

    async def hear(
        self, turn: Turn, sheet: Sheet, heard: Values, words: str, names: list[str]
    ) -> None:
        """The name, where it goes and what describes it."""
        if sheet.asked == "name":
            if not turn.is_payload:
                heard["name"] = name_said(words) or without_lead(words) or words.strip()
            return
        if sheet.asked is None:
            one_by_one(sheet, names_joined(words))
        if sheet.asked == "parent":
            self.hear_parent(turn, sheet, heard, words, names)
        if sheet.asked not in {None, CHANGE, "smart_account"} or turn.is_payload:
            return
        name = next(iter(new_name(words)), "") if sheet.asked == CHANGE else name_said(words)
        parent = parent_of_new(words, names, alone=sheet.asked == CHANGE)
        if parent is None and sheet.asked is None:
            parent = await self._no_place(turn, inside_said(words))
        if parent is not None:
            heard["parent"] = parent
        take_description(heard, described(words, []), sheet, [])
        if sheet.asked == CHANGE and not heard:
            name = name or corrected_name(words)
        if name:
            heard["name"] = name

    async def _no_place(self, turn: Turn, said: str) -> str | None:
        """What stands after "in" and is no account: the API says that it doesn't know it."""
        known = {word for one in await related(turn) for word in (*spellings(one), one["domain"])}
        return said if said and said.lower() not in known else None


class ChangeVirtualAccountForm(OneForm):
    """Renames, moves, restricts or describes a virtual account."""

    form = "change_virtual_account_form"
    operation = "update_virtual_account"
    asks = ("smart_account", ONE, "name", "parent", "access_level", "tags", "location",
            "description")  # fmt: skip
    begins = frozenset({"change_virtual_account"})
    hears: ClassVar[dict[str, str]] = {"visibility": "access_level"}
    repeats = frozenset({"smart_account", "parent", "access_level", "tags", "location"})
    changes = ("name", "parent", "access_level", "tags", "location", "description")

    async def hear(
        self, turn: Turn, sheet: Sheet, heard: Values, words: str, names: list[str]
    ) -> None:
        """Which one, and what is to be different."""
        if sheet.asked in {"name", "location"} and not turn.is_payload:
            heard[str(sheet.asked)] = without_lead(words) or words.strip(" .!")
        if sheet.asked == "access_level" and (level := level_said(words)):
            heard["access_level"] = level
        if sheet.asked == "tags" and not turn.is_payload:
            heard["tags"] = _tags_answered(words)
        if sheet.asked == "parent" and not turn.is_payload:
            self.hear_parent(turn, sheet, heard, words, names)
        if sheet.asked in self.changes or turn.is_payload or refrains(words):
            return
        if sheet.asked != CHANGE or self._names_another(words, sheet):
            await super().hear(turn, sheet, heard, words, names)
        await self._hear_change(turn, sheet, heard, words, names)

    def _names_another(self, words: str, sheet: Sheet) -> bool:
        """While a card waits, a name alone is the parent of what is moved, else another one."""
        return "parent" not in sheet.values and not new_name(words)

    async def choose(
        self, turn: Turn, sheet: Sheet, heard: Values, words: str, hits: list[Hit]
    ) -> None:
        """The name before the new one, not in it."""
        end = len(words)
        if renamed := new_name(words):
            end = words.rfind(renamed[0])
        before = [hit for hit in hits if hit.start < end]
        if not renamed or before:
            await super().choose(turn, sheet, heard, words, before or hits)

    async def _hear_change(
        self, turn: Turn, sheet: Sheet, heard: Values, words: str, names: list[str]
    ) -> None:
        subject = heard.get(ONE) or sheet.values.get(ONE)
        if renamed := new_name(words):
            heard["name"] = renamed[0]
            words = " ".join(words.rsplit(renamed[0], 1))  # no word of a name says more
        found = described(words, names)
        if found.is_plain:
            others = [name for name in names if name != subject]
            parent = moved(words, others)
            moves = sheet.asked == CHANGE and "parent" in sheet.values and not renamed
            if parent is None and moves:
                hits = affirmed(words, find_names(words, {name: name for name in others}))
                parent = hits[-1].value if hits else None
            if parent is not None:
                heard["parent"] = parent
        if sheet.asked == CHANGE and "name" in sheet.values and not {*heard} & {*self.changes}:
            heard |= {"name": name} if (name := corrected_name(words)) else {}
        if sheet.asked is None:
            one_by_one(sheet, _joined(words, names))
            sheet.memory.kept["wanted"] = self._wanted(turn, sheet)
        account = str(heard.get("smart_account") or sheet.values.get("smart_account"))
        nodes = await nodes_of(turn, account)
        present = next((list(one["tags"]) for one in nodes if one["name"] == subject), [])
        take_description(heard, found, sheet, present)

    async def options_of(self, slot: str, turn: Turn, sheet: Sheet) -> dict[str, str] | None:
        """A virtual account moves neither into itself nor into what is nested in it."""
        options = await super().options_of(slot, turn, sheet)
        if slot != "parent" or options is None:
            return options
        path = str((await self.one(turn, sheet)).get("path"))
        return {
            name: title
            for name, title in options.items()
            if title != path and not title.startswith(f"{path} / ")
        }

    def _wanted(self, turn: Turn, sheet: Sheet) -> str | None:
        """What is to be different, when the first sentence names it without the new value."""
        named = changes_named(turn, sheet)
        by_verb = (slot for slot, verb in _VERBS.items() if verb.search(turn.words))
        return named if named in self.changes else next(by_verb, None)

    async def needs(self, slot: str, turn: Turn, sheet: Sheet) -> bool:
        """What changes is what was said; the rest stays as it is."""
        return slot not in self.changes and await super().needs(slot, turn, sheet)

    async def _check(self, turn: Turn, sheet: Sheet) -> tuple[set[str], dict[str, str]]:
        """A name that is taken, and a level that can't be, are asked for anew."""
        missing, wrong = await super()._check(turn, sheet)
        if sheet.refusal is not None and is_kind(sheet.refusal, "name-taken"):
            said = [sheet.refusal.body.get("detail"), sheet.refusal.body.get("hint")]
            sheet.refusal = None
            wrong["name"] = " ".join(str(one) for one in said if one)
        return missing, wrong

    async def _hear(self, turn: Turn, sheet: Sheet, asked: str) -> Values:
        """Of *what shall be different*, the field that is named is asked for next."""
        heard = await super()._hear(turn, sheet, asked)
        heard.pop(CHANGE, None)
        return heard

    async def finish(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """The card, once there is something to change; else ask what."""
        self._leave_out_same(sheet, await self.one(turn, sheet))
        if any(slot in sheet.values for slot in self.changes):
            if sheet.memory.narrowed == CHANGE:
                sheet.narrow(CHANGE, None)
            return await super().finish(turn, sheet)
        if sheet.asked is None:
            sheet.notes = [note for note in sheet.notes if say("utter_form_so_far") not in note]
        if wanted := sheet.memory.kept.pop("wanted", None):
            return await self._change(wanted, turn, sheet)
        titles = {slot: sheet.question(slot).label for slot in self.changes}
        text = say("utter_virtual_account_what", name=sheet.values[ONE])
        sheet.narrow(CHANGE, titles, text)
        return ask(turn, sheet, CHANGE)

    def _leave_out_same(self, sheet: Sheet, now: Item) -> None:
        """What is so already is no change."""
        same = [
            slot
            for slot in self.changes
            if slot in sheet.values and sheet.values[slot] == (now.get(slot, ...) or _nothing(slot))
        ]
        if same:
            lines = "; ".join(map(sheet.line, same))
            sheet.notes.append(say("utter_virtual_account_same", name=now["name"], lines=lines))
        for slot in same:
            sheet.values.pop(slot)


def _joined(words: str, names: list[str]) -> list[str]:
    """The first of the known names and those that "and" joins to it: "restrict oslo and emea"."""
    hits = find_names(words, {name: name for name in names})
    found = hits[:1]
    for hit in hits[1:]:
        if not _AND.fullmatch(words[found[-1].end : hit.start]):
            break
        found.append(hit)
    return [hit.value for hit in found]


def _nothing(slot: str) -> Any:
    return [] if slot == "tags" else ""


def _tags_answered(words: str) -> list[str]:
    """Tags as an answer: several with commas between, or none at all."""
    if re.fullmatch(r"\W*(?:none|no tags?|nothing|remove (?:them|all)(?: of them)?)\W*", words,
                    re.IGNORECASE):  # fmt: skip
        return []
    parts = re.split(r"\s*(?:[,;]|\band\b)\s*", words.strip(" .!"))
    return [part.strip() for part in parts if part.strip()]


class DefaultVirtualAccountForm(OneForm):
    """Makes a virtual account the default."""

    form = "default_virtual_account_form"
    operation = "make_default_virtual_account"
    tried = "make_default_virtual_account"
    asks = ("smart_account", ONE)
    begins = frozenset({"default_virtual_account"})

    async def choose(
        self,
        turn: Turn,  # noqa: ARG002
        sheet: Sheet,
        heard: Values,
        words: str,
        hits: list[Hit],
    ) -> None:
        """The word "default" says what it shall be, unless it is said twice."""
        others = [hit for hit in hits if not DEFAULT.fullmatch(words[hit.start : hit.end])]
        if others:
            heard[ONE] = others[-1].value
        elif len(hits) > 1 or (hits and sheet.asked == ONE):
            heard[ONE] = hits[0].value

    async def options_of(self, slot: str, turn: Turn, sheet: Sheet) -> dict[str, str] | None:
        """All but the one that is it now."""
        options = await super().options_of(slot, turn, sheet)
        if slot != ONE or options is None:
            return options
        nodes = await nodes_of(turn, str(sheet.values["smart_account"]))
        for node in nodes:
            if node["is_default"]:
                options.pop(node["name"])
        return options

    async def finish(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """The card, unless it is the default already."""
        now = await self.one(turn, sheet)
        if not now.get("is_default"):
            return await super().finish(turn, sheet)
        turn.reply(
            say("utter_default_already", name=now["name"]), buttons=buttons("utter_default_already")
        )
        sheet.forget()
        return sheet.events(None)


class DeleteVirtualAccountForm(OneForm):
    """Deletes a virtual account, once its name is typed."""

    form = "delete_virtual_account_form"
    operation = "delete_virtual_account"
    tried = "delete_virtual_account"
    asks = ("smart_account", ONE, "confirm_name")
    begins = frozenset({"delete_virtual_account"})

    async def choose(
        self, turn: Turn, sheet: Sheet, heard: Values, words: str, hits: list[Hit]
    ) -> None:
        """Of several, the first; each has a name to be typed."""
        await super().choose(turn, sheet, heard, words, hits)
        several = list(dict.fromkeys(hit.value for hit in hits))
        if sheet.asked is None and len(several) > 1:
            sheet.notes.append(say("utter_virtual_account_one_by_one"))
            intent = next(iter(self.begins))
            sheet.offers += [button(name, intent, virtual_account=name) for name in several[1:5]]

    async def _check(self, turn: Turn, sheet: Sheet) -> tuple[set[str], dict[str, str]]:
        """What stands in the way is said before anybody types a name."""
        known = sheet.values.get(ONE)
        if known is None or "confirm_name" in sheet.values:
            return await super()._check(turn, sheet)
        tried = sheet.arguments() | {"confirm_name": known}
        answer = await turn.call(self.operation, dry_run=True, **tried)
        if not answer.ok:
            sheet.refusal = answer
        return {"confirm_name"}, {}

    def _keep(self, turn: Turn, sheet: Sheet, heard: Values) -> set[str]:
        """Another one has another name to be typed."""
        if ONE in heard and heard[ONE] != sheet.values.get(ONE):
            sheet.values.pop("confirm_name", None)
        return super()._keep(turn, sheet, heard)
