"""The calls and the pages."""

import httpx
import pytest
from fastapi import FastAPI

from backend.core.client import operations_of


async def test_that_a_question_gets_articles_with_a_page_and_a_source(
    nora: httpx.AsyncClient,
) -> None:
    answer = await nora.get("/api/v1/knowledge", params={"q": "what is a virtual account?"})
    best = answer.json()["items"][0]
    assert best["id"] == "what-is-a-virtual-account"
    assert best["url"].endswith("/knowledge/what-is-a-virtual-account")
    assert best["source"].startswith("https://")
    assert best["kind"] == "article"
    assert {"title", "excerpt", "portals", "topics", "score"} <= best.keys()


async def test_that_what_we_do_not_know_is_an_empty_list(nora: httpx.AsyncClient) -> None:
    answer = await nora.get("/api/v1/knowledge", params={"q": "who painted the Mona Lisa"})
    assert answer.status_code == 200
    assert answer.json() == {"items": [], "next": None}


@pytest.mark.parametrize("query", [{}, {"q": "orders"}, {"portal": "clc"}])
async def test_that_pages_join_without_gap_or_repeat(
    nora: httpx.AsyncClient, query: dict[str, str]
) -> None:
    whole = (await nora.get("/api/v1/knowledge", params=query | {"limit": "200"})).json()["items"]
    joined, cursor = [], None
    while True:
        asked = query | {"limit": "7"} | ({"cursor": cursor} if cursor else {})
        page = (await nora.get("/api/v1/knowledge", params=asked)).json()
        assert len(page["items"]) <= 7
        joined += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert joined == whole
    assert len(joined) > 7


@pytest.mark.parametrize(
    ("call", "query"),
    [
        ("knowledge", {"q": "x", "portal": "ssm"}),
        ("knowledge", {"q": "x" * 1001}),
        ("knowledge", {"q": "x", "limit": "0"}),
        ("knowledge", {"q": "x", "cursor": "nonsense"}),
        ("webinars", {"portal": "nowhere"}),
        ("webinars", {"cursor": "bm9uZQ"}),
    ],
)
async def test_that_a_wrong_query_is_a_problem_with_a_next_step(
    nora: httpx.AsyncClient, call: str, query: dict[str, str]
) -> None:
    answer = await nora.get(f"/api/v1/{call}", params=query)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["hint"]


async def test_that_webinars_page_and_can_be_registered_for(nora: httpx.AsyncClient) -> None:
    whole = (await nora.get("/api/v1/webinars")).json()["items"]
    page = (await nora.get("/api/v1/webinars", params={"limit": 3})).json()
    rest = (await nora.get("/api/v1/webinars", params={"cursor": page["next"]})).json()
    assert page["items"] + rest["items"] == whole
    assert whole[0]["register_url"].startswith("https://")
    assert whole[0]["starts_at"].endswith("Z")
    clc = (await nora.get("/api/v1/webinars", params={"portal": "clc"})).json()["items"]
    assert {one["portal"] for one in clc} == {"clc"}


@pytest.mark.parametrize("call", ["knowledge?q=roles", "webinars"])
async def test_that_one_has_to_sign_in(stranger: httpx.AsyncClient, call: str) -> None:
    assert (await stranger.get(f"/api/v1/{call}")).status_code == 401


async def test_that_both_calls_are_tools_that_say_what_they_do(knowledge_app: FastAPI) -> None:
    operations = operations_of(knowledge_app.openapi())
    assert operations.keys() == {"search_knowledge", "list_webinars"}
    for operation in operations.values():
        assert not operation.writes
        assert operation.description
        assert all(field.get("description") for field in operation.fields.values())


async def test_that_an_article_is_a_page_for_anybody(stranger: httpx.AsyncClient) -> None:
    page = await stranger.get("/knowledge/roles-overview")
    assert page.status_code == 200
    assert "<h1>The roles in Smart Accounts" in page.text
    assert "<table>" in page.text
    assert 'href="https://www.cisco.com/' in page.text
    assert "unsafe-inline" not in page.headers["content-security-policy"]
    assert "<style" not in page.text
    film = await stranger.get("/knowledge/video-clc-tour")
    assert "Watch the video" in film.text


async def test_that_every_link_of_the_list_leads_somewhere(
    stranger: httpx.AsyncClient, search: object
) -> None:
    listed = await stranger.get("/knowledge")
    assert listed.text.count('<li><a href="/knowledge/') == len(search.articles)  # type: ignore[attr-defined]
    assert (await stranger.get("/knowledge.css")).headers["content-type"].startswith("text/css")


@pytest.mark.parametrize("name", ["nothing-here", "..%2F..%2Fworld", "<script>"])
async def test_that_a_missing_article_says_where_to_go_on(
    stranger: httpx.AsyncClient, name: str
) -> None:
    page = await stranger.get(f"/knowledge/{name}")
    assert page.status_code == 404
    assert "<script>" not in page.text
