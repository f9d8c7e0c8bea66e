"""One's own e-mail address: the new one, then the code that is mailed there."""

import re
from typing import ClassVar

from actions.forms import OperationForm
from actions.sheet import Sheet, Values
from actions.turn import Turn, button
from actions.wording import say

_CODE = re.compile(r"(?<![\d+])\d{3}[ -]?\d{3}(?!\d)")


class EmailForm(OperationForm):
    """Gives one's profile another e-mail address."""

    form = "email_form"
    operation = "update_me"
    asks = ("email",)
    begins = frozenset({"change_my_email"})
    hears: ClassVar[dict[str, str]] = {"email": "email"}
    teaches = True
    subject = "your e-mail address"

    async def _check(self, turn: Turn, sheet: Sheet) -> tuple[set[str], dict[str, str]]:
        """A profile has much that may be changed; here it is the address, and nothing else."""
        missing, wrong = await super()._check(turn, sheet)
        return missing | ({"email"} - {*sheet.values}), wrong

    async def elsewhere(self, turn: Turn, sheet: Sheet) -> str | None:  # noqa: ARG002
        """An address that waits for its code, unless another one is named."""
        if turn.value("email") is not None:
            return None
        me = await turn.call("get_me")
        return "verify_email_form" if me.body.get("email_pending") else None


class VerifyEmailForm(OperationForm):
    """Confirms the new address with the code that was mailed there."""

    form = "verify_email_form"
    operation = "verify_email"
    asks = ("code",)
    early = True
    subject = "your e-mail address"

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Six digits, however they are written."""
        code = _CODE.search(turn.words)
        if code is not None:
            heard["code"] = code.group()
        elif sheet.asked == "code" and re.search(r"\d", turn.text):
            heard["code"] = turn.text.strip(" .!")[:20]

    async def needs(self, slot: str, turn: Turn, sheet: Sheet) -> bool:  # noqa: ARG002
        """Say where it went, and offer another one."""
        me = await turn.call("get_me")
        pending = me.body.get("email_pending")
        if pending:
            sheet.notes.append(say("utter_code_mailed", email=pending))
            title = say("utter_way_new_code")
            sheet.offers.append(button(title, "change_my_email", email=pending))
        return True
