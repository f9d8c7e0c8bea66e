"""Requests for Smart Accounts: where one's own stand, and what can be done about them."""

import re
from typing import ClassVar

from rasa_sdk.events import EventType

from actions import cards
from actions.access import AccountRequestChoice
from actions.accounts import Entry, find_accounts, related
from actions.base import CustomAction
from actions.dates import say_moment
from actions.forms import OperationForm
from actions.inside import say_refused
from actions.new_accounts import SMB, ways_of
from actions.people import say_person
from actions.requests import SLOT as REQUEST
from actions.requests import Item
from actions.sheet import Sheet, Values
from actions.turn import Turn, button
from actions.wording import buttons, metadata, say

EMAILS = "customer_emails"
# What may be done with a request, and the intent of its button.
WAYS = {"accept": "accept_account", "decline": "decline_request", "approve": "approve_request",
        "resend": "resend_activation", "invite": "replace_invited",
        "cancel": "cancel_account_request"}  # fmt: skip
_ALSO = re.compile(r"\b(?:also|too|as well|add|plus|additionally)\b", re.IGNORECASE)
_INSTEAD = re.compile(r"\b(?:instead of|rather than|in place of|replac\w+)\b", re.IGNORECASE)


class WaitingForm(AccountRequestChoice, OperationForm):
    """For forms about a request that waits, of which the person may do what `verb` says."""

    narrowed: ClassVar[Values] = {"status": "pending"}
    by_person = False
    early = True
    verb: ClassVar[str]

    async def items(self, turn: Turn) -> list[Item]:
        """Those of which the person may do it."""
        return [one for one in await super().items(turn) if self.verb in one["you_may"]]

    def label(self, item: Item) -> str:
        """A request in a list of options."""
        return f"{name_of(item)} · {item['status_text']}"


class AcceptAccountForm(WaitingForm):
    """Accepts a Smart Account that the person was invited to."""

    form = "accept_account_form"
    operation = "accept_account_request"
    asks = (REQUEST,)
    begins = frozenset({"accept_account"})
    verb = "accept"

    async def finish(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """Say first what accepting declares."""
        request = await self.request(turn, sheet)
        if request is not None:
            who = say_person(request["requester"])
            sheet.notes.append(say("utter_accept_declares", account=name_of(request), who=who))
            if request["note_to_customer"]:
                sheet.notes.append(say("utter_accept_note", note=request["note_to_customer"]))
        return await super().finish(turn, sheet)


class ResendForm(WaitingForm):
    """Sends the activation mail of a request again."""

    form = "resend_form"
    operation = "resend_activation_mail"
    asks = (REQUEST,)
    begins = frozenset({"resend_activation"})
    verb = "resend"


class CancelAccountForm(WaitingForm):
    """Takes back a request of one's own."""

    form = "cancel_account_form"
    operation = "cancel_account_request"
    asks = (REQUEST,)
    begins = frozenset({"cancel_account_request"})
    verb = "cancel"


class ReplaceInvitedForm(WaitingForm):
    """Replaces who may accept a request."""

    form = "replace_invited_form"
    operation = "change_invited_customers"
    asks = (REQUEST, EMAILS)
    begins = frozenset({"replace_invited"})
    hears: ClassVar[dict[str, str]] = {"email": EMAILS}
    verb = "invite"

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Which request, then who is invited from now on: an address may stand for its request."""
        named = [str(email) for email in turn.values("email")]
        if sheet.asked is None and REQUEST not in heard:
            known = [one for one in await self.items(turn) if {*named} & {*invited(one)}]
            if len(known) == 1:
                heard[REQUEST] = known[0]["id"]
        await super().understand(turn, sheet, heard)
        if not named:
            return
        chosen = heard.get(REQUEST) or sheet.values.get(REQUEST)
        request = next((one for one in await self.items(turn) if one["id"] == chosen), None)
        if request is not None:
            heard[EMAILS] = replaced(invited(request), named, turn.words)

    async def _store(
        self, turn: Turn, sheet: Sheet, heard: Values, answered: str | None
    ) -> list[EventType]:
        """Once it is known which request, say who is invited now; addresses said before wait."""
        new = REQUEST in heard and EMAILS not in {*heard, *sheet.values}
        request = next((r for r in await self.items(turn) if r["id"] == heard.get(REQUEST)), None)
        if new and request is not None:
            now = ", ".join(invited(request))
            sheet.notes.append(say("utter_invited_now", account=name_of(request), emails=now))
        return await super()._store(turn, sheet, heard, answered)


def invited(request: Item) -> list[str]:
    """Who may accept it as things stand."""
    nominee = request.get("nominee")
    return list(request.get(EMAILS) or ([nominee["email"]] if nominee else []))


def replaced(present: list[str], named: list[str], words: str) -> list[str]:
    """The addresses after a sentence that names some: those it names of the present ones go, by
    address or by name ("instead of will"), unless it only adds.
    """
    new = [email for email in named if email not in present]
    if _ALSO.search(words) and not _INSTEAD.search(words):
        return list(dict.fromkeys([*present, *new]))
    said = {*named, *re.findall(r"[\w.+-]+", words.lower())}
    gone = [email for email in present if email in said or email.split("@")[0] in said]
    kept = [email for email in present if email not in gone] if gone else []
    return list(dict.fromkeys([*kept, *new])) or present


def name_of(request: Item) -> str:
    """What is asked for: Wingtip Toys (wingtip.example)."""
    return f"{request['name']} ({request['domain']})"


class AccountRequestStatus(CustomAction):
    """Where one's requests for Smart Accounts stand."""

    action = "action_account_request_status"

    async def act(self, turn: Turn) -> list[EventType]:
        """The one that is named or the only one in words, several as a card."""
        await say_status(turn, await _mine(turn))
        return []


async def _mine(turn: Turn) -> list[Item]:
    """One's own requests, and those that one may accept."""
    answer = await turn.call("list_account_requests", limit=100, mine=True)
    waiting = await turn.call("list_account_requests", limit=100, to_decide=True)
    mine = list(answer.body.get("items") or []) if answer.ok else []
    ids = {one["id"] for one in mine}
    others = (waiting.body.get("items") or []) if waiting.ok else []
    return mine + [one for one in others if "accept" in one["you_may"] and one["id"] not in ids]


async def say_status(turn: Turn, items: list[Item]) -> None:
    """Say of the requests what there is to know; none are an answer, too."""
    found = await find_accounts(turn, turn.words, everywhere=False)
    domains = {entry["domain"] for entry in found.entries}
    words = turn.words.lower()
    named = [one for one in items if one["domain"] in domains or one["name"].lower() in words]
    if domains and not named and items:
        turn.reply(say("utter_account_request_other", domain=", ".join(sorted(domains))))
    shown = named or items
    waiting = [one for one in shown if one["expires_at"]]
    if not shown:
        response = "utter_account_requests_mine_none"
        turn.reply(say(response), buttons=buttons(response))
    elif len(shown) == 1 or len(waiting) == 1:
        _say_one(turn, (waiting or shown)[0])
    else:
        _say_several(turn, shown)


def _say_one(turn: Turn, request: Item) -> None:
    texts = metadata("utter_account_request", "texts")
    people = ", ".join(say_person(one) for one in request["deciders"][:5])
    by = (request.get("decided_by") or request["requester"])["name"]
    text = str(texts[request["status"]]).format(
        what=str(metadata("utter_account_request", "kinds")[request["kind"]]).format(
            account=name_of(request)
        ),
        people=people or str(metadata("utter_account_request", "nobody")),
        until=_day(request["expires_at"]), since=_day(request["created_at"]), by=by,
        reason=say("utter_access_reason", reason=request["reason"]) if request["reason"] else "",
    )  # fmt: skip
    turn.remember(request=request["id"])
    turn.reply(text.strip(), buttons=_ways(request) or buttons("utter_account_requests_mine_none"))


def _ways(request: Item) -> list[dict[str, str]]:
    titles = metadata("utter_account_request", "ways")
    return [
        button(titles[verb], intent, request_id=request["id"])
        for verb, intent in WAYS.items()
        if verb in request["you_may"]
    ]


def _say_several(turn: Turn, items: list[Item]) -> None:
    rows = [
        {"account": name_of(one), "status": one["status_text"], "since": _day(one["created_at"]),
         "until": _day(one["expires_at"])}
        for one in items
    ]  # fmt: skip
    lines = [f"{n}. {row['account']} – {row['status']}" for n, row in enumerate(rows[:10], 1)]
    title = say("utter_account_requests_title")
    turn.reply(
        "\n".join([say("utter_account_requests_mine"), *lines]),
        card=cards.table(title, "utter_account_requests_mine", rows),
    )
    turn.remember(shown={"kind": "account_requests", "ids": [one["id"] for one in items]})


def _day(moment: str | None) -> str:
    return say_moment(moment[:10]) if moment else ""


class UpgradeStatus(CustomAction):
    """Whether an SMB account can be upgraded, or how its upgrade stands."""

    action = "action_upgrade_status"

    async def act(self, turn: Turn) -> list[EventType]:
        """The banner of the account, with the button that helps; else the request for it."""
        upgrades = [one for one in await _mine(turn) if one["kind"] == "upgrade"]
        account = await _upgradable(turn)
        limited = account is not None and str(account["domain"]).endswith(SMB)
        if upgrades and (upgrades[0]["expires_at"] or not limited):
            await say_status(turn, upgrades[:1])
        elif account is not None:
            await say_banner(turn, account)
        else:
            turn.reply(say("utter_upgrade_none"), buttons=buttons("utter_upgrade_none"))
        return []


async def _upgradable(turn: Turn) -> Entry | None:
    """The account of one's own that is meant: the one named, else one made with a mailbox."""
    found = await find_accounts(turn, turn.words, everywhere=False)
    mine = [one for one in found.entries if one.get("relation") == "access"]
    pressed = turn.value("smart_account")
    mine += [one for one in await related(turn) if one["relation"] == "access"]
    if pressed:
        mine = [one for one in mine if one["domain"] == pressed] or mine
    limited = [one for one in mine if one["domain"].endswith(SMB)]
    return next(iter([*found.entries[:1], *limited, *mine]), None)


async def say_banner(turn: Turn, account: Entry) -> None:
    """What the account's page says about the upgrade."""
    answer = await turn.call("get_upgrade_eligibility", smart_account=account["domain"])
    if not answer.ok:
        say_refused(turn, account, answer)
        return
    turn.remember(smart_account=account["domain"])
    banner = answer.body["banner"]
    ways = ways_of(banner, account["domain"]) or buttons("utter_upgrade_none")
    turn.reply(f"{banner['title']}. {banner['text']}", buttons=ways)
