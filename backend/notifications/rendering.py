"""Mails as words: a template of the reader’s language, as text and as HTML.

`data/mails/‹language›/‹kind›.txt` is a mail, its first line the subject; what a language does not
have is taken from English. The HTML is made from the text, so that both always say the same.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from backend.core.settings import settings

ENGLISH = "en"
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")
_LAYOUT = "layout.html"
_ITEM = "- "


@dataclass(frozen=True)
class Rendered:
    """What stands in a mail."""

    subject: str
    text: str
    html: str


@dataclass
class Block:
    """A paragraph, or a list."""

    paragraph: Markup = field(default_factory=Markup)
    items: list[Markup] = field(default_factory=list)


@lru_cache
def languages() -> frozenset[str]:
    """The languages that mails are written in."""
    return frozenset(one.name for one in (settings().data_dir / "mails").iterdir() if one.is_dir())


def language_of(tag: str | None) -> str:
    """The folder for a person’s language (BCP 47): `pt-BR`, else `pt`, else English."""
    wanted = (tag or "").lower()
    known = {name.lower(): name for name in languages()}
    return known.get(wanted) or known.get(wanted.split("-")[0]) or ENGLISH


@lru_cache
def _templates(language: str) -> Environment:
    home = settings().data_dir / "mails"
    return Environment(
        loader=FileSystemLoader([home / language, home / ENGLISH]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # A mail is plain text first; the layout escapes everything that came from people.
        autoescape=lambda name: name == _LAYOUT,  # noqa: S701
    )


def render(kind: str, facts: dict[str, Any], language: str = ENGLISH, footer: str = "") -> Rendered:
    """A mail of this kind, in this language as far as it is there, with `footer` below it."""
    templates, base = _templates(language), {"base_url": settings().base_url}
    rendered = templates.get_template(f"{kind}.txt").render(facts | base)
    first, _, body = rendered.partition("\n")
    subject = re.sub(r"\s+", " ", first).strip()[:200]
    text = re.sub(r"\n{3,}", "\n\n", f"{body}\n\n{footer}").strip() + "\n"
    html = templates.get_template(_LAYOUT).render(
        base, subject=subject, language=language, blocks=_blocks(text)
    )
    return Rendered(subject, text, html)


def _blocks(text: str) -> list[Block]:
    blocks: list[Block] = []
    for part in text.strip().split("\n\n"):
        lines: list[str] = []
        for line in [*part.split("\n"), _ITEM]:
            if not line.startswith(_ITEM):
                lines.append(line)
                continue
            if lines:
                blocks.append(Block(paragraph=Markup("<br>").join(map(_linked, lines))))
                lines = []
            if item := line.removeprefix(_ITEM):
                if not blocks or not blocks[-1].items:
                    blocks.append(Block())
                blocks[-1].items.append(_linked(item))
    return blocks


def _linked(line: str) -> Markup:
    made, done = Markup(""), 0
    for match in _LINK.finditer(line):
        made += escape(line[done : match.start()]) + Markup('<a href="{0}">{0}</a>').format(
            match[0]
        )
        done = match.end()
    return made + escape(line[done:])


def links_in(text: str) -> list[str]:
    """The addresses that a mail’s text contains, in order."""
    return list(dict.fromkeys(_LINK.findall(text)))
