"""Somebody decides requests in one's place for a time."""

import re
from datetime import UTC, datetime
from typing import Any, ClassVar

from rasa_sdk.events import EventType

from actions import cards
from actions.accounts import PLAIN_WORDS, AccountForm, find_accounts, related
from actions.base import CustomAction
from actions.dates import say_moment
from actions.inside import read_all
from actions.names import find_names
from actions.order_access import ABOUT_ORDERS
from actions.people import named_people, say_person, spellings_of, users_named
from actions.periods import Period, read_period
from actions.places import SLOT as PLACES
from actions.places import PlacesForm
from actions.requests import Item
from actions.roles import ACCOUNT
from actions.sheet import CHANGE, Sheet, Values
from actions.times import now_of
from actions.turn import Turn, button
from actions.wording import buttons, metadata, say
from backend.core.client import Answer

FEWEST_LETTERS = 3
_WHOSE = re.compile(
    r"\b(?P<owner>[^\W\d_][\w-]*)['’]s\b"
    r"|\b(?:delegation|approvals?)\s+(?:of|to|for|from)\s+(?P<name>[^\W\d_][\w-]*)",
    re.IGNORECASE,
)
_NO_NAME = PLAIN_WORDS | {"it's", "that's", "let", "today", "him", "that", "it", "everyone", "he"}
_WHO = ("delegate", "delegator")
_RUNNING = frozenset({"active", "scheduled"})


class DelegateForm(PlacesForm):
    """Lets a member decide access requests until a day."""

    form = "delegate_form"
    operation = "delegate_approvals"
    asks = ("smart_account", "delegate", "scope", "virtual_accounts", "ends")
    takes = frozenset({"starts"})
    begins = frozenset({"delegate_approvals"})
    hears: ClassVar[dict[str, str]] = {"email": "delegate"}
    listing = "list_virtual_accounts"
    repeats = frozenset({"smart_account", "scope", "virtual_accounts", "starts", "ends"})
    subject = "a delegation of approvals"

    async def may(self, turn: Turn, sheet: Sheet) -> Answer | None:
        """Who decides nothing has nothing to delegate: a try with a delegate, who may be none."""
        rights = await self._rights(turn, str(sheet.values["smart_account"]))
        tried: Values = {"scope": PLACES, PLACES: rights} if rights else {"scope": ACCOUNT}
        answer = await turn.call(
            self.operation, dry_run=True, smart_account=sheet.values["smart_account"],
            delegate=turn.metadata["person"], ends="2000-01-01", **tried,
        )  # fmt: skip
        return answer if not answer.ok and not answer.field_errors else None

    async def _rights(self, turn: Turn, smart_account: str) -> list[str]:
        """The virtual accounts that the person administers; none when it is the whole account."""
        entry = next((e for e in await related(turn) if e["domain"] == smart_account), None)
        if entry is None or "sa_admin" in entry["roles"] or "va_admin" not in entry["roles"]:
            return []
        person = str(turn.metadata["person"])
        for user in await users_named(turn, smart_account, person):
            roles = [one for one in user["roles"] if one["role"] == "va_admin"]
            if user["email"] == person and roles:
                return list(dict.fromkeys(p for one in roles for p in one["virtual_accounts"]))
        return []

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Account and virtual accounts, then who, and from when until when."""
        await super().understand(turn, sheet, heard)
        account = heard.get("smart_account") or sheet.values.get("smart_account")
        if sheet.asked in {None, CHANGE, "delegate"} and account and "delegate" not in heard:
            await self._hear_delegate(turn, sheet, heard, str(account))
        if sheet.asked in {None, CHANGE, "ends"}:
            self._hear_days(turn, sheet, heard)
        if sheet.asked is None and account and "scope" not in heard:
            mine = await self._rights(turn, str(account))
            heard |= {"scope": PLACES, PLACES: mine} if mine else {"scope": ACCOUNT}

    async def is_explained(self, turn: Turn, smart_account: str, phrase: str) -> bool:
        """A person's name, a day, or a virtual account."""
        people = spellings_of(await self._others(turn, smart_account))
        if find_names(phrase, {spelling: spelling for spelling in people}):
            return True
        dated = read_period(phrase, datetime.now(UTC)) != Period()
        return dated or await super().is_explained(turn, smart_account, phrase)

    async def _others(self, turn: Turn, smart_account: str) -> list[Item]:
        """The account's users but for the person."""
        users = await read_all(turn, "list_users", pages=1, smart_account=smart_account)
        return [user for user in users.items if user["email"] != turn.metadata["person"]]

    async def _hear_delegate(
        self, turn: Turn, sheet: Sheet, heard: Values, smart_account: str
    ) -> None:
        """A name among the account's users; several are asked about."""
        others = await self._others(turn, smart_account)
        named = named_people(turn, others)
        if not named and sheet.asked == "delegate" and len(turn.words) >= FEWEST_LETTERS:
            found = await users_named(turn, smart_account, turn.words.strip(" .!"))
            named = [user["email"] for user in found]
            others += found
        titles = {user["email"]: say_person(user) for user in others}
        if len(named) == 1:
            heard["delegate"] = named[0]
        elif named:
            sheet.judged.add("delegate")
            sheet.narrow("delegate", {email: titles[email] for email in named})
            sheet.memory.changing = "delegate"
        elif sheet.asked == "delegate" and turn.intent not in self.begins:
            sheet.judged.add("delegate")
            sheet.notes.append(say("utter_user_unknown", said=turn.words.strip(" .!")[:60]))

    def _hear_days(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        period = read_period(turn.words, now_of(turn, sheet))
        if period.end is not None:
            heard["ends"] = period.end.isoformat()
        if period.start is not None:
            heard["starts"] = period.start.isoformat()


async def delegations_of(turn: Turn, smart_account: str) -> list[Item]:
    """An account's delegations that the person may see, those that run or will."""
    answer = await turn.call("list_approval_delegations", smart_account=smart_account, limit=200)
    items: list[Item] = list(answer.body.get("items") or []) if answer.ok else []
    return [one for one in items if one["status"] in _RUNNING]


async def _where(turn: Turn) -> list[Item]:
    """The accounts to look in: the one named, else all in which the person has a role."""
    found = await find_accounts(turn, turn.words, everywhere=False)
    return found.entries or [one for one in await related(turn) if one["relation"] == "access"]


class EndDelegationForm(AccountForm):
    """Ends a delegation before its time."""

    form = "end_delegation_form"
    operation = "revoke_approval_delegation"
    asks = ("smart_account", "delegation_id")
    begins = frozenset({"end_delegation"})
    subject = "a delegation of approvals"

    async def elsewhere(self, turn: Turn, sheet: Sheet) -> str | None:  # noqa: ARG002
        """An order's delegation, when its number is said or one was given just now."""
        given = (turn.recall.get("last") or {}).get("run") in ABOUT_ORDERS
        return "revoke_order_delegation_form" if given or turn.values("order_number") else None

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Whose delegation is meant: of the person named, or the only one there is."""
        if "delegation_id" in heard or sheet.asked not in {None, CHANGE, "delegation_id"}:
            return
        running = [
            {**one, "smart_account": entry["domain"]}
            for entry in await _where(turn)
            for one in await delegations_of(turn, entry["domain"])
        ]
        people = named_people(turn, [one[who] for one in running for who in _WHO])
        fitting = [one for one in running if all(_concerns(one, email) for email in people)]
        stranger = None if people else await self._stranger(turn, running)
        if running and (stranger or not fitting):
            self._nothing_fits(sheet, heard, running, str(stranger or ", ".join(people)))
            return
        if sheet.asked == "delegation_id" and not people:
            return
        accounts = {one["smart_account"] for one in fitting}
        if len(fitting) == 1:
            heard["delegation_id"] = fitting[0]["id"]
        if len(accounts) == 1:
            heard["smart_account"] = accounts.pop()

    async def _stranger(self, turn: Turn, running: list[Item]) -> str | None:
        """Somebody who is named and has no part in any: a user, or whoever stands there."""
        for account in {one["smart_account"] for one in running}:
            users = (await read_all(turn, "list_users", pages=1, smart_account=account)).items
            me = str(turn.metadata["person"])
            if others := [one for one in named_people(turn, users) if one != me]:
                return others[0]
        if email := turn.value("email"):
            return str(email)
        names = (match["owner"] or match["name"] for match in _WHOSE.finditer(turn.words))
        return next((name for name in names if name.lower() not in _NO_NAME), None)

    def _nothing_fits(self, sheet: Sheet, heard: Values, running: list[Item], said: str) -> None:
        """Somebody is named who has no part in any: which there are."""
        sheet.notes.append(say("utter_delegation_unknown", said=said[:60]))
        accounts = {one["smart_account"] for one in running}
        if len(accounts) == 1:
            heard["smart_account"] = accounts.pop()
            sheet.judged.add("delegation_id")
            sheet.narrow("delegation_id", {one["id"]: say_delegation(one) for one in running})
            sheet.memory.changing = "delegation_id"

    async def accounts(self, turn: Turn) -> list[dict[str, Any]]:
        """Those in which a delegation runs."""
        mine = await super().accounts(turn)
        return [one for one in mine if await delegations_of(turn, one["domain"])]

    async def options_of(self, slot: str, turn: Turn, sheet: Sheet) -> dict[str, str] | None:
        """The delegations to choose from."""
        if slot != "delegation_id":
            return await super().options_of(slot, turn, sheet)
        return {
            one["id"]: say_delegation(one)
            for one in await delegations_of(turn, str(sheet.values["smart_account"]))
        }


def _concerns(delegation: Item, email: str) -> bool:
    """Whether somebody decides by it, or lets decide."""
    return email in {delegation[who]["email"] for who in _WHO}


def say_delegation(delegation: Item) -> str:
    """A delegation in one line: "Uma Tindravel for Nadia Fjordheim, until 27 November 2026"."""
    return say(
        "utter_delegation", delegate=delegation["delegate"]["name"],
        delegator=delegation["delegator"]["name"], until=say_moment(delegation["ends"][:10]),
    )  # fmt: skip


class ShowDelegations(CustomAction):
    """Who decides in whose place, now or later."""

    action = "action_show_delegations"

    async def act(self, turn: Turn) -> list[EventType]:
        """All that run in one's accounts, as a table."""
        found = []
        for entry in await _where(turn):
            running = await delegations_of(turn, entry["domain"])
            found += [{**one, "smart_account": entry["domain"]} for one in running]
        if not found:
            turn.reply(say("utter_delegations_none"), buttons=buttons("utter_delegations_none"))
            return []
        states = metadata("utter_delegations", "states")
        everything = metadata("utter_delegations", "everything")
        rows = [
            {
                "delegate": one["delegate"]["name"], "delegator": one["delegator"]["name"],
                "scope": ", ".join(one[PLACES]) or everything,
                "starts": say_moment(one["starts"][:10]), "ends": say_moment(one["ends"][:10]),
                "status": states[one["status"]],
            }
            for one in found
        ]  # fmt: skip
        ways = [
            button(say("utter_way_end", name=one["delegate"]["name"]), "end_delegation",
                   delegation_id=one["id"], smart_account=one["smart_account"])
            for one in found[:4]
        ]  # fmt: skip
        lines = [f"- {say_delegation(one)}" for one in found[:10]]
        card = cards.table(say("utter_delegations_title"), "utter_delegations", rows)
        turn.reply("\n".join([say("utter_delegations"), *lines]), card=card, buttons=ways)
        return []
