"""Who of support looked at what: written down, and shown to the person and to leads."""

from typing import Any

import httpx

from backend.cases.models import Case
from backend.core.database import database
from tests.cases.test_work import CASE, LEE, MO
from tests.conftest import Newcomer, SignedIn


async def looks(someone: httpx.AsyncClient, number: str) -> list[tuple[str, str]]:
    answer = await someone.get(f"/cases/{number}/views")
    return [
        (one["viewer"]["email"], one["what"]) for one in answer.raise_for_status().json()["items"]
    ]


async def test_that_the_requester_sees_who_opened_the_case(
    newcomer: Newcomer, person: SignedIn
) -> None:
    someone, lee, mo = await newcomer(), await person(LEE), await person(MO)
    number = (await someone.post("/cases", json=CASE)).json()["number"]
    await someone.get(f"/cases/{number}")
    assert await looks(someone, number) == [], "one\u2019s own looks are nobody\u2019s business"
    for _ in range(3):
        await lee.get(f"/cases/{number}")
    assert await looks(someone, number) == [(LEE, "case")]
    assert await looks(mo, number) == [(LEE, "case")]
    refused = await lee.get(f"/cases/{number}/views")
    assert refused.status_code == 403
    stranger = await newcomer(organization="contoso.example")
    assert (await stranger.get(f"/cases/{number}/views")).status_code == 404


async def test_that_each_hour_is_a_look_of_its_own(
    newcomer: Newcomer, person: SignedIn, clock_ahead: Any
) -> None:
    someone, lee = await newcomer(), await person(LEE)
    number = (await someone.post("/cases", json=CASE)).json()["number"]
    await lee.get(f"/cases/{number}")
    clock_ahead(hours=1)
    await lee.get(f"/cases/{number}")
    assert len(await looks(someone, number)) == 2


async def test_that_reading_the_chat_is_a_look(newcomer: Newcomer, person: SignedIn) -> None:
    someone, lee = await newcomer(), await person(LEE)
    talk = (await someone.post("/conversations", json={"portal": "clc"})).json()["id"]
    number = (await someone.post("/cases", json=CASE)).json()["number"]
    async with database().write() as session:
        (await session.get_one(Case, number)).conversation = talk
    await someone.get(f"/conversations/{talk}/messages")
    assert await looks(someone, number) == []
    answer = await lee.get(f"/conversations/{talk}/messages")
    assert answer.status_code == 200, answer.text
    assert await looks(someone, number) == [(LEE, "transcript")]
