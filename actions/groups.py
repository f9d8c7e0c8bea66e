"""User groups of a Smart Account: everybody in one has its role on its virtual accounts."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from rasa_sdk.events import EventType

from actions import cards
from actions.accounts import Entry
from actions.inside import Item, ListInside, read_all, say_refused
from actions.members import ManagesPeople, RoleGiven, people_meant, titles_of, users_of
from actions.names import find_names
from actions.people import Person, say_person, spellings_of
from actions.places import SLOT as PLACES
from actions.questions import ask, failed
from actions.sheet import CHANGE, Sheet, Values
from actions.spoken import name_said, new_name
from actions.turn import Turn, button
from actions.wording import buttons, question, say
from backend.core.client import Answer

GROUP, MEMBERS = "group", "members"
MOST_CHOICES = 25
MOST_SAID = 10
_VERB = re.compile(
    r"\b(?:(?P<out>remov(?:e|ing)|kick|throw|drop|delet(?:e|ing)|leaves?)"
    r"|(?P<come>add(?:ing)?|put|invite|include|bring|join|let|get)"
    r"|(?P<swap>replac(?:e|ing)|swap|exchange|substitute)|(?P<take>tak(?:e|ing)|move))\b",
    re.IGNORECASE,
)
_WITH = re.compile(r"\b(?:with|by|for|against)\b", re.IGNORECASE)
_GOES = re.compile(
    r"\b(?:out|off|away|from|no longer|leaves?|(?:not|\w+n['’]t)\b.*\bany ?(?:more|longer))\b",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"\b(?:not|never|don['’]?t|except|excluding|apart from|other than|keep"
    r"|(?:all|every\w*|any\w*) but)\b",
    re.IGNORECASE,
)
_INSTEAD_OF = re.compile(r"\b(?:instead of|in place of|rather than)\b", re.IGNORECASE)


async def groups_of(turn: Turn, smart_account: str) -> list[Item]:
    """The groups of an account that the person sees; read once a turn."""
    return (await read_all(turn, "list_groups", smart_account=smart_account)).items


def named_groups(words: str, groups: list[Item]) -> list[Item]:
    """The groups that a text names, in its order."""
    by_name = {str(one["name"]): one for one in groups}
    hits = find_names(words, {name: name for name in by_name})
    return [by_name[name] for name in dict.fromkeys(hit.value for hit in hits)]


@dataclass
class Moved:
    """Who comes into a group and who leaves it, as they were named."""

    come: list[str] = field(default_factory=list)
    go: list[str] = field(default_factory=list)


def who_moves(words: str, spellings: Iterable[str]) -> Moved | None:
    """Each name goes with the verb before it: "remove Uma and add Vik", "replace Uma with Vik".
    None when something is denied or excepted: then it is not clear who.
    """
    hits = find_names(words, {spelling: spelling for spelling in spellings})
    if _NOT.search(words) and not _GOES.search(words):
        return None
    moved, verbs = Moved(), [*_VERB.finditer(words)]
    instead = _INSTEAD_OF.search(words)
    for hit in hits:
        before = [verb for verb in verbs if verb.start() < hit.start]
        after = [verb.start() for verb in verbs if verb.start() >= hit.end]
        start, end = before[-1].end() if before else 0, min(after, default=len(words))
        kind = before[-1].lastgroup if before else None
        goes = kind == "out" or (kind in {"take", None} and _GOES.search(words[start:end]))
        if kind == "swap":
            goes = _WITH.search(words[start : hit.start]) is None
        if instead and instead.end() <= hit.start and (start <= instead.start()):
            if goes:
                return None
            goes = True
        (moved.go if goes else moved.come).append(hit.value)
    return moved


def say_group(group: Item) -> str:
    """A group in one line: "Operations: VA User of Americas – Uma …, Vik …"."""
    return say(
        "utter_group", name=group["name"], role=question("", "role").options[group["role"]],
        places=", ".join(group[PLACES]), members=", ".join(map(say_person, group[MEMBERS])),
    )  # fmt: skip


class GroupsForm(RoleGiven, ManagesPeople):
    """For forms about groups: a bare "viewer" is one of virtual accounts."""

    subject = "user groups"

    async def scope_otherwise(self, turn: Turn, sheet: Sheet) -> str | None:  # noqa: ARG002
        """A group has its role on virtual accounts."""
        return PLACES

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Account, virtual accounts and role; that it is of virtual accounts needs no saying."""
        await super().understand(turn, sheet, heard)
        for slot in ("scope", "include_nested"):
            heard.pop(slot, None)
            sheet.values.pop(slot, None)

    def account_heard(self, sheet: Sheet, heard: Values) -> str | None:
        """The domain of the account, as soon as it is known."""
        return heard.get("smart_account") or sheet.values.get("smart_account")

    def hear_people(
        self, turn: Turn, sheet: Sheet, heard: Values, slot: str, named: list[str],
        users: list[Person],
    ) -> None:  # fmt: skip
        """Those who were named, for a slot; where several are called so, that is asked."""
        by_spelling = spellings_of(users)
        given = {str(one) for one in turn.values("email")}
        found: list[str] = []
        several = False
        for name in named:
            called = by_spelling.get(name, [name])
            exact = [one for one in called if one in given] or called
            several = several or len(exact) > 1
            found += exact
        if several:
            possible = [one for one in users if one["email"] in found]
            sheet.judged.add(slot)
            sheet.narrow(slot, titles_of(possible))
            sheet.memory.changing = slot
        elif found:
            heard[slot] = list(dict.fromkeys(found))

    def named(self, turn: Turn, users: list[Person]) -> list[str]:
        """How people may be named: users by name, anybody by address."""
        return [*spellings_of(users), *(str(one) for one in turn.values("email"))]

    async def is_explained(self, turn: Turn, smart_account: str, phrase: str) -> bool:
        """A virtual account, the name of a group or of somebody who is in it."""
        said = phrase.lower()
        names = [name_said(turn.words), *new_name(turn.words)]
        if {"group", "groups"} & {*said.split()} or any(said in name.lower() for name in names):
            return True
        known = {str(one["name"]): "" for one in await groups_of(turn, smart_account)}
        if find_names(phrase, known):
            return True
        return await super().is_explained(turn, smart_account, phrase)

    async def options_of(self, slot: str, turn: Turn, sheet: Sheet) -> dict[str, str] | None:
        """The roles a group can have; the users to choose members from."""
        if slot == "role":
            titles = question("", "role").options
            return {role: title for role, title in titles.items() if role.startswith("va_")}
        if slot in {MEMBERS, "add_members"}:
            return titles_of(await users_of(turn, self.account_of(sheet)))
        return await super().options_of(slot, turn, sheet)

    async def refused(self, turn: Turn, sheet: Sheet, answer: Answer) -> list[EventType]:
        """Another name is asked for when there is a group of that name; all else is kept."""
        if not str(answer.body.get("type", "")).endswith("name-taken"):
            return await super().refused(turn, sheet, answer)
        sheet.refusal = None
        sheet.values.pop("name", None)
        sheet.memory.missing = ["name"]
        return failed(turn, sheet, str(answer.body.get("detail")), "name")


class CreateGroupForm(GroupsForm):
    """Makes a group."""

    form = "create_group_form"
    operation = "create_group"
    asks = ("smart_account", "name", MEMBERS, "role", PLACES)
    takes = frozenset({"description"})
    begins = frozenset({"create_group"})
    hears: ClassVar[dict[str, str]] = {"email": MEMBERS}

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Its name, and who is in it."""
        name = name_said(turn.words) if sheet.asked is None else ""
        if sheet.asked == CHANGE:
            name = "".join(new_name(turn.words))
        if name:
            heard["name"] = name
        await super().understand(turn, sheet, heard)
        account = self.account_heard(sheet, heard)
        if account and sheet.asked in {None, CHANGE, MEMBERS}:
            users = await users_of(turn, account)
            hits = find_names(turn.words, {one: one for one in self.named(turn, users)})
            self.hear_people(turn, sheet, heard, MEMBERS, [hit.value for hit in hits], users)


class GroupForm(GroupsForm):
    """For what concerns one group, in the slot `group`, by its name."""

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Account, then the group, then the rest."""
        await super().understand(turn, sheet, heard)
        account = self.account_heard(sheet, heard)
        if account is None or sheet.asked not in {None, CHANGE, GROUP, "smart_account"}:
            return
        groups = await groups_of(turn, account)
        found = named_groups(turn.words, groups)
        said = "" if found else self._unknown_group(turn, sheet)
        if len(found) == 1 and GROUP not in sheet.values:
            heard[GROUP] = found[0]["name"]
        elif groups and said:
            sheet.judged.add(GROUP)
            sheet.notes.append(say("utter_group_unknown", said=said[:60]))
            sheet.narrow(GROUP, _choices(groups))
            sheet.memory.changing = GROUP  # also where there is only one: another was meant

    def _unknown_group(self, turn: Turn, sheet: Sheet) -> str:
        """The name of a group that there is not."""
        if sheet.asked == GROUP:
            return turn.words.strip(" .!?")
        return name_said(turn.words) if sheet.asked is None else ""

    async def group(self, turn: Turn, sheet: Sheet, heard: Values | None = None) -> Item | None:
        """The group that is meant."""
        known = sheet.values | (heard or {})
        groups = await groups_of(turn, str(known.get("smart_account") or "-"))
        return next((one for one in groups if one["name"] == known.get(GROUP)), None)

    async def options_of(self, slot: str, turn: Turn, sheet: Sheet) -> dict[str, str] | None:
        """The groups to choose from."""
        if slot != GROUP:
            return await super().options_of(slot, turn, sheet)
        return _choices(await groups_of(turn, self.account_of(sheet)))


def _choices(groups: list[Item]) -> dict[str, str] | None:
    """The groups to choose from; None when there are too many, then one has to be named."""
    return {one["name"]: one["name"] for one in groups} if len(groups) <= MOST_CHOICES else None


class ChangeGroupForm(GroupForm):
    """Changes who is in a group, its role, its virtual accounts or its name."""

    form = "change_group_form"
    operation = "update_group"
    asks = ("smart_account", GROUP, "add_members", "remove_members", "role", PLACES, "name")
    takes = frozenset({"description"})
    begins = frozenset({"change_group"})

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """The group, and what shall be different."""
        account = self.account_heard(sheet, heard)
        await super().understand(turn, sheet, heard)
        account = account or self.account_heard(sheet, heard)
        if account is None or sheet.asked not in {None, CHANGE, "add_members", "remove_members"}:
            return
        if name := "".join(new_name(turn.words)):
            heard["name"] = name
            return
        users = await users_of(turn, account)
        moved = who_moves(turn.words, self.named(turn, users))
        if moved is None:
            return
        if sheet.asked == "remove_members":  # a bare name is one of those asked for
            moved = Moved(go=[*moved.come, *moved.go])
        group = await self.group(turn, sheet, heard)
        inside = {str(one["email"]) for one in group[MEMBERS]} if group else set()
        leaving = [one for one in users if one["email"] in inside]
        leaving += [one for one in users if not {*spellings_of([one])} & {*spellings_of(leaving)}]
        self.hear_people(turn, sheet, heard, "remove_members", moved.go, leaving)
        self.hear_people(turn, sheet, heard, "add_members", moved.come, users)

    async def _hear_places(
        self, turn: Turn, sheet: Sheet, heard: Values, smart_account: str
    ) -> None:
        """Virtual accounts that come or go, beside those that the group has."""
        groups = await groups_of(turn, smart_account)
        found = named_groups(turn.words, groups)
        name = sheet.values.get(GROUP) or (found[0]["name"] if found else None)
        group = next((one for one in groups if one["name"] == name), None)
        sheet.memory.kept["now"] = list(group[PLACES]) if group else []
        await super()._hear_places(turn, sheet, heard, smart_account)

    def _present(self, sheet: Sheet) -> list[str]:
        return super()._present(sheet) or list(sheet.memory.kept.get("now") or [])

    async def _go_on(self, turn: Turn, sheet: Sheet, missing: set[str]) -> list[EventType]:
        """What shall be different is asked when nothing of it was said."""
        changes = {*self.asks[2:], "description"} & {*sheet.values}
        pressed = str(turn.value("value") or "")
        if GROUP in sheet.values and not changes and pressed in self.asks[2:]:
            sheet.narrow(pressed, await self.options_of(pressed, turn, sheet))
            return ask(turn, sheet, pressed)
        if GROUP not in sheet.values or changes:
            return await super()._go_on(turn, sheet, missing)
        group = await self.group(turn, sheet)
        about = {"smart_account": self.account_of(sheet), GROUP: sheet.values[GROUP]}
        ways = [
            button(title, "change_group", value=slot, **about)
            for slot, title in question(self.form, GROUP).metadata["ways"].items()
        ]
        text = say("utter_group_what", group=say_group(group) if group else about[GROUP])
        turn.reply("\n\n".join([*sheet.notes, text]), buttons=ways)
        sheet.forget()
        return sheet.events(None)


class DeleteGroupForm(GroupForm):
    """Deletes a group; its members lose what it gave them."""

    form = "delete_group_form"
    operation = "delete_group"
    asks = ("smart_account", GROUP)
    begins = frozenset({"delete_group"})


class ListGroups(ListInside):
    """The groups of an account: all, the one named, or those in which somebody is."""

    action = "action_list_groups"

    async def show(self, turn: Turn, entry: Entry) -> None:
        """A table of them."""
        listed = await read_all(turn, "list_groups", smart_account=entry["domain"])
        if listed.refusal:
            say_refused(turn, entry, listed.refusal)
            return
        groups = named_groups(turn.words, listed.items) or listed.items
        members = [one for group in listed.items for one in group[MEMBERS]]
        people = await people_meant(turn, turn.words, members)
        if people:
            groups = [g for g in groups if people[0] in {one["email"] for one in g[MEMBERS]}]
        manages = {"sa_admin", "va_admin"} & {*entry["roles"]}
        ways = buttons("utter_groups_none") if manages else []
        if not listed.items:
            turn.reply(say("utter_change_group_form_nothing"), buttons=ways)
            return
        if not groups:
            turn.reply(say("utter_groups_none", account=entry["name"]), buttons=ways)
            return
        if manages and len(groups) == 1:
            ways = _ways_of(groups[0], entry)
        lines = [f"- {say_group(group)}" for group in groups[:MOST_SAID]]
        if len(groups) > MOST_SAID:
            lines.append(say("utter_and_more", count=len(groups) - MOST_SAID))
        text = say("utter_groups", account=entry["name"])
        card = cards.table(say("utter_groups_title"), "utter_groups", map(_row, groups))
        turn.reply("\n".join([text, *lines]), card=card, buttons=ways)


def _row(group: Item) -> dict[str, Any]:
    return {
        "name": group["name"],
        "role": question("", "role").options[group["role"]],
        PLACES: ", ".join(group[PLACES]),
        MEMBERS: ", ".join(one["name"] for one in group[MEMBERS]),
    }


def _ways_of(group: Item, entry: Entry) -> list[dict[str, str]]:
    about = {"smart_account": entry["domain"], GROUP: group["name"]}
    return [
        button(say("utter_way_change_group"), "change_group", **about),
        button(say("utter_way_delete_group"), "delete_group", **about),
    ]
