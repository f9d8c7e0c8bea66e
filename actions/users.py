"""The users of a Smart Account: add, change, remove them, one by one or many at once."""

import re
from typing import ClassVar

from rasa_sdk.events import EventType

from actions.accounts import PLAIN_WORDS, related, spellings
from actions.answers import without_facts
from actions.members import (
    SLOT,
    ManagesPeople,
    NothingToDo,
    PersonChoice,
    RoleGiven,
    own_roles,
    people_meant,
    users_of,
)
from actions.names import find_names
from actions.people import Person, say_person, spellings_of
from actions.places import SLOT as PLACES
from actions.places import places_of
from actions.questions import failed
from actions.removals import chosen, corrected, is_negated, phrases, taken
from actions.roles import level_of, role_in, scope_of
from actions.sheet import CHANGE, Sheet, Values
from actions.turn import Turn
from actions.user_lists import changes_of, join_roles, say_roles
from actions.wording import say
from backend.core.wording import for_people

SAID = 10
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
            spared, held = chosen(words, names).denied, kept.get("held")
            if held and {*held} <= {*spared}:
                sheet.notes.append(say("utter_nothing_else", places=", ".join(held)))
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
        turn.reply("\n\n".join([*sheet.notes, text]), buttons=changes_of(about))
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
