"""Requests that wait: which one is meant, by who asked, by its place in the list, by account."""

import re
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from actions.accounts import PLAIN_WORDS, phrases_of, search, spellings
from actions.dialogue import Dialogue
from actions.names import find_names
from actions.negations import is_left_out
from actions.people import named_people, spellings_of
from actions.sheet import CHANGE, Sheet, Values
from actions.turn import Turn
from actions.wording import question, say

Item = dict[str, Any]
SLOT = "request_id"
MOST_CHOICES = 25
_PLACES = {"first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3,
           "4th": 3, "fifth": 4, "5th": 4, "last": -1}  # fmt: skip
_ORDINAL = re.compile(
    rf"\b(?P<place>{'|'.join(_PLACES)})\b|\b(?:number|request|no\.|#|nr\.?)\s*(?P<number>\d{{1,2}})\b",
    re.IGNORECASE,
)
_IT = re.compile(r"\b(?:it|his|her|him|hers|theirs|that one|this one|them)\b", re.IGNORECASE)
_ALL = re.compile(r"\b(?:all(?: of them)?|them all|both|everybody|everyone)\b", re.IGNORECASE)
# Whose name follows a verb or "from", or stands before "'s".
_NAMED = re.compile(
    r"\b(?:approve|accept|grant|decline|reject|deny|refuse|let|allow|down|to|from|of|by|and)\s+"
    r"(?P<name>[^\W\d_][\w.-]*)(?:['’]s?)?\b|\b(?P<owner>[^\W\d_][\w.-]*)['’]s\b",
    re.IGNORECASE,
)
_NO_ONE = PLAIN_WORDS | {
    "accept", "allow", "application", "approve", "both", "decline", "deny", "everybody", "grant",
    "refuse", "reject", "turn", "fifth", "first", "fourth", "him", "last", "number", "one",
    "second", "third", "those", "upgrade",
}  # fmt: skip
_NO_THING = frozenset({
    "become", "being", "see", "yesterday", "monday", "tuesday", "wednesday", "thursday", "friday",
    "saturday", "sunday", "morning", "moment", "ago", "earlier", "once", "good", "me",
    "last", "next",
})  # fmt: skip
_OPENING = re.compile(
    r"^\W*(?:(?:no|nope|wait|sorry|ok|okay|yes|please|actually|hm+|oh|rather|better)\b[ ,.:;!-]*)+",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"(?:\s*(?:[,;:]|\s[-–])\s*(?:because|since|as|reason(?: is)?:?|the reason is)?\s*"
    r"|\s+(?:because(?: of)?|since|reason(?: is)?:?|with the reason|saying(?: that)?)\s+)"
    r"(?P<reason>\S.*)$",
    re.IGNORECASE | re.DOTALL,
)


_CLOSING = re.compile(r"[\s,.!]*\b(?:please|pls|thanks|thank you|thx)\W*$", re.IGNORECASE)
_JOINS = re.compile(r"(?:\s|[,;&+]|\b(?:and|or|nor)\b)+", re.IGNORECASE)
_GIVEN = re.compile(r"\b(?:because|since|as|reason|saying)\b", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*(?:[,;:&+]|\b(?:and|or|but|not|except|only|also)\b)\s*", re.IGNORECASE)


def split_reason(text: str, names: Iterable[str] = ()) -> tuple[str, str | None]:
    """What is to be done, and the reason after a comma or "because". What is only `names`, or
    words written like such, goes on with what is to be done: "decline Nora, Leo and Uma".
    """
    text = _CLOSING.sub("", _OPENING.sub("", text))
    match = _REASON.search(text)
    reason = match["reason"].strip(" .!") if match else ""
    if match is None or not reason:
        return text[: match.start()] if match else text, None
    parts = [part for part in _BETWEEN.split(reason) if part]
    given = _GIVEN.search(text[match.start() : match.start("reason")])
    if not given and all(_is_a_name(part, names) for part in parts):
        return text, None
    return text[: match.start()], reason


def _is_a_name(said: str, names: Iterable[str]) -> bool:
    """Whether these words are one of the names, a place in a list, or a lone capitalised word."""
    said = re.sub(r"['’]s$", "", said)
    if _ORDINAL.fullmatch(said) or re.fullmatch(r"[A-Z][\w-]+", said):
        return True
    hits = find_names(said, {name: name for name in names})
    return any(hit.end - hit.start == len(said) for hit in hits)


def _named_in(items: Iterable[Item], account: Callable[[Item], dict[str, str]]) -> set[str]:
    """How those who asked, and the accounts they asked for, may be called."""
    people = spellings_of(item["requester"] for item in items)
    return {*people, *(one for item in items for one in spellings(account(item)))}


def _without(words: str, addresses: Iterable[str]) -> str:
    for address in addresses:
        words = words.replace(address, "")
    return words


class RequestChoice(Dialogue):
    """For forms about one request that waits: named, the only one, or chosen.

    `lists` and `narrowed` are the call that lists them, `shown` the kind of list in which "the
    second one" is counted; `by_person` whether people in the sentence are those who asked.
    """

    lists: ClassVar[str] = "list_access_requests"
    narrowed: ClassVar[Values] = {}
    shown: ClassVar[str] = "access_requests"
    by_person: ClassVar[bool] = True

    async def items(self, turn: Turn) -> list[Item]:
        """The requests that there are to choose from, newest first; read once a turn."""
        key = f"{self.lists} {sorted(self.narrowed)}"
        if key not in turn.read:
            answer = await turn.call(self.lists, limit=100, **self.narrowed)
            turn.read[key] = list(answer.body.get("items") or []) if answer.ok else []
        found: list[Item] = turn.read[key]
        return found

    def label(self, item: Item) -> str:
        """A request in a list of options."""
        return label_of(item, mine=not self.by_person)

    def account(self, item: Item) -> dict[str, str]:
        """Name and domain of the account that a request is about."""
        return {"name": item["smart_account_name"], "domain": item["smart_account"]}

    async def request(self, turn: Turn, sheet: Sheet) -> Item | None:
        """The request that is chosen."""
        chosen = sheet.values.get(SLOT)
        return next((one for one in await self.items(turn) if one["id"] == chosen), None)

    async def hear_request(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Which request is meant; several are asked about, and a name of none is said."""
        if SLOT in heard or sheet.asked not in {None, CHANGE, SLOT}:
            return
        items = await self.items(turn)
        words, _ = split_reason(turn.words, _named_in(items, self.account))
        found = self._meant(turn, words, items)
        if not found and await self._misses(turn, words, items):
            found = []
        if found is None:
            if sheet.asked is None and len(items) == 1:
                heard[SLOT] = items[0]["id"]
            return
        if len(found) > 1 and _ALL.search(words):
            self.all_of_them(sheet, found)
            found = found[:1]
        if len(found) == 1:
            heard[SLOT] = found[0]["id"]
        elif items:
            self._ask_which(sheet, found or items)
            if not found:
                sheet.notes.append(say(f"utter_{self.shown}_unknown"))

    async def take_reason(self, turn: Turn, sheet: Sheet, said: str) -> None:
        """Take the reason out of "decline the second one, wrong department"."""
        _, reason = split_reason(said, _named_in(await self.items(turn), self.account))
        if reason and not turn.is_payload:
            sheet.values.setdefault("reason", reason[:500])

    async def _misses(self, turn: Turn, words: str, items: list[Item]) -> bool:
        """Whether an account is named that none of the requests is about; of one's own requests,
        anything that none is about.
        """
        places = {place.lower() for item in items for place in item.get("virtual_accounts") or ()}
        known = _named_in(items, self.account) | places
        for phrase in phrases_of(_without(words, turn.values("email"))):
            word = phrase.split()[0].lower()
            if word in _NO_ONE | _NO_THING or find_names(phrase, {one: one for one in known}):
                continue
            about = rf"\b(?:for|to|into|of|in|about|at)\s+(?:the\s+)?{re.escape(phrase)}"
            if not self.by_person and re.search(about, words, re.IGNORECASE):
                return True
            if any(phrase.lower() in spellings(one) for one in await search(turn, phrase)):
                return True
        return False

    def all_of_them(self, sheet: Sheet, found: list[Item]) -> None:
        """One at a time: nothing is decided in a heap; nothing said by default."""

    def _ask_which(self, sheet: Sheet, items: list[Item]) -> None:
        sheet.judged.add(SLOT)
        sheet.narrow(SLOT, {one["id"]: self.label(one) for one in items[:MOST_CHOICES]})
        sheet.memory.changing = SLOT

    def _meant(self, turn: Turn, words: str, items: list[Item]) -> list[Item] | None:
        """The requests that fit what is said; None when nothing is said of which."""
        words, left_out = self._exceptions(turn, words, items)
        items = [item for item in items if item not in left_out]
        kinds = [self._of_people(turn, words, items), self._of_account(turn, words, items)]
        said = [one for one in kinds if one is not None]
        found = [item for item in items if all(item in one for one in said)]
        known = self._spellings(items)
        for hit in reversed(find_names(words, {one: one for one in known})):
            words = words[: hit.start] + words[hit.end :]  # "Fourth Coffee" is no fourth one
        place = self._in_list(turn, words, found if said else items)
        if place is not None:
            return place
        if said:
            return found
        if left_out or _ALL.search(words):
            return items
        recalled = [one for one in items if one["id"] == turn.recall.get("request")]
        return recalled if recalled and _IT.search(words) else None

    def _exceptions(self, turn: Turn, words: str, items: list[Item]) -> tuple[str, list[Item]]:
        """The words without what they leave out, and the requests of those: "all but Nora"."""
        people = [item["requester"] for item in items] if self.by_person else []
        whose = spellings_of(people) | {
            spelling: [*domains] for spelling, domains in self._spellings(items).items()
        }
        hits = find_names(words, {spelling: spelling for spelling in whose})
        out: set[str] = set()
        after = -1
        for hit in hits:
            joined = 0 <= after <= hit.start and _JOINS.fullmatch(words[after : hit.start])
            if joined or is_left_out(words, hit.start):
                out |= {*whose[hit.value]}
                after = hit.end
        for hit in reversed(hits):
            if {*whose[hit.value]} <= out:
                words = f"{words[: hit.start]} {words[hit.end :]}"
        ordinal = _ORDINAL.search(words)
        if ordinal and is_left_out(words, ordinal.start()):
            placed = self._in_list(turn, words, items) or []
            words = words[: ordinal.start()] + words[ordinal.end() :]
        else:
            placed = []
        gone = [
            item
            for item in items
            if item in placed
            or item["requester"]["email"] in out
            or self.account(item)["domain"] in out
        ]
        return words, gone

    def _of_people(self, turn: Turn, words: str, items: list[Item]) -> list[Item] | None:
        """The requests of those who are named; none when it is somebody else's name."""
        if not self.by_person:
            return None
        people = named_people(turn, [item["requester"] for item in items])
        if people:
            return [item for item in items if item["requester"]["email"] in people]
        if turn.values("email"):
            return []
        names = (match["name"] or match["owner"] for match in _NAMED.finditer(words))
        places = {place.lower() for item in items for place in item.get("virtual_accounts") or ()}
        known = _NO_ONE | {*self._spellings(items)} | places
        others = [name for name in names if name.lower() not in known]
        return [] if others and not turn.values("domain") else None

    def _of_account(self, turn: Turn, words: str, items: list[Item]) -> list[Item] | None:
        """The requests about the account that is named."""
        domains = turn.values("domain")
        if domains:
            return [item for item in items if self.account(item)["domain"] in domains]
        known = self._spellings(items)
        hits = find_names(words, {spelling: spelling for spelling in known})
        if not hits:
            return None
        named = {domain for hit in hits for domain in known[hit.value]}
        return [item for item in items if self.account(item)["domain"] in named]

    def _spellings(self, items: list[Item]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for account in map(self.account, items):
            for spelling in spellings(account):
                found.setdefault(spelling, set()).add(account["domain"])
        return found

    def _in_list(self, turn: Turn, words: str, items: list[Item]) -> list[Item] | None:
        """The one at a place of the list that was shown last, else of those that wait."""
        match = _ORDINAL.search(words)
        if match is None:
            return None
        place = _PLACES[match["place"].lower()] if match["place"] else int(match["number"]) - 1
        shown = turn.recall.get("shown") or {}
        ids = [item["id"] for item in items]
        if shown.get("kind") == self.shown:
            ids = list(shown["ids"])
        if not -len(ids) <= place < len(ids):
            return []
        return [item for item in items if item["id"] == ids[place]]

    async def options_of(self, slot: str, turn: Turn, sheet: Sheet) -> dict[str, str] | None:
        """The requests to choose from."""
        if slot != SLOT:
            return await super().options_of(slot, turn, sheet)
        return {one["id"]: self.label(one) for one in (await self.items(turn))[:MOST_CHOICES]}


def say_wish(item: Item) -> str:
    """What a request asks for: "VA User of Oslo, Americas"."""
    role = question("", "role").options[item["role"]]
    places = ", ".join(item["virtual_accounts"])
    if not places:
        return say("utter_wish_account", role=role)
    response = "utter_wish_nested" if item.get("include_nested") else "utter_wish_places"
    return say(response, role=role, places=places)


def label_of(item: Item, *, mine: bool) -> str:
    """A request in one line; one's own without one's own name."""
    who = [] if mine else [item["requester"]["name"]]
    return " · ".join([*who, say_wish(item), item["smart_account_name"]])
