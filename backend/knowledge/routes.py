"""The calls of self-help: articles and webinars."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool

from backend.core import clock
from backend.core.auth import CurrentPerson
from backend.core.pagination import CursorQuery, LimitQuery, Page, decode, encode
from backend.core.portals import Portal
from backend.core.problems import RESPONSES
from backend.knowledge.schemas import KnowledgeItem
from backend.knowledge.search import Found, knowledge_search
from backend.knowledge.webinars import Webinar, upcoming, webinar_series

router = APIRouter(tags=["knowledge"], responses=RESPONSES)

PortalQuery = Annotated[Portal | None, Query(description="Only what concerns this portal")]


@router.get("/knowledge", operation_id="search_knowledge")
async def search_knowledge(
    _: CurrentPerson,
    q: Annotated[
        str,
        Query(
            max_length=1000,
            description="A question in the person's own words. Empty: all articles, those to start "
            "with first",
        ),
    ] = "",
    portal: PortalQuery = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[KnowledgeItem]:
    """Look up what our articles and videos say about roles, accounts, portals, orders, licences
    or cases. Best first, each with the passage that answers and its source. An empty list means
    that we don't know: say so, and offer support instead of guessing.
    """
    start = decode(cursor, (int,))[0] if cursor else 0
    found = await run_in_threadpool(_find, q.strip(), portal)
    end = max(start, 0) + limit
    return Page(
        items=[KnowledgeItem.of(one) for one in found[max(start, 0) : end]],
        next=encode([end]) if end < len(found) else None,
    )


def _find(question: str, portal: Portal | None) -> list[Found]:
    search = knowledge_search()
    return search.search(question, portal) if question else search.browse(portal)


@router.get("/webinars", operation_id="list_webinars")
async def list_webinars(
    _: CurrentPerson,
    portal: PortalQuery = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[Webinar]:
    """The next webinars, soonest first, with the address to register at. Each portal has at
    least one in the coming eight weeks.
    """
    found = upcoming(webinar_series(), clock.now(), portal)
    if cursor:
        last = decode(cursor, (str, str))
        found = [one for one in found if [one.starts_at.isoformat(), one.id] > last]
    more = len(found) > limit
    found = found[:limit]
    following = encode([found[-1].starts_at, found[-1].id]) if more else None
    return Page(items=found, next=following)
