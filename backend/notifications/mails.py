"""Mails: rendered from `data/mails/`, stored in the outbox, once for each event and address."""

import html
import re
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.settings import settings
from backend.notifications.categories import Category
from backend.notifications.deciding import Letter, decide
from backend.notifications.models import Mail
from backend.notifications.preferences import Reader

_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")


@lru_cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(settings().data_dir / "mails"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # The templates are plain text; `_html` escapes everything that came from people.
        autoescape=False,  # noqa: S701
    )


def render(kind: str, facts: dict[str, Any], footer: str = "") -> tuple[str, str, str]:
    """Subject, text and HTML of a mail; the template's first line is the subject."""
    rendered = (
        _templates().get_template(f"{kind}.txt").render(facts | {"base_url": settings().base_url})
    )
    subject, _, body = rendered.partition("\n")
    text = re.sub(r"\n{3,}", "\n\n", f"{body}\n\n{footer}").strip() + "\n"
    return re.sub(r"\s+", " ", subject).strip()[:200], text, _html(text)


def _html(text: str) -> str:
    paragraphs = []
    for block in html.escape(text.strip()).split("\n\n"):
        linked = _LINK.sub(lambda m: f'<a href="{m[0]}">{m[0]}</a>', block)
        paragraphs.append(f"<p>{linked.replace(chr(10), '<br>')}</p>")
    return '<!doctype html><html lang="en"><body>' + "".join(paragraphs) + "</body></html>"


def links_in(text: str) -> list[str]:
    """The addresses that a mail's text contains, in order."""
    return list(dict.fromkeys(_LINK.findall(text)))


async def put_in_outbox(
    session: AsyncSession,
    event_id: str,
    kind: str,
    to: str,
    facts: dict[str, Any],
    attachments: list[dict[str, Any]] | None = None,
    *,
    headers: dict[str, str] | None = None,
    category: Category | None = None,
    reader: Reader | None = None,
    line: str | None = None,
) -> None:
    """Write one mail, unless this event has written it already, or its reader has chosen to get
    such news in a summary or not at all (`backend.notifications.deciding`).

    `headers` are further header fields. `category`, `reader` and the `line` of a summary are those
    of the kind, the address and the subject, unless they are named.
    """
    there = await session.exec(
        select(Mail.id).where(Mail.event_id == event_id, Mail.kind == kind, col(Mail.to) == to)
    )
    if there.first() is not None:
        return
    subject, text, markup = render(kind, facts)
    now = await decide(
        session,
        Letter(
            event_id, kind, to, line or subject, f"{subject}\n{text}",
            next(iter(links_in(text)), None), category, reader,
        ),
    )  # fmt: skip
    if now is None:
        return
    if now.footer:
        subject, text, markup = render(kind, facts, now.footer)
    session.add(
        Mail(
            event_id=event_id,
            kind=kind,
            to=to,
            subject=subject,
            text=text,
            html=markup,
            attachments=attachments or [],
            headers=(headers or {}) | now.headers,
        )
    )
    await session.flush()
