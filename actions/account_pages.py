"""A Smart Account to look at: its properties and numbers, its places."""

import re
from typing import Any

from rasa_sdk.events import EventType

from actions import cards
from actions.account_requests import say_banner
from actions.accounts import Entry, Found, find_accounts, title_of
from actions.addresses import country_name
from actions.base import CustomAction
from actions.dates import say_moment
from actions.inside import accounts_meant, read_all, say_no_account, say_refused
from actions.new_accounts import SMB
from actions.people import say_person
from actions.turn import Turn, button
from actions.wording import buttons, metadata, say


class ShowAccount(CustomAction):
    """An account's properties and numbers."""

    action = "action_show_account"

    async def act(self, turn: Turn) -> list[EventType]:
        """The account that is meant as a card; of several, which one is asked."""
        found = await find_accounts(turn, turn.words, everywhere=True)
        if (unknown := _nowhere(turn, found)) is not None:
            response = "utter_account_unknown"
            turn.reply(say(response, said=unknown), buttons=buttons(response))
            return []
        strangers = [one for one in found.entries if one.get("relation") != "access"]
        entries = strangers[:1] or await accounts_meant(turn)
        if not entries:
            say_no_account(turn)
        elif len(entries) > 1:
            ways = [
                button(title_of(one), "show_account", smart_account=one["domain"])
                for one in entries
            ]
            turn.reply(say("utter_show_which"), buttons=ways)
        else:
            await _show(turn, entries[0])
        return []


def _nowhere(turn: Turn, found: Found) -> str | None:
    """A name after "of" that is no account's: then it is not one's own that is meant."""
    if found.entries or turn.is_payload:
        return None
    named = (rf"\b(?:of|for|about|at)\s+{re.escape(phrase)}\b" for phrase in found.phrases)
    pairs = zip(found.phrases, named, strict=True)
    return next((one for one, said in pairs if re.search(said, turn.words, re.IGNORECASE)), None)


async def _show(turn: Turn, entry: Entry) -> None:
    domain = str(entry["domain"])
    account = await turn.call("get_smart_account", smart_account=domain)
    if not account.ok:
        response = "utter_account_unknown"
        turn.reply(say(response, said=domain), buttons=buttons(response))
        return
    numbers = await turn.call("get_account_overview", smart_account=domain)
    turn.remember(smart_account=domain)
    body = account.body
    rows = [*_properties(body), *_numbers(numbers.body if numbers.ok else {})]
    waiting = [one["title"] for one in body.get("notices") or [] if not one["accepted"]]
    states = metadata("utter_show_account", "states")
    text = say("utter_show_account", account=title_of(body), state=states[body["status"]])
    if waiting:
        text += " " + say("utter_notices_open", notices=" and ".join(waiting))
    title = title_of(body)
    card = cards.table(title, "utter_show_account", rows)
    turn.reply(text, card=card, buttons=_ways(body, waiting))
    if domain.endswith(SMB) and body["relation"] == "access":
        await say_banner(turn, entry)


def _ways(body: dict[str, Any], waiting: list[str]) -> list[dict[str, str]]:
    """What can be done next with it, by the person's roles."""
    domain = body["domain"]
    if body["relation"] != "access":
        asked = body["relation"] == "requested" or body["status"] != "active"
        way = button(say("utter_way_request"), "request_access", smart_account=domain)
        return [] if asked else [way]
    ways = []
    if waiting:
        ways.append(button(say("utter_way_accept_notice"), "accept_notice", smart_account=domain))
    if "sa_admin" in body["roles"]:
        ways.append(button(say("utter_way_change"), "change_account", smart_account=domain))
    return [*ways, button(say("utter_way_policies"), "account_policies", smart_account=domain)]


def _properties(body: dict[str, Any]) -> list[dict[str, str]]:
    """The rows that say what an account is; those that the person may not see are absent."""
    place = body.get("headquarters") or {}
    city = " ".join(str(place[k]) for k in ("postal_code", "city") if place.get(k))
    address = [place.get("organization"), place.get("street"), city, place.get("region"),
               country_name(place.get("country"))]  # fmt: skip
    contact = body.get("primary_contact")
    kind = "smb" if body.get("is_smb") else body["type"]
    values = {
        "number": body["id"],
        "type": metadata("utter_show_account", "types")[kind],
        "search": body.get("visibility"),
        "headquarters": ", ".join(str(part) for part in address if part),
        "contact": say_person(contact) if contact else "",
        "administrators": ", ".join(map(say_person, body["administrators"][:5])),
        "active_since": say_moment(body["activated_at"][:10]) if body.get("activated_at") else "",
    }
    return _rows(values)


def _numbers(numbers: dict[str, Any]) -> list[dict[str, str]]:
    names = ("members", "groups", "virtual_accounts", "locations", "pending_access_requests",
             "open_cases")  # fmt: skip
    return _rows({name: numbers.get(name) for name in names})


def _rows(values: dict[str, Any]) -> list[dict[str, str]]:
    labels = metadata("utter_show_account", "labels")
    known = {key: value for key, value in values.items() if value not in (None, "")}
    return [{"what": labels[key], "value": str(value)} for key, value in known.items()]


class Locations(CustomAction):
    """The places of an account."""

    action = "action_locations"

    async def act(self, turn: Turn) -> list[EventType]:
        """A card for each account that is meant."""
        entries = await accounts_meant(turn)
        if not entries:
            say_no_account(turn)
        for entry in entries:
            listed = await read_all(turn, "list_locations", smart_account=entry["domain"])
            if listed.refusal is not None:
                say_refused(turn, entry, listed.refusal)
            elif listed.items:
                _say_locations(turn, entry, listed.items)
            else:
                turn.reply(say("utter_locations_none", account=title_of(entry)))
        return []


def _say_locations(turn: Turn, entry: Entry, items: list[dict[str, Any]]) -> None:
    rows = [
        {"name": one["name"], "virtual_accounts": ", ".join(one["virtual_accounts"]),
         "address": ", ".join(filter(None, [
             one["street"], one["postal_code"], one["city"], one["region"],
             country_name(one["country"])]))}
        for one in items
    ]  # fmt: skip
    names = ", ".join(one["name"] for one in items[:10])
    turn.reply(
        say("utter_locations", account=title_of(entry), names=names),
        card=cards.table(
            say("utter_locations_title", account=entry["name"]), "utter_locations", rows
        ),
    )
    turn.remember(smart_account=entry["domain"])
