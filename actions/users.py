"""The users of a Smart Account: who they are and what they may do; add, change, remove them."""

import re
from collections.abc import Iterable
from typing import Any, ClassVar

import httpx
from rasa_sdk.events import EventType

from actions import cards
from actions.accounts import PLAIN_WORDS, Entry, related, spellings
from actions.answers import without_facts
from actions.base import CustomAction
from actions.inside import accounts_meant, read_all, say_no_account, say_refused
from actions.members import (
    SLOT,
    ManagesPeople,
    NothingToDo,
    PersonChoice,
    RoleGiven,
    called,
    means_another,
    own_roles,
    people_meant,
    users_of,
)
from actions.names import choose, find_names
from actions.people import Person, say_person, spellings_of, users_named
from actions.places import SLOT as PLACES
from actions.places import places_of
from actions.questions import failed
from actions.removals import chosen, corrected, is_negated, phrases, taken
from actions.roles import level_of, role_in, scope_of
from actions.sheet import CHANGE, Sheet, Values
from actions.turn import Turn, button
from actions.wording import buttons, metadata, question, say
from backend.core.wording import for_people

SAID, SHOWN = 10, 200
_BESIDE = re.compile(
    r"\b(?:also|too|as well|additionally|extend|in addition|on top)\b", re.IGNORECASE
)
_AWAY = re.compile(
    r"\b(?:take|took)\b.*\b(?:away|from|out of)\b|\bno longer\b|\brevoke"
    r"|(?:\bnot|n['’]t)\b.*\bany ?(?:more|longer)\b|\blose",
    re.IGNORECASE,
)
_INSTEAD = re.compile(r"\b(?:only|just|instead|but)\b", re.IGNORECASE)
_EVERYTHING = re.compile(
    r"\W*(?:no,? )?(?:from |of )?(?:everything|everywhere|all(?: of (?:it|them))?"
    r"|(?:all|the (?:entire|whole) account)(?: access)?|completely)\W*",
    re.IGNORECASE,
)
# What stands where a virtual account would, and is none: "i want to revoke …", "on friday".
_NO_PLACE = PLAIN_WORDS | {
    "another", "anything", "block", "cancel", "course", "cut", "december", "drop", "everybody",
    "everywhere", "friday", "future", "group", "groups", "here", "him", "kick", "lock", "lose",
    "monday", "nested", "once", "permissions", "put", "revoke", "saturday", "strip", "sunday",
    "system", "there", "those", "throw", "thursday", "tuesday", "wednesday",
}  # fmt: skip
_PLACES_OF = re.compile(r" of [^;]*?(?=, through the group|;|$)")
_LEVELS = re.compile(r"\b(?P<level>admin|administrator|approver|viewer)s?\b", re.IGNORECASE)
_TABLE = re.compile(r"^\s*[^\s,@]+@[^\s,]+\s*,\s*[\w ]*,\s*\w+", re.MULTILINE)


# -- one person ---------------------------------------------------------------------------------


class AddUserForm(NothingToDo, PersonChoice):
    """Gives one person a role, beside those they have."""

    form = "add_user_form"
    operation = "add_user"
    asks = ("smart_account", SLOT, "scope", "role", PLACES, "include_nested")
    optional = frozenset({"scope", "include_nested"})
    begins = frozenset({"add_user"})
    repeats = frozenset(asks) - {SLOT}

    async def elsewhere(self, turn: Turn, sheet: Sheet) -> str | None:  # noqa: ARG002
        """Several people are a list."""
        return "add_users_form" if len({*turn.values("email")}) > 1 else None

    async def hear_person(
        self, turn: Turn, sheet: Sheet, heard: Values, smart_account: str, words: str
    ) -> None:
        """Any address will do; a name is a user's, or of somebody in the account's own domain."""
        users = await users_of(turn, smart_account)
        found = [heard[SLOT]] if SLOT in heard else await people_meant(turn, words, users)
        known = [one for one in users if one["email"] in found]
        if len(found) == 1:
            heard[SLOT] = found[0]
            self.about(sheet, known[0] if known else {})
        elif known:
            self._ask_which(sheet, known)
        elif name := await self._called(turn, words, smart_account):
            await self._ask_address(turn, sheet, name, smart_account)

    async def _ask_address(self, turn: Turn, sheet: Sheet, name: str, smart_account: str) -> None:
        """Which address somebody called so has; one that the API knows is offered."""
        guess = f"{name.lower()}@{smart_account}"
        tried = await turn.call(
            self.operation, dry_run=True, smart_account=smart_account, email=guess,
            role="sa_viewer",
        )  # fmt: skip
        sheet.judged.add(SLOT)
        sheet.memory.changing = SLOT
        if tried.ok:
            sheet.narrow(SLOT, {guess: guess}, say("utter_address_guess", name=name, guess=guess))
        else:
            sheet.notes.append(say("utter_address_wanted", name=name))

    def about(self, sheet: Sheet, user: Person) -> None:
        """The level that the person has already in virtual accounts."""
        levels = {one["role"] for one in own_roles(user) if one["role"].startswith("va_")}
        sheet.memory.kept["own"] = levels.pop() if len(levels) == 1 else None

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Who, what and where; another virtual account means the role that the person has."""
        await super().understand(turn, sheet, heard)
        known = {*heard, *sheet.values} | ({"role"} if "level" in sheet.memory.kept else set())
        own = sheet.memory.kept.get("own")
        if own and heard.get(PLACES) and "role" not in known:
            heard["role"] = own

    async def options_of(self, slot: str, turn: Turn, sheet: Sheet) -> dict[str, str] | None:
        """Anybody can be added, so there is nobody to choose from."""
        return None if slot == SLOT else await super().options_of(slot, turn, sheet)


class ChangeRoleForm(NothingToDo, PersonChoice):
    """Gives a user another role, scope or other virtual accounts, instead of those held."""

    form = "change_role_form"
    operation = "change_user_role"
    asks = ("smart_account", SLOT, "scope", "role", PLACES)
    optional = frozenset({"scope"})
    takes = frozenset({"include_nested"})
    begins = frozenset({"change_role"})

    async def elsewhere(self, turn: Turn, sheet: Sheet) -> str | None:
        """More virtual accounts come beside what somebody has; taking some away is a removal."""
        account = sheet.values.get("smart_account")
        if turn.is_payload:
            return None
        roles = {*turn.values("role"), *turn.values("role_level")}
        if len(roles) <= 1 and _AWAY.search(turn.words) and not _INSTEAD.search(turn.words):
            return RemoveUserForm.form
        if roles or "role" in sheet.values:
            return None
        accounts = (
            [str(account)] if account else [one["domain"] for one in await self.accounts(turn)]
        )
        places = {
            name for domain in accounts[:3] for name in await places_of(turn, domain, self.listing)
        }
        if not find_names(turn.words, {name: name for name in places}):
            return None
        return AddUserForm.form if _BESIDE.search(turn.words) else None

    def about(self, sheet: Sheet, user: Person) -> None:
        """The role and the virtual accounts that the person has now."""
        roles = own_roles(user)
        sheet.memory.kept["now"] = [place for one in roles for place in one[PLACES]]
        sheet.memory.kept["own"] = roles[0]["role"] if roles else None

    def _present(self, sheet: Sheet) -> list[str]:
        return super()._present(sheet) or list(sheet.memory.kept.get("now") or [])

    async def scope_otherwise(self, turn: Turn, sheet: Sheet) -> str | None:  # noqa: ARG002
        """A bare "viewer" is one where the person has the role now."""
        own = sheet.memory.kept.get("own")
        return scope_of(own) if own else None

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Who, what and where; a new place leaves the level as it is."""
        await super().understand(turn, sheet, heard)
        own, scope = sheet.memory.kept.get("own"), heard.get("scope")
        if own and scope and "role" not in {*heard, *sheet.values}:
            level = "user" if own == "sa_approver" and scope == PLACES else level_of(own)
            heard["role"] = role_in(level, scope)


class RemoveUserForm(RoleGiven, PersonChoice):
    """Takes all roles from a user, or only those in some virtual accounts."""

    form = "remove_user_form"
    operation = "remove_user"
    asks = ("smart_account", SLOT, PLACES)
    begins = frozenset({"remove_user"})

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Who, and from where. Of "don't remove Vik", nothing."""
        if is_negated(turn.words):
            heard.clear()
            return
        role = turn.value("role") or turn.value("role_level")
        if role and (role != "user" or "user role" in turn.words.lower()):
            sheet.memory.kept["role"] = role
        await super().understand(turn, sheet, heard)
        for slot in ("role", "scope"):
            heard.pop(slot, None)
            sheet.values.pop(slot, None)

    def about(self, sheet: Sheet, user: Person) -> None:
        """Where the person has roles; None for somebody who reaches the entire account."""
        held = [place for one in user["roles"] for place in one[PLACES]]
        whole = any(not one[PLACES] for one in user["roles"])
        sheet.memory.kept["held"] = None if whole else list(dict.fromkeys(held))

    async def _hear_places(
        self, turn: Turn, sheet: Sheet, heard: Values, smart_account: str
    ) -> None:
        """Each virtual account that is named. One that there is not is passed on, and where it is
        not clear which, that is asked: neither must mean the whole account.
        """
        words, kept = self._words(turn, sheet), sheet.memory.kept
        present = [str(one) for one in sheet.values.get(PLACES) or ()]
        if sheet.asked in {PLACES, CHANGE} and _EVERYTHING.fullmatch(words):
            self._ask_where(sheet, heard, unclear=False)
            return
        names = await self.names(turn, sheet, smart_account)
        unknown = await self._unknown_places(turn, words, smart_account, names)
        said = taken(words, names, kept.get("held"))
        if sheet.asked == CHANGE and present and (said.places or said.unclear):
            said = corrected(words, names, present)
        places = list(dict.fromkeys([*said.places, *unknown]))
        if said.unclear and SLOT not in sheet.judged:
            self._ask_where(sheet, heard, unclear=True)
        elif places:
            adds = present if self._adds(turn, sheet, words) else []
            heard[PLACES] = list(dict.fromkeys([*adds, *places]))
            kept.pop("where", None)

    def _ask_where(self, sheet: Sheet, heard: Values, *, unclear: bool) -> None:
        """Drop the virtual accounts, and ask for them where they are not clear."""
        sheet.values.pop(PLACES, None)
        sheet.memory.kept["where"] = unclear
        sheet.memory.kept.pop(PLACES, None)
        sheet.memory.changing = None if sheet.memory.changing == PLACES else sheet.memory.changing
        if SLOT in sheet.values:
            heard.setdefault(SLOT, sheet.values[SLOT])  # something was understood

    async def _check(self, turn: Turn, sheet: Sheet) -> tuple[set[str], dict[str, str]]:
        """From where, as long as that is not clear."""
        missing, wrong = await super()._check(turn, sheet)
        if sheet.memory.kept.get("where") and PLACES not in sheet.values:
            missing |= {PLACES}
        return missing, wrong

    async def finish(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """Propose it, unless it was one role of several: that is no removal of everything."""
        role = sheet.memory.kept.get("role")
        users = await users_of(turn, self.account_of(sheet))
        user = next((one for one in users if one["email"] == sheet.values.get(SLOT)), None)
        if not role or user is None or PLACES in sheet.values or _is_all(user, str(role)):
            return await super().finish(turn, sheet)
        text = say("utter_role_alone", person=say_person(user), roles=join_roles(say_roles(user)))
        about = {"smart_account": self.account_of(sheet), "email": user["email"]}
        turn.reply("\n\n".join([*sheet.notes, text]), buttons=_changes(about))
        sheet.forget()
        return sheet.events(None)

    async def is_explained(self, turn: Turn, smart_account: str, phrase: str) -> bool:  # noqa: ARG002
        """What is no account is taken for a virtual account, or somebody."""
        return True

    async def _unknown_places(
        self, turn: Turn, words: str, smart_account: str, names: dict[str, str]
    ) -> list[str]:
        """What is said like a virtual account, and is neither one nor the account nor a person."""
        entries = [one for one in await related(turn) if one["domain"] == smart_account]
        users = spellings_of(await users_of(turn, smart_account))
        known = [*(word for one in entries for word in spellings(one)), *users, *names]
        if name := await self._called(turn, words, smart_account):
            known.append(name.lower())
        if words == turn.text:
            words = without_facts(turn, frozenset({"domain", "email", "role", "role_level"}))
        said = {one.lower(): one for one in [*phrases(words), *chosen(words, names).unknown]}
        return [
            one
            for key, one in said.items()
            if key.split()[0] not in _NO_PLACE and not find_names(one, dict.fromkeys(known, ""))
        ]


def _is_all(user: Person, role: str) -> bool:
    """Whether a role, or one of a level, is all that somebody has."""
    roles = [str(one["role"]) for one in user["roles"]]
    return len(roles) == 1 and role in {roles[0], level_of(roles[0])}


# -- many ---------------------------------------------------------------------------------------


class AddUsersForm(RoleGiven, ManagesPeople):
    """Adds many people: from a file or rows in the chat, or named in a sentence, with one role."""

    form = "add_users_form"
    operation = "add_users"
    asks = ("smart_account", "csv", "scope", "role", PLACES, "include_nested")
    optional = frozenset({"scope", "include_nested"})
    takes = frozenset({"emails"})
    begins = frozenset({"add_users"})
    hears: ClassVar[dict[str, str]] = {"email": "emails"}

    async def elsewhere(self, turn: Turn, sheet: Sheet) -> str | None:  # noqa: ARG002
        """One person is no list."""
        one = len({*turn.values("email")}) == 1 and not turn.values("file")
        return AddUserForm.form if one and turn.intent == "add_users" else None

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Rows that were pasted, or people of whom the sentence says what they get."""
        if _TABLE.search(turn.words):
            heard.clear()
            heard["csv"] = turn.words
            sheet.judged.add("csv")
        await super().understand(turn, sheet, heard)
        if "csv" in heard:
            for slot in ("emails", "scope", "role", PLACES, "include_nested"):
                heard.pop(slot, None)
                sheet.values.pop(slot, None)
        elif "emails" in heard:
            heard["emails"] = list(dict.fromkeys(heard["emails"]))
            sheet.judged.add("csv")
            sheet.values.pop("csv", None)

    async def needs(self, slot: str, turn: Turn, sheet: Sheet) -> bool:
        """A file has its roles in it."""
        if slot == "csv":
            return "emails" not in sheet.values
        if "csv" in sheet.values:
            return False
        return await super().needs(slot, turn, sheet)

    async def _check(self, turn: Turn, sheet: Sheet) -> tuple[set[str], dict[str, str]]:
        """Nobody named yet: that is asked for."""
        if {"csv", "emails"} & {*sheet.values} or "smart_account" not in sheet.values:
            return await super()._check(turn, sheet)
        return {"csv"}, {}

    def _slot_of(self, field: str) -> str:
        """What is wrong with the file as a whole is said of the file."""
        return "csv" if field in {"file", "users", "body"} else super()._slot_of(field)

    async def finish(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """Propose it, unless no row can be done: then say why, and ask again."""
        answer = await turn.call(self.operation, dry_run=True, **sheet.arguments())
        rows: list[Values] = answer.body.get("results") or []
        if not rows or any(one["status"] in {"added", "changed"} for one in rows):
            return await super().finish(turn, sheet)
        lines = [f"- {one['identifier']}: {one['detail']}" for one in rows[:SAID]]
        if len(rows) > SAID:
            lines.append(say("utter_and_more", count=len(rows) - SAID))
        sheet.values.pop("csv", None)
        sheet.values.pop("emails", None)
        sheet.memory.proposed = False
        reason = "\n".join([say("utter_nobody_to_add"), *lines])
        return failed(turn, sheet, for_people(reason), "csv")


# -- who, and what they may ---------------------------------------------------------------------


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


class ListUsers(CustomAction):
    """The users of an account: all, those with a role, in a virtual account, or called so."""

    action = "action_list_users"

    async def act(self, turn: Turn) -> list[EventType]:
        """A table for each account that is meant."""
        entries = await accounts_meant(turn)
        if not entries:
            say_no_account(turn)
        for entry in entries:
            await self._show(turn, entry)
        if len(entries) == 1:
            turn.remember(smart_account=entries[0]["domain"])
        return []

    async def _show(self, turn: Turn, entry: Entry) -> None:
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
    return _changes({"smart_account": entry["domain"], "email": user["email"]})


def _changes(about: dict[str, str]) -> list[dict[str, str]]:
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
