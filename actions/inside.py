"""What lies inside Smart Accounts: which account a list is about, and lists read to their end."""

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Any

from rasa_sdk.events import EventType

from actions.accounts import Entry, find_accounts, phrases_of, related, search, spellings
from actions.base import CustomAction
from actions.turn import Turn
from actions.wording import buttons, say
from backend.core.client import Answer
from backend.core.wording import for_people

Item = dict[str, Any]
MOST_ACCOUNTS = 3  # of which lists are shown side by side
PAGE, PAGES = 200, 5


@dataclass
class Listed:
    """A list as far as it was read: whether there is more, or the API's refusal."""

    items: list[Item] = field(default_factory=list)
    more: bool = False
    refusal: Answer | None = None


async def read_all(turn: Turn, operation: str, pages: int = PAGES, **narrowed: Any) -> Listed:
    """The items of a list operation, up to a thousand; read once a turn."""
    key = f"{operation} {pages} {sorted(narrowed.items())}"
    if key not in turn.read:
        turn.read[key] = await _read(turn, operation, pages, narrowed)
    found: Listed = turn.read[key]
    return found


async def _read(turn: Turn, operation: str, pages: int, narrowed: dict[str, Any]) -> Listed:
    listed, cursor = Listed(), None
    for _ in range(pages):
        answer = await turn.call(operation, limit=PAGE, cursor=cursor, **narrowed)
        if not answer.ok:
            listed.refusal = answer
            break
        listed.items += answer.body.get("items") or []
        cursor = answer.body.get("next")
        listed.more = cursor is not None
        if cursor is None:
            break
    return listed


async def accounts_meant(turn: Turn) -> list[Entry]:
    """The accounts whose lists are wanted: the one pressed or named, the one talked about last,
    else those in which the person has a role.
    """
    pressed = turn.value("smart_account")
    mine = [one for one in await related(turn) if one["relation"] == "access"]
    if pressed is not None:
        return [next((one for one in mine if one["domain"] == pressed), _alone(str(pressed)))]
    found = await find_accounts(turn, turn.words, everywhere=False)
    if found.entries:
        return found.entries[:MOST_ACCOUNTS]
    if stranger := await stranger_named(turn, mine):
        return [stranger]
    recalled = [one for one in mine if one["domain"] == turn.recall.get("smart_account")]
    return recalled or mine[:MOST_ACCOUNTS]


def _alone(domain: str) -> Entry:
    return {"domain": domain, "name": domain, "roles": [], "relation": None, "status": "active"}


async def stranger_named(
    turn: Turn, mine: list[Entry], said: frozenset[str] = frozenset()
) -> Entry | None:
    """An account of others that is named in so many words: better refused there than done in
    one's own. `said` are words that are known to mean something else.
    """
    for phrase in phrases_of(turn.words):
        key = phrase.lower()
        if key in said or await _is_inside(turn, mine, key):
            continue
        exact = [one for one in await search(turn, phrase) if key in spellings(one)]
        if exact and exact[0]["relation"] != "access":
            return exact[0]
    return None


async def _is_inside(turn: Turn, mine: list[Entry], key: str) -> bool:
    """Whether it is a virtual account in one of one's own accounts."""
    for entry in mine[:MOST_ACCOUNTS]:
        nodes = await nodes_of(turn, entry["domain"])
        if any(key == str(node["name"]).lower() for node in nodes):
            return True
    return False


async def nodes_of(turn: Turn, smart_account: str) -> list[Item]:
    """The virtual accounts of an account that the person sees, with their places in the tree."""
    return (await read_all(turn, "list_virtual_accounts", smart_account=smart_account)).items


def say_refused(turn: Turn, entry: Entry, refusal: Answer) -> None:
    """Why there is nothing to show of an account."""
    words = [refusal.body.get("detail"), refusal.body.get("hint")]
    said = for_people(" ".join(str(one) for one in words if one))
    turn.reply(said or say("utter_account_unknown", said=entry["name"]))


def say_no_account(turn: Turn) -> None:
    """There is no account to show anything of."""
    turn.reply(say("utter_no_account"), buttons=buttons("utter_no_account"))


class ListInside(CustomAction):
    """A list of what lies in the accounts that are meant, one account after the other."""

    async def act(self, turn: Turn) -> list[EventType]:
        """Show each; the account is what the next words are about when it is the only one."""
        entries = await accounts_meant(turn)
        if not entries:
            say_no_account(turn)
        for entry in entries:
            await self.show(turn, entry)
        if len(entries) == 1:
            turn.remember(smart_account=entries[0]["domain"])
        return []

    @abstractmethod
    async def show(self, turn: Turn, entry: Entry) -> None:
        """Reply with what lies in this account, or why there is nothing to show."""
