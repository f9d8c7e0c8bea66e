"""What every page of the console has around it: the queues, what waits, and who one is."""

from typing import Any

from assistant.console import repository
from assistant.review import repository as review
from backend.core.client import Answer, Caller, licensing_api
from backend.core.database import database
from backend.core.identity import Person
from backend.core.policy import DeskAction, desk_allows
from backend.core.problems import Problem
from backend.core.settings import settings


async def call(agent: Person, operation: str, arguments: dict[str, Any], **how: Any) -> Answer:
    """Call the licensing API as this agent."""
    return await licensing_api().call(operation, arguments, Caller(agent.id, via="console"), **how)


async def read(agent: Person, operation: str, **arguments: Any) -> dict[str, Any]:
    """The body of a read. Raises the API's own problem when it is refused."""
    answer = await call(agent, operation, arguments)
    if not answer.ok:
        body = answer.body
        raise Problem(
            answer.status,
            str(body.get("type", "")).rsplit("/", 1)[-1] or "refused",
            str(body.get("title") or "This can’t be shown"),
            str(body.get("detail") or "The licensing system did not answer as expected."),
            str(body.get("hint") or "Try again in a moment."),
        )
    return answer.body


async def _waiting_accounts(agent: Person) -> int | None:
    """How many Smart Account requests wait for the agent, counted up to a page; None: not theirs
    to decide.
    """
    if not desk_allows(agent, DeskAction.DECIDE_ACCOUNT_REQUESTS):
        return None
    return len((await read(agent, "list_account_requests", to_decide=True, limit=200))["items"])


async def around(agent: Person, place: str) -> dict[str, Any]:
    """The facts for `layout.html`; `place` is the entry of the navigation that is current."""
    queues = (await read(agent, "list_queues", all_queues=True))["items"]
    async with database().read() as session:
        waiting = await repository.waiting_chats(session, agent)
        reviews = desk_allows(agent, DeskAction.REVIEW)
        unlabelled = await review.count_open(session) if reviews else None
    return {
        "agent": agent,
        "waiting_accounts": await _waiting_accounts(agent),
        "queues": queues,
        "waiting_chats": waiting,
        "unlabelled_groups": unlabelled,
        "place": place,
        "demo": settings().demo_mode,
    }
