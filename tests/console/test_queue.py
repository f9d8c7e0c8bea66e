"""The queue: what is listed, in which order, and what changes by itself."""

import re
import uuid
from collections.abc import Callable

import httpx

from tests.conftest import ClockAt
from tests.console.conftest import Desk, ask_for_training, open_case


def listed(page: str) -> list[str]:
    """The case numbers of a list, in order."""
    return re.findall(r'data-case="(C-\d+)"', page)


async def test_a_case_is_listed_with_all_that_triage_needs(
    lee: httpx.AsyncClient, asker: httpx.AsyncClient
) -> None:
    number = await open_case(asker, severity=2, title="Nothing <works>")
    page = (await lee.get("/console", params={"q": number, "show": "all"})).text
    assert listed(page) == [number]
    row = page.split(f'id="row-{number}"')[1].split("</tr>")[0]
    for shown in (
        "Nothing &lt;works&gt;",
        "Ada Askwell",
        asker.email,
        "2 Major",
        "New",
        "first answer",
        "Claim",
    ):
        assert shown in row


async def test_filters_narrow_the_list(lee: httpx.AsyncClient, asker: httpx.AsyncClient) -> None:
    word = f"w{uuid.uuid4().hex[:8]}"
    orders = await open_case(asker, title=f"{word} orders")
    licences = await open_case(asker, category="smart_licensing", title=f"{word} licences")
    await lee.post(f"/console/cases/{licences}/claim")
    await lee.post(f"/console/cases/{orders}/end", data={"how": "cancel", "reason": "twice"})

    async def found(**filters: str) -> set[str]:
        return set(listed((await lee.get("/console", params={"q": word, **filters})).text))

    assert await found() == {licences}
    assert await found(show="mine") == {licences}
    assert await found(show="unclaimed") == set()
    assert await found(show="all") == {orders, licences}
    assert await found(status="cancelled") == {orders}
    assert await found(queue="licensing") == {licences}
    assert await found(queue="orders", show="all") == {orders}


async def test_agents_see_their_own_queues_only(desk: Desk, asker: httpx.AsyncClient) -> None:
    mia = await desk("mia@support.example")
    word = f"w{uuid.uuid4().hex[:8]}"
    mine = await open_case(asker, title=f"{word} orders")
    other = await open_case(asker, category="smart_account", title=f"{word} account")
    page = (await mia.get("/console", params={"q": word})).text
    assert listed(page) == [mine]
    assert "?queue=accounts" not in page
    assert (await mia.get(f"/console/cases/{other}")).status_code == 404


async def test_who_works_on_no_queue_is_told_so(desk: Desk) -> None:
    cyra = await desk("cyra@support.example")
    # A word that no case holds: she may have opened cases of her own.
    page = await cyra.get("/console", params={"q": uuid.uuid4().hex})
    assert "No queue is yours" in page.text
    assert "not yours to take over" in (await cyra.get("/console/conversations")).text


async def test_the_most_pressing_comes_first_and_is_marked_in_words(
    lee: httpx.AsyncClient,
    asker: httpx.AsyncClient,
    clock_at: ClockAt,
    clock_ahead: Callable[..., None],
) -> None:
    clock_at("2027-03-08T09:00")
    word = f"w{uuid.uuid4().hex[:8]}"
    late = await open_case(asker, severity=1, title=f"{word} late")
    calm = await open_case(asker, severity=4, title=f"{word} calm")
    clock_ahead(hours=7, minutes=30)
    soon = await open_case(asker, severity=2, title=f"{word} soon")
    clock_at("2027-03-09T10:45")
    page = (await lee.get("/console", params={"q": word})).text
    assert listed(page) == [late, soon, calm]
    marks = re.findall(r'class="due (due-[a-z]+)', page)
    assert marks == ["due-overdue", "due-soon", "due-running"]
    assert "Overdue by" in page
    assert "Due soon" in page
    newest = (await lee.get("/console", params={"q": word, "sort": "newest"})).text
    assert listed(newest) == [soon, calm, late]


async def test_the_clock_stops_while_the_customer_has_to_answer(
    lee: httpx.AsyncClient, asker: httpx.AsyncClient
) -> None:
    number = await open_case(asker)
    await lee.post(
        f"/console/cases/{number}/reply", data={"text": "Which order?", "then": "customer_pending"}
    )
    page = (await lee.get("/console", params={"q": number})).text
    assert "Clock stopped" in page
    assert "Waiting for customer" in page


async def test_what_a_browser_shows_already_is_not_sent_again(
    lee: httpx.AsyncClient, asker: httpx.AsyncClient, htmx: dict[str, str]
) -> None:
    word = f"w{uuid.uuid4().hex[:8]}"
    first = await open_case(asker, title=f"{word} one")
    address = f"/console?q={word}"
    page = (await lee.get(address)).text
    have = re.search(r'name="have" value="([^"]*)"', page)
    assert have is not None
    same = await lee.get(address, params={"q": word, "have": have[1]}, headers=htmx)
    assert same.status_code == 204
    second = await open_case(asker, title=f"{word} two")
    changed = await lee.get(address, params={"q": word, "have": have[1]}, headers=htmx)
    assert set(listed(changed.text)) == {first, second}
    assert 'id="sec-nav"' in changed.text


async def test_searching_keeps_the_address_short(
    lee: httpx.AsyncClient, htmx: dict[str, str]
) -> None:
    answer = await lee.get(
        "/console",
        params={"queue": "", "show": "open", "q": "x y", "status": "", "sort": "due"},
        headers=htmx | {"HX-Trigger": "filters"},
    )
    assert answer.headers["HX-Replace-Url"] == "/console?q=x+y"


async def test_counts_follow_the_queues(lee: httpx.AsyncClient, asker: httpx.AsyncClient) -> None:
    def count(page: str) -> int:
        entry = page.split("?queue=lea")[1].split("</li>")[0]
        return int(re.search(r'class="count">(\d+)', entry)[1])  # type: ignore[index]

    before = count((await lee.get("/console")).text)
    await ask_for_training(asker)
    assert count((await lee.get("/console")).text) == before + 1
