"""Cases that have to do with each other."""

import httpx
import pytest
import pytest_asyncio

from tests.cases.desk import LEE, MIA, events_of, open_case, seen
from tests.conftest import Newcomer, SignedIn


@pytest_asyncio.fixture(loop_scope="session")
async def lee(person: SignedIn) -> httpx.AsyncClient:
    return await person(LEE)


def links(case: dict[str, list[dict[str, str]]]) -> list[tuple[str, str]]:
    return [(link["kind"], link["number"]) for link in case["links"]]


@pytest.mark.parametrize(
    ("kind", "other_end"),
    [("related", "related"), ("blocks", "blocked_by"), ("caused_by", "causes")],
)
async def test_that_both_ends_show_it_and_saying_it_again_changes_nothing(
    newcomer: Newcomer, lee: httpx.AsyncClient, kind: str, other_end: str
) -> None:
    one, other = await open_case(await newcomer()), await open_case(await newcomer())
    for number, to, said in [(one, other, kind), (one, other, kind), (other, one, other_end)]:
        answer = await lee.post(f"/cases/{number}/links", json={"other": to, "kind": said})
        assert answer.status_code == 200, answer.text
    assert links(await seen(lee, one)) == [(kind, other)]
    assert links(await seen(lee, other)) == [(other_end, one)]
    assert (await events_of(one)).count("case_linked") == 1
    texts = [e["text"] for e in (await seen(lee, other))["thread"] if e["type"] == "linked"]
    assert len(texts) == 1
    assert texts[0].endswith(one)


async def test_that_only_links_to_cases_that_one_may_see_are_shown(
    newcomer: Newcomer, lee: httpx.AsyncClient, person: SignedIn
) -> None:
    asker = await newcomer()
    own, also_own = await open_case(asker), await open_case(asker)
    others = await open_case(await newcomer(), category="ea")
    for to in (also_own, others):
        await lee.post(f"/cases/{own}/links", json={"other": to})
    assert links(await seen(asker, own)) == [("related", also_own)]
    assert len(links(await seen(lee, own))) == 2
    mia = await person(MIA)
    assert links(await seen(mia, own)) == [("related", also_own)], "not her queue"
    assert others not in str(await seen(asker, own))


async def test_that_a_link_is_taken_back(newcomer: Newcomer, lee: httpx.AsyncClient) -> None:
    asker = await newcomer()
    one, other = await open_case(asker), await open_case(asker)
    await lee.post(f"/cases/{one}/links", json={"other": other, "kind": "blocks"})
    answer = await lee.delete(f"/cases/{other}/links/{one}")
    assert answer.status_code == 200
    assert answer.json()["receipt"]["title"] == f"No longer linked with {one}"
    assert links(await seen(lee, one)) == []
    assert (await lee.delete(f"/cases/{other}/links/{one}")).status_code == 404


async def test_what_is_refused(newcomer: Newcomer, lee: httpx.AsyncClient) -> None:
    asker, stranger = await newcomer(), await newcomer()
    one, other = await open_case(asker), await open_case(asker)
    await lee.post(f"/cases/{one}/links", json={"other": other, "kind": "blocks"})
    path = f"/cases/{one}/links"
    for body, status in [
        ({"other": one}, 422), ({"other": "C-999999"}, 422), ({"other": other, "kind": "x"}, 422),
        ({"other": other, "kind": "blocked_by"}, 409), ({}, 422),
    ]:  # fmt: skip
        assert (await lee.post(path, json=body)).status_code == status, body
    assert (await asker.post(path, json={"other": other})).status_code == 403
    assert (await stranger.post(path, json={"other": other})).status_code == 404
    assert links(await seen(lee, one)) == [("blocks", other)]
