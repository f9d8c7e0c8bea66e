"""Which Smart Account is meant: by its domain, by its name as people write it, or the only one."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from rasa_sdk.events import EventType

from actions.answers import choice, without_facts
from actions.forms import OperationForm
from actions.names import find_names, nearest
from actions.sheet import CHANGE, Sheet, Values
from actions.turn import Turn
from actions.wording import buttons, responses, say

Entry = dict[str, Any]  # of the directory
MOST_CHOICES = 25
LONGEST_NAME = 4  # words
_NOT_NAMES = frozenset({"domain", "email", "role", "role_level", "window", "scope", "phone"})
# After these a name may follow; the words that are no part of one end it.
_LEADS = re.compile(
    r"\b(?:to|in|into|of|at|for|join|joined|from|account|accounts|called|named|find|up|does|is|on"
    r"|directory for|administers?|manages?|owns?|runs?)\s+",
    re.IGNORECASE,
)
_AROUND_NAME = re.compile(
    r"^\W*(?:(?:well|hm+|ok|okay|sorry|please|i (?:mean|meant|think|guess)|it'?s|it is|that'?s|for"
    r"|the)\b[ ,:]*)+|(?:\s|[.!?,]|\b(?:please|thanks|i think|i guess)\b)+$",
    re.IGNORECASE,
)
# No part of a name.
PLAIN_WORDS = frozenset({
    "a", "about", "access", "account", "accounts", "active", "add", "admin", "administrator",
    "administrators", "admins", "again", "all", "already", "an", "and", "any", "approval",
    "approvals", "approve", "as", "ask", "asked", "assign", "at", "automate", "be", "because",
    "been", "but", "buy", "by", "called", "can", "change", "check", "company", "contact", "could",
    "create", "customer", "day", "days", "decide", "decline", "delegate", "delete", "directory",
    "do", "does", "each", "end", "entire", "every", "everyone", "everything", "find", "for", "from",
    "get", "go", "had", "has", "have", "help", "her", "his", "holiday", "i", "if", "in", "is", "it",
    "its", "job", "join", "just", "leave", "let", "licence", "licences", "license", "licenses",
    "look", "make", "manage", "me", "month", "months", "my", "name", "named", "need", "nested",
    "new", "no", "not", "now", "of", "on", "only", "open", "or", "order", "organisation",
    "organization", "our", "own", "people", "please", "pls", "read", "registered", "remind",
    "remove", "request", "requests", "responsible", "rights", "role", "roles", "rule", "rules",
    "sa", "see", "show", "since", "smart", "so", "somebody", "someone", "stand", "start", "stop",
    "take", "team", "thanks", "that", "the", "their", "them", "there", "these", "they", "this",
    "to", "today", "tomorrow", "too", "until", "us", "use", "user", "users", "va", "vacation",
    "vas", "viewer", "viewers", "virtual", "want", "wants", "we", "week", "weeks", "what",
    "whatever", "which", "while", "who", "whole", "with", "withdraw", "without", "work", "year",
    "yes", "you", "your",
})  # fmt: skip

# What may stand between "to" and a name.
_BEFORE_NAMES = frozenset({
    "a", "account", "accounts", "an", "called", "company", "customer", "directory", "entire", "for",
    "her", "his", "its", "my", "named", "new", "organisation", "organization", "our", "own",
    "role", "sa", "smart", "team", "the", "their", "this", "user", "viewer", "virtual", "whole",
    "your",
})  # fmt: skip


@dataclass
class Found:
    """The accounts that a text may mean, and phrases that may be names but name none."""

    entries: list[Entry] = field(default_factory=list)
    phrases: list[str] = field(default_factory=list)


async def related(turn: Turn) -> list[Entry]:
    """The accounts of the person's directory; read once a turn."""
    if "directory" not in turn.read:
        answer = await turn.call("list_directory", limit=200)
        turn.read["directory"] = list(answer.body.get("items") or []) if answer.ok else []
    entries: list[Entry] = turn.read["directory"]
    return entries


async def search(turn: Turn, said: str) -> list[Entry]:
    """What the directory finds, related to the person or not."""
    answer = await turn.call("list_directory", q=said[:253], limit=MOST_CHOICES)
    return list(answer.body.get("items") or []) if answer.ok else []


async def find_accounts(turn: Turn, text: str, *, everywhere: bool) -> Found:
    """The accounts named in a text; beyond the related ones only `everywhere`."""
    known = await related(turn)
    domains = [str(value) for value in turn.values("domain")]
    if domains:
        return Found(await _of_domains(turn, domains, known))
    named = _named(text, known)
    if named or not everywhere:
        return Found(named)
    phrases = phrases_of(_beside_facts(turn, text))
    return await _first_found(turn, phrases)


async def answer_with_account(turn: Turn) -> Found:
    """The accounts meant by an answer to "Which Smart Account?": there, all of it may be a name."""
    found = await find_accounts(turn, turn.words, everywhere=True)
    if found.entries:
        return found
    said = _AROUND_NAME.sub("", _beside_facts(turn, turn.words))
    words = {word.lower() for word in re.findall(r"[\w&.'-]+", said)}
    return await _first_found(turn, [said] if words - PLAIN_WORDS else [])


async def _first_found(turn: Turn, phrases: list[str]) -> Found:
    for phrase in phrases:
        found = _best(phrase, await search(turn, phrase)) or await _by_beginning(turn, phrase)
        if found:
            return Found(found, [other for other in phrases if other != phrase])
    return Found([], phrases)


async def _by_beginning(turn: Turn, phrase: str) -> list[Entry]:
    """The accounts that the first words name: "contoso stores 1 to 5"."""
    words = phrase.split()
    for count in range(len(words) - 1, 0, -1):
        said = " ".join(words[:count]).lower()
        found = [entry for entry in await search(turn, said) if said in spellings(entry)]
        if found:
            return found
    return []


def _beside_facts(turn: Turn, text: str) -> str:
    """The words that may be names: without roles, addresses, times."""
    return without_facts(turn, _NOT_NAMES) if text == turn.text else text


async def _of_domains(turn: Turn, domains: list[str], known: list[Entry]) -> list[Entry]:
    """The accounts of these domains; one that is not found stands for itself, and the API says
    what is wrong with it.
    """
    found: list[Entry] = []
    for domain in dict.fromkeys(domains):
        entry = next((one for one in known if one["domain"] == domain), None)
        if entry is None:
            exact = [one for one in await search(turn, domain) if one["domain"] == domain]
            entry = exact[0] if exact else {"domain": domain, "name": domain, "unknown": True}
        found.append(entry)
    return found


def _named(text: str, entries: Iterable[Entry]) -> list[Entry]:
    """The entries whose name, or a short form of it, occurs in the text."""
    by_spelling: dict[str, list[Entry]] = {}
    for entry in entries:
        for spelling in spellings(entry):
            by_spelling.setdefault(spelling, []).append(entry)
    found: list[Entry] = []
    for hit in find_names(text, {spelling: spelling for spelling in by_spelling}):
        found += [one for one in by_spelling[hit.value] if one not in found]
    return found


def spellings(entry: Entry) -> set[str]:
    """The name, its first word, and the domain's first label: "northwind"."""
    name = str(entry["name"]).lower()
    first, label = name.split()[0], str(entry["domain"]).split(".")[0]
    return {name, *(word for word in (first, label) if len(word) > 2 and word not in PLAIN_WORDS)}


def phrases_of(text: str) -> list[str]:
    """What may be an account's name: the words after "to", "of", "account" …."""
    found: list[str] = []
    for lead in _LEADS.finditer(text):
        words: list[str] = []
        for match in re.finditer(r"\s*([\w&.'-]+)|\S", text[lead.end() :]):
            word = (match[1] or "").strip(".'")
            if not words and word.lower() in _BEFORE_NAMES:
                continue
            if not word or word.lower() in PLAIN_WORDS or len(words) == LONGEST_NAME:
                break
            words.append(re.sub(r"['’]s$", "", word))
        if words:
            found.append(" ".join(words))
    return list(dict.fromkeys(found))


def _best(phrase: str, entries: list[Entry]) -> list[Entry]:
    """Of what a search finds, the ones of exactly that name, else all."""
    said = phrase.lower()
    exact = [e for e in entries if said in {str(e["name"]).lower(), e["domain"]}]
    return exact or [entry for entry in entries if said in spellings(entry)] or entries


def title_of(entry: Entry) -> str:
    """Name and domain: Northwind Networks (northwind.example)."""
    return f"{entry['name']} ({entry['domain']})"


def choices(entries: Iterable[Entry]) -> dict[str, str]:
    """Domain → title, for a question."""
    return {entry["domain"]: title_of(entry) for entry in [*entries][:MOST_CHOICES]}


class AccountForm(OperationForm):
    """For what concerns one Smart Account: the one named, the one talked about, the only one.

    `members_only`: whether it has to be one in which the person has a role. `strangers`: whether
    the first sentence may name one that is not related to the person.
    """

    early = True
    teaches = True
    members_only: ClassVar[bool] = True
    strangers: ClassVar[bool] = True
    # What holds in one account alone, and is asked anew for another.
    inside: ClassVar[frozenset[str]] = frozenset()

    async def accounts(self, turn: Turn) -> list[Entry]:
        """The accounts that this can be about."""
        return [
            entry
            for entry in await related(turn)
            if entry["status"] == "active"
            and (entry["relation"] == "access" or not self.members_only)
        ]

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Which account is meant."""
        if sheet.asked is None:
            sheet.memory.kept["words"] = turn.words
        if "smart_account" in heard:
            turn.remember(smart_account=heard["smart_account"])
            return
        asked_for = sheet.asked == "smart_account"
        if not (asked_for or sheet.asked in {None, CHANGE}):
            return
        if asked_for:
            await self._hear_account(turn, sheet, heard)
            return
        everywhere = sheet.asked is None and self.strangers
        found = await find_accounts(turn, turn.words, everywhere=everywhere)
        if len(found.entries) > 1:
            self._ambiguous(sheet, found.entries)
        elif found.entries:
            await self._take_account(turn, sheet, heard, found.entries[0])
        elif sheet.asked is None and "smart_account" not in sheet.values:
            await self._conclude(turn, sheet, heard, found.phrases)

    async def _hear_account(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """The answer to which account it is. What is no name of one is an answer to something
        else, and waits: the words are read again once the account is known.
        """
        if sheet.memory.narrowed == "smart_account":
            chosen = choice(turn, sheet.options("smart_account"))
            if chosen is not None:
                heard["smart_account"] = chosen
                turn.remember(smart_account=chosen)
                return
        found = await answer_with_account(turn)
        if len(found.entries) > 1:
            self._ambiguous(sheet, found.entries)
        elif found.entries:
            await self._take_account(turn, sheet, heard, found.entries[0])
        else:
            sheet.memory.kept["words"] = f"{sheet.memory.kept.get('words') or ''} {turn.words}"
            sheet.judged.add("smart_account")
            if found.phrases:
                await self._unknown(turn, sheet, found.phrases[0])
            elif turn.facts:
                sheet.notes.append(say("utter_account_first"))

    async def _take_account(self, turn: Turn, sheet: Sheet, heard: Values, entry: Entry) -> None:
        if entry.get("unknown"):
            await self._unknown(turn, sheet, entry["domain"])
            return
        if sheet.values.get("smart_account") != entry["domain"]:
            heard["smart_account"] = entry["domain"]
            turn.remember(smart_account=entry["domain"])

    async def _conclude(self, turn: Turn, sheet: Sheet, heard: Values, phrases: list[str]) -> None:
        """Nothing is named: the account talked about last, or the only one."""
        possible = {entry["domain"]: entry for entry in await self.accounts(turn)}
        recalled = turn.recall.get("smart_account")
        likely = recalled if recalled in possible else None
        if likely is None and len(possible) == 1:
            likely = next(iter(possible))
        if likely is None:
            return
        for phrase in phrases:
            if not await self.is_explained(turn, likely, phrase):
                await self._unknown(turn, sheet, phrase)
                return
        heard["smart_account"] = likely

    async def is_explained(self, turn: Turn, smart_account: str, phrase: str) -> bool:  # noqa: ARG002
        """Whether a phrase that names no account is something else in this one; always so, where
        names of other things may be said.
        """
        return True

    def _keep(self, turn: Turn, sheet: Sheet, heard: Values) -> set[str]:
        """Another account has other things inside, other properties and other administrators."""
        account = sheet.values.get("smart_account")
        if account and heard.get("smart_account", account) != account:
            sheet.memory.allowed = False
            for slot in self.inside - {*heard}:
                sheet.values.pop(slot, None)
            self._drop_filled(sheet)
        return super()._keep(turn, sheet, heard)

    def _fill(self, sheet: Sheet, present: Values) -> None:
        """What nobody has said is as it is in the account, and goes when it is another one."""
        filled = {slot: value for slot, value in present.items() if slot not in sheet.values}
        sheet.values |= filled
        sheet.memory.kept["filled"] = {**(sheet.memory.kept.get("filled") or {}), **filled}

    def _drop_filled(self, sheet: Sheet) -> None:
        for slot, value in (sheet.memory.kept.pop("filled", None) or {}).items():
            if sheet.values.get(slot) == value:
                sheet.values.pop(slot)

    def _ambiguous(self, sheet: Sheet, entries: list[Entry]) -> None:
        sheet.narrow("smart_account", choices(entries), say("utter_account_ambiguous"))
        sheet.judged.add("smart_account")
        sheet.memory.changing = "smart_account"

    async def _unknown(self, turn: Turn, sheet: Sheet, said: str) -> None:
        """No such account: say so, and offer the nearest of those related to the person."""
        sheet.notes.append(say("utter_account_unknown", said=said[:60]))
        sheet.judged.add("smart_account")
        sheet.values.pop("smart_account", None)
        entries = {title_of(one): one for one in await self.accounts(turn)}
        close = nearest(said, entries)
        if close or sheet.memory.narrowed != "smart_account":
            close = close or [*entries]
            sheet.narrow("smart_account", choices(entries[title] for title in close))
        sheet.memory.changing = "smart_account"

    async def options_of(self, slot: str, turn: Turn, sheet: Sheet) -> dict[str, str] | None:
        """The accounts to choose from; any other may be named where that is possible."""
        if slot != "smart_account":
            return await super().options_of(slot, turn, sheet)
        found = choices(await self.accounts(turn))
        return found if found or self.members_only else None

    def _nothing_to_choose(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        if f"utter_{self.form}_nothing" in responses():
            return super()._nothing_to_choose(turn, sheet)
        turn.reply(say("utter_no_account"), buttons=buttons("utter_no_account"))
        sheet.forget()
        return sheet.events(None)
