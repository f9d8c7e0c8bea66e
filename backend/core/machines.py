"""Calls by machines: a token of their own, looked at before anything is read, and only so much."""

import hmac

from fastapi import Request
from pydantic import SecretStr

from backend.core.problems import Problem


def require_token(request: Request, configured: SecretStr | None, *, of: str, named: str) -> None:
    """401 without the very token `named` of the machine `of`; in a time that tells nothing of how
    near it was.
    """
    wanted = configured.get_secret_value() if configured else ""
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    same = hmac.compare_digest(shown.strip().encode(), wanted.encode())
    if not (wanted and same and scheme.lower() == "bearer"):
        raise Problem(
            401, f"{of.lower().replace(' ', '-')}-token", f"Only {of} can do this",
            f"There is no valid token of {of} with this request.",
            f"Send {named} as a bearer token; a person’s token is none.",
            headers={"WWW-Authenticate": "Bearer"},
        )  # fmt: skip


async def read_at_most(request: Request, largest: int, *, what: str, hint: str) -> None:
    """413 as soon as it is too much, whatever length was announced."""
    announced = request.headers.get("Content-Length", "")
    if announced.isdigit() and int(announced) > largest:
        raise _too_large(largest, what, hint)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise _too_large(largest, what, hint)
    # Where Starlette keeps a body that was read: whoever reads it next finds it there.
    request._body = bytes(body)


def _too_large(largest: int, what: str, hint: str) -> Problem:
    return Problem(413, "too-large", "Too large", f"{what} has at most {largest:,} bytes.", hint)
