"""Virtual accounts as people name them: lists, ranges, "not Oslo", "also APAC", typos."""

import re
from collections.abc import Iterable
from typing import Any, ClassVar

import httpx
from rasa_sdk.events import EventType

from actions.accounts import AccountForm
from actions.dialogue import SAME
from actions.names import choose, nearest
from actions.roles import hear_role, level_of, role_in, scope_of
from actions.sheet import CHANGE, Sheet, Values
from actions.turn import Turn, payload
from actions.wording import say
from backend.core.client import Answer

SLOT = "virtual_accounts"
PAGES = 5
MOST = 25
MOST_OFFERED = 200
_ABOUT_RIGHTS = frozenset({None, CHANGE, "smart_account", "scope", "role", SLOT})
_ADDS = re.compile(
    r"\b(?:also|too|as well|add|plus|additionally|same for|another)\b|^\W*and\b", re.IGNORECASE
)
_ONLY = re.compile(r"\b(?:only|just|nothing but|instead)\b", re.IGNORECASE)
_ALL = re.compile(r"\b(?:all|every one|everything|each) (?:but|except|without)\b", re.IGNORECASE)
_ENOUGH = re.compile(
    r"\W*(?:no|nope|none|nothing|(?:these|those|they|that) (?:are|is) (?:enough|all|it)"
    r"|that'?s (?:all|it|enough)|enough|(?:only|just) (?:these|those|them)"
    r"|(?:leave|drop|forget) (?:it|that|them)(?: out)?|go on|continue)"
    r"(?: (?:more|else|then|thanks))?\W*",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"\s*(?:[,;\n&+]|\band\b|\bor\b)\s*", re.IGNORECASE)
_AROUND = re.compile(
    r"^\W*(?:(?:only|just|please|for|in|on|the|virtual accounts?|vas?|also|it'?s|i mean|i need|"
    r"sorry|ok|not|no)\b[ ,:]*)+|(?:\s|[.!?]|\b(?:please|thanks|too|only|as well)\b)+$",
    re.IGNORECASE,
)
_EXPLICIT = re.compile(
    r"\b(?:virtual accounts?|vas?)\s+(?:called\s+|named\s+)?(?P<name>[A-Z0-9][\w.&-]*)"
)
_CAPITALS = re.compile(r"\b(?:for|in|on|of|to)\s+(?:the\s+)?(?P<name>[A-Z0-9][\w.&-]+)")


async def places_of(
    turn: Turn, smart_account: str, operation: str = "list_available_virtual_accounts"
) -> dict[str, str]:
    """Name → path of an account's virtual accounts, as far as the person may know; read once a
    turn.
    """
    key = f"{operation} {smart_account}"
    if key not in turn.read:
        found: dict[str, str] = {}
        cursor = None
        for _ in range(PAGES):
            answer = await turn.call(
                operation, smart_account=smart_account, limit=200, cursor=cursor
            )
            found |= {one["name"]: one["path"] for one in answer.body.get("items") or []}
            cursor = answer.body.get("next") if answer.ok else None
            if cursor is None:
                break
        turn.read[key] = found
    places: dict[str, str] = turn.read[key]
    return places


class PlacesForm(AccountForm):
    """For what concerns virtual accounts of a Smart Account, and roles in them.

    `listing` is the operation that says which there are; whoever must name a restricted one
    exactly may do so: what it does not list is passed on as it was said, and the API judges.
    """

    listing: ClassVar[str] = "list_available_virtual_accounts"

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Account, then virtual accounts in it, then role and scope."""
        await super().understand(turn, sheet, heard)
        if sheet.asked not in _ABOUT_RIGHTS:
            return
        account = heard.get("smart_account") or sheet.values.get("smart_account")
        if account is not None:
            await self._hear_places(turn, sheet, heard, str(account))
        hear_role(turn, sheet, heard, scope=await self.scope_otherwise(turn, sheet))

    def account_of(self, sheet: Sheet) -> str:
        """The domain of the account that it is about, once that is known."""
        return str(sheet.values.get("smart_account") or "-")

    async def scope_otherwise(self, turn: Turn, sheet: Sheet) -> str | None:  # noqa: ARG002
        """The scope that holds when nothing is said; none by default."""
        return None

    async def names(self, turn: Turn, sheet: Sheet, smart_account: str) -> dict[str, str]:  # noqa: ARG002
        """Name → path of the virtual accounts that may be meant."""
        return await places_of(turn, smart_account, self.listing)

    async def _hear_places(
        self, turn: Turn, sheet: Sheet, heard: Values, smart_account: str
    ) -> None:
        names = await self.names(turn, sheet, smart_account)
        words = self._words(turn, sheet)
        kept = sheet.memory.kept.get(SLOT)
        if sheet.asked == SLOT and kept and _ENOUGH.fullmatch(words):
            heard[SLOT] = sheet.memory.kept.pop(SLOT)
            return
        said = choose(words, names)
        given = list(said.meant)
        if said.denied and _ALL.search(words):
            given = [name for name in self._everything(sheet, names) if name not in said.denied]
        elif sheet.asked == SLOT:
            given += _others(words, names)
        elif given or said.unknown:
            given += said.unknown
        elif not said.denied:
            given = await self._exactly(turn, smart_account, words)
        if said.denied and not given and not self._present(sheet):
            self._ask_the_rest(sheet, heard, names, said.denied)
            return
        merged = _merged(self._present(sheet), given, said.denied, self._adds(turn, sheet, words))
        if merged is not None:
            heard[SLOT] = merged
            sheet.memory.kept.pop(SLOT, None)

    def _everything(self, sheet: Sheet, names: Iterable[str]) -> list[str]:  # noqa: ARG002
        """What "all but Oslo" is about."""
        return list(names)

    def _ask_the_rest(
        self, sheet: Sheet, heard: Values, names: Iterable[str], denied: list[str]
    ) -> None:
        """Some are denied, and of what, nobody said: the others to choose from."""
        heard["scope"] = SLOT
        if "role" in heard and scope_of(heard["role"]) != SLOT:
            heard["role"] = role_in(level_of(heard["role"]), SLOT)
        rest = [name for name in names if name not in denied][:MOST_OFFERED]
        sheet.notes.append(say("utter_places_denied", names=", ".join(denied)))
        sheet.judged.add(SLOT)
        sheet.narrow(SLOT, {name: name for name in rest})
        sheet.memory.changing = SLOT

    def _adds(self, turn: Turn, sheet: Sheet, words: str) -> bool:
        """Whether what is said comes to what there is: "also Oslo"; the rest of a list of which
        only a part was right.
        """
        if _ONLY.search(words):
            return False
        corrects = sheet.asked == SLOT and SLOT in sheet.memory.kept
        return corrects or turn.intent == SAME or _ADDS.search(words) is not None

    def _words(self, turn: Turn, sheet: Sheet) -> str:
        """The words to look in: once the account is known, those of the first sentence too."""
        if sheet.asked == "smart_account" and SLOT not in sheet.values:
            return str(sheet.memory.kept.get("words") or "")
        return turn.words

    def _present(self, sheet: Sheet) -> list[str]:
        return list(sheet.values.get(SLOT) or sheet.memory.kept.get(SLOT) or [])

    async def _exactly(self, turn: Turn, smart_account: str, words: str) -> list[str]:
        """A restricted one is not listed, but found by its exact name."""
        found = []
        for pattern in (_EXPLICIT, _CAPITALS):
            for match in pattern.finditer(words):
                answer = await turn.call(
                    self.listing, smart_account=smart_account, q=match["name"], limit=5
                )
                found += [
                    one["name"]
                    for one in answer.body.get("items") or []
                    if one["name"].lower() == match["name"].lower()
                ]
        return list(dict.fromkeys(found))

    async def is_explained(self, turn: Turn, smart_account: str, phrase: str) -> bool:
        """A virtual account of this name, listed or not."""
        said = choose(phrase, await places_of(turn, smart_account, self.listing))
        if said.meant or said.unknown:
            return True
        called = f"for {phrase[:1].upper()}{phrase[1:]}"
        return bool(await self._exactly(turn, smart_account, called))

    async def _hear(self, turn: Turn, sheet: Sheet, asked: str) -> Values:
        """What is chosen after a list of which only a part was right comes to that part."""
        kept = sheet.memory.kept.get(SLOT) or []
        heard = await super()._hear(turn, sheet, asked)
        if asked == SLOT and kept and heard.get(SLOT) and not _ONLY.search(turn.words):
            sheet.memory.kept.pop(SLOT, None)
            heard[SLOT] = list(dict.fromkeys([*kept, *heard[SLOT]]))
        return heard

    async def options_of(self, slot: str, turn: Turn, sheet: Sheet) -> dict[str, str] | None:
        """The virtual accounts to choose from, and the roles that fit the scope."""
        if slot == SLOT:
            names = await self.names(turn, sheet, self.account_of(sheet))
            return dict([*names.items()][:MOST_OFFERED]) or None
        if slot == "role":
            return self.roles(sheet)
        return await super().options_of(slot, turn, sheet)

    def roles(self, sheet: Sheet) -> dict[str, str] | None:
        """The roles of the scope that is known."""
        prefix = {"account": "sa_", SLOT: "va_"}.get(str(sheet.values.get("scope")), "")
        titles = sheet.question("role").options
        return {role: title for role, title in titles.items() if role.startswith(prefix)}

    async def needs(self, slot: str, turn: Turn, sheet: Sheet) -> bool:
        """Whether nested ones count is asked only where there are any; lists only of places."""
        if slot in {SLOT, "include_nested"} and sheet.values.get("scope") == "account":
            return False
        if slot != "include_nested":
            return await super().needs(slot, turn, sheet)
        names = await self.names(turn, sheet, self.account_of(sheet))
        paths = [f"{names[name]} / " for name in sheet.values.get(SLOT) or [] if name in names]
        return any(path.startswith(above) for path in names.values() for above in paths)

    async def _store(
        self, turn: Turn, sheet: Sheet, heard: Values, answered: str | None
    ) -> list[EventType]:
        """However the scope was answered, a bare "user" that was said before is a role now."""
        level = sheet.memory.kept.get("level")
        if level and heard.get("scope") and "role" not in heard:
            heard["role"] = role_in(sheet.memory.kept.pop("level"), heard["scope"])
        return await super()._store(turn, sheet, heard, answered)

    async def _check(self, turn: Turn, sheet: Sheet) -> tuple[set[str], dict[str, str]]:
        """Of a list, only what is wrong is dropped; one that is too long can be shortened."""
        missing, wrong = await super()._check(turn, sheet)
        given = list(sheet.values.get(SLOT) or [])
        if SLOT not in wrong or not given:
            return missing, wrong
        bad = {
            int(number)
            for number in (str(error["field"]).rpartition(".")[2] for error in sheet.errors)
            if number.isdigit()
        }
        if bad:
            names = await self.names(turn, sheet, self.account_of(sheet))
            close = [one for i in sorted(bad) if i < len(given) for one in nearest(given[i], names)]
            good = [name for index, name in enumerate(given) if index not in bad]
            sheet.memory.kept[SLOT] = good
            if good:
                sheet.notes.append(say("utter_places_kept", names=", ".join(good)))
                sheet.offers.append(_offer(say("utter_places_enough"), good))
            offered = [one for one in dict.fromkeys(close) if one not in good][:4]
            sheet.offers += [_offer(one, [one]) for one in offered]
        elif len(given) > MOST:
            sheet.offers.append(_offer(say("utter_places_first", count=MOST), given[:MOST]))
        return missing, wrong

    async def refused(self, turn: Turn, sheet: Sheet, answer: Answer) -> list[EventType]:
        """When only some of several virtual accounts are the reason, go on with the others."""
        given = list(sheet.values.get(SLOT) or [])
        if answer.status != httpx.codes.CONFLICT or len(given) < 2:
            return await super().refused(turn, sheet, answer)
        rest = []
        for name in given:
            tried = sheet.arguments() | {SLOT: [name]}
            if (await turn.call(self.operation, dry_run=True, **tried)).ok:
                rest.append(name)
        if not rest:
            return await super().refused(turn, sheet, answer)
        sheet.refusal = None
        sheet.notes.append(
            f"{answer.body.get('detail')} {say('utter_places_rest', names=', '.join(rest))}"
        )
        sheet.values[SLOT] = rest
        return await self._store(turn, sheet, {}, answered=None)


def _others(words: str, names: Iterable[str]) -> list[str]:
    """What is said in an answer beside the known names: names that the API has to judge."""
    known = list(names)
    parts = [_AROUND.sub("", part).strip() for part in _SEPARATORS.split(words)]
    said = [choose(part, known) for part in parts]
    return [
        part
        for part, found in zip(parts, said, strict=True)
        if part and not found.meant and not found.denied
    ]


def _merged(
    present: list[str], given: list[str], denied: list[str], adds: bool
) -> list[str] | None:
    """The list after this message; None when it says nothing of it."""
    if not given:
        left = [name for name in present if name not in denied]
        return left if denied and present else None
    return list(dict.fromkeys([*(present if adds else []), *given]))


def _offer(title: str, names: list[str]) -> dict[str, Any]:
    return {"title": title, "payload": payload("answer", slot=SLOT, value=names)}
