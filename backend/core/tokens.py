"""Signed tokens. Three audiences: a person's session, one internal call, an MCP client."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import jwt

from backend.core.settings import settings

if TYPE_CHECKING:
    from backend.core.client import Caller

Audience = Literal["api", "internal", "mcp"]
INTERNAL_SECONDS = 60


@dataclass(frozen=True)
class Claims:
    """What a valid token says: who, for which audience, from which conversation and face."""

    person: str
    audience: Audience
    via: str = "rest"
    conversation: str | None = None


class InvalidToken(ValueError):
    """The token is forged, expired or not for us."""


def mint(person: str, audience: Audience, lifetime: timedelta, **claims: Any) -> str:
    """Sign a token for `person`. Real time counts, not the demo's moved clock."""
    issued = datetime.now(UTC)
    payload = {"sub": person, "aud": audience, "iat": issued, "exp": issued + lifetime, **claims}
    return jwt.encode(payload, settings().secret_key.get_secret_value(), algorithm="HS256")


def mint_session(person: str) -> str:
    """A person's own token, as signing in gives it."""
    return mint(person, "api", timedelta(hours=settings().session_hours))


def mint_internal(caller: "Caller") -> str:
    """A token for a single call on somebody's behalf, good for a minute; never stored."""
    return mint(
        caller.person,
        "internal",
        timedelta(seconds=INTERNAL_SECONDS),
        via=caller.via,
        conversation=caller.conversation,
    )


def verify(token: str) -> Claims:
    """Read a token of any of our audiences; raises `InvalidToken`."""
    try:
        payload = jwt.decode(
            token,
            settings().secret_key.get_secret_value(),
            algorithms=["HS256"],
            audience=["api", "internal", "mcp"],
            options={"require": ["sub", "aud", "exp"]},
        )
    except jwt.PyJWTError as exc:
        raise InvalidToken(str(exc)) from exc
    return Claims(
        person=payload["sub"],
        audience=payload["aud"],
        via=payload.get("via") or "rest",
        conversation=payload.get("conversation"),
    )
