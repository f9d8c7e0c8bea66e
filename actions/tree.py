"""The tree of virtual accounts: shown whole, or what the words narrow it to."""

import re
from typing import Any

from rasa_sdk.events import EventType

from actions.accounts import Entry, title_of
from actions.base import CustomAction
from actions.inside import Item, Listed, accounts_meant, read_all, say_no_account, say_refused
from actions.names import find_names
from actions.spoken import named_so
from actions.tree_forms import DEFAULT, MANAGES
from actions.turn import Turn, button
from actions.wording import buttons, metadata, say
from backend.core.client import Answer

MOST_LINES = 12
_BELOW = re.compile(
    r"\b(?:nested|below|beneath|under(?:neath)?|inside|lies in|what(?:'?s| is) in|children"
    r"|sub ?accounts?)\b",
    re.IGNORECASE,
)
_RESTRICTED = re.compile(r"\b(?P<un>un)?restricted\b|\bhidden\b", re.IGNORECASE)
_TAG = re.compile(r"\btag(?:s|ged)?\b", re.IGNORECASE)


class ListVirtualAccounts(CustomAction):
    """The virtual accounts of an account as a tree, or those that the words narrow it to."""

    action = "action_list_virtual_accounts"

    async def act(self, turn: Turn) -> list[EventType]:
        """A tree for each account that is meant."""
        turn.remember(last={"run": self.action})
        entries = await accounts_meant(turn)
        if not entries:
            say_no_account(turn)
        for entry in entries:
            listed = await read_all(turn, "list_virtual_accounts", smart_account=entry["domain"])
            if listed.refusal is not None:
                _refused(turn, entry, listed.refusal)
                continue
            if len(entries) == 1:
                turn.remember(smart_account=entry["domain"])
            _show(turn, entry, listed)
        return []


def _refused(turn: Turn, entry: Entry, refusal: Answer) -> None:
    """Whoever has no role in an account that they know of can ask for one."""
    if entry.get("relation", "access") == "access":  # or one that nobody knows
        say_refused(turn, entry, refusal)
        return
    ask_for = button(say("utter_way_request"), "request_access", smart_account=entry["domain"])
    turn.reply(say("utter_tree_no_role", account=title_of(entry)), buttons=[ask_for])


def _show(turn: Turn, entry: Entry, listed: Listed) -> None:
    nodes = listed.items
    name = entry["name"]
    hits = find_names(turn.words, {str(node["name"]): str(node["name"]) for node in nodes})
    named = [hit.value for hit in hits if not DEFAULT.fullmatch(turn.words[hit.start : hit.end])]
    tags = {str(tag).lower(): str(tag) for node in nodes for tag in node["tags"]}
    wanted = [hit.value for hit in find_names(turn.words, tags)] if _TAG.search(turn.words) else []
    limited = _RESTRICTED.search(turn.words)
    unknown = named_so(turn.words)
    if named and _BELOW.search(turn.words):
        found = _below(nodes, named[0])
        text = say("utter_tree_below" if found else "utter_tree_leaf", name=named[0],
                   count=len(found))  # fmt: skip
        _reply(turn, entry, text, found)
    elif named:
        _say_some(turn, entry, [node for node in nodes if node["name"] in named])
    elif wanted:
        found = [node for node in nodes if {*wanted} & {*node["tags"]}]
        _reply(turn, entry, say("utter_tree_tagged", tag=wanted[0], count=len(found)), found)
    elif limited:
        level = "unrestricted" if limited["un"] else "restricted"
        found = [node for node in nodes if node["access_level"] == level]
        _reply(turn, entry, say(f"utter_tree_{level}", account=name, count=len(found)), found)
    elif DEFAULT.search(turn.words):
        _say_some(turn, entry, [node for node in nodes if node["is_default"]])
    elif unknown and unknown.lower() not in str(name).lower().split():
        text = say("utter_tree_unknown", said=unknown, account=name)
        _reply(turn, entry, text, nodes)
    else:
        text = say(_whole(listed), account=name,
                   count=len(nodes))  # fmt: skip
        _reply(turn, entry, text, nodes, more=True)


def _below(nodes: list[Item], name: str) -> list[Item]:
    """What is nested in one, however deep."""
    path = next(str(node["path"]) for node in nodes if node["name"] == name)
    return [node for node in nodes if str(node["path"]).startswith(f"{path} / ")]


def _say_some(turn: Turn, entry: Entry, nodes: list[Item]) -> None:
    """One or a few in words, with what they are."""
    said = [_sentence(node) for node in nodes[:MOST_LINES]]
    turn.reply("\n".join(said), card=_card(entry, nodes))


def _sentence(node: Item) -> str:
    """One with what it is: "EMEA / Oslo: head office. Anybody finds it by searching."."""
    words = metadata("utter_virtual_account", "words")
    facts = [
        str(node["description"]).rstrip("."),
        words["default"] if node["is_default"] else "",
        words[node["access_level"]],
        words["tags"].format(tags=", ".join(node["tags"])) if node["tags"] else "",
        words["location"].format(location=node["location"]) if node["location"] else "",
    ]
    return say("utter_virtual_account", path=node["path"],
               facts=". ".join(fact for fact in facts if fact))  # fmt: skip


def _reply(turn: Turn, entry: Entry, text: str, nodes: list[Item], *, more: bool = False) -> None:
    """The sentence with the first lines, for clients that draw no tree, and the card."""
    lines = [f"- {_line(node)}" for node in nodes[:MOST_LINES]]
    if len(nodes) > MOST_LINES:
        lines.append(say("utter_tree_rest", count=len(nodes) - MOST_LINES))
    manages = more and MANAGES & {*entry["roles"]}
    turn.reply(
        "\n".join([text, *lines]), card=_card(entry, nodes) if nodes else None,
        buttons=buttons("utter_tree") if manages else [],
    )  # fmt: skip


def _line(node: Item) -> str:
    words = metadata("utter_tree", "marks")
    marks = [
        words["default"] if node["is_default"] else "",
        words["restricted"] if node["access_level"] == "restricted" else "",
    ]
    said = ", ".join(mark for mark in marks if mark)
    return f"{node['path']} ({said})" if said else str(node["path"])


def _card(entry: Entry, nodes: list[Item]) -> dict[str, Any]:
    """The tree; what is shown alone keeps its path."""
    keys = ("name", "path", "parent", "access_level", "is_default")
    items = [
        {key: node[key] for key in keys}
        | {"note": " · ".join([*node["tags"], *([node["location"]] if node["location"] else [])])}
        for node in nodes
    ]
    return {"kind": "tree", "title": say("utter_tree_title", account=entry["name"]), "items": items}


def _whole(listed: Listed) -> str:
    """The sentence over the whole tree."""
    if listed.more:
        return "utter_tree_more"
    return "utter_tree_one" if len(listed.items) == 1 else "utter_tree"
