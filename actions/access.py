"""Access: ask for it, see what became of that, remind, withdraw; decide what others ask for."""

import re
from collections.abc import Iterable
from typing import ClassVar

import httpx
from rasa_sdk.events import EventType

from actions import cards
from actions.accounts import find_accounts, phrases_of
from actions.base import CustomAction
from actions.dialogue import Dialogue, forms
from actions.forms import OperationForm
from actions.members import called
from actions.names import find_names
from actions.negations import is_negated
from actions.people import spellings_of
from actions.places import SLOT as PLACES
from actions.places import PlacesForm
from actions.requests import SLOT as REQUEST
from actions.requests import Item, RequestChoice, label_of, say_wish
from actions.roles import ACCOUNT, level_of, role_in
from actions.sheet import CHANGE, Sheet, Values
from actions.turn import Turn, button
from actions.wording import buttons, counted, metadata, say
from backend.core.client import Answer

SHOWN = 25
MOST = 100  # requests that are looked at
_DECLINES = re.compile(r"\b(?:decline|reject|deny|refuse|turn (?:\w+ )?down)\b", re.IGNORECASE)
_APPROVES = re.compile(r"\b(?:approve|accept|grant|let (?:\w+ )in)\b", re.IGNORECASE)
_WHY = re.compile(
    r"(?:\bbecause\b|\bsince\b(?! (?:mon|tues|wednes|thurs|fri|satur|sun)day)|\breason(?: is)?:?)"
    r"\s*(?P<because>\S.*)$|,\s*(?P<i>(?:i|we)\b(?!['’]m new).*)$",
    re.IGNORECASE | re.DOTALL,
)
_GIVES = re.compile(
    r"^\W*(?:(?:pls|please|can you|could you|hi|hello)\W+)*(?:give|grant)\b", re.IGNORECASE
)

_WHERE = re.compile(r"\b(?:only|just|for|in|on)\s+(?:(?:for|in|on|of|to)\s+)?(?P<rest>\S.*)$",
                    re.IGNORECASE)  # fmt: skip
_NO_PLACE = frozenset({
    "approver", "approvers", "being", "business", "ever", "full", "general", "good", "moment",
    "nested", "once", "one", "part", "project", "read", "read-only", "reading", "sure", "three",
    "time", "two",
})  # fmt: skip


class RequestAccessForm(PlacesForm):
    """Asks for a role in a Smart Account, for the person who chats."""

    form = "request_access_form"
    operation = "request_access"
    asks = ("smart_account", "scope", "role", "virtual_accounts", "include_nested",
            "justification")  # fmt: skip
    optional = frozenset({"include_nested", "justification"})
    begins = frozenset({"request_access"})
    repeats = frozenset(asks) - {"virtual_accounts"}
    also_cancels = frozenset({"cancel_access_request"})
    subject = "access to a Smart Account"
    members_only = False

    async def elsewhere(self, turn: Turn, sheet: Sheet) -> str | None:  # noqa: ARG002
        """Access for somebody else: "give Fiona viewer access to Oslo"."""
        return "add_user_form" if _GIVES.match(turn.words) and called(turn.words) else None

    async def prepare(self, turn: Turn, sheet: Sheet, said: str) -> None:
        """Take the reason out of "… for Oslo, I manage its licences"."""
        match = _WHY.search(said)
        if match and not turn.is_payload:
            why = (match["because"] or match["i"]).strip(" .")
            sheet.values.setdefault("justification", why[:500])

    async def refused(self, turn: Turn, sheet: Sheet, answer: Answer) -> list[EventType]:
        """What is asked for already can be reminded of or withdrawn."""
        if str(answer.body.get("type", "")).endswith("already-requested"):
            sheet.notes.append(say("utter_access_requested_already"))
            sheet.offers += buttons("utter_access_requested_already")
        return await super().refused(turn, sheet, answer)


class RemindForm(RequestChoice, OperationForm):
    """Reminds those who can decide a request of one's own."""

    form = "remind_form"
    operation = "remind_access_request"
    asks = (REQUEST,)
    begins = frozenset({"remind_deciders"})
    narrowed: ClassVar[Values] = {"mine": True, "status": "pending"}
    by_person = False
    early = True

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Which of one's own requests is meant."""
        await self.hear_request(turn, sheet, heard)


class WithdrawForm(RemindForm):
    """Cancels a request of one's own that nobody has decided."""

    form = "withdraw_form"
    operation = "cancel_access_request"
    begins = frozenset({"cancel_access_request"})


class DecisionForm(RequestChoice, OperationForm):
    """For deciding a request of somebody else; Smart Account requests have forms of their own."""

    narrowed: ClassVar[Values] = {"to_decide": True}
    early = True
    teaches = True
    of_accounts: ClassVar[str]  # the form for Smart Account requests
    opposite: ClassVar[tuple[re.Pattern[str], str]]  # the words for the other decision, its form

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Whose request is meant."""
        if sheet.asked is None and await self._is_about_an_account(turn):
            sheet.memory.kept["of_accounts"] = True
            return
        if sheet.asked is None and self._is_denied(turn):
            self._decide_nothing(sheet)
            return
        await self.hear_request(turn, sheet, heard)

    def _is_denied(self, turn: Turn) -> bool:
        """To say "don't approve Fiona" is no approval, and not yet the other decision."""
        verbs = [hit for one in (_APPROVES, _DECLINES) for hit in one.finditer(turn.words)]
        return any(is_negated(turn.words, hit.start()) for hit in verbs)

    def _decide_nothing(self, sheet: Sheet) -> None:
        sheet.refusal = Answer(httpx.codes.CONFLICT, {"detail": say("utter_nothing_decided")})
        sheet.offers += buttons("utter_nothing_decided")

    async def elsewhere(self, turn: Turn, sheet: Sheet) -> str | None:  # noqa: ARG002
        """Whether it is a Smart Account that somebody asks for."""
        return self.of_accounts if sheet.memory.kept.get("of_accounts") else None

    def _other_form(self, turn: Turn, sheet: Sheet) -> type[Dialogue] | None:
        """Approve or decline: the other one after all."""
        words, form = self.opposite
        if sheet.asked == CHANGE and not turn.is_payload and words.search(turn.text):
            return next(one for one in forms() if one.form == form)
        return super()._other_form(turn, sheet)

    async def _is_about_an_account(self, turn: Turn) -> bool:
        """A request for an account: by its name, by the list shown last, or as the only kind."""
        ids = {item["id"] for item in await self.items(turn)}
        if turn.value(REQUEST) is not None:
            return turn.value(REQUEST) not in ids
        answer = await turn.call("list_account_requests", to_decide=True, limit=100)
        waiting: list[Item] = list(answer.body.get("items") or []) if answer.ok else []
        if not waiting:
            return False
        shown = (turn.recall.get("shown") or {}).get("kind")
        if not ids or shown == "account_requests":
            return True
        names = {str(one["name"]).lower() for one in waiting} | {one["domain"] for one in waiting}
        return any(name in turn.words.lower() for name in names)

    def all_of_them(self, sheet: Sheet, found: list[Item]) -> None:
        """The others come after this one, a button for each."""
        sheet.notes.append(say("utter_one_by_one"))
        intent = next(iter(self.begins))
        sheet.offers += [
            button(label_of(one, mine=False)[:60], intent, request_id=one["id"])
            for one in found[1:5]
        ]


class ApproveForm(DecisionForm, PlacesForm):
    """Grants a request, as asked or in part."""

    form = "approve_form"
    operation = "approve_access_request"
    asks = (REQUEST,)
    takes = frozenset({"scope", "role", "virtual_accounts", "include_nested"})
    begins = frozenset({"approve_request"})
    listing = "list_virtual_accounts"
    of_accounts = "approve_account_form"
    opposite = (_DECLINES, "decline_form")

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Whose request is meant, and what of it is granted."""
        if sheet.asked is None:
            sheet.memory.kept["words"] = turn.words
        await DecisionForm.understand(self, turn, sheet, heard)
        chosen = heard.get(REQUEST) or sheet.values.get(REQUEST)
        if chosen and sheet.asked in {None, CHANGE}:
            if sheet.asked == CHANGE and REQUEST in heard:
                self._forget_grant(sheet)
            await self._hear_grant(turn, sheet, heard, str(chosen))

    def _forget_grant(self, sheet: Sheet) -> None:
        """Another request: what was said of the one before does not count for it."""
        for slot in self.takes:
            sheet.values.pop(slot, None)

    async def _hear_grant(self, turn: Turn, sheet: Sheet, heard: Values, chosen: str) -> None:
        request = next((one for one in await self.items(turn) if one["id"] == chosen), None)
        if request is None:
            return
        sheet.memory.kept["asked_for"] = request["virtual_accounts"]
        sheet.memory.kept["account"] = request["smart_account"]
        await self._hear_places(turn, sheet, heard, request["smart_account"])
        if PLACES not in heard and PLACES not in sheet.judged:
            self._hear_unknown_place(turn, request, heard)
        self._fit(turn, request, heard)

    def _hear_unknown_place(self, turn: Turn, request: Item, heard: Values) -> None:
        """In "only for Stockholm", which there is not, less is granted than was asked for, and the
        API says what is wrong with it.
        """
        known = {*self._spellings([request]), *spellings_of([request["requester"]])}
        said = (match["rest"] for match in _WHERE.finditer(turn.words))
        for phrase in [one for rest in said for one in phrases_of(f"for {rest}")[:1]]:
            word = phrase.split()[0]
            if word.lower() in _NO_PLACE or word.isdigit() or "@" in phrase or "." in phrase:
                continue
            if not find_names(phrase, {one: one for one in known}):
                heard[PLACES] = [phrase]
                return

    def _fit(self, turn: Turn, request: Item, heard: Values) -> None:
        """Complete scope and role, and leave out what is granted as it was asked."""
        level = turn.value("role_level")
        scope = request["scope"]
        if heard.get(PLACES):
            scope = PLACES
        scope = heard.get("scope") or scope
        if "role" not in heard and level:
            heard["role"] = role_in(level, scope)
        elif "role" not in heard and scope != request["scope"]:
            heard["role"] = role_in(level_of(request["role"]), scope)
        if "role" in heard:
            heard["scope"] = ACCOUNT if heard["role"].startswith("sa_") else PLACES
        if {*heard.get(PLACES, ())} == {*request["virtual_accounts"]}:
            heard.pop(PLACES, None)
        for slot in ("scope", "role", "include_nested"):
            if heard.get(slot) == request[slot]:
                heard.pop(slot)

    def _everything(self, sheet: Sheet, names: Iterable[str]) -> list[str]:
        """Of what was asked for, "all but Oslo" is granted."""
        return list(sheet.memory.kept.get("asked_for") or names)

    def account_of(self, sheet: Sheet) -> str:
        """The account of the request."""
        return str(sheet.memory.kept.get("account") or "-")

    def _present(self, sheet: Sheet) -> list[str]:
        granted = sheet.values.get(PLACES) or sheet.memory.kept.get(PLACES)
        return list(granted or sheet.memory.kept.get("asked_for") or [])

    async def _store(
        self, turn: Turn, sheet: Sheet, heard: Values, answered: str | None
    ) -> list[EventType]:
        """Once it is chosen whose request, the first sentence says what of it."""
        if answered == REQUEST and REQUEST in heard:
            turn.text = str(sheet.memory.kept.get("words") or "")
            await self._hear_grant(turn, sheet, heard, str(heard[REQUEST]))
        if REQUEST in heard:
            turn.remember(request=heard[REQUEST])
        return await super()._store(turn, sheet, heard, answered)


class DeclineForm(DecisionForm):
    """Declines a request, with or without a reason."""

    form = "decline_form"
    operation = "decline_access_request"
    asks = (REQUEST, "reason")
    optional = frozenset({"reason"})
    begins = frozenset({"decline_request"})
    of_accounts = "decline_account_form"
    opposite = (_APPROVES, "approve_form")

    async def prepare(self, turn: Turn, sheet: Sheet, said: str) -> None:
        """The reason may stand in the first sentence."""
        await self.take_reason(turn, sheet, said)


class AccountRequestChoice(RequestChoice):
    """For forms about one request for a Smart Account."""

    lists = "list_account_requests"
    narrowed: ClassVar[Values] = {"to_decide": True}
    shown = "account_requests"

    def account(self, item: Item) -> dict[str, str]:
        """The account that is asked for."""
        return {"name": item["name"], "domain": item["domain"]}

    def label(self, item: Item) -> str:
        """A request in a list of options."""
        return " · ".join([f"{item['name']} ({item['domain']})", item["requester"]["name"]])

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Which account's request is meant."""
        await self.hear_request(turn, sheet, heard)


class ApproveAccountForm(AccountRequestChoice, OperationForm):
    """Approves a request for a Smart Account."""

    form = "approve_account_form"
    operation = "approve_account_request"
    asks = (REQUEST,)
    early = True


class DeclineAccountForm(AccountRequestChoice, OperationForm):
    """Declines a request for a Smart Account."""

    form = "decline_account_form"
    operation = "decline_account_request"
    asks = (REQUEST, "reason")
    optional = frozenset({"reason"})
    early = True

    async def prepare(self, turn: Turn, sheet: Sheet, said: str) -> None:
        """The reason may stand in the first sentence."""
        await self.take_reason(turn, sheet, said)


class AccessStatus(CustomAction):
    """What became of one's own requests for access."""

    action = "action_access_status"

    async def act(self, turn: Turn) -> list[EventType]:
        """The request named or the only one in words, several as a card."""
        answer = await turn.call("list_access_requests", mine=True, limit=100)
        mine: list[Item] = list(answer.body.get("items") or []) if answer.ok else []
        found = await find_accounts(turn, turn.words, everywhere=False)
        domains = {entry["domain"] for entry in found.entries}
        named = [one for one in mine if one["smart_account"] in domains]
        shown = named or mine
        waiting = [one for one in shown if one["status"] == "pending"]
        if not shown:
            turn.reply(say("utter_access_none"), buttons=buttons("utter_access_none"))
        elif len(shown) == 1 or len(waiting) == 1:
            _say_request(turn, (waiting or shown)[0])
        else:
            show_requests(turn, say("utter_access_mine"), shown, mine=True)
        return []


def _say_request(turn: Turn, request: Item) -> None:
    status = request["status"]
    deciders = ", ".join(f"{one['name']} ({one['email']})" for one in request["deciders"][:5])
    by = (request.get("decided_by") or {}).get("name") or say("utter_access_rule")
    granted = request.get("granted")
    text = str(metadata("utter_access_status", status)).format(
        wish=say_wish(request), account=request["smart_account_name"], by=by,
        deciders=deciders or request["smart_account_name"],
        granted=say_wish(granted) if granted else "",
        reason=say("utter_access_reason", reason=request["reason"]) if request["reason"] else "",
    )  # fmt: skip
    turn.remember(request=request["id"], smart_account=request["smart_account"])
    show_requests(turn, text.strip(), [request], mine=True)


class PendingRequests(CustomAction):
    """What waits for the person's decision: access, and Smart Accounts."""

    action = "action_pending_requests"

    async def act(self, turn: Turn) -> list[EventType]:
        """A card of each kind that there is; or that nothing waits."""
        found = await find_accounts(turn, turn.words, everywhere=False)
        only = [one["domain"] for one in found.entries if not one.get("unknown")]
        narrowed = {"smart_account": only[0]} if len(only) == 1 else {}
        answer = await turn.call("list_access_requests", to_decide=True, limit=MOST, **narrowed)
        waiting: list[Item] = list(answer.body.get("items") or []) if answer.ok else []
        accounts = await waiting_accounts(turn)
        if waiting:
            text = (
                say("utter_pending", count=counted(len(waiting), MOST))
                if len(waiting) > 1
                else say("utter_pending_one", request=label_of(waiting[0], mine=False))
            )
            text = text[:1].upper() + text[1:]
            if len(waiting) > SHOWN:
                text += f" {say('utter_pending_first', count=SHOWN)}"
            show_requests(turn, text, waiting, mine=False)
        if accounts:
            _show_accounts(turn, accounts)
        if not waiting and not accounts:
            await _say_what_others_decide(turn, narrowed)
        return []


async def _say_what_others_decide(turn: Turn, narrowed: Values) -> None:
    """Who may look but not decide sees what waits; else nothing waits."""
    answer = await turn.call("list_access_requests", status="pending", limit=100, **narrowed)
    others = [
        one
        for one in answer.body.get("items") or []
        if one["requester"]["email"] != turn.metadata["person"]
    ]
    if others:
        show_requests(turn, say("utter_pending_of_others"), others, mine=False)
    else:
        turn.reply(say("utter_pending_none"), buttons=buttons("utter_pending_none"))


async def waiting_accounts(turn: Turn) -> list[Item]:
    """Requests for Smart Accounts that the person can decide."""
    answer = await turn.call("list_account_requests", to_decide=True, limit=100)
    return list(answer.body.get("items") or []) if answer.ok else []


def _show_accounts(turn: Turn, items: list[Item]) -> None:
    rows = [
        {**one, "requester": one["requester"]["name"],
         "kind": metadata("utter_account_requests", "kinds")[one["kind"]]}
        for one in items
    ]  # fmt: skip
    ways = [
        button(f"{way}: {one['name']}"[:60], intent, request_id=one["id"])
        for one in items[:5]
        for way, intent in ((say("utter_way_approve"), "approve_request"),
                            (say("utter_way_decline"), "decline_request"))
    ]  # fmt: skip
    lines = [
        f"{number}. {one['name']} ({one['domain']}) · {one['requester']['name']}"
        for number, one in enumerate(items[:10], 1)
    ]
    text = "\n".join([say("utter_account_requests", count=counted(len(items), MOST)), *lines])
    card = cards.table(say("utter_account_requests_title"), "utter_account_requests", rows)
    turn.reply(text, card=card, buttons=ways)
    turn.remember(shown={"kind": "account_requests", "ids": [one["id"] for one in items]})


def show_requests(turn: Turn, text: str, items: list[Item], *, mine: bool) -> None:
    """Requests as a card; the list in which "the second one" is counted from now on."""
    shown = items[:SHOWN]
    card = cards.requests(shown, mine=mine)
    alone = len(shown) == 1
    lines = [] if alone else [_line(n, one, mine=mine) for n, one in enumerate(shown[:10], 1)]
    offers = card["items"][0]["buttons"] if alone else []
    turn.reply("\n".join([text, *lines]), card=card, buttons=offers)
    turn.remember(
        shown={"kind": "access_requests", "ids": [one["id"] for one in shown]},
        request=shown[0]["id"] if alone else None,
    )


def _line(number: int, item: Item, *, mine: bool) -> str:
    titles: dict[str, str] = metadata("utter_access_status", "titles")
    status = f" – {titles[item['status']]}" if mine else ""
    return f"{number}. {label_of(item, mine=mine)}{status}"
