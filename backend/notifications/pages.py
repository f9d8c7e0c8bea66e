"""What links in mails lead to, without signing in: turning mails off, confirming an address.

To open a link changes nothing: programs that look at links before people do open them too. The
button, and a mail program's own unsubscribing (RFC 8058), send a POST.
"""

from pathlib import Path

from fastapi import APIRouter, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from backend.core.database import database
from backend.core.problems import Problem
from backend.core.wording import for_people
from backend.notifications import recipients, unsubscribing
from backend.notifications.unsubscribing import Way

router = APIRouter(include_in_schema=False)
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
_pages = Environment(
    loader=FileSystemLoader(Path(__file__).resolve().parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@router.get("/unsubscribe/{token}")
async def ask_to_unsubscribe(token: str) -> Response:
    """Say what the button will turn off."""
    try:
        async with database().read() as session:
            way = await unsubscribing.find(session, token)
    except Problem as problem:
        return _refusal(problem)
    return _page(
        "Turn these mails off?",
        f"No more mails to {way.reader.email} about {way.what}.",
        "Everything else stays as it is.",
        button="Turn them off",
    )


@router.post("/unsubscribe/{token}")
async def unsubscribe(token: str) -> Response:
    """Turn them off; the same answer when they are off already."""
    try:
        async with database().write() as session:
            way = await unsubscribing.turn_off(session, token)
            account = await unsubscribing.account_of(session, way)
    except Problem as problem:
        return _refusal(problem)
    return _page(
        "These mails are off",
        f"Nothing more is mailed to {way.reader.email} about {way.what}.",
        _turn_on_again(way, account.name if account else None),
    )


def _turn_on_again(way: Way, account: str | None) -> str:
    if account:
        return (
            f"To get them again, ask an administrator of {account} to remove the address and add "
            "it anew."
        )
    return (
        "To turn them on again, sign in and tell the assistant, for example “mail me about "
        f"{way.titles[-1] if len(way.off) == 1 else 'orders'} once a day”."
    )


@router.get("/confirm-address/{token}")
async def ask_to_confirm(token: str) -> Response:
    """Say what the button will confirm."""
    try:
        async with database().read() as session:
            row, account = await recipients.waiting_for(session, token)
    except Problem as problem:
        return _refusal(problem)
    return _page(
        "Confirm this address?",
        f"{row.email} will get the news of the Smart Account {account}, such as licences that "
        "expire soon. Each mail has a link to turn it off.",
        button="Confirm the address",
    )


@router.post("/confirm-address/{token}")
async def confirm_address(token: str) -> Response:
    """Confirm it; the same answer when it is confirmed already."""
    try:
        async with database().write() as session:
            row, account = await recipients.confirm(session, token)
    except Problem as problem:
        return _refusal(problem)
    return _page(
        "The address is confirmed",
        f"{row.email} gets the news of the Smart Account {account} from now on.",
    )


def _refusal(problem: Problem) -> Response:
    told = problem.body
    return _page(told.title, told.detail, for_people(told.hint), status=told.status)


def _page(title: str, *paragraphs: str, button: str | None = None, status: int = 200) -> Response:
    html = _pages.get_template("page.html").render(
        title=title, paragraphs=paragraphs, button=button
    )
    return Response(html, status_code=status, media_type="text/html", headers=HEADERS)
