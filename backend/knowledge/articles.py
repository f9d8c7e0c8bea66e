"""The articles in `data/knowledge/`: read, checked, and cut into passages.

An article is a Markdown file. Its name is its id; its front matter says what it is about and
where its facts come from.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import yaml
from markdown_it import MarkdownIt
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, ValidationError, model_validator

from backend.core.portals import Portal

Kind = Literal["article", "video"]

PASSAGE_WORDS = 45
"""A passage ends with the block that brings it to this many words."""

_FRONT_MATTER = re.compile(r"---\n(?P<facts>.*?)\n---\n(?P<body>.*)", re.DOTALL)
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


class ArticleError(ValueError):
    """An article's file can't be used; the message names the file and what to correct."""


class Article(BaseModel):
    """One article or video: `body` is Markdown, `source` where its facts (or film) are.

    `questions` are what people ask when this is the answer; search reads them, nobody else.
    `operation` is the call of ours that does what the article explains.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    title: str = Field(min_length=5, max_length=100)
    source: HttpUrl | None = None
    portals: list[Portal] = Field(min_length=1)
    topics: list[str] = Field(min_length=1)
    kind: Kind
    operation: str | None = Field(default=None, pattern=r"^[a-z_]+$")
    questions: list[str] = Field(min_length=2)
    body: str = Field(min_length=1)

    @model_validator(mode="after")
    def _a_video_says_where_to_watch_it(self) -> "Article":
        if self.kind == "video" and self.source is None:
            raise ValueError("a video needs a source, the address where it is watched")
        return self

    @property
    def html(self) -> str:
        """The body as HTML. Raw HTML in an article is shown as text, never run."""
        rendered: str = _markdown.render(self.body)
        return rendered

    @property
    def passages(self) -> list[str]:
        """The body as plain text, cut into pieces of a few sentences each."""
        passages: list[list[str]] = [[]]
        for is_heading, text in _blocks(self.body):
            full = sum(len(part.split()) for part in passages[-1]) >= PASSAGE_WORDS
            if passages[-1] and (full or is_heading):
                passages.append([])
            passages[-1].append(text)
        return [" ".join(parts) for parts in passages if parts]


def load_articles(folder: Path) -> list[Article]:
    """All articles of `folder`, by id. Raises `ArticleError` for the first that is wrong."""
    articles = [read_article(file) for file in sorted(folder.glob("*.md"))]
    if not articles:
        raise ArticleError(f"{folder}: there are no articles (*.md) here.")
    return articles


def read_article(file: Path) -> Article:
    """Read one article; raises `ArticleError` with the file's name and what to correct."""
    match = _FRONT_MATTER.fullmatch(file.read_text(encoding="utf-8"))
    if match is None:
        raise ArticleError(f"{file.name}: begin with front matter between two lines of ---.")
    try:
        facts = yaml.safe_load(match["facts"])
        if not isinstance(facts, dict):
            raise ArticleError(f"{file.name}: the front matter is not a list of `name: value`.")
        return Article(**{**facts, "id": file.stem, "body": match["body"].strip()})
    except yaml.YAMLError as exc:
        raise ArticleError(f"{file.name}: the front matter is not YAML. {exc}") from exc
    except ValidationError as exc:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in exc.errors())
        raise ArticleError(f"{file.name}: {wrong}") from exc


def _blocks(body: str) -> Iterator[tuple[bool, str]]:
    """The blocks of a body as (is it a heading, plain text); a list or table is one block."""
    pieces: list[str] = []
    list_depth = 0
    for token in _markdown.parse(body):
        if token.type in {"bullet_list_open", "ordered_list_open", "tr_open"}:
            list_depth += 1
        elif token.type in {"bullet_list_close", "ordered_list_close", "tr_close"}:
            list_depth -= 1
        if token.type == "inline":
            text = _plain(token)
            if list_depth:
                pieces.append(text)
                continue
            if token.content == f"**{text}**":
                yield True, f"{text.rstrip(':')}:"
            else:
                yield False, text
        elif pieces and not list_depth:
            yield False, _joined(pieces)
            pieces = []


def _plain(token: object) -> str:
    children = getattr(token, "children", None) or []
    return "".join(
        " " if child.type in {"softbreak", "hardbreak"} else child.content for child in children
    ).strip()


def _joined(pieces: list[str]) -> str:
    """List items as running text: sentences follow each other, fragments get a semicolon."""
    ended = [p if p[-1:] in {".", "?", "!", ":"} else f"{p};" for p in pieces]
    return re.sub(r";$", ".", " ".join(ended))
