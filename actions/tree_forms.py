"""Forms about the virtual accounts of one Smart Account: which one is meant."""

import re
from abc import abstractmethod
from typing import ClassVar

import httpx
from rasa_sdk.events import EventType

from actions.accounts import AccountForm, Entry, related
from actions.inside import MOST_ACCOUNTS, Item, nodes_of, stranger_named
from actions.interruptions import asks_how
from actions.names import Hit, find_names, nearest
from actions.negations import affirmed, denies_doing
from actions.sheet import CHANGE, Sheet, Values
from actions.spoken import (
    Described,
    level_said,
    name_said,
    new_name,
    subject_said,
    without_lead,
)
from actions.turn import Turn
from actions.wording import buttons, say
from backend.core.client import Answer

CONFLICT = httpx.codes.CONFLICT
ONE = "virtual_account"
TOP = ""  # the parent of what is nested in nothing
SURE = 0.5  # of an intent
LONGEST_ANSWER = 5  # words, of what may be a name
MANAGES = frozenset({"sa_admin", "va_admin"})
DEFAULT = re.compile(r"\bdefault\b", re.IGNORECASE)
_DOINGS = r"delete|remove|erase|drop|rename|move|nest|make|tag|touch|change"
_POINTS = re.compile(r"\b(?:it|this one|that one)\b", re.IGNORECASE)
_NO_PLACE = re.compile(
    r"^\W*(?:hm+\W+)?(?:no|none|nowhere|nothing|(?:at |to )?(?:the )?top(?:[ -]level| one)?"
    r"|top[- ]level please|not nested|no parent|in nothing|skip)\W*$",
    re.IGNORECASE,
)


class TreeForm(AccountForm):
    """For what is done with the virtual accounts of one Smart Account. `tried`: the operation
    whose refusal says who can do it.
    """

    tried: ClassVar[str] = "update_virtual_account"
    strangers = False
    inside = frozenset({ONE, "parent", "confirm_name"})
    subject = "a virtual account"

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Which account, then which virtual account and what of it."""
        await super().understand(turn, sheet, heard)
        if sheet.asked is None and not turn.is_payload:
            await self._strangers(turn, sheet, heard)
        account = heard.get("smart_account") or sheet.values.get("smart_account")
        if account is None and sheet.asked is None and "smart_account" not in sheet.judged:
            account = heard["smart_account"] = await self._with_such(turn)
        if account is None:
            heard.pop("smart_account", None)
            return
        words = turn.words
        if sheet.asked == "smart_account":  # now the first sentence can be read
            words = str(sheet.memory.kept.get("words") or "")
        names = [str(node["name"]) for node in await nodes_of(turn, str(account))]
        await self.hear(turn, sheet, heard, words, names)

    async def _strangers(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """An account of others, named in so many words: the API says why not there."""
        if turn.values("domain") or sheet.memory.narrowed == "smart_account":
            return
        mine = await self.accounts(turn)
        said = frozenset(name.lower() for name in (name_said(turn.words), *new_name(turn.words)))
        found = await stranger_named(turn, mine, said)
        if found is not None and not any(e["domain"] == found["domain"] for e in mine):
            heard["smart_account"] = found["domain"]

    async def _with_such(self, turn: Turn) -> str | None:
        """The only account that has a virtual account of a name that is said."""
        found = [
            str(entry["domain"])
            for entry in (await self.accounts(turn))[:MOST_ACCOUNTS]
            if any(
                not DEFAULT.fullmatch(hit.value)
                for hit in find_names(turn.words, await _names(turn, entry))
            )
        ]
        return found[0] if len(found) == 1 else None

    def _takes_questions(self, turn: Turn, sheet: Sheet) -> bool:
        """A wish is one in the shape of a question, too: "can you rename Oslo?"."""
        wish = turn.intent in self._own and turn.confidence >= SURE and not asks_how(turn)
        return wish or super()._takes_questions(turn, sheet)

    @abstractmethod
    async def hear(
        self, turn: Turn, sheet: Sheet, heard: Values, words: str, names: list[str]
    ) -> None:
        """Read the words, now that the names of the virtual accounts are known."""

    async def may(self, turn: Turn, sheet: Sheet) -> Answer | None:
        """Whoever administers nothing is refused before any question; a try that changes nothing
        tells in which words.
        """
        account = str(sheet.values["smart_account"])
        if await _administers(turn, account):
            return None
        nodes = await nodes_of(turn, account)
        name = nodes[0]["name"] if nodes else "-"
        answer = await turn.call(
            self.tried, dry_run=True, smart_account=account, virtual_account=name
        )
        return None if answer.ok else answer

    async def options_of(self, slot: str, turn: Turn, sheet: Sheet) -> dict[str, str] | None:
        """The virtual accounts by their paths."""
        if slot not in {ONE, "parent"}:
            return await super().options_of(slot, turn, sheet)
        nodes = await nodes_of(turn, str(sheet.values.get("smart_account") or "-"))
        paths = {str(node["name"]): str(node["path"]) for node in nodes}
        return paths if slot == ONE else {TOP: say("utter_top_level"), **paths}

    async def one(self, turn: Turn, sheet: Sheet) -> Item:
        """What is known of the virtual account that is meant."""
        nodes = await nodes_of(turn, str(sheet.values.get("smart_account") or "-"))
        return next((node for node in nodes if node["name"] == sheet.values.get(ONE)), {})

    async def refused(self, turn: Turn, sheet: Sheet, answer: Answer) -> list[EventType]:
        """What stands in the way can be looked at, and some of it removed here."""
        if (await self.one(turn, sheet)).get("is_default") and answer.status == CONFLICT:
            sheet.offers += buttons("utter_default_first")
        sheet.offers += buttons("utter_tree_refused")
        return await super().refused(turn, sheet, answer)

    async def _change(self, slot: str, turn: Turn, sheet: Sheet) -> list[EventType]:
        """Ask for that one again, with what there is to choose from."""
        if slot in self._slots and (some := await self.options_of(slot, turn, sheet)):
            sheet.narrow(slot, some)
        return await super()._change(slot, turn, sheet)

    def hear_parent(
        self, turn: Turn, sheet: Sheet, heard: Values, words: str, names: list[str]
    ) -> None:
        """Where it goes, as an answer."""
        hits = find_names(words, {name: name for name in names})
        meant = affirmed(words, hits)
        if meant:
            heard["parent"] = meant[-1].value
        elif hits:
            sheet.judged.add("parent")  # only where not
        elif _NO_PLACE.match(words) and not sheet.memory.kept.get("below"):
            heard["parent"] = TOP
        elif len(words.split()) <= LONGEST_ANSWER and turn.intent not in {"affirm", "deny"}:
            self.unknown(sheet, "parent", words.strip(" .!?"), names)

    def unknown(self, sheet: Sheet, slot: str, said: str, names: list[str]) -> None:
        """No virtual account of that name: say so, and offer those that come closest."""
        sheet.notes.append(say("utter_virtual_account_unknown", said=said[:60]))
        sheet.judged.add(slot)
        near = nearest(said, names)
        options = {name: name for name in (near if len(near) > 1 else names)}
        if slot == "parent" and not sheet.memory.kept.get("below"):
            options = {TOP: say("utter_top_level")} | options
        sheet.narrow(slot, options)
        sheet.memory.changing = slot


async def _names(turn: Turn, entry: Entry) -> dict[str, str]:
    nodes = await nodes_of(turn, entry["domain"])
    return {str(node["name"]): str(node["name"]) for node in nodes}


async def _administers(turn: Turn, smart_account: str) -> bool:
    entry = await entry_of(turn, smart_account)
    return entry is not None and bool(MANAGES & {*entry["roles"]})


async def entry_of(turn: Turn, smart_account: str) -> Entry | None:
    """The account as the person's directory has it."""
    return next((one for one in await related(turn) if one["domain"] == smart_account), None)


def one_by_one(sheet: Sheet, names: list[str]) -> None:
    """Of several that are named at once, the first; say when the others' turn is."""
    if len(names) > 1:
        rest = ", ".join(names[1:])
        sheet.notes.append(say("utter_virtual_account_first", first=names[0], rest=rest))


def is_kind(answer: Answer, kind: str) -> bool:
    """Whether a refusal is of this kind."""
    return str(answer.body.get("type", "")).endswith(kind)


def take_description(heard: Values, found: Described, sheet: Sheet, present: list[str]) -> None:
    """Level, tags, location and description, as far as the words name them."""
    if found.access_level:
        heard["access_level"] = found.access_level
    else:
        heard.pop("access_level", None)
    if found.tags is not None:
        now = sheet.values.get("tags", present)
        added = [*now, *found.tags] if found.adds else found.tags
        heard["tags"] = [tag for tag in dict.fromkeys(added) if tag.lower() not in found.removed]
    if found.location is not None:
        heard["location"] = found.location
    if found.description is not None:
        heard["description"] = found.description


class OneForm(TreeForm):
    """For what is done with one virtual account that there is."""

    async def hear(
        self, turn: Turn, sheet: Sheet, heard: Values, words: str, names: list[str]
    ) -> None:
        """Which one is meant."""
        if ONE in heard or sheet.asked not in {None, CHANGE, "smart_account", ONE}:
            return
        if refrains(words):
            return
        hits = affirmed(words, find_names(words, {name: name for name in names}))
        last = _it(turn, words, names, hits) if sheet.asked is None else None
        if last is None:
            await self.choose(turn, sheet, heard, words, hits)
        else:
            heard[ONE] = last
        if ONE in heard or ONE in sheet.judged or (sheet.asked == CHANGE and not hits):
            return
        said = subject_said(words)
        short = len(words.split()) <= LONGEST_ANSWER
        if sheet.asked == ONE and short and turn.intent not in {"affirm", "deny"}:
            self.unknown(sheet, ONE, without_lead(words) or words, names)
        elif said and sheet.asked != CHANGE:
            self.unknown(sheet, ONE, said, names)

    async def choose(
        self, turn: Turn, sheet: Sheet, heard: Values, words: str, hits: list[Hit]
    ) -> None:
        """The one meant among the names in the words; "the default" is one, too."""
        others = [hit for hit in hits if not DEFAULT.fullmatch(words[hit.start : hit.end])]
        meant = others or hits
        if meant:
            heard[ONE] = meant[0].value
        elif DEFAULT.search(words):
            account = str(heard.get("smart_account") or sheet.values.get("smart_account"))
            nodes = await nodes_of(turn, account)
            default = next((node["name"] for node in nodes if node["is_default"]), None)
            heard |= {ONE: default} if default else {}


def refrains(words: str) -> bool:
    """Whether they say not to do it at all; "don't hide it" says what to do."""
    return denies_doing(words, _DOINGS) and level_said(words) is None


def _it(turn: Turn, words: str, names: list[str], hits: list[Hit]) -> str | None:
    """The virtual account that the last task was about, when the words only point to it; what is
    named before "it" is that itself.
    """
    points = _POINTS.search(words)
    if points is None or any(hit.start < points.start() for hit in hits):
        return None
    last: Values = (turn.recall.get("last") or {}).get("values") or {}
    name = str(last.get("name") or last.get(ONE) or "").lower()
    return next((one for one in names if one.lower() == name), None)
