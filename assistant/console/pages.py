"""Pages of the console: one template environment, one content security policy, own files.

Nothing inline is allowed to run or to style, so a page that shows what customers wrote stays
harmless even if a template forgot to escape it.
"""

import hashlib
import mimetypes
import uuid
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from assistant.console import times
from backend.core.languages import language_name
from backend.core.portals import PORTAL_NAMES, Portal

HERE = Path(__file__).resolve().parent
STATIC = HERE / "static"
# What the web packages' build copies for the console.
BUILT = HERE.parent / "widget" / "dist" / "console"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; font-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
# Without raw HTML and pictures: a transcript must neither run nor fetch anything.
_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable("image")


def is_htmx(request: Request) -> bool:
    """Whether a part of a page is wanted, not a whole one."""
    return request.headers.get("HX-Request") == "true"


def page(name: str, context: dict[str, Any], status: int = 200, **headers: str) -> Response:
    """A rendered template with the console's headers."""
    return HTMLResponse(render(name, context), status, headers=HEADERS | headers)


def html(content: str, status: int = 200, **headers: str) -> Response:
    """Parts rendered before, with the console's headers."""
    return HTMLResponse(content, status, headers=HEADERS | headers)


def nothing_new() -> Response:
    """204: what is on screen is still right."""
    return Response(status_code=204, headers=HEADERS)


def render(name: str, context: dict[str, Any]) -> str:
    """A template with its facts filled in."""
    return environment().get_template(name).render(context)


def fingerprint(rendered: str) -> str:
    """A short mark of what was rendered, to find out whether it changed."""
    return hashlib.sha256(rendered.encode()).hexdigest()[:12]


def initials(name: str) -> str:
    """`Nadia Fjordheim` → `NF`."""
    return "".join(part[0] for part in name.split()[:2]).upper() or "?"


def markdown(text: str) -> Markup:
    """The assistant's Markdown as HTML; raw HTML in it is shown as text."""
    return Markup(_markdown.render(text))  # noqa: S704 - rendered without raw HTML


def named(things: Iterable[Any], key: str, otherwise: str | None = None) -> str:
    """The name of the queue with this id, or of the agent with this address."""
    for thing in things:
        known = thing if isinstance(thing, dict) else {"id": thing.email, "name": thing.name}
        if known["id"] == key:
            return str(known["name"])
    return key if otherwise is None else otherwise


def _portal(code: str | None) -> str:
    return PORTAL_NAMES[Portal(code)] if code in set(Portal) else code or ""


@lru_cache
def environment() -> Environment:
    """The templates with their filters."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "age": times.age,
        "ago": times.ago,
        "field": times.field,
        "deadline": times.deadline,
        "initials": initials,
        "language": language_name,
        "local": times.local,
        "markdown": markdown,
        "named": named,
        "open_time": times.open_time,
        "portal": _portal,
        "span": times.span,
    }
    made.globals |= {
        "asset": asset_url,
        "new_key": lambda: uuid.uuid4().hex,
        "window": times.window,
    }
    # What every template uses, so that none has to import it.
    made.globals["words"] = made.get_template("words.html").module
    made.globals["parts"] = made.get_template("parts.html").module
    return made


def _file(name: str) -> Path | None:
    for folder in (STATIC, BUILT):
        path = folder / name
        if path.is_file() and path.parent == folder:
            return path
    return None


@lru_cache
def _version(path: Path, _modified: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _version_of(path: Path) -> str:
    return _version(path, path.stat().st_mtime_ns)


def asset_url(name: str) -> str:
    """Where a static file is; the address changes with its content."""
    path = _file(name)
    return f"/console/static/{name}" + (f"?v={_version_of(path)}" if path else "")


def asset(name: str, version: str | None) -> Response:
    """A static file; kept by browsers for good when asked for by its version."""
    path = _file(name)
    if path is None:
        return Response("There is no such file.\n", 404, media_type="text/plain")
    right = version == _version_of(path)
    return Response(
        path.read_bytes(),
        media_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        headers={
            "Cache-Control": "public, max-age=31536000, immutable" if right else "no-cache",
        },
    )
