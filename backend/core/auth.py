"""Who is asking: bearer token first, else the browser's session cookie."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPBearer
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.database import database
from backend.core.identity import Person
from backend.core.problems import SAFE_METHODS, Problem, forbidden
from backend.core.tokens import Claims, InvalidToken, verify

COOKIE = "ask_licensing_session"
_bearer = HTTPBearer(auto_error=False, description="The token that signing in answered with")
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="Set by signing in")


def sign_in_problem() -> Problem:
    """401, in one wording."""
    return Problem(
        401,
        "sign-in",
        "Please sign in",
        "There is no valid sign-in with this request.",
        "Sign in again and repeat the request with the new token.",
        headers={"WWW-Authenticate": "Bearer"},
    )


def claims_of(request: Request) -> Claims | None:
    """The claims of this request's token, or None when there is no valid one."""
    header = request.headers.get("Authorization", "")
    scheme, _, token = header.partition(" ")
    if scheme.lower() == "bearer":
        return _verified(token.strip())
    cookie = request.cookies.get(COOKIE)
    if not cookie or not same_origin(request):
        return None
    claims = _verified(cookie)
    return claims if claims and claims.audience == "api" else None


def _verified(token: str) -> Claims | None:
    try:
        return verify(token)
    except InvalidToken:
        return None


def same_origin(request: Request) -> bool:
    """A cookie counts for a write only when our own pages send it (no cross-site forgery)."""
    if request.method in SAFE_METHODS:
        return True
    origin = request.headers.get("Origin")
    if origin:
        return urlsplit(origin).netloc == request.headers.get("Host")
    return request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}


async def current_claims(
    request: Request,
    _token: Annotated[object, Security(_bearer)] = None,
    _session: Annotated[object, Security(_cookie)] = None,
) -> Claims:
    """Refuse whoever is not signed in, and MCP clients that try to write."""
    claims = claims_of(request)
    if claims is None:
        raise sign_in_problem()
    if claims.audience == "mcp" and request.method not in SAFE_METHODS:
        raise forbidden(
            "This token may read and propose only.",
            "Confirm the proposal in the chat, signed in as yourself.",
        )
    return claims


CurrentClaims = Annotated[Claims, Depends(current_claims)]


async def own_hand(claims: CurrentClaims) -> None:
    """Refuse every token but a sign-in: what only people do must be out of reach of what acts
    for them, an engine's call included.
    """
    if claims.audience != "api":
        raise forbidden(
            "Only the person can do this, signed in.",
            "Confirm it in the chat, signed in as yourself.",
        )


OWN_HAND = [Depends(own_hand)]


async def current_person(request: Request, claims: CurrentClaims) -> Person:
    """The signed-in person's record, from this request's transaction where there is one."""
    session: AsyncSession | None = getattr(request.state, "session", None)
    if session is not None:
        person = await session.get(Person, claims.person)
    else:
        async with database().read() as own:
            person = await own.get(Person, claims.person)
    if person is None:
        raise sign_in_problem()
    return person


CurrentPerson = Annotated[Person, Depends(current_person)]
