"""Figures of cases, against cases whose figures are known."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from backend.cases.models import Case, CaseEntry
from backend.core.database import database
from backend.core.events import Acting, record
from tests.conftest import ClockAt, Newcomer, SignedIn

MONDAY = datetime(2032, 3, 8, 9, tzinfo=UTC)


async def a_case(
    requester: str, *, opened: datetime, answered_after: float | None = None,
    closed_after: float | None = None, queue: str = "orders",
) -> None:  # fmt: skip
    """A case that was answered and closed so many hours after it was opened."""
    number, entries = f"C-9{uuid.uuid4().int % 10**7:07}", []
    for hours, type_, details in (
        (answered_after, "reply", {}), (closed_after, "status", {"status": "closed"}),
    ):  # fmt: skip
        if hours is not None:
            entries.append(
                CaseEntry(case_number=number, at=opened + timedelta(hours=hours), type=type_,
                          author="mo@support.example", details=details)
            )  # fmt: skip
    status = "closed" if closed_after is not None else "new"
    async with database().write() as session:
        session.add(
            Case(number=number, kind="support", category="orders", status=status, queue=queue,
                 requester=requester, title="A case", created_at=opened)
        )  # fmt: skip
        await session.flush()
        session.add_all(entries)
        if closed_after is not None:
            event = await record(
                session, "case_status_changed", Acting(person="mo@support.example"),
                subject=number, text="Closed",
            )  # fmt: skip
            event.type, event.at = "case_closed", opened + timedelta(hours=closed_after)
            session.add(event)


async def figures(who: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await who.get("/statistics/desk", params={"days": 7, "time_zone": "UTC"} | query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_that_the_figures_are_those_of_the_cases(
    newcomer: Newcomer, person: SignedIn, clock_at: ClockAt
) -> None:
    clock_at(MONDAY + timedelta(days=4))
    asker = (await newcomer()).email  # type: ignore[attr-defined]
    await a_case(asker, opened=MONDAY, answered_after=0.5, closed_after=2)
    await a_case(asker, opened=MONDAY, answered_after=1.5)
    await a_case(asker, opened=MONDAY + timedelta(days=1), answered_after=70)
    await a_case(asker, opened=MONDAY, queue="licensing")
    mo, mia = await person("mo@support.example"), await person("mia@support.example")
    whole, orders = await figures(mo), await figures(mo, queue="orders")
    assert (whole["opened"], orders["opened"], orders["closed"]) == (4, 3, 1)
    days = {row["day"]: (row["opened"], row["closed"]) for row in orders["days"]}
    assert (days["2032-03-08"], days["2032-03-09"]) == ((2, 1), (1, 0))
    assert orders["first_answer"] == {"count": 3, "median": 5400.0, "p90": 252000.0}
    first = next(one for one in orders["service_levels"] if one["clock"] == "first_response")
    assert (first["met"], first["missed"], first["running"]) == (2, 1, 0)
    assert orders["clocked"] == 3
    assert (await figures(mia))["opened"] == 3
    assert (await figures(mia, queue="licensing"))["opened"] == 0
