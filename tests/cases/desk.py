"""What tests of the desk's verbs share."""

from typing import Any

import httpx
from sqlmodel import select

from backend.core.database import database
from backend.core.events import Event

LEE, MO, MIA, CYRA = (f"{name}@support.example" for name in ("lee", "mo", "mia", "cyra"))


async def open_case(asker: httpx.AsyncClient, **fields: Any) -> str:
    """The number of a new case."""
    body = {"category": "orders", "title": "Order is stuck", "description": "It does not move."}
    answer = await asker.post("/cases", json=body | fields)
    return str(answer.raise_for_status().json()["number"])


async def seen(someone: httpx.AsyncClient, number: str) -> dict[str, Any]:
    """A case as somebody sees it."""
    told: dict[str, Any] = (await someone.get(f"/cases/{number}")).raise_for_status().json()
    return told


async def beside(someone: httpx.AsyncClient, number: str) -> dict[str, Any]:
    """What stands beside a case at the desk."""
    answer = await someone.get(f"/cases/{number}/desk")
    told: dict[str, Any] = answer.raise_for_status().json()
    return told


async def events_of(number: str) -> list[str]:
    """The types of what was done to a case, oldest first."""
    async with database().read() as session:
        rows = await session.exec(
            select(Event.type).where(Event.subject == number).order_by(Event.at)  # type: ignore[arg-type]
        )
        return list(rows.all())


def wrong(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, the first field that is wrong, and what is said about it."""
    errors = answer.json().get("errors") or [{"field": "", "message": answer.json()["detail"]}]
    return answer.status_code, errors[0]["field"], errors[0]["message"]
