"""Errors as answers (RFC 9457): what is wrong, and the next step in `hint`."""

from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.core.ids import new_id
from backend.core.wording import printable, say_field_error

MEDIA_TYPE = "application/problem+json"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
RETRY_SECONDS = 5
# Set on a request's state: all that it does is one transaction, taken back by any exception.
ALL_OR_NOTHING = "all_or_nothing"
log = structlog.get_logger(__name__)


class FieldError(BaseModel):
    """One wrong or missing field of a body."""

    field: str = Field(description="Path to the field, dots between levels: `windows.0.start`")
    code: str = Field(description="`missing`, or the kind of mistake")
    message: str = Field(description="What is wrong with which value, and what would be right")


class ProblemBody(BaseModel):
    """The body of every error answer."""

    type: str
    title: str
    status: int
    detail: str
    hint: str
    errors: list[FieldError] | None = None


class Problem(Exception):
    """A refusal with its reason and a next step; becomes a `application/problem+json` answer."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str,
        hint: str,
        *,
        errors: list[FieldError] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.headers = headers
        self.body = ProblemBody(
            type=f"/problems/{code}",
            title=title,
            status=status,
            detail=detail,
            hint=hint,
            errors=errors,
        )


def not_found(what: str, hint: str) -> Problem:
    """404: it does not exist, or this person may not know that it does. Same words for both."""
    return Problem(404, "not-found", "Not found", f"There is no {what} that you can see.", hint)


def forbidden(detail: str, hint: str) -> Problem:
    """403: the person may see it, but not do this."""
    return Problem(403, "not-allowed", "Your roles do not allow this", detail, hint)


def conflict(code: str, title: str, detail: str, hint: str) -> Problem:
    """409: the state of things forbids it."""
    return Problem(409, code, title, detail, hint)


def invalid(errors: list[FieldError]) -> Problem:
    """422 for fields that only a service could find wrong."""
    return Problem(
        422,
        "invalid",
        "Some of this is not right yet",
        _joined(errors),
        "Correct the fields named in `errors` and send it again.",
        errors=errors,
    )


def _joined(errors: list[FieldError]) -> str:
    return " ".join(dict.fromkeys(e.message for e in errors if e.code != "missing")) or (
        "Missing: " + ", ".join(e.field for e in errors) + "."
    )


def _field_errors(exc: RequestValidationError) -> list[FieldError]:
    errors = []
    for raw in exc.errors():
        place = [
            printable(str(part)) for part in raw["loc"] if part not in {"body", "query", "path"}
        ]
        errors.append(
            FieldError(
                field=".".join(place) or "body",
                code=_code(raw),
                message=say_field_error(".".join(place) or "body", raw),
            )
        )
    return errors


def _code(raw: Mapping[str, Any]) -> str:
    return str(raw.get("ctx", {}).get("code") or raw["type"])


def answer(problem: Problem) -> JSONResponse:
    """Render a problem as the HTTP answer."""
    return JSONResponse(
        problem.body.model_dump(exclude_none=True),
        status_code=problem.body.status,
        media_type=MEDIA_TYPE,
        headers=dict(problem.headers or {}),
    )


_UNREADABLE = FieldError(
    field="body", code="unreadable", message="The body can’t be read. Send JSON in UTF-8."
)
_TITLES = {
    401: ("sign-in", "Please sign in", "Send a valid bearer token or sign in again."),
    404: ("not-found", "Not found", "Check the address; `/api/v1/openapi.json` lists all calls."),
    405: ("method", "Not possible here", "`/api/v1/openapi.json` says which methods exist."),
    413: ("too-large", "Too large", "Send less at once."),
}


class _UnexpectedAsProblem:
    """Answers what nobody foresaw. A handler for `Exception` would not do: Starlette runs it
    outside of all middleware, so the answer would lack its headers, and raises it once more.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; an exception before the answer began becomes a 500."""
        begun = False

        async def noticed(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        state = scope.setdefault("state", {})
        try:
            await self._app(scope, receive, noticed)
        except Exception:
            if begun or scope["type"] != "http":
                raise
            number, route = new_id()[:8], getattr(scope.get("route"), "path", "")
            log.exception("unexpected", number=number, method=scope["method"], route=route)
            unchanged = scope["method"] in SAFE_METHODS or state.get(ALL_OR_NOTHING, False)
            await answer(_unexpected(number, unchanged=unchanged))(scope, receive, send)


def _unexpected(number: str, *, unchanged: bool) -> Problem:
    """500; the log has the reason under this number."""
    kept = "Nothing was changed." if unchanged else "Parts of it may have been done."
    look = "Try it once more" if unchanged else "Look at the present state before you try again"
    return Problem(
        500,
        "unexpected",
        "This could not be done",
        f"A mistake of ours stopped it; our log has the reason as number {number}. {kept}",
        f"{look}. If it happens again, tell support the number {number}.",
    )


def _is_mistake(exc: OperationalError | NoConnectionFree) -> bool:
    """SQLite says the same of a wrong statement as of a busy or missing file; only its code of
    the error tells them apart.
    """
    return getattr(getattr(exc, "orig", None), "sqlite_errorname", None) == "SQLITE_ERROR"


def _out_of_reach() -> Problem:
    return Problem(
        503,
        "database",
        "The database does not answer",
        "It is busy or can’t be reached at the moment.",
        f"Send the same again in {RETRY_SECONDS} seconds, with the same Idempotency-Key or "
        "client_message_id if there was one: then nothing is done twice.",
        headers={"Retry-After": str(RETRY_SECONDS)},
    )


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem: ours, FastAPI's, Starlette's, the database's, and
    what nobody foresaw. Call it before other middleware is added, so that theirs is around it.
    """
    app.add_middleware(_UnexpectedAsProblem)

    @app.exception_handler(OperationalError)
    @app.exception_handler(NoConnectionFree)
    async def _database(_: Request, exc: OperationalError | NoConnectionFree) -> JSONResponse:
        if _is_mistake(exc):
            raise exc
        log.warning("database_out_of_reach", error=type(exc).__name__, reason=str(exc))
        return answer(_out_of_reach())

    @app.exception_handler(Problem)
    async def _problem(_: Request, exc: Problem) -> JSONResponse:
        return answer(exc)

    @app.exception_handler(RequestValidationError)
    async def _validation(_: Request, exc: RequestValidationError) -> JSONResponse:
        return answer(invalid(_field_errors(exc)))

    @app.exception_handler(IntegrityError)
    async def _integrity(_: Request, __: IntegrityError) -> JSONResponse:
        return answer(
            conflict(
                "changed-meanwhile",
                "Somebody else was faster",
                "What this builds on was changed or taken at the same moment.",
                "Look at the present state and try again.",
            )
        )

    @app.exception_handler(DataError)
    async def _data(_: Request, __: DataError) -> JSONResponse:
        return answer(
            Problem(
                422,
                "unstorable",
                "Something in this can’t be stored",
                "A value has characters or a size that the database does not take.",
                "Leave out control characters and shorten what is very long.",
            )
        )

    @app.exception_handler(HTTPException)
    async def _http(_: Request, exc: HTTPException) -> JSONResponse:
        if exc.status_code == 400:
            return answer(invalid([_UNREADABLE]))
        code, title, hint = _TITLES.get(
            exc.status_code, ("http", str(exc.detail), "Check the request and try again.")
        )
        return answer(
            Problem(exc.status_code, code, title, str(exc.detail), hint, headers=exc.headers)
        )


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemBody, "description": title, "content": {MEDIA_TYPE: {}}}
    for status, title in {
        401: "Not signed in",
        403: "May see but not do",
        404: "Does not exist or may not be seen",
        409: "The state forbids it",
        413: "Too much at once",
        422: "A field is wrong",
        429: "Too many requests",
        503: "Out of reach at the moment",
    }.items()
}
