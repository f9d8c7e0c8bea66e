"""Forms about one order: which one, whatever is done with it."""

import re
from typing import ClassVar

import httpx
from rasa_sdk.events import EventType

from actions.forms import OperationForm
from actions.orders import (
    ORDER,
    Meant,
    Order,
    case_button,
    delayed_orders,
    digits_said,
    in_list,
    label,
    means_any,
    named,
    numbers_said,
    order_of,
    orders_seen,
    with_digits,
)
from actions.sheet import CHANGE, Sheet, Values
from actions.turn import Turn
from actions.wording import say
from backend.core.client import Answer

MOST_CHOICES = 25
_LINES = re.compile(
    r"\blines?\s+(?:no\.?|number|nr\.?|#)?\s*(?P<numbers>\d{1,3}(?:\s*(?:,|-|–|and|&|to|,\s*and)"
    r"\s*(?:line\s+)?\d{1,3}\b(?!\d))*)",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    r"\b(?:all (?:of )?(?:the |its )?lines|every line|the whole order|all of it)\b", re.IGNORECASE
)
_RANGE = re.compile(r"(\d+)\s*(?:-|–|to)\s*(\d+)")


class OrderForm(OperationForm):
    """For what is done with one order: the one named, spoken of last, or chosen.

    `may_do` is what an order has to allow to be offered as a choice.
    """

    early = True
    teaches = True
    subject = "an order"
    may_do: ClassVar[str | None] = None
    narrowed: ClassVar[Values] = {}

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Which order is meant."""
        await self.hear_order(turn, sheet, heard)
        if "lines" in self._slots and sheet.asked in {None, CHANGE, ORDER, "lines"}:
            hear_lines(turn, sheet, heard)

    async def hear_order(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """A number of which there is no order is said at once, with the nearest ones."""
        numbers = numbers_said(turn)
        if len(numbers) > 1 and sheet.asked is None:
            sheet.notes.append(say("utter_order_one_by_one", number=numbers[0]))
        said = numbers[0] if numbers else heard.get(ORDER)
        if said is not None:
            await self._take_order(turn, sheet, heard, await named(turn, str(said)))
        elif sheet.asked in {None, CHANGE, ORDER} and (placed := in_list(turn)):
            await self._take_order(turn, sheet, heard, await named(turn, placed))
        elif sheet.asked == ORDER and not turn.is_payload and (digits := digits_said(turn)):
            await self._take_order(turn, sheet, heard, await with_digits(turn, digits))
        elif sheet.asked is None and ORDER not in sheet.values and not means_any(turn):
            await self._recalled(turn, heard)

    async def _recalled(self, turn: Turn, heard: Values) -> None:
        """The order that was spoken of last."""
        recalled = turn.recall.get("order")
        if recalled and (await order_of(turn, str(recalled))).ok:
            heard[ORDER] = str(recalled)

    async def _take_order(self, turn: Turn, sheet: Sheet, heard: Values, meant: Meant) -> None:
        heard.pop(ORDER, None)
        if meant.order is not None:
            number = str(meant.order["number"])
            if number != sheet.values.get(ORDER) or sheet.asked is None:
                heard[ORDER] = number
            else:
                sheet.judged.add(ORDER)
            return
        response = "utter_order_several" if meant.several else "utter_order_unknown"
        sheet.notes.append(say(response, said=str(meant.said)[:40]))
        sheet.judged.add(ORDER)
        sheet.values.pop(ORDER, None)
        near = {one["number"]: label(one) for one in meant.near}
        sheet.narrow(ORDER, near or await self._choices(turn))
        sheet.memory.changing = ORDER

    async def _check(self, turn: Turn, sheet: Sheet) -> tuple[set[str], dict[str, str]]:
        """The order is known to be there: what the API misses is something else."""
        missing, wrong = await super()._check(turn, sheet)
        if ORDER in wrong and await self.order(turn, sheet) is not None:
            sheet.refusal = Answer(httpx.codes.NOT_FOUND, {"detail": wrong[ORDER]})
            return set(), {}
        return missing, wrong

    async def order(self, turn: Turn, sheet: Sheet) -> Order | None:
        """The order that is chosen."""
        number = sheet.values.get(ORDER)
        answer = await order_of(turn, str(number)) if number else None
        return answer.body if answer is not None and answer.ok else None

    async def options_of(self, slot: str, turn: Turn, sheet: Sheet) -> dict[str, str] | None:
        """The orders with which this can be done."""
        if slot != ORDER:
            return await super().options_of(slot, turn, sheet)
        return await self._choices(turn)

    async def _choices(self, turn: Turn) -> dict[str, str]:
        found, _ = await orders_seen(turn, **self.narrowed)
        able = [o for o in found if self.may_do is None or self.may_do in o["you_may"]]
        return {one["number"]: label(one) for one in able[:MOST_CHOICES]}

    async def refused(self, turn: Turn, sheet: Sheet, answer: Answer) -> list[EventType]:
        """What a rule forbids, the desk may still be asked about."""
        order = await self.order(turn, sheet)
        if order is not None:
            turn.remember(order=order["number"])
            sheet.offers.append(case_button(order))
        return await super().refused(turn, sheet, answer)

    async def finish(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """Propose it; the order is what the conversation is about from now on."""
        if sheet.values.get(ORDER):
            turn.remember(order=sheet.values[ORDER])
        return await super().finish(turn, sheet)


def hear_lines(turn: Turn, sheet: Sheet, heard: Values) -> None:
    """Which lines of the order: "line 2 only", "lines 1 and 3", "all lines" after all."""
    if _WHOLE.search(turn.words):
        sheet.values.pop("lines", None)
        sheet.judged.add("lines")
        if ORDER in sheet.values:
            heard.setdefault(ORDER, sheet.values[ORDER])  # something was understood
        return
    match = _LINES.search(turn.words)
    if match is None:
        return
    said = match["numbers"]
    found: set[int] = {int(one) for one in re.findall(r"\d+", said)}
    for first, last in _RANGE.findall(said):
        found |= {*range(int(first), min(int(last), int(first) + MOST_CHOICES) + 1)}
    heard["lines"] = sorted(found)


class ResendMailForm(OrderForm):
    """Has the set-up mail of an order sent again."""

    form = "resend_mail_form"
    operation = "resend_provisioning_mail"
    asks = (ORDER,)
    begins = frozenset({"resend_provisioning_mail"})
    may_do = "resend_provisioning_mail"


class ProvisioningContactForm(OrderForm):
    """Names another person to set up the subscription lines of an order."""

    form = "provisioning_contact_form"
    operation = "change_provisioning_contact"
    asks = (ORDER, "email")
    takes = frozenset({"lines"})
    begins = frozenset({"change_provisioning_contact"})
    hears: ClassVar[dict[str, str]] = {"email": "email"}
    repeats = frozenset({"email"})
    may_do = "change_provisioning_contact"


class FollowOrderForm(OrderForm):
    """Sends news when an order's delays change or it is provisioned."""

    form = "follow_order_form"
    operation = "follow_order"
    asks = (ORDER,)
    begins = frozenset({"follow_order"})

    async def _choices(self, turn: Turn) -> dict[str, str]:
        """The delayed ones: of these there will be news."""
        found, _ = await delayed_orders(turn)
        choices = {o["number"]: label(o) for o in found if not o["following"]}
        return dict([*choices.items()][:MOST_CHOICES]) or await super()._choices(turn)


class UnfollowOrderForm(OrderForm):
    """Ends the news about an order."""

    form = "unfollow_order_form"
    operation = "unfollow_order"
    asks = (ORDER,)
    begins = frozenset({"unfollow_order"})

    async def _choices(self, turn: Turn) -> dict[str, str]:
        """Those that are followed."""
        found, _ = await orders_seen(turn)
        return {o["number"]: label(o) for o in found if o["following"]}
