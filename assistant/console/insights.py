"""How conversations and cases went: figures of a period, drawn and in numbers."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from assistant.console import charts, pages, times
from assistant.console.door import HOME, Agent, ConsoleRoute
from assistant.console.shell import around, read

router = APIRouter(prefix=f"{HOME}/insights", include_in_schema=False, route_class=ConsoleRoute)


class Filters(BaseModel):
    """What the figures are about."""

    days: Literal["7", "30", "90"] = "30"
    portal: Literal["", "clc", "cssm", "scm"] = ""
    queue: str = ""


def waited(seconds: float | None) -> str:
    """`3 min`, or a dash where nobody waited."""
    return "–" if seconds is None else times.span(timedelta(seconds=seconds))


def percent(share: float | None) -> str:
    """`64 %`, or a dash where there is nothing to count."""
    return "–" if share is None else f"{share * 100:.0f} %"


@router.get("")
async def show_insights(agent: Agent, filters: Annotated[Filters, Query()]) -> Response:
    """The page of figures."""
    asked: dict[str, Any] = {"days": int(filters.days), "time_zone": agent.time_zone or "UTC"}
    talks = await read(agent, "get_conversation_statistics", **asked, portal=filters.portal or None)
    cases = await read(agent, "get_desk_statistics", **asked, queue=filters.queue or None)
    context = await around(agent, "insights") | {
        "filters": filters,
        "talks": talks,
        "cases": cases,
        "charts": {
            "conversations": _chart(talks["days"], {"Conversations": "conversations"}),
            "messages": _chart(talks["days"], {"Messages": "messages"}),
            "cases": _chart(cases["days"], {"Opened": "opened", "Closed": "closed"}),
        },
        "percent": percent,
        "waited": waited,
    }
    return pages.page("insights/page.html", context)


def _chart(rows: list[dict[str, Any]], series: dict[str, str]) -> charts.DayChart:
    return charts.by_day(
        [date.fromisoformat(row["day"]) for row in rows],
        {name: [row[key] for row in rows] for name, key in series.items()},
    )
