"""What somebody has open, of every kind: cases, own requests, delayed orders, what waits for a
decision.
"""

import re

from rasa_sdk.events import EventType

from actions.access import show_requests, waiting_accounts
from actions.accounts import related
from actions.base import CustomAction
from actions.cases import ENDED, my_cases, show_cases
from actions.delegations import delegations_of, say_delegation
from actions.order_views import show_delayed
from actions.orders import delayed_orders
from actions.requests import label_of
from actions.turn import Turn, button
from actions.wording import buttons, say

MOST_COUNTED = 100
MOST_ACCOUNTS = 10
_OF_CASES = re.compile(r"\b(?:cases?|tickets?|trainings?|demos?)\b", re.IGNORECASE)
_OPEN = re.compile(r"\b(?:open|pending|waiting|going on|outstanding)\b", re.IGNORECASE)


def asks_for_everything(words: str) -> bool:
    """Whether "what have I got open?" is meant, and not cases alone."""
    return _OPEN.search(words) is not None and _OF_CASES.search(words) is None


async def show_everything_open(turn: Turn) -> None:
    """A card of each kind that there is, and how much waits for the person's own decision."""
    cases = [case for case in await my_cases(turn) if case["status"] not in ENDED]
    mine = await turn.call("list_access_requests", mine=True, status="pending", limit=100)
    requests = list(mine.body.get("items") or []) if mine.ok else []
    asked = await turn.call("list_account_requests", mine=True, status="pending", limit=100)
    accounts = list(asked.body.get("items") or []) if asked.ok else []
    if cases:
        show_cases(turn, cases)
    if requests:
        alone = [f"- {label_of(one, mine=True)}" for one in requests if len(requests) == 1]
        show_requests(turn, "\n".join([say("utter_open_requests"), *alone]), requests, mine=True)
    if accounts:
        names = ", ".join(f"{one['name']} ({one['domain']})" for one in accounts)
        turn.reply(say("utter_open_accounts", names=names))
    delegations = await _own_delegations(turn)
    if delegations:
        turn.reply("\n".join([say("utter_delegations"), *(f"- {one}" for one in delegations)]))
    late, _ = await delayed_orders(turn)
    if late:
        await show_delayed(turn)
    waiting = await _to_decide(turn)
    if waiting:
        offer = button(say("utter_open_to_decide_show"), "pending_requests")
        turn.reply(say("utter_open_to_decide", count=waiting), buttons=[offer])
    if not (cases or requests or accounts or delegations or late or waiting):
        turn.reply(say("utter_open_none"), buttons=buttons("utter_open_none"))


async def _own_delegations(turn: Turn) -> list[str]:
    """Delegations given by the person or to them, each in one line."""
    domains = [one["domain"] for one in await related(turn) if one["relation"] == "access"]
    return [
        say_delegation(one)
        for domain in domains[:MOST_ACCOUNTS]
        for one in await delegations_of(turn, domain)
        if turn.metadata["person"] in {one["delegate"]["email"], one["delegator"]["email"]}
    ]


async def _to_decide(turn: Turn) -> str:
    """How many requests wait for the person; empty for none."""
    answer = await turn.call("list_access_requests", to_decide=True, limit=MOST_COUNTED)
    access = list(answer.body.get("items") or []) if answer.ok else []
    count = len(access) + len(await waiting_accounts(turn))
    return say("utter_at_least", count=count) if answer.body.get("next") else str(count or "")


class ListCases(CustomAction):
    """All my cases as a card; all that is open, when that is asked."""

    action = "action_list_cases"

    async def act(self, turn: Turn) -> list[EventType]:
        """Reply with what there is, or offer to open a case."""
        if asks_for_everything(turn.words):
            await show_everything_open(turn)
        else:
            show_cases(turn, await my_cases(turn))
        return []
