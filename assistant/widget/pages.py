"""The demo page at `/` and the widget's files under `/widget/`.

The page's content security policy is as strict as the widget promises to work under: no inline
script or style, no evaluation, and (with trusted types) no HTML made from strings.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

HERE = Path(__file__).resolve().parent
DIST = HERE / "dist"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors 'self'; "
    "form-action 'self'; require-trusted-types-for 'script'; trusted-types lit-html"
)
PAGE_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cache-Control": "no-cache",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
# Any page may embed the widget: module scripts and fonts are fetched with CORS.
ASSET_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "public, no-cache",
    "Vary": "Accept-Encoding",
}
COMPRESSED = frozenset({".js", ".css", ".md", ".txt"})
mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("text/javascript", ".js")


@dataclass(frozen=True)
class Portal:
    """A portal as the demo page presents it."""

    id: str
    short: str
    name: str
    eyebrow: str
    heading: str
    lead: str
    suggestions: tuple[str, ...]


PORTALS = {
    portal.id: portal
    for portal in (
        Portal(
            id="clc",
            short="CLC",
            name="License Central",
            eyebrow="License Central · CLC",
            heading="Licensing, without the detective work.",
            lead="Accounts, access and orders in one place, and an assistant that gets things "
            "done: say what you need, check what it would do, confirm.",
            suggestions=(
                "I need training on CLC",
                "What is a virtual account?",
                "Book a CLC demo for 12 people next Tuesday at 3 pm, in German",
                "What have I got open?",
            ),
        ),
        Portal(
            id="cssm",
            short="CSSM",
            name="Smart Software Manager",
            eyebrow="Smart Software Manager · CSSM",
            heading="Every licence where it is needed.",
            lead="Registrations, tokens and usage for all your devices. If something is unclear, "
            "ask: the assistant knows the way, and the people behind it.",
            suggestions=(
                "I need training on CSSM",
                "How do I register a device?",
                "What does a Smart Account administrator do?",
                "I want to talk to a person",
            ),
        ),
        Portal(
            id="scm",
            short="SCM",
            name="Support Case Manager",
            eyebrow="Support Case Manager · SCM",
            heading="Tell us once. We keep hold of it.",
            lead="Open a case by describing the problem. You get a number, the right team gets "
            "the case, and the answer arrives here and in your mailbox.",
            suggestions=(
                "Open a case: my licences are missing",
                "What is the status of my case?",
                "I need training on SCM",
                "I want to talk to a person",
            ),
        ),
    )
}


@dataclass(frozen=True)
class Asset:
    """A built file, ready to be sent. `packed` is its gzipped form where that is worth it."""

    content: bytes
    packed: bytes | None
    media_type: str
    etag: str


def _etag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:24]}"'


_assets: dict[Path, tuple[int, Asset]] = {}


def _read_asset(path: Path) -> Asset:
    """Read a file once for each build: another time of change means another build."""
    modified = path.stat().st_mtime_ns
    read = _assets.get(path)
    if read is None or read[0] != modified:
        content = path.read_bytes()
        packed = gzip.compress(content, mtime=0) if path.suffix in COMPRESSED else None
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        read = _assets[path] = (modified, Asset(content, packed, media_type, _etag(content)))
    return read[1]


def _find_asset(name: str) -> Asset | None:
    """The built file of that name. Only names that the build has made are ever opened."""
    for path in DIST.rglob("*"):
        if path.is_file() and path.relative_to(DIST).as_posix() == name:
            return _read_asset(path)
    return None


def _is_known(request: Request, etag: str) -> bool:
    """Whether the browser already has this very content (RFC 9110, section 13.1.2)."""
    known = [
        tag.strip().removeprefix("W/")
        for tag in request.headers.get("if-none-match", "").split(",")
    ]
    return etag in known or "*" in known


@lru_cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "pages"), autoescape=True, undefined=StrictUndefined
    )


router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=["GET", "HEAD"])
async def show_demo_page(request: Request, portal: str = "clc") -> Response:
    """Show the demo page of a portal; of CLC when the portal is unknown."""
    page = (
        _templates()
        .get_template("demo.html")
        .render(
            portal=PORTALS.get(portal.lower(), PORTALS["clc"]),
            portals=PORTALS.values(),
            origin=str(request.base_url).rstrip("/"),
        )
    )
    content = page.encode()
    headers = {**PAGE_HEADERS, "ETag": _etag(content)}
    if _is_known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="text/html", headers=headers)


@router.api_route("/widget/{name:path}", methods=["GET", "HEAD"])
async def send_widget_file(request: Request, name: str) -> Response:
    """Send a built file of the widget or of the demo page."""
    asset = _find_asset(name)
    if asset is None:
        return Response(
            "There is no such file. Has the widget been built?\n",
            status_code=404,
            media_type="text/plain",
            headers={"Cache-Control": "no-store"},
        )
    packs = "gzip" in request.headers.get("accept-encoding", "")
    packed = asset.packed if packs else None
    # The packed form is other bytes, so it carries another tag.
    etag = asset.etag.replace('"', '"z', 1) if packed else asset.etag
    headers = {**ASSET_HEADERS, "ETag": etag}
    if _is_known(request, etag):
        return Response(status_code=304, headers=headers)
    if packed is not None:
        headers["Content-Encoding"] = "gzip"
    return Response(packed or asset.content, media_type=asset.media_type, headers=headers)
