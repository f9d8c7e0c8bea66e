"""Who else gets to an order: delegates of its contact, people it is shared with, a partner's
Order Fulfillment Managers.
"""

import re
from abc import abstractmethod
from typing import Any, ClassVar

import httpx
from rasa_sdk.events import EventType

from actions import cards
from actions.base import CustomAction
from actions.forms import OperationForm
from actions.members import called
from actions.names import find_names
from actions.order_forms import MOST_CHOICES, OrderForm
from actions.orders import ORDER
from actions.people import named_people, say_person
from actions.sheet import CHANGE, Sheet, Values
from actions.turn import Turn, button, payload
from actions.wording import buttons, metadata, say
from backend.core.client import Answer

Item = dict[str, Any]
DELEGATION = "delegation_id"
PARTNER = "partner"
RUNNING = frozenset({"sent", "redeemed"})
# After these, a delegation that nobody names is an order's.
ABOUT_ORDERS = frozenset({"delegate_order_form", "action_order_people"})
_TAKE_BACK = re.compile(
    r"^\W*(?:please\s+|ok(?:ay)?\W+|then\s+)*(?:revoke|withdraw|end|remove|undo|take)\s+"
    r"(?:it|that|this|them|(?:the|that|this) (?:one|link|delegation|access))"
    r"(?:\s+(?:back|again|away|please|now))*\W*$",
    re.IGNORECASE,
)
_PSS = "pss"
_SUPPORT_SERVICE = re.compile(r"support[ _-]service|\bcontract\b|\bthe second\b", re.IGNORECASE)
_SELF_SERVICE = re.compile(
    r"\bself[- ]?service\b|\bportal\b|\bthe first\b|^\W*pss\W*$", re.IGNORECASE
)
_NAMED = re.compile(
    r"\b(?:make|appoint|name|add|let|give|grant|promote|remove|revoke|drop|assign|from|to|is|ofm)\s+"
    r"(?:the\s+|an?\s+|our\s+|ofm\s+)*(?P<name>[^\W\d_][\w-]*)(?:['’]s)?(?![\w@.])"
    r"|^\W*(?P<first>[^\W\d_][\w-]*)\s+(?:should|shall|is|must|may|left|shouldn)"
    r"|\b(?P<owner>[^\W\d_][\w-]*)['’]s\b",
    re.IGNORECASE,
)
_NOBODY = frozenset({"somebody", "someone", "anybody", "anyone", "else", "order", "link", "access"})
_NO_NAME = frozenset({
    "a", "an", "another", "as", "away", "become", "from", "her", "him", "i", "it", "manager",
    "me", "my", "new", "no", "not", "ofm", "ofms", "one", "order", "our", "please", "role", "she",
    "he", "somebody", "someone", "that", "the", "them", "to", "we", "who", "you", "want", "need",
    "can", "is", "be", "fulfillment", "fulfilment",
})  # fmt: skip


# -- delegations and shares -----------------------------------------------------------------------


class LetInForm(OrderForm):
    """Lets others in to an order, whom only an address tells: a name is none, and an order goes to
    nobody by guessing.
    """

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Which order, and who."""
        await super().understand(turn, sheet, heard)
        if sheet.asked is None and not self.repeats & heard.keys():
            name = called(turn.words, _NOBODY)
            if name:
                sheet.notes.append(say("utter_delegate_address", name=name))


class DelegateOrderForm(LetInForm):
    """Lets somebody else assign an order, in its Fulfillment Contact's place."""

    form = "delegate_order_form"
    operation = "delegate_order"
    asks = (ORDER, "email")
    takes = frozenset({"message"})
    begins = frozenset({"delegate_order"})
    repeats = frozenset({"email"})
    hears: ClassVar[dict[str, str]] = {"email": "email"}
    may_do = "delegate_order"


class RevokeOrderDelegationForm(OrderForm):
    """Ends a delegation of an order, used or not."""

    form = "revoke_order_delegation_form"
    operation = "revoke_order_delegation"
    asks = (ORDER, DELEGATION)
    begins = frozenset({"revoke_order_delegation"})
    may_do = "delegate_order"

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Whose delegation is meant."""
        await super().understand(turn, sheet, heard)
        number = heard.get(ORDER) or sheet.values.get(ORDER)
        if number is None or DELEGATION in heard:
            return
        running = await _delegations(turn, str(number))
        said = {*turn.values("email")}
        names = {one["email"].split("@")[0]: one["email"] for one in running}
        said |= {hit.value for hit in find_names(turn.words, names)}
        found = [one["id"] for one in running if one["email"] in said]
        if len(found) == 1:
            heard[DELEGATION] = found[0]

    async def options_of(self, slot: str, turn: Turn, sheet: Sheet) -> dict[str, str] | None:
        """Those that have not ended."""
        if slot != DELEGATION:
            return await super().options_of(slot, turn, sheet)
        running = await _delegations(turn, str(sheet.values[ORDER]))
        states = metadata("utter_order_delegations", "states")
        return {one["id"]: f"{one['email']} ({states[one['status']]})" for one in running}


def takes_back_delegation(turn: Turn) -> bool:
    """Whether "revoke it" is said right after an order was delegated or its people were shown: by
    itself it could be anything.
    """
    last = (turn.recall.get("last") or {}).get("run")
    return last in ABOUT_ORDERS and not turn.is_payload and bool(_TAKE_BACK.match(turn.words))


async def _delegations(turn: Turn, number: str) -> list[Item]:
    key = f"delegations {number}"
    if key not in turn.read:
        answer = await turn.call("list_order_delegations", order_number=number)
        items = list(answer.body.get("items") or []) if answer.ok else []
        turn.read[key] = [one for one in items if one["status"] in RUNNING]
    found: list[Item] = turn.read[key]
    return found


class ShareOrderForm(LetInForm):
    """Lets others see and assign an order."""

    form = "share_order_form"
    operation = "share_order"
    asks = (ORDER, "emails")
    begins = frozenset({"share_order"})
    repeats = frozenset({"emails"})
    hears: ClassVar[dict[str, str]] = {"email": "emails"}
    may_do = "share_order"


class UnshareOrderForm(OrderForm):
    """Ends the sharing of an order with somebody."""

    form = "unshare_order_form"
    operation = "unshare_order"
    asks = (ORDER, "email")
    begins = frozenset({"unshare_order"})
    hears: ClassVar[dict[str, str]] = {"email": "email"}
    may_do = "share_order"

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Whose access ends, of those it is shared with."""
        await super().understand(turn, sheet, heard)
        number = heard.get(ORDER) or sheet.values.get(ORDER)
        if number is None or "email" in heard:
            return
        shared = await _shares(turn, str(number))
        names = {email.split("@")[0]: email for email in shared}
        hits = find_names(turn.words, names)
        if hits:
            heard["email"] = hits[0].value

    async def options_of(self, slot: str, turn: Turn, sheet: Sheet) -> dict[str, str] | None:
        """Those with whom it is shared."""
        if slot != "email":
            return await super().options_of(slot, turn, sheet)
        return {email: email for email in await _shares(turn, str(sheet.values[ORDER]))}


async def _shares(turn: Turn, number: str) -> list[str]:
    answer = await turn.call("list_order_shares", order_number=number)
    items = list(answer.body.get("items") or []) if answer.ok else []
    return [str(one["email"]) for one in items]


# -- partners -------------------------------------------------------------------------------------


def _own_domain(turn: Turn) -> str:
    return str(turn.metadata["person"]).split("@")[-1]


async def _managers(turn: Turn, partner: str) -> list[Item] | None:
    """A partner's Order Fulfillment Managers; None when the person may not see them."""
    key = f"managers {partner}"
    if key not in turn.read:
        answer = await turn.call("list_order_fulfillment_managers", partner=partner)
        turn.read[key] = list(answer.body.get("items") or []) if answer.ok else None
    found: list[Item] | None = turn.read[key]
    return found


def _name_said(words: str) -> str | None:
    for match in _NAMED.finditer(words):
        name = match["name"] or match["first"] or match["owner"]
        if name.lower() not in _NO_NAME:
            return str(name)
    return None


class ManagerForm(OperationForm):
    """For what a partner's administrator does with its Order Fulfillment Managers."""

    early = True
    teaches = True
    hears: ClassVar[dict[str, str]] = {"email": "email", "domain": PARTNER}
    subject = "an Order Fulfillment Manager"

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """The partner is the person's own unless another is named; then who."""
        if PARTNER not in heard and PARTNER not in sheet.values:
            heard[PARTNER] = _own_domain(turn)
        if "email" in heard or sheet.asked not in {None, CHANGE, "email"}:
            return
        partner = str(heard.get(PARTNER) or sheet.values[PARTNER])
        await self.hear_person(turn, sheet, heard, partner)

    async def _check(self, turn: Turn, sheet: Sheet) -> tuple[set[str], dict[str, str]]:
        """Whoever is not of the partner is told so; another one can be named in a new sentence."""
        missing, wrong = await super()._check(turn, sheet)
        if PARTNER in wrong:
            sheet.refusal = Answer(httpx.codes.NOT_FOUND, {"detail": wrong[PARTNER]})
            return set(), {}
        return missing, wrong

    @abstractmethod
    async def hear_person(self, turn: Turn, sheet: Sheet, heard: Values, partner: str) -> None:
        """Somebody by name."""


class GrantOfmForm(ManagerForm):
    """Makes somebody of the partner an Order Fulfillment Manager."""

    form = "grant_ofm_form"
    operation = "grant_order_fulfillment_manager"
    asks = (PARTNER, "email")
    begins = frozenset({"grant_ofm"})
    repeats = frozenset({PARTNER})

    async def hear_person(self, turn: Turn, sheet: Sheet, heard: Values, partner: str) -> None:
        """A first name stands for the address of the partner's own domain, if there is one."""
        asked = sheet.asked == "email" and len(turn.words.split()) <= 2
        name = _name_said(turn.words) or (turn.words.strip(" .!?") if asked else None)
        if not name:
            return
        guess = f"{name.split()[0].lower()}@{partner}"
        tried = await turn.call(self.operation, dry_run=True, partner=partner, email=guess)
        if tried.ok or tried.status == 409:
            heard["email"] = guess
        elif sheet.asked is None or asked:
            sheet.notes.append(say("utter_manager_address", name=name))
            sheet.judged.add("email")


class RevokeOfmForm(ManagerForm):
    """Somebody is no longer Order Fulfillment Manager."""

    form = "revoke_ofm_form"
    operation = "revoke_order_fulfillment_manager"
    asks = (PARTNER, "email")
    begins = frozenset({"revoke_ofm"})
    repeats = frozenset({PARTNER})

    async def hear_person(
        self,
        turn: Turn,
        sheet: Sheet,  # noqa: ARG002
        heard: Values,
        partner: str,
    ) -> None:
        """One of those who are; anybody else is passed on, and the API says what is wrong."""
        people = [_person(one) for one in await _managers(turn, partner) or []]
        named = named_people(turn, people)
        if len(named) == 1:
            heard["email"] = named[0]
        elif not named and (name := _name_said(turn.words)):
            heard["email"] = f"{name.lower()}@{partner}"

    async def options_of(self, slot: str, turn: Turn, sheet: Sheet) -> dict[str, str] | None:
        """Those who are; whoever may not see them is told so by the API."""
        if slot != "email":
            return await super().options_of(slot, turn, sheet)
        found = await _managers(turn, str(sheet.values[PARTNER]))
        if found is None:
            return None
        people = map(_person, found)
        return {one["email"]: say_person(one) for one in [*people][:MOST_CHOICES]}


def _person(item: Item) -> Item:
    """Name and address of a manager, whether they stand in the item or in a field of it."""
    inner = item.get("person")
    return inner if isinstance(inner, dict) else item


class ListOfm(CustomAction):
    """Who is Order Fulfillment Manager of a partner."""

    action = "action_list_ofm"

    async def act(self, turn: Turn) -> list[EventType]:
        """A table; whether one who is named is among them, in words."""
        turn.remember(last={"run": self.action})
        partner = str(turn.value("domain") or turn.value(PARTNER) or _own_domain(turn))
        found = await _managers(turn, partner)
        if found is None:
            turn.reply(say("utter_managers_not_seen", partner=partner))
            return []
        if not found:
            turn.reply(say("utter_managers_none", partner=partner),
                       buttons=buttons("utter_managers_none"))  # fmt: skip
            return []
        lines = [f"- {say_person(_person(one))}" for one in found[:MOST_CHOICES]]
        text = "\n".join([say("utter_managers", partner=partner), *lines])
        rows = [{**_person(one), "granted_by": _by(one)} for one in found]
        card = cards.table(say("utter_managers_title"), "utter_managers", rows)
        ways = [button(say("utter_grant_ofm_form_offer"), "grant_ofm"),
                button(say("utter_revoke_ofm_form_offer"), "revoke_ofm")]  # fmt: skip
        turn.reply(text, card=card, buttons=ways)
        return []


def _by(item: Item) -> str:
    by = item.get("granted_by")
    return str(by["name"] if isinstance(by, dict) else by or "")


def answers_which_pss(turn: Turn) -> bool:
    """Whether it was asked just now which of the two is meant, and this says it."""
    asked = (turn.recall.get("last") or {}).get("run") == AboutPss.action
    said = _SUPPORT_SERVICE.search(turn.text) or _SELF_SERVICE.search(turn.text)
    return asked and not turn.is_payload and said is not None


class AboutPss(CustomAction):
    """Which of the two things called PSS is meant."""

    action = "action_about_pss"

    async def act(self, turn: Turn) -> list[EventType]:
        """Once it is known which, what can be done about it."""
        chosen = turn.value("portal") if turn.is_payload else None
        if chosen is None and answers_which_pss(turn):
            chosen = "other" if _SUPPORT_SERVICE.search(turn.text) else _PSS
        turn.remember(last={"run": self.action} if chosen is None else None)
        if chosen is None:
            options = metadata("utter_pss", "options")
            turn.reply(
                say("utter_pss"),
                ask={
                    "slot": "portal", "kind": "choice", "required": False,
                    "options": [
                        {"value": value, "title": title,
                         "payload": payload("about_pss", portal=value)}
                        for value, title in options.items()
                    ],
                },
            )  # fmt: skip
            return []
        response = "utter_pss_self_service" if chosen == _PSS else "utter_pss_support_service"
        turn.reply(say(response), buttons=buttons(response))
        return []
