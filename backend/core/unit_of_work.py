"""One request, one transaction: dry run, idempotency, commit — all before a byte is sent.

The route class wraps FastAPI's handler because a `yield` dependency commits after the answer
has left: a client would be told 201 for a row that a failing commit then takes back.
"""

import hashlib
import json
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Text
from sqlmodel import Field, SQLModel, col
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.status import HTTP_201_CREATED, HTTP_202_ACCEPTED, HTTP_400_BAD_REQUEST

from backend.core import clock
from backend.core.auth import claims_of
from backend.core.database import UtcDateTime, database, insert_into
from backend.core.problems import ALL_OR_NOTHING, SAFE_METHODS, Problem, conflict
from backend.core.sealing import Unreadable, seal, unseal
from backend.core.wording import shown

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
KEY_LENGTH = 200
_BOOLEAN = TypeAdapter(bool)


class IdempotencyKey(SQLModel, table=True):
    """A write that succeeded under a client's key, and the answer it got, sealed."""

    __tablename__ = "idempotency_key"

    person: str = Field(primary_key=True, max_length=254)
    key: str = Field(primary_key=True, max_length=KEY_LENGTH)
    fingerprint: str = Field(max_length=64)
    status: int = 0
    body: str = Field(default="", sa_type=Text)
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)


class UnitOfWorkRoute(APIRoute):
    """Reads get a session; writes get one transaction around the whole endpoint."""

    def get_route_handler(self) -> Handler:
        """Wrap FastAPI's handler (the hook is marked for replacement; it is used only here)."""
        endpoint = super().get_route_handler()
        repeatable = any(one.dependency is _write_headers for one in self.dependencies)

        async def handle(request: Request) -> Response:
            if request.method in SAFE_METHODS:
                async with database().read() as session:
                    request.state.session = session
                    return await endpoint(request)
            setattr(request.state, ALL_OR_NOTHING, True)
            return await _write(request, endpoint, repeatable=repeatable)

        return handle


async def _write(request: Request, endpoint: Handler, *, repeatable: bool) -> Response:
    """`repeatable`: the route documents the key (others' answers, such as tokens, are not kept)."""
    dry_run = is_rehearsal(request)
    key = request.headers.get("Idempotency-Key") if repeatable else None
    if key is not None and not 0 < len(key) <= KEY_LENGTH:
        raise Problem(
            422,
            "idempotency-key",
            "The Idempotency-Key can’t be used",
            f"It has {len(key)} characters.",
            f"Use between 1 and {KEY_LENGTH} characters.",
        )
    claims = claims_of(request)
    body = await request.body()
    async with database().write(dry_run=dry_run) as session:
        request.state.session = session
        # Whoever may not write is refused by the endpoint, and not given a kept answer.
        may_write = claims is not None and claims.audience != "mcp"
        if claims is None or not may_write or key is None or dry_run:
            response = await endpoint(request)
            return _preview(response) if dry_run else response
        fingerprint = _fingerprint(request, body)
        if not await _claim_key(session, claims.person, key, fingerprint):
            return await _replay(session, claims.person, key, fingerprint)
        response = await endpoint(request)
        stored = await session.get_one(IdempotencyKey, (claims.person, key))
        if response.status_code >= HTTP_400_BAD_REQUEST:
            # A refusal that is answered instead of raised, because it leaves a trace.
            await session.delete(stored)
        stored.status, stored.body = response.status_code, seal(bytes(response.body).decode())
        return response


def is_rehearsal(request: Request) -> bool:
    """Read the header exactly as it is documented (a boolean): whoever asks for a dry run in
    other words must not be given the real one.
    """
    said = request.headers.get("Dry-Run", "false")
    try:
        return _BOOLEAN.validate_python(said.lower())
    except ValidationError as exc:
        raise Problem(
            422,
            "dry-run",
            "The Dry-Run header can’t be understood",
            f"It says {shown(said)}.",
            "Send “Dry-Run: true”, or leave it out to do it for real.",
        ) from exc


async def never_a_dry_run(request: Request) -> None:
    """For calls that talk instead of writing to the system of record: they can't be rehearsed,
    and whoever asks for that must not be given the real thing.
    """
    if request.method not in SAFE_METHODS and is_rehearsal(request):
        raise Problem(
            422,
            "dry-run",
            "A conversation can’t be rehearsed",
            "This call was sent with “Dry-Run: true”, so nothing was done.",
            "Leave the header out; every change is shown on a card before it is made.",
        )


def _fingerprint(request: Request, body: bytes) -> str:
    told = f"{request.method} {request.url.path}?{request.url.query}\n".encode() + body
    return hashlib.sha256(told).hexdigest()


async def _claim_key(session: AsyncSession, person: str, key: str, fingerprint: str) -> bool:
    """Insert first. On PostgreSQL a second one waits here for the first to end."""
    statement = (
        insert_into(session, IdempotencyKey)
        .values(
            person=person,
            key=key,
            fingerprint=fingerprint,
            status=0,
            body="",
            created_at=clock.now(),
        )
        .on_conflict_do_nothing()
        .returning(col(IdempotencyKey.key))
    )
    return (await session.exec(statement)).first() is not None


async def _replay(session: AsyncSession, person: str, key: str, fingerprint: str) -> Response:
    stored = await session.get_one(IdempotencyKey, (person, key))
    if stored.fingerprint != fingerprint:
        raise Problem(
            422,
            "idempotency-key-reused",
            "This Idempotency-Key was used for something else",
            "The same key came before with another request.",
            "Use a new key for a new request.",
        )
    try:
        body = unseal(stored.body)
    except Unreadable as exc:
        raise conflict(
            "answer-unreadable",
            "This was done already",
            "The first answer to this Idempotency-Key can’t be read any more.",
            "Look at the present state; it was not done a second time.",
        ) from exc
    return Response(
        body,
        status_code=stored.status,
        media_type="application/json",
        headers={"Idempotent-Replayed": "true"},
    )


def _preview(response: Response) -> Response:
    """A dry run answers 200 and shows no id or number of what it did not create; what is there
    already, and would only change, keeps its own.
    """
    body = json.loads(bytes(response.body) or b"{}")
    if isinstance(body, dict) and response.status_code in (HTTP_201_CREATED, HTTP_202_ACCEPTED):
        for name in ("id", "number", "link"):
            if name in body:
                body[name] = None
        if isinstance(body.get("receipt"), dict):
            body["receipt"]["reference"] = None
    return Response(json.dumps(body), media_type="application/json", headers={"Dry-Run": "true"})


def _session(request: Request) -> AsyncSession:
    session: AsyncSession = request.state.session
    return session


SessionDep = Annotated[AsyncSession, Depends(_session)]


def _write_headers(
    dry_run: Annotated[
        bool, Header(alias="Dry-Run", description="Check and show what would happen; nothing stays")
    ] = False,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=KEY_LENGTH,
            description="Repeat safely: the same key and body give the first answer",
        ),
    ] = None,
) -> None:
    """Only documents the two headers; the route class acts on them."""


WRITE_HEADERS = [Depends(_write_headers)]
__all__ = [
    "WRITE_HEADERS",
    "IdempotencyKey",
    "SessionDep",
    "UnitOfWorkRoute",
    "is_rehearsal",
    "never_a_dry_run",
]
