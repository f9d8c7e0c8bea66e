"""The users of a Smart Account as lists: who they are, and what one of them may do and why."""

import re
from collections.abc import Iterable
from typing import Any

import httpx
from rasa_sdk.events import EventType

from actions import cards
from actions.accounts import PLAIN_WORDS, Entry, spellings
from actions.base import CustomAction
from actions.inside import ListInside, accounts_meant, read_all, say_no_account, say_refused
from actions.members import called, means_another, people_meant, users_of
from actions.names import choose
from actions.people import Person, say_person, users_named
from actions.places import SLOT as PLACES
from actions.places import places_of
from actions.roles import level_of
from actions.sheet import Values
from actions.turn import Turn, button
from actions.wording import buttons, metadata, question, say

SAID, SHOWN = 10, 200
_PLACES_OF = re.compile(r" of [^;]*?(?=, through the group|;|$)")
_SEES = re.compile(
    r"\bwho\b.*\b(?:access to|see|sees|reach|use|uses|in|into|inside)\s+(?P<place>[\w-]+)\W*$",
    re.IGNORECASE,
)
_NOT_PLACES = frozenset({
    "anything", "everything", "here", "it", "licences", "licenses", "orders", "that", "there",
    "this", "total",
})  # fmt: skip
_LEVELS = re.compile(r"\b(?P<level>admin|administrator|approver|viewer)s?\b", re.IGNORECASE)


def say_roles(user: Person) -> list[str]:
    """Each role of a user in words: "VA User of Oslo, through the group Operations"."""
    titles = question("", "role").options
    said = []
    for one in user["roles"]:
        deep = {*one["include_nested"]}
        places = ", ".join(
            say("utter_with_nested", place=place) if place in deep else place
            for place in one[PLACES]
        )
        where = say("utter_role_of", role=titles[one["role"]],
                    place=places or say("utter_whole_account"))  # fmt: skip
        if one["group"]:
            where = say("utter_role_by_group", role=where, group=one["group"])
        said.append(where)
    return said


def join_roles(said: list[str]) -> str:
    """Several roles in one sentence."""
    return f" {say('utter_and')} ".join(said)


def _rows(users: Iterable[Person]) -> list[Values]:
    return [
        {"name": one["name"], "email": one["email"], "roles": join_roles(say_roles(one))}
        for one in users
    ]


class ListUsers(ListInside):
    """The users of an account: all, those with a role, in a virtual account, or called so."""

    action = "action_list_users"

    async def show(self, turn: Turn, entry: Entry) -> None:
        """A table of them, or what one of them has."""
        domain = entry["domain"]
        names = await places_of(turn, domain, "list_virtual_accounts")
        places = choose(turn.words, names).meant
        narrowed: list[Values] = [{"virtual_account": place} for place in places]
        found: dict[str, Person] = {}
        more = False
        for one in narrowed or [{}]:
            listed = await read_all(turn, "list_users", smart_account=domain, **one)
            if listed.refusal:
                say_refused(turn, entry, listed.refusal)
                return
            found |= {user["email"]: user for user in listed.items}
            more = more or listed.more
        wanted, title = _wanted(turn)
        paths: list[str | None] = [names[place] for place in places] or [None]
        users = [
            one for one in found.values() if any(has_role(one, wanted, path) for path in paths)
        ]
        named = await people_meant(turn, turn.words, users)
        if named:
            users = [one for one in users if one["email"] in named]
        elif not (wanted or narrowed) and (place := await _unknown_place(turn, entry, names)):
            text = say("utter_no_place_called", account=entry["name"], said=place)
            turn.reply(text, buttons=self._ways(entry))
            return
        elif not (wanted or narrowed) and (name := called(turn.words, _words_of(entry, names))):
            users = await users_named(turn, domain, name)
            if not users:
                turn.reply(say("utter_user_unknown", said=name), buttons=self._ways(entry))
                return
        where = f" {say('utter_and')} ".join(places) or str(entry["name"])
        count = say("utter_at_least", count=len(users)) if more else str(len(users))
        self._reply(turn, entry, users, title, where, count)

    def _reply(
        self, turn: Turn, entry: Entry, users: list[Person], title: str, where: str, count: str
    ) -> None:
        if len(users) == 1:
            turn.remember(person=users[0]["email"])
            text = say("utter_user", person=say_person(users[0]), account=where,
                       roles=join_roles(say_roles(users[0])))  # fmt: skip
            if where != entry["name"]:
                text = f"{text} {say('utter_users_reach')}"
            turn.reply(text, card=_table(users), buttons=_ways_of(users[0], entry))
            return
        if not users:
            text = say("utter_users_none", role=title, where=where)
            turn.reply(text, buttons=self._ways(entry))
            return
        lines = [f"- {say_person(one)}: {join_roles(say_roles(one))}" for one in users[:SAID]]
        if len(users) > SAID:
            response = "utter_and_more" if len(users) <= SHOWN else "utter_and_more_than_shown"
            lines.append(say(response, count=len(users) - SAID, shown=SHOWN))
        text = say("utter_users", count=count, role=title, where=where)
        if where != entry["name"]:
            lines.append(say("utter_users_reach"))
        turn.reply("\n".join([text, *lines]), card=_table(users), buttons=self._ways(entry))

    def _ways(self, entry: Entry) -> list[dict[str, str]]:
        if not {"sa_admin", "va_admin"} & {*entry["roles"]}:
            return []
        domain = entry["domain"]
        return [
            button(say("utter_way_add_user"), "add_user", smart_account=domain),
            button(say("utter_way_add_users"), "add_users", smart_account=domain),
        ]


async def _unknown_place(turn: Turn, entry: Entry, names: Iterable[str]) -> str | None:
    """What a question ends in like in a virtual account, and is none: "who can see Stockholm?"."""
    match = _SEES.search(turn.words)
    if match is None:
        return None
    said = match["place"]
    groups = await read_all(turn, "list_groups", smart_account=entry["domain"])
    known = {*spellings(entry), *_words_of(entry, names), *PLAIN_WORDS, *_NOT_PLACES}
    known |= {part for group in groups.items for part in str(group["name"]).lower().split()}
    return None if said.lower() in known else said


def _words_of(entry: Entry, names: Iterable[str]) -> frozenset[str]:
    words = [*names, entry["name"], entry["domain"].split(".")[0], "everyone", "list", "find"]
    return frozenset(part for word in words for part in word.lower().split())


def _wanted(turn: Turn) -> tuple[frozenset[str], str]:
    """The roles that are asked for, and how they are called; none for everybody."""
    titles = question("", "role").options
    if role := turn.value("role"):
        return frozenset({str(role)}), f"{titles[role]}s"
    match = _LEVELS.search(turn.words)
    if match is None:
        return frozenset(), say("utter_users_word")
    level = match["level"].lower().replace("istrator", "")
    roles = frozenset(role for role in titles if level_of(role) == level)
    return roles, str(metadata("utter_users", "levels")[level])


def has_role(user: Person, wanted: frozenset[str], path: str | None) -> bool:
    """Whether somebody has one of the roles (any, if none is wanted) at a place, given by its
    path; through the entire account and what it is nested in as well.
    """
    above = (path or "").split(" / ")
    return not wanted or any(
        one["role"] in wanted
        and (path is None or not one[PLACES] or above[-1] in one[PLACES]
             or {*above} & {*one["include_nested"]})
        for one in user["roles"]
    )  # fmt: skip


def _table(users: list[Person]) -> dict[str, Any]:
    return cards.table(say("utter_users_title"), "utter_users", _rows(users[:SHOWN]))


def _ways_of(user: Person, entry: Entry) -> list[dict[str, str]]:
    """What an administrator can do with one user."""
    if not {"sa_admin", "va_admin"} & {*entry["roles"]}:
        return []
    return changes_of({"smart_account": entry["domain"], "email": user["email"]})


def changes_of(about: dict[str, str]) -> list[dict[str, str]]:
    """Ways on from a user who was shown."""
    return [
        button(say("utter_way_change_role"), "change_role", **about),
        button(say("utter_way_remove_user"), "remove_user", **about),
    ]


class ShowPermissions(CustomAction):
    """What somebody may do in an account, and which role or group allows it."""

    action = "action_show_permissions"

    async def act(self, turn: Turn) -> list[EventType]:
        """The person named, talked about, or who asks; in each account where that is somebody."""
        entries = await accounts_meant(turn)
        if not entries:
            say_no_account(turn)
            return []
        shown = [one for one in entries if await self._show(turn, one)]
        if len(shown) == 1:
            turn.remember(smart_account=shown[0]["domain"])
        elif not shown:
            said = turn.value("email") or called(turn.words) or turn.recall.get("person")
            if said is None:
                turn.reply(say("utter_user_who"), buttons=buttons("utter_user_who"))
                return []
            turn.reply(say("utter_user_nowhere", said=said), buttons=buttons("utter_user_nowhere"))
        return []

    async def _show(self, turn: Turn, entry: Entry) -> bool:
        """Whether it is somebody there."""
        domain, me = entry["domain"], str(turn.metadata["person"])
        users = await users_of(turn, domain)
        named = await people_meant(turn, turn.words, users)
        about = _words_of(entry, await places_of(turn, domain, "list_virtual_accounts"))
        stranger = turn.value("email") or called(turn.words, about) or means_another(turn.words)
        if not named and stranger:
            return False
        email = named[0] if named else me
        answer = await turn.call("get_user_permissions", smart_account=domain, email=email)
        if answer.status == httpx.codes.NOT_FOUND and named:
            return False
        if not answer.ok:
            say_refused(turn, entry, answer)
            return True
        turn.remember(person=email)
        self._reply(turn, entry, answer.body, mine=email == me)
        return True

    def _reply(self, turn: Turn, entry: Entry, found: Values, *, mine: bool) -> None:
        text = say(
            "utter_permissions_mine" if mine else "utter_permissions",
            person=say_person(found), account=entry["name"], roles=join_roles(say_roles(found)),
        )  # fmt: skip
        rows = [
            {"what": one["what"], "where": _where(one), "why": "; ".join(one["reasons"])}
            for one in found["permissions"]
        ]
        if asked := _asked_for(turn, found["permissions"]):
            text = f"{asked} {text}"
        elif rows:
            text = "\n".join([f"{text} {say('utter_permissions_are')}", *_lines(rows, found)])
        card = cards.table(say("utter_permissions_title", name=found["name"]),
                           "utter_permissions", rows)  # fmt: skip
        turn.reply(text, card=card, buttons=[] if mine else _ways_of(found, entry))


def _lines(rows: list[Values], user: Person) -> list[str]:
    """What somebody may, where, and with several roles because of which."""
    several = len(user["roles"]) > 1
    lines = [
        f"- {row['what']}: {row['where']}"
        + (f" ({_PLACES_OF.sub('', row['why'])})" if several else "")
        for row in rows[:SAID]
    ]
    if len(rows) > SAID:
        lines.append(say("utter_and_more", count=len(rows) - SAID))
    return lines


def _where(permission: Values) -> str:
    return ", ".join(permission[PLACES]) or say("utter_whole_account")


def _asked_for(turn: Turn, permissions: list[Values]) -> str:
    """Yes or no, when the question is whether somebody may do a certain thing."""
    words = turn.words.lower()
    if not re.match(r"^\W*(?:can|may|is|does|why)\b", words):
        return ""
    asked: dict[str, list[str]] = metadata("utter_permissions", "asked")
    for action, patterns in asked.items():
        if any(re.search(pattern, words) for pattern in patterns):
            held = next((one for one in permissions if one["action"] == action), None)
            if held is None:
                return say("utter_permission_no")
            return say("utter_permission_yes", where=_where(held), why="; ".join(held["reasons"]))
    return ""
