"""The review inbox and the figures, as pages."""

import re

import httpx
import pytest
import pytest_asyncio
from sqlmodel import select

from assistant.review.grouping import group_new_items
from assistant.review.models import ReviewItem
from backend.core.database import database
from tests.conftest import Newcomer
from tests.console.conftest import Desk
from tests.console.history import Talk, days_ago

SENTENCE = "the printer in the basement smells of burnt toast"


@pytest_asyncio.fixture(loop_scope="session")
async def group(newcomer: Newcomer) -> str:
    """A group of three messages, two of them the same: its page."""
    return await a_group(newcomer)


async def a_group(newcomer: Newcomer) -> str:
    who = (await newcomer()).email  # type: ignore[attr-defined]
    async with database().write() as session:
        talk = Talk(who, days_ago(1), unsure=[SENTENCE, SENTENCE, f"hey, {SENTENCE}!"])
        chat = await talk.take_place(session)
    await group_new_items()
    async with database().read() as session:
        found = await session.exec(
            select(ReviewItem.group_id).where(ReviewItem.conversation_id == chat)
        )
        groups = set(found.all())
    assert len(groups) == 1
    return f"/console/review/{groups.pop()}"


def ticks(page: str) -> list[str]:
    return re.findall(r'name="message" value="([^"]+)"', page)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None
    return found[1]


async def form(browser: httpx.AsyncClient, at: str) -> dict[str, object]:
    """What the page's form sends when nothing was changed."""
    page = (await browser.get(at)).text
    fields = {name: hidden(page, name) for name in ("key", "expected", "shown")}
    return {**fields, "message": ticks(page)}


async def test_labelling_goes_on_to_the_next_group_and_can_be_taken_back(
    lee: httpx.AsyncClient, mo: httpx.AsyncClient, group: str
) -> None:
    inbox = (await lee.get("/console/review")).text
    assert f'href="{group}"' in inbox
    sent = await form(lee, group)
    assert len(sent["message"]) == 2  # type: ignore[arg-type]
    stale = await form(mo, group)
    done = await lee.post(f"{group}/label", data=sent | {"intent": "out_of_scope"})
    assert done.status_code == 303
    after = (await lee.get(done.headers["location"])).text
    assert "labelled: Out of scope" in after
    assert f'action="{group}/undo"' in after
    late = await mo.post(f"{group}/label", data=stale | {"intent": "help"})
    assert late.status_code == 409
    assert "Lee Castellwyn labelled" in late.text
    back = await lee.post(f"{group}/undo")
    assert back.headers["location"] == group
    assert len(ticks((await lee.get(group)).text)) == 2


async def test_only_what_is_ticked_is_labelled(lee: httpx.AsyncClient, group: str) -> None:
    sent = await form(lee, group)
    one = sent["message"][1]  # type: ignore[index]
    done = await lee.post(f"{group}/label", data=sent | {"message": [one], "ignore": "yes"})
    assert done.headers["location"] == f"{group}?done={group.rsplit('/', 1)[1]}"
    rest = await form(lee, group)
    assert one not in rest["message"]  # type: ignore[operator]
    nothing = await lee.post(f"{group}/label", data=rest | {"message": [], "intent": "help"})
    assert nothing.status_code == 422
    await lee.post(f"{group}/label", data=rest | {"intent": "help"})


@pytest.mark.parametrize("typed", ["Request training", "request_training", " REQUEST TRAINING "])
async def test_another_meaning_is_typed_by_its_title(
    lee: httpx.AsyncClient, newcomer: Newcomer, typed: str
) -> None:
    at = await a_group(newcomer)
    done = await lee.post(f"{at}/label", data=await form(lee, at) | {"other": typed})
    assert done.status_code == 303
    assert "Request training" in (await lee.get(at)).text


async def test_a_meaning_that_is_none_is_said_beside_the_field(
    lee: httpx.AsyncClient, newcomer: Newcomer
) -> None:
    at = await a_group(newcomer)
    refused = await lee.post(f"{at}/label", data=await form(lee, at) | {"other": "fly to moon"})
    assert refused.status_code == 422
    assert "fly_to_moon" in refused.text


async def test_leads_see_what_would_be_exported_and_agents_do_not(
    lee: httpx.AsyncClient, mo: httpx.AsyncClient
) -> None:
    assert "/console/review/training-data" in (await mo.get("/console/review")).text
    assert "/console/review/training-data" not in (await lee.get("/console/review")).text
    assert (await lee.get("/console/review/training-data")).status_code == 403
    assert "Training data" in (await mo.get("/console/review/training-data")).text


async def test_figures_are_shown_with_their_numbers(
    mo: httpx.AsyncClient, newcomer: Newcomer
) -> None:
    who = (await newcomer()).email  # type: ignore[attr-defined]
    async with database().write() as session:
        await Talk(who, days_ago(2), thumb="up", rating=4, case=True).take_place(session)
    for query in ("", "?days=7&portal=scm", "?days=90&queue=orders"):
        page = (await mo.get(f"/console/insights{query}")).text
        assert "Conversations a day" in page
        assert '<svg class="chart"' in page
        assert "The numbers" in page
        assert "style=" not in page


async def test_figures_are_for_agents_and_leads(desk_of_cyra: httpx.AsyncClient) -> None:
    assert (await desk_of_cyra.get("/console/insights")).status_code == 403
    assert (await desk_of_cyra.get("/console/review")).status_code == 403
    assert "/console/insights" not in (await desk_of_cyra.get("/console")).text


@pytest_asyncio.fixture(loop_scope="session")
async def desk_of_cyra(desk: Desk) -> httpx.AsyncClient:
    """The approver of Smart Account requests, who works on no cases."""
    return await desk("cyra@support.example")
