"""What somebody is mailed and when, and the extra addresses that get an account's news."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from rasa_sdk.events import EventType

from actions import cards
from actions.accounts import AccountForm, Entry, find_accounts, related
from actions.base import CustomAction
from actions.forms import OperationForm
from actions.sheet import CHANGE, Sheet, Values
from actions.spoken_frequencies import ALL, CATEGORIES, wanted
from actions.turn import Turn, button
from actions.wording import buttons, metadata, say
from backend.core.client import Answer
from backend.core.wording import for_people

NEWS, FREQUENCY = "news", "frequency"
RECIPIENT = "recipient_id"
_SLOT = "categories.{}"
# In a first sentence these are what it is about, not the beginning of an address.
_PLAIN = frozenset({"alert", "alerts", "news", "mail", "mails", "notifications", "licences"})
_BARE_HOUR = re.compile(r"\W*(?P<hour>\d{1,2})\W*")


class NotificationsForm(OperationForm):
    """Changes how often which news come, and when summaries do."""

    form = "notifications_form"
    operation = "set_notification_preferences"
    asks = (NEWS, FREQUENCY, "hour", "time_zone")
    takes = frozenset(_SLOT.format(name) for name in CATEGORIES)
    parts = frozenset({NEWS, FREQUENCY})
    begins = frozenset({"change_notifications"})
    hears: ClassVar[dict[str, str]] = {"city": "time_zone"}
    teaches = True
    subject = "e-mail notifications"

    async def _run(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """An answer like "at once, please" is one, whatever else such words mean."""
        answers = sheet.asked == FREQUENCY and not turn.is_payload and not turn.other_action_ran
        if answers and wanted(turn.words).frequency:
            return await self._take(turn, sheet)
        return await super()._run(turn, sheet)

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Which news, how often; what "weekly instead of daily" means follows from what is set."""
        said = wanted(turn.words)
        heard |= {_SLOT.format(name): often for name, often in said.chosen.items()}
        if said.hour is not None:
            heard["hour"] = said.hour
        elif sheet.asked == "hour" and (bare := _BARE_HOUR.fullmatch(turn.words)):
            heard["hour"] = int(bare["hour"])
        if said.minutes:
            sheet.notes.append(say("utter_full_hours"))
        if said.categories:
            heard[NEWS] = " ".join(said.categories)
        if said.frequency is not None:
            heard[FREQUENCY] = said.frequency
        if said.instead_of and said.frequency and NEWS not in heard and not said.chosen:
            await self._replace(turn, sheet, heard, said.instead_of)
        elif said.frequency and NEWS not in heard and (present := _present(sheet)):
            heard[NEWS] = " ".join(present)  # "no, weekly", after a card
        elif said.categories and FREQUENCY not in heard and (often := _only_one(sheet)):
            heard[FREQUENCY] = often  # "and cases", after a card

    async def _replace(self, turn: Turn, sheet: Sheet, heard: Values, former: str) -> None:
        """All news that came so often come otherwise."""
        answer = await turn.call("get_notification_preferences")
        now = answer.body.get("categories") or {}
        meant = [name for name, often in now.items() if often == former]
        if meant:
            heard[NEWS] = " ".join(meant)
        else:
            sheet.notes.append(say("utter_none_so_often", often=_title(former)))

    async def _check(self, turn: Turn, sheet: Sheet) -> tuple[set[str], dict[str, str]]:
        """News and how often are one answer to the API."""
        values = sheet.values
        if NEWS in values and FREQUENCY in values:
            news, often = str(values.pop(NEWS)).split(), values.pop(FREQUENCY)
            names = CATEGORIES if news == [ALL] else news
            values |= {_SLOT.format(name): often for name in names}
        elif NEWS in values or FREQUENCY in values:
            return ({FREQUENCY} if NEWS in values else {NEWS}), {}
        if not values:
            return {NEWS}, {}
        return await super()._check(turn, sheet)


def _present(sheet: Sheet) -> list[str]:
    """The categories of the card."""
    return [name for name in CATEGORIES if _SLOT.format(name) in sheet.values]


def _only_one(sheet: Sheet) -> str | None:
    often = {str(sheet.values[_SLOT.format(name)]) for name in _present(sheet)}
    return often.pop() if len(often) == 1 else None


def _title(often: str) -> str:
    titles: dict[str, str] = metadata("utter_notifications", "frequencies")
    return titles[often]


class ShowNotifications(CustomAction):
    """What the person is mailed, how often, and when summaries come."""

    action = "action_show_notifications"

    async def act(self, turn: Turn) -> list[EventType]:
        """A table, and the ways to change it."""
        turn.remember(last={"run": self.action})
        answer = await turn.call("get_notification_preferences")
        if not answer.ok:
            turn.reply(for_people(f"{answer.body.get('detail')} {answer.body.get('hint')}"))
            return []
        told = answer.body
        rows = [
            {"category": one["title"], "often": _title(told["categories"][one["value"]]),
             "contains": one["contains"]}
            for one in told["choices"]["categories"]
        ]  # fmt: skip
        summary = "; ".join(f"{one['category']}: {one['often']}" for one in rows)
        text = say(
            "utter_notifications", summary=summary, hour=f"{told['hour']:02}:00",
            zone=told["time_zone"], always=told["always"],
        )  # fmt: skip
        card = cards.table(say("utter_notifications_title"), "utter_notifications", rows)
        ways = buttons("utter_notifications")
        if await _administered(turn):
            ways.append(button(say("utter_way_recipients"), "list_recipients"))
        turn.reply(text, card=card, buttons=ways)
        return []


# -- extra addresses ------------------------------------------------------------------------------


async def _administered(turn: Turn) -> list[Entry]:
    """The accounts whose SA Administrator the person is."""
    return [
        one
        for one in await related(turn)
        if one["status"] == "active" and "sa_admin" in (one.get("roles") or [])
    ]


async def _recipients(turn: Turn, smart_account: str) -> Answer:
    key = f"recipients {smart_account}"
    if key not in turn.read:
        turn.read[key] = await turn.call(
            "list_notification_recipients", smart_account=smart_account, limit=200
        )
    found: Answer = turn.read[key]
    return found


class RecipientForm(AccountForm):
    """For what an SA Administrator does with extra addresses."""

    strangers = False
    subject = "extra addresses for notifications"

    async def accounts(self, turn: Turn) -> list[Entry]:
        """Those that the person administers; of somebody who administers none, all, so that the
        API says who does.
        """
        return await _administered(turn) or await super().accounts(turn)

    async def may(self, turn: Turn, sheet: Sheet) -> Answer | None:
        """Only SA Administrators may."""
        answer = await _recipients(turn, str(sheet.values["smart_account"]))
        return None if answer.ok else answer


class AddRecipientForm(RecipientForm):
    """Has an account's news go to one more address."""

    form = "add_recipient_form"
    operation = "add_notification_recipient"
    asks = ("smart_account", "email")
    begins = frozenset({"add_recipient"})
    hears: ClassVar[dict[str, str]] = {"email": "email"}


class RemoveRecipientForm(RecipientForm):
    """An extra address gets nothing more."""

    form = "remove_recipient_form"
    operation = "remove_notification_recipient"
    asks = ("smart_account", RECIPIENT)
    begins = frozenset({"remove_recipient"})
    hears: ClassVar[dict[str, str]] = {"email": RECIPIENT}

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Which account, then which of its addresses: by its first part too ("remove alerts")."""
        await super().understand(turn, sheet, heard)
        account = heard.get("smart_account") or sheet.values.get("smart_account")
        if RECIPIENT in heard or account is None or sheet.asked not in {None, CHANGE, RECIPIENT}:
            return
        said = turn.words.lower()
        emails = await self._emails(turn, str(account))
        named = [
            one
            for one in emails
            if (first := one.split("@")[0]) not in _PLAIN or sheet.asked == RECIPIENT
            if re.search(rf"\b{re.escape(first)}\b", said)
        ]
        if len(named) == 1:
            heard[RECIPIENT] = named[0]

    async def options_of(self, slot: str, turn: Turn, sheet: Sheet) -> dict[str, str] | None:
        """The account's addresses."""
        if slot != RECIPIENT:
            return await super().options_of(slot, turn, sheet)
        return {one: one for one in await self._emails(turn, str(sheet.values["smart_account"]))}

    async def _emails(self, turn: Turn, smart_account: str) -> list[str]:
        answer = await _recipients(turn, smart_account)
        return [str(one["email"]) for one in answer.body.get("items") or []] if answer.ok else []

    def _nothing_to_choose(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        if "smart_account" not in sheet.values:
            return super()._nothing_to_choose(turn, sheet)
        account = sheet.values["smart_account"]
        response = "utter_recipients_none"
        turn.reply(say(response, account=account), buttons=buttons(response))
        sheet.forget()
        return sheet.events(None)


class ListRecipients(CustomAction):
    """Which addresses get an account's news beside its people."""

    action = "action_list_recipients"

    async def act(self, turn: Turn) -> list[EventType]:
        """A table of all accounts that the person administers, or of the one named."""
        turn.remember(last={"run": self.action})
        named = (await find_accounts(turn, turn.words, everywhere=False)).entries
        own = await _administered(turn)
        accounts = named or own or [e for e in await related(turn) if e["relation"] == "access"]
        if not accounts:
            turn.reply(say("utter_no_account"), buttons=buttons("utter_no_account"))
            return []
        rows: list[dict[str, Any]] = []
        for one in accounts if named or own else accounts[:1]:
            answer = await _recipients(turn, one["domain"])
            if not answer.ok:
                told = f"{answer.body.get('detail', '')} {answer.body.get('hint', '')}"
                turn.reply(for_people(told))
                return []
            rows += [{**item, "account": one["name"]} for item in answer.body["items"]]
        self._show(turn, rows, accounts)
        return []

    def _show(self, turn: Turn, rows: list[dict[str, Any]], accounts: Sequence[Entry]) -> None:
        add = button(say("utter_way_add_recipient"), "add_recipient")
        if not rows:
            names = ", ".join(one["name"] for one in accounts)
            turn.reply(say("utter_recipients_none", account=names), buttons=[add])
            return
        states = metadata("utter_recipients", "states")
        shown = [{**row, "state": states[row["status"]]} for row in rows]
        lines = [f"- {row['email']} ({row['account']}): {row['state']}" for row in shown]
        card = cards.table(say("utter_recipients_title"), "utter_recipients", shown)
        remove = button(say("utter_way_remove_recipient"), "remove_recipient")
        turn.reply("\n".join([say("utter_recipients"), *lines]), card=card, buttons=[add, remove])
