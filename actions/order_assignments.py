"""Orders are assigned to a Smart Account: one, some lines of it, or many at once."""

import re
from typing import ClassVar

import httpx
from rasa_sdk.events import EventType

from actions.accounts import AccountForm, Entry, related
from actions.forms import OperationForm
from actions.inside import MOST_ACCOUNTS, nodes_of
from actions.names import Hit, find_names
from actions.negations import affirmed
from actions.order_forms import MOST_CHOICES, OrderForm
from actions.orders import (
    ORDER,
    Order,
    means_several,
    numbers_left_out,
    numbers_said,
    order_of,
    orders_seen,
)
from actions.places import places_of
from actions.sheet import CHANGE, Sheet, Values
from actions.turn import Turn, button
from actions.wording import say
from backend.core.client import Answer

PLACE = "virtual_account"
ORDERS = "orders"
MOST_AT_ONCE = 500
MOST_LOOKED_AT = 40
_DEFAULT = re.compile(r"\b(?:the )?default(?: one| virtual account)?\b", re.IGNORECASE)
_ALL = re.compile(
    r"\b(?:all|every(?:thing)?|each|any)\b(?! (?:of )?(?:the |its )?lines?\b)", re.IGNORECASE
)
_THEM = re.compile(r"\b(?:them|these|those|they|all of it)\b", re.IGNORECASE)
_UNASSIGNED = re.compile(r"\bun-?assi?gn\w*\b|\bnot assigned\b", re.IGNORECASE)
_TO = re.compile(r"\b\d{6,}\s*(?:to|-|–|until|through)\s*\d{6,}\b", re.IGNORECASE)
# What stands after the account and a comma, or is called a virtual account.
_SAID = re.compile(
    r"\b(?:virtual account|va)\s+(?:called\s+|named\s+)?(?P<so>[^\W_][\w.&/ -]*?)"
    r"(?=\s*(?:[,;]|\bin\b|\bat\b|\bof\b|\bplease\b|[.!?]?\s*$))",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"^\s*(?:,|/|:)\s*(?:virtual account\s+|va\s+|in\s+)?"
    r"(?P<name>[^\W_][\w.&/-]*(?: [\w.&/-]+){0,2}?)"
    r"(?=\s*(?:[,;]|\bplease\b|\bpls\b|\bonly\b|\bline\b|\blines\b|[.!?]?\s*$))",
    re.IGNORECASE,
)
_NO_PLACE = frozenset({
    "line", "lines", "account", "smart", "the", "order", "orders", "them", "it", "all", "please",
    "and", "but", "whole", "licences", "licenses", "thanks", "assign", "put", "default", "now",
})  # fmt: skip
_LEAD = re.compile(r"^\W*(?:(?:no|in|to|into|the|please|it'?s)\b[ ,]*)+", re.IGNORECASE)
_ALSO = re.compile(r"\b(?:also|too|and|add|as well)\b", re.IGNORECASE)
_SHORT = 4  # words


class TargetForm(AccountForm):
    """For what goes to a Smart Account, anybody's, and a virtual account there. Its contents are
    told to nobody who has no role there: what is not listed is passed on as it was said.
    """

    members_only = False
    inside = frozenset({PLACE})

    async def accounts(self, turn: Turn) -> list[Entry]:
        """Those that orders can be for: a partner's holding account has to be named."""
        return [one for one in await super().accounts(turn) if one.get("type") != "holding"]

    async def options_of(self, slot: str, turn: Turn, sheet: Sheet) -> dict[str, str] | None:
        """Members choose among the virtual accounts that they see; others name one."""
        if slot != PLACE:
            return await super().options_of(slot, turn, sheet)
        account = str(sheet.values.get("smart_account"))
        entry = next((one for one in await related(turn) if one["domain"] == account), None)
        if entry is None or entry["relation"] != "access":
            return None
        nodes = await nodes_of(turn, account)
        few = 1 < len(nodes) <= MOST_CHOICES
        return {str(n["name"]): str(n["path"]) for n in nodes} if few else None

    async def _conclude(self, turn: Turn, sheet: Sheet, heard: Values, phrases: list[str]) -> None:
        """The account that nobody named is said, so that it is noticed."""
        await super()._conclude(turn, sheet, heard, phrases)
        account = heard.get("smart_account")
        if account is not None:
            label = sheet.question("smart_account").label
            sheet.notes.append(say("utter_form_noted", changes=f"{label}: {account}"))

    async def hear_target(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Account, then virtual account."""
        asked = sheet.asked
        if asked == PLACE and not turn.values("domain"):
            await self._hear_place(turn, sheet, heard)
            return
        await AccountForm.understand(self, turn, sheet, heard)
        if sheet.memory.narrowed == "smart_account" and "smart_account" in sheet.judged:
            self._prefer_label(turn, sheet, heard)
        account = heard.get("smart_account") or sheet.values.get("smart_account")
        if account is None and asked is None and not turn.is_payload:
            account = await self._with_such(turn)
            if account is not None:
                heard["smart_account"] = account
                self._settle(sheet)
        if account is not None and asked in {None, CHANGE, "smart_account", PLACE}:
            await self._hear_place(turn, sheet, heard)

    def _settle(self, sheet: Sheet) -> None:
        sheet.judged.discard("smart_account")
        sheet.narrow("smart_account", None)
        sheet.memory.changing = None
        sheet.notes.clear()

    def _prefer_label(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Of several accounts that "northwind" may mean, the one whose domain begins so."""
        words = {word.lower() for word in re.findall(r"[\w-]+", turn.words)}
        fits = [d for d in sheet.options("smart_account") if d.split(".")[0] in words]
        if len(fits) == 1 and len(sheet.options("smart_account")) > 1:
            heard["smart_account"] = fits[0]
            turn.remember(smart_account=fits[0])
            self._settle(sheet)

    async def _with_such(self, turn: Turn) -> str | None:
        """The only account of one's own that has a virtual account of a name that is said."""
        found = []
        for entry in (await self.accounts(turn))[:MOST_ACCOUNTS]:
            hits = await self._hits(turn, entry["domain"], turn.words)
            if any(not _DEFAULT.fullmatch(hit.value) for hit in hits):
                found.append(str(entry["domain"]))
        return found[0] if len(found) == 1 else None

    async def _hits(self, turn: Turn, account: str, words: str) -> list[Hit]:
        names = await places_of(turn, account)
        return affirmed(words, find_names(words, {name: name for name in names}))

    async def _hear_place(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """A virtual account that is listed, or whatever stands where its name would."""
        account = str(heard.get("smart_account") or sheet.values.get("smart_account"))
        words = turn.words
        if sheet.asked == "smart_account":  # now the first sentence can be read
            words = f"{sheet.memory.kept.get('words') or ''} {turn.words}"
        hits = [h for h in await self._hits(turn, account, words)
                if not _DEFAULT.fullmatch(h.value)]  # fmt: skip
        said = self._unlisted(turn, sheet, account, words)
        if hits:
            heard[PLACE] = hits[-1].value
        elif said:
            heard[PLACE] = said
        elif _DEFAULT.search(words) and not turn.is_payload:
            sheet.values.pop(PLACE, None)
            sheet.memory.skipped.append(PLACE)
            sheet.judged.add(PLACE)

    def _unlisted(self, turn: Turn, sheet: Sheet, account: str, words: str) -> str | None:
        """A name that nothing lists: it may be restricted, or there is none such."""
        if match := _SAID.search(words):
            return None if match["so"].lower() in _NO_PLACE else match["so"].strip()
        if sheet.asked == PLACE and len(words.split()) <= _SHORT:
            plain = turn.intent not in {"affirm", "deny", "skip"} and not turn.is_payload
            said = _LEAD.sub("", words)
            return said.strip(" .!?") or None if plain else None
        label = account.split(".")[0]
        after = re.compile(
            rf"\b(?:{re.escape(account)}|{re.escape(label)})(?:\s+\w+)?", re.IGNORECASE
        )
        for match in after.finditer(words):
            found = _AFTER.match(words[match.end() :])
            if found and found["name"].split()[0].lower() not in _NO_PLACE:
                return found["name"].strip()
        return None

    async def _target_refused(self, sheet: Sheet, answer: Answer) -> None:
        """What one can do oneself about an account that takes nothing."""
        kind, account = str(answer.body.get("type", "")), sheet.values.get("smart_account")
        if account and "notice" in kind:
            title = say("utter_way_accept_notice")
            sheet.offers.append(button(title, "accept_notice", smart_account=account))


class AssignOrderForm(OrderForm, TargetForm):
    """Assigns an order, or some lines of it, to a Smart Account after the sale."""

    form = "assign_order_form"
    operation = "assign_order"
    asks = (ORDER, "smart_account", PLACE)
    optional = frozenset({PLACE})
    takes = frozenset({"lines"})
    begins = frozenset({"assign_order"})
    repeats = frozenset({"smart_account", PLACE})
    may_do = "assign_order"
    narrowed: ClassVar[Values] = {"assignment": "unassigned"}

    async def elsewhere(self, turn: Turn, sheet: Sheet) -> str | None:
        """Several orders have a result each."""
        if turn.is_payload and not turn.words:
            return None
        several = len(numbers_said(turn)) > 1 or _speaks_of_many(turn)
        return AssignOrdersForm.form if several and sheet.asked is None else None

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Which order, which lines, and where to."""
        if sheet.asked is None and (len(numbers_said(turn)) > 1 or _speaks_of_many(turn)):
            heard.clear()
            return
        await OrderForm.understand(self, turn, sheet, heard)
        if sheet.asked != ORDER or turn.values("domain"):
            await self.hear_target(turn, sheet, heard)
        elif sheet.asked == ORDER and ORDER in heard:
            sheet.memory.kept.setdefault("words", "")

    async def _check(self, turn: Turn, sheet: Sheet) -> tuple[set[str], dict[str, str]]:
        """What is wrong; a line that the order has not is said with those that it has."""
        missing, wrong = await super()._check(turn, sheet)
        if "lines" in wrong:
            sheet.notes.append(wrong.pop("lines"))
            sheet.values.pop("lines", None)
            missing.discard("lines")
            sheet.notes.append(say("utter_line_all"))
        return missing, wrong

    async def refused(self, turn: Turn, sheet: Sheet, answer: Answer) -> list[EventType]:
        """Another account, the notice, or a case."""
        await self._target_refused(sheet, answer)
        number, account = sheet.values.get(ORDER), sheet.values.get("smart_account")
        if account and number and answer.status == httpx.codes.CONFLICT:
            order = await self.order(turn, sheet)
            if order is not None and "assign_order" in order["you_may"]:
                title = say("utter_way_other_account")
                sheet.offers.append(button(title, "assign_order", order_number=number))
        turn.remember(smart_account=None)
        return await super().refused(turn, sheet, answer)


def _speaks_of_many(turn: Turn) -> bool:
    """Whether orders are meant in the plural: "all unassigned orders", "them"."""
    if numbers_said(turn):
        return _TO.search(turn.words) is not None
    many = _UNASSIGNED.search(turn.words) or _ALL.search(turn.words)
    several = many is not None and (means_several(turn) or bool(numbers_left_out(turn)))
    return several or bool(_shown(turn) and _THEM.search(turn.words))


def _shown(turn: Turn) -> list[str]:
    """The orders of the list that was shown last."""
    shown = turn.recall.get("shown") or {}
    return list(shown["ids"]) if shown.get("kind") == "orders" else []


class AssignOrdersForm(TargetForm, OperationForm):
    """Assigns many orders at once; each has a result of its own."""

    form = "assign_orders_form"
    operation = "assign_orders"
    asks = (ORDERS, "smart_account", PLACE)
    optional = frozenset({PLACE})
    restates = frozenset({"assign_order"})
    repeats = frozenset({"smart_account", PLACE})
    subject = "an order"

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Which orders, and where to."""
        if sheet.asked in {None, CHANGE, ORDERS}:
            await self._hear_orders(turn, sheet, heard)
        if sheet.asked != ORDERS:
            await self.hear_target(turn, sheet, heard)

    async def _hear_orders(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Named, in a range, all that wait, or those shown last; "not 4100027" leaves one out."""
        out, named = numbers_left_out(turn), numbers_said(turn)
        present = [str(one) for one in sheet.values.get(ORDERS) or ()]
        if _TO.search(turn.words) and len(named) >= 2:
            named = await self._between(turn, named)
        elif _THEM.search(turn.words) and not named and not present and _shown(turn):
            named = self._able(sheet, await self._known(turn, _shown(turn)))
        elif _UNASSIGNED.search(turn.words) or (_ALL.search(turn.words) and not named):
            named = await self._waiting(turn, sheet)
        elif named and present and _ALSO.search(turn.words):
            named = [*present, *named]
        elif out and not named:
            named = present or await self._waiting(turn, sheet)
        found = [n for n in dict.fromkeys(named) if n not in out][:MOST_AT_ONCE]
        if found:
            heard[ORDERS] = found
        elif sheet.asked == ORDERS or named or out:
            sheet.judged.add(ORDERS)

    async def _waiting(self, turn: Turn, sheet: Sheet) -> list[str]:
        """All that have no account, but for those that can't be given one."""
        found, _ = await orders_seen(turn, assignment="unassigned")
        return self._able(sheet, found)

    async def _known(self, turn: Turn, numbers: list[str]) -> list[Order]:
        """What is known of these orders: most stand in the list that was shown."""
        seen = {one["number"]: one for one in (await orders_seen(turn))[0]}
        missing = [number for number in numbers if number not in seen][:MOST_LOOKED_AT]
        for number in missing:
            seen[number] = (await order_of(turn, number)).body
        return [seen[number] for number in numbers if "number" in seen.get(number, ())]

    def _able(self, sheet: Sheet, orders: list[Order]) -> list[str]:
        """Those of them that can be assigned; which can't is said."""
        able = [one["number"] for one in orders if "assign_order" in one["you_may"]]
        rest = [one["number"] for one in orders if one["number"] not in able]
        if rest and able:
            sheet.notes.append(
                say("utter_orders_left_out", count=len(rest), numbers=", ".join(rest))
            )
        return able

    async def _between(self, turn: Turn, numbers: list[str]) -> list[str]:
        """From one number to another, those that the person sees."""
        first, last = sorted(numbers[:2], key=int)
        found, _ = await orders_seen(turn)
        own = sorted(o["number"] for o in found if int(first) <= int(o["number"]) <= int(last))
        return own or numbers

    async def options_of(self, slot: str, turn: Turn, sheet: Sheet) -> dict[str, str] | None:
        """None: there may be hundreds, so they are named; but nothing to assign ends it."""
        if slot != ORDERS:
            return await super().options_of(slot, turn, sheet)
        return None if await self._waiting(turn, sheet) else {}

    async def refused(self, turn: Turn, sheet: Sheet, answer: Answer) -> list[EventType]:
        """What one can do oneself, or a case."""
        await self._target_refused(sheet, answer)
        turn.remember(smart_account=None)
        return await super().refused(turn, sheet, answer)


class UnassignOrderForm(OrderForm):
    """Undoes an assignment of which nothing was delivered yet."""

    form = "unassign_order_form"
    operation = "unassign_order"
    asks = (ORDER,)
    begins = frozenset({"unassign_order"})
    may_do = "unassign_order"
