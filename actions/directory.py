"""The directory: which accounts there are, and who administers them."""

from typing import Any

import httpx
from rasa_sdk.events import EventType

from actions import cards
from actions.accounts import MOST_CHOICES, Entry, choices, find_accounts, related, title_of
from actions.base import CustomAction
from actions.names import nearest
from actions.people import say_person
from actions.places import places_of
from actions.turn import Turn, button
from actions.user_lists import ListUsers
from actions.wording import buttons, counted, metadata, say
from backend.core.wording import for_people

MOST_SHOWN = 50


class MyAccounts(CustomAction):
    """The accounts related to the person, or those that a search finds."""

    action = "action_my_accounts"

    async def act(self, turn: Turn) -> list[EventType]:
        """Reply with the directory as a card."""
        turn.remember(last={"run": self.action})
        found = await find_accounts(turn, turn.words, everywhere=True)
        entries = [entry for entry in found.entries if not entry.get("unknown")]
        if entries:
            _show(turn, _found(entries), entries)
        elif found.entries or found.phrases:
            said = found.phrases[0] if found.phrases else found.entries[0]["domain"]
            await _say_none(turn, said)
        elif mine := await related(turn):
            _show(turn, _summary(mine), mine)
        else:
            turn.reply(say("utter_accounts_none"), buttons=buttons("utter_accounts_none"))
        return []


def _summary(entries: list[Entry]) -> str:
    """How many there are of each relation: "You have access to 2 …"."""
    said = [
        str(text).format(names=", ".join(title_of(one) for one in group[:5]))
        for relation, text in metadata("utter_accounts", "relations").items()
        if (group := [one for one in entries if one["relation"] == relation])
    ]
    return "\n".join(said)


def _found(entries: list[Entry]) -> str:
    lines = [f"- {title_of(one)}" for one in entries[:10]]
    return "\n".join(
        [say("utter_accounts_found", count=counted(len(entries), MOST_CHOICES)), *lines]
    )


def _show(turn: Turn, text: str, entries: list[Entry]) -> None:
    card = cards.directory(entries[:MOST_SHOWN])
    alone = len(entries) == 1
    if alone:
        turn.remember(smart_account=entries[0]["domain"])
        text = _sentence(entries[0])
    turn.reply(text, card=card, buttons=card["items"][0]["buttons"] if alone else [])


def _sentence(entry: Entry) -> str:
    """One account in words: what it is to the person, and who administers it."""
    state = "pending" if entry["status"] != "active" else entry["relation"] or "none"
    people = ", ".join(say_person(one) for one in entry["administrators"][:5])
    text = str(metadata("utter_account", state)).format(account=title_of(entry))
    return f"{text} {say('utter_account_admins', people=people)}" if people else text


async def _say_none(turn: Turn, said: str) -> None:
    close = {title_of(one): one for one in await related(turn)}
    near = [close[title] for title in nearest(said, close)]
    ways = [
        button(title, "find_administrator", smart_account=domain)
        for domain, title in choices(near).items()
    ][:3]
    text = say("utter_account_unknown", said=said[:60])
    turn.reply(text, buttons=[*ways, *buttons("utter_account_unknown")])


class FindAdministrator(CustomAction):
    """Who administers an account."""

    action = "action_find_administrator"

    async def act(self, turn: Turn) -> list[EventType]:
        """The administrators of the account named, of the one talked about, or of each own one."""
        turn.remember(last={"run": self.action})
        pressed = turn.value("smart_account")
        if pressed is not None:
            await _say_administrators(turn, str(pressed))
            return []
        found = await find_accounts(turn, turn.words, everywhere=True)
        if len(found.entries) > 1:
            _show(turn, _found(found.entries), found.entries)
        elif found.entries:
            await _say_administrators(turn, found.entries[0]["domain"])
        elif await self._is_of_a_place(turn, found.phrases):
            return await ListUsers().act(turn)
        else:
            await self._of_mine(turn, found.phrases)
        return []

    async def _is_of_a_place(self, turn: Turn, phrases: list[str]) -> bool:
        """Whether a virtual account's administrators are meant: "who are the admins of Oslo"."""
        mine = [one for one in await related(turn) if one["relation"] == "access"]
        return any([await _is_place(turn, mine, phrase) for phrase in phrases])

    async def _of_mine(self, turn: Turn, phrases: list[str]) -> None:
        mine = await related(turn)
        named = [phrase for phrase in phrases if not await _is_place(turn, mine, phrase)]
        if named:
            await _say_none(turn, named[0])
        elif len(mine) == 1:
            await _say_administrators(turn, mine[0]["domain"])
        elif mine:
            _show(turn, _summary(mine), mine)
        else:
            turn.reply(say("utter_accounts_none"), buttons=buttons("utter_accounts_none"))


async def _is_place(turn: Turn, mine: list[Entry], phrase: str) -> bool:
    """Whether a phrase is a virtual account of an account of one's own."""
    for entry in mine[:3]:
        if phrase.lower() in {name.lower() for name in await places_of(turn, entry["domain"])}:
            return True
    return False


async def _say_administrators(turn: Turn, domain: str) -> None:
    answer = await turn.call("list_administrators", smart_account=domain)
    if answer.status == httpx.codes.NOT_FOUND:
        await _say_none(turn, domain)
        return
    if not answer.ok:
        turn.reply(for_people(f"{answer.body.get('detail')} {answer.body.get('hint', '')}"))
        return
    turn.remember(smart_account=domain)
    body: dict[str, Any] = answer.body
    lines = [f"- {say_person(person)}" for person in body["items"]]
    account = f"{body['smart_account_name']} ({body['smart_account']})"
    if not lines:
        response = "utter_account_without_admins"
        turn.reply(say(response, account=account), buttons=buttons(response))
        return
    mine = next((one for one in await related(turn) if one["domain"] == domain), None)
    ways = []
    if mine is None or mine["relation"] not in {"access", "requested"}:
        ways = [button(say("utter_way_request"), "request_access", smart_account=domain)]
    turn.reply("\n".join([say("utter_administrators", account=account), *lines]), buttons=ways)
