"""Articles as pages for people: what the sources of an answer lead to."""

import hashlib
from pathlib import Path

from fastapi import APIRouter, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool

from backend.core.portals import PORTAL_NAMES
from backend.knowledge.articles import Article
from backend.knowledge.search import knowledge_search

router = APIRouter(include_in_schema=False)

TEMPLATES = Path(__file__).resolve().parent / "templates"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-cache",
}
_style = (TEMPLATES / "articles.css").read_text(encoding="utf-8")
_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals.update(
    style=f"/knowledge.css?{hashlib.sha256(_style.encode()).hexdigest()[:12]}",
    portal_names=PORTAL_NAMES,
)


@router.get("/knowledge")
async def article_list() -> Response:
    """All articles and videos by topic. Open to anybody: they hold nothing personal."""
    articles = await _articles()
    by_topic: dict[str, list[Article]] = {}
    for article in sorted(articles, key=lambda one: one.title):
        by_topic.setdefault(article.topics[0], []).append(article)
    return _page("list.html", topics=sorted(by_topic.items()))


@router.get("/knowledge/{article_id}")
async def article_page(article_id: str) -> Response:
    """One article; 404, as a page with the way on, when there is none of that name."""
    by_id = {article.id: article for article in await _articles()}
    article = by_id.get(article_id)
    if article is None:
        return _page("missing.html", status=404)
    related = [
        other
        for other in by_id.values()
        if other is not article and other.topics[0] == article.topics[0]
    ]
    # Safe to mark: rendered from our own file by a renderer that escapes raw HTML.
    body = Markup(article.html)  # noqa: S704
    return _page("article.html", article=article, body=body, related=related[:5])


@router.get("/knowledge.css")
async def article_style() -> Response:
    """The style of these pages, a file of its own so that no inline style is needed."""
    return Response(_style, media_type="text/css", headers={"Cache-Control": "max-age=3600"})


async def _articles() -> list[Article]:
    search = await run_in_threadpool(knowledge_search)
    return search.articles


def _page(template: str, status: int = 200, **values: object) -> Response:
    html = _environment.get_template(template).render(**values)
    return Response(html, status_code=status, media_type="text/html", headers=HEADERS)
