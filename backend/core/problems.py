"""Errors as answers (RFC 9457): what is wrong, and the next step in `hint`."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import DataError, IntegrityError
from starlette.exceptions import HTTPException

from backend.core.wording import printable, say_field_error

MEDIA_TYPE = "application/problem+json"


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


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem: ours, FastAPI's, Starlette's, and the database's."""

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
    }.items()
}
