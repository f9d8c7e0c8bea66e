"""Which user of an account is meant: by address, by name, "him", "me"."""

import re
from typing import Any, ClassVar

import httpx
from rasa_sdk.events import EventType

from actions.accounts import PLAIN_WORDS, AccountForm, related
from actions.inside import read_all
from actions.names import choose, find_names
from actions.people import Person, named_people, say_person, spellings_of, users_named
from actions.places import SLOT as PLACES
from actions.places import PlacesForm, places_of
from actions.removals import chosen
from actions.roles import ACCOUNT, level_of
from actions.sheet import CHANGE, Sheet, Values
from actions.turn import Turn, button
from actions.wording import buttons, question, say
from backend.core.client import Answer

SLOT = "email"
MOST_CHOICES = 25
_HIM = re.compile(
    r"\b(?:he|she|him|her|his|hers|them|their|this person|that person)\b", re.IGNORECASE
)
_ME = re.compile(
    r"\b(?:remove|delete|demote|promote|make|change|take|limit)\s+(?:me|myself|my)\b"
    r"|\bmyself\b|\bmy (?:own )?(?:role|roles|access|rights)\b",
    re.IGNORECASE,
)
_VERBS = (
    r"(?:add|change|delete|demote|downgrade|enroll|give|grant|invite|kick|let|limit|lock out|make"
    r"|promote|put|register|remove|revoke|set|switch|take|throw|update|can|may|does|is"
    r"|(?:role|roles|access|rights|permissions|scope) (?:of|for|from))"
)
_ARTICLES = r"(?:(?:a|an|the|my|our|new|colleague|partner|user|person|mr|mrs|ms|dr)\.?\s+)*"
_NO_THING = r"(?!(?:role|roles|access|rights|permissions|scope)\b)"
# A name after a verb, or before "'s".
_CALLED = re.compile(
    rf"\b{_VERBS}\s+{_ARTICLES}{_NO_THING}"
    r"(?P<name>[^\W\d_][\w-]*)(?:['’]s)?(?![\w@.])"
    r"|\b(?P<owner>[^\W\d_][\w-]*)['’]s\b",
    re.IGNORECASE,
)
_NOBODY = PLAIN_WORDS | {
    "another", "approver", "approvers", "away", "back", "colleague", "colleagues", "different",
    "effective", "everybody", "group", "he", "him", "it's", "left", "many", "more", "multiple",
    "nobody", "no", "one", "out", "permissions", "person", "put", "several", "she", "some",
    "something", "that's", "those", "what's", "who's", "whose",
}  # fmt: skip


async def users_of(turn: Turn, smart_account: str) -> list[Person]:
    """The users of an account that the person may see, up to a thousand; read once a turn."""
    return (await read_all(turn, "list_users", smart_account=smart_account)).items


def called(words: str, known: frozenset[str] = frozenset()) -> str | None:
    """What stands where a name would: "remove bob from it" → bob; `known` words are no names."""
    for match in _CALLED.finditer(words):
        name = match["name"] or match["owner"]
        if name.lower() not in _NOBODY | known:
            return str(name)
    return None


async def people_meant(turn: Turn, words: str, users: list[Person]) -> list[str]:
    """The addresses of those of `users` who are named, are the person, or were talked about."""
    addresses = [str(value) for value in turn.values("email")]
    if addresses:
        known = {str(user["email"]) for user in users}
        return [one for one in dict.fromkeys(addresses) if one in known]
    if named := named_people(turn, users):
        return named
    me = str(turn.metadata["person"])
    if _ME.search(words) and any(user["email"] == me for user in users):
        return [me]
    recalled = turn.recall.get("person")
    if _HIM.search(words) and any(user["email"] == recalled for user in users):
        return [str(recalled)]
    return []


def means_another(words: str) -> bool:
    """Whether somebody is spoken of as "him" or "her"."""
    return _HIM.search(words) is not None


def own_roles(user: Person) -> list[dict[str, Any]]:
    """The roles that a user holds without a group."""
    return [one for one in user.get("roles") or () if one["group"] is None]


class ManagesPeople(AccountForm):
    """For forms of those who manage the users of an account."""

    subject = "the users of a Smart Account"

    async def may(self, turn: Turn, sheet: Sheet) -> Answer | None:
        """Whether the person manages anybody there: a try with nobody."""
        answer = await turn.call(
            "add_users", dry_run=True, smart_account=sheet.values["smart_account"]
        )
        return answer if not answer.ok and not answer.field_errors else None

    async def refused(self, turn: Turn, sheet: Sheet, answer: Answer) -> list[EventType]:
        """Say who can, or how it becomes possible."""
        account = sheet.values.get("smart_account")
        if answer.status == httpx.codes.FORBIDDEN:
            sheet.notes.clear()
            sheet.offers.append(
                button(say("utter_way_administrators"), "find_administrator",
                       smart_account=account)
            )  # fmt: skip
        elif str(answer.body.get("type", "")).endswith("last-administrator"):
            sheet.offers += buttons("utter_last_administrator")
        return await super().refused(turn, sheet, answer)


class PersonChoice(ManagesPeople):
    """For forms about one user of an account, in the slot `email`."""

    hears: ClassVar[dict[str, str]] = {"email": SLOT}

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Account, then the person."""
        await super().understand(turn, sheet, heard)
        account = heard.get("smart_account") or sheet.values.get("smart_account")
        if account is None or sheet.asked not in {None, CHANGE, SLOT, "smart_account"}:
            return
        words = turn.words
        if sheet.asked == "smart_account":
            words = str(sheet.memory.kept.get("words") or "")
            if SLOT in sheet.values:
                heard.setdefault(SLOT, sheet.values[SLOT])
        await self.hear_person(turn, sheet, heard, str(account), words)
        if SLOT in heard:
            turn.remember(person=heard[SLOT])

    async def hear_person(
        self, turn: Turn, sheet: Sheet, heard: Values, smart_account: str, words: str
    ) -> None:
        """The one named; several are asked about, and that there is none is said."""
        said = heard.pop(SLOT, None)
        users = await users_of(turn, smart_account)
        found = [user["email"] for user in users if user["email"] == said]
        found = found or await people_meant(turn, words, users)
        spared = self._spared(sheet, words, users)
        if spared:
            found = [one for one in found if one not in spared]
            if not found:
                self._ask_which(sheet, users)
                return
        name = None if found else said or await self._called(turn, words, smart_account)
        if not found and sheet.asked == SLOT:
            name = name or words.strip(" .!?")
        if name:
            more = await users_named(turn, smart_account, str(name))
            more = more or await users_named(turn, smart_account, str(name).removesuffix("s"))
            found, users = [user["email"] for user in more], [*users, *more]
        if len(found) == 1:
            heard[SLOT] = found[0]
            self.about(sheet, next(one for one in users if one["email"] == found[0]))
        elif found:
            self._ask_which(sheet, [one for one in users if one["email"] in found])
        elif name and users:
            sheet.notes.append(say("utter_user_unknown", said=str(name)[:60]))
            self._ask_which(sheet, users)

    def _spared(self, sheet: Sheet, words: str, users: list[Person]) -> set[str]:
        """Those whom a sentence excepts: "everybody but Vik"; in a correction, the one at hand."""
        by_spelling = spellings_of(users) | {str(one["email"]): [one["email"]] for one in users}
        spared = {one for name in chosen(words, by_spelling).denied for one in by_spelling[name]}
        return spared & {sheet.values.get(SLOT)} if sheet.asked == CHANGE else spared

    async def _called(self, turn: Turn, words: str, smart_account: str) -> str | None:
        """What stands where a name would, and names neither the account nor a part of it."""
        places = await places_of(turn, smart_account, "list_virtual_accounts")
        known = {smart_account, smart_account.split(".")[0]}
        known |= {word for name in places for word in name.lower().split()}
        return called(words, frozenset(known))

    def about(self, sheet: Sheet, user: Person) -> None:
        """Keep what is to be known of the user who is meant; nothing by default."""

    def _ask_which(self, sheet: Sheet, users: list[Person]) -> None:
        sheet.judged.add(SLOT)
        sheet.values.pop(SLOT, None)
        sheet.narrow(SLOT, titles_of(users))
        sheet.memory.changing = SLOT

    async def options_of(self, slot: str, turn: Turn, sheet: Sheet) -> dict[str, str] | None:
        """The users to choose from, unless they are many."""
        if slot != SLOT:
            return await super().options_of(slot, turn, sheet)
        return titles_of(await users_of(turn, str(sheet.values["smart_account"])))


# What follows "to" or "from" and is no account: "i need to change …", "from a csv file".
_NO_ACCOUNT = re.compile(
    rf"{_VERBS}\b|(?:create|rename|know|get|csv|file|excel|spreadsheet|list|bulk)\b",
    re.IGNORECASE,
)
# Here a user is a person, not a role.
_OF_A_USER = re.compile(r"\bof (?:a|the|another|some|one) user\b", re.IGNORECASE)


def _is_bare_account(turn: Turn) -> bool:
    """Whether of the scope only the word "account" is said: "add Nora to our account"."""
    said = [turn.text[fact.start : fact.end] for fact in turn.facts if fact.entity == "scope"]
    return bool(said) and all(one.lower() == "account" for one in said)


class RoleGiven(PlacesForm):
    """For forms that give somebody a role: what there is to choose from, and what a bare "user"
    leaves open.
    """

    listing = "list_virtual_accounts"

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Account, who, where, which role; after a bare "user", the two roles called so."""
        if sheet.asked != "scope" and _is_bare_account(turn):
            heard.pop("scope", None)
        if _OF_A_USER.search(turn.words):
            turn.facts = [fact for fact in turn.facts if fact.entity != "role_level"]
        await super().understand(turn, sheet, heard)
        level = sheet.memory.kept.get("level")
        if sheet.asked == "role" and level and "role" not in heard:
            roles = await self.options_of("role", turn, sheet) or {}
            few = {role: title for role, title in roles.items() if level_of(role) == level}
            sheet.narrow("role", few)
            sheet.notes.append(say("utter_role_which"))
            sheet.judged.add("role")

    async def _hear(self, turn: Turn, sheet: Sheet, asked: str) -> Values:
        """A role that is chosen settles what "user" meant."""
        heard = await super()._hear(turn, sheet, asked)
        if "role" in heard:
            sheet.memory.kept.pop("level", None)
        return heard

    async def _hear_places(
        self, turn: Turn, sheet: Sheet, heard: Values, smart_account: str
    ) -> None:
        """Those the person sees; others are passed on, and the API says who manages them."""
        await super()._hear_places(turn, sheet, heard, smart_account)
        if any("@" in place for place in heard.get(PLACES) or ()):
            heard[PLACES] = [place for place in heard[PLACES] if "@" not in place]
            if not heard[PLACES]:
                heard.pop(PLACES)  # only a person was named
        elif PLACES not in heard:
            others = await places_of(turn, smart_account)
            if said := choose(self._words(turn, sheet), others).meant:
                heard[PLACES] = said

    async def is_explained(self, turn: Turn, smart_account: str, phrase: str) -> bool:
        """A virtual account, or somebody: "change the role of Vik", "remove Oslo from Viola"."""
        about = rf"\b(?:of|for|does|is)\s+{re.escape(phrase)}\b"
        if _NO_ACCOUNT.match(phrase) or re.search(about, turn.words, re.IGNORECASE):
            return True
        if find_names(
            phrase, {one: one for one in spellings_of(await users_of(turn, smart_account))}
        ):
            return True
        return await super().is_explained(turn, smart_account, phrase)

    async def needs(self, slot: str, turn: Turn, sheet: Sheet) -> bool:
        """The scope is asked only where a bare "viewer" leaves it open."""
        if slot == "scope":
            return "level" in sheet.memory.kept
        return await super().needs(slot, turn, sheet)

    async def options_of(self, slot: str, turn: Turn, sheet: Sheet) -> dict[str, str] | None:
        """The roles of the scope that is known, of those that the person may give at all."""
        if slot != "role":
            return await super().options_of(slot, turn, sheet)
        domain = str(sheet.values["smart_account"])
        entry = next((one for one in await related(turn) if one["domain"] == domain), None)
        everything = entry is None or "sa_admin" in entry["roles"]
        scope = sheet.values.get("scope") or (None if everything else PLACES)
        prefix = {ACCOUNT: "sa_", PLACES: "va_"}.get(str(scope), "")
        titles = question("", "role").options
        return {role: title for role, title in titles.items() if role.startswith(prefix)}


class NothingToDo(RoleGiven):
    """For forms whose wish may be fulfilled already: then that is said instead of proposed."""

    async def finish(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """Propose it, unless the API finds that there is nothing to do."""
        answer = await turn.call(self.operation, dry_run=True, **sheet.arguments())
        receipt = answer.body.get("receipt") or {}
        if not str(receipt.get("title", "")).startswith("Nothing"):
            return await super().finish(turn, sheet)
        has = {line["label"]: line["value"] for line in receipt.get("lines") or []}
        text = say(
            "utter_already_so",
            person=has.get("User", ""), has=has.get("Has already") or has.get("Role", ""),
        )  # fmt: skip
        turn.reply("\n\n".join([*sheet.notes, text]), buttons=buttons("utter_already_so"))
        sheet.forget()
        return sheet.events(None)


def titles_of(users: list[Person]) -> dict[str, str] | None:
    """Address → name and address, for a question; None when there are too many."""
    if len(users) > MOST_CHOICES:
        return None
    return {str(user["email"]): say_person(user) for user in users}
