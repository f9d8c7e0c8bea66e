"""Rows of people to add, as they come: JSON, CSV as text, or a CSV file. Each row is read by
itself, so that one that is wrong keeps no other from being added.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from backend.core.fields import clean
from backend.core.problems import FieldError, Problem, invalid
from backend.core.tables import FORMULA_BEGINS
from backend.core.wording import say_field_error, shown
from backend.users.schemas import AddAlike, AddUser

MOST_ROWS = 500
COLUMNS = ("identifier", "scope", "role", "virtual_accounts", "include_nested")
NEEDED = COLUMNS[:3]
_IDENTIFIERS = {"identifier", "email", "e-mail", "email address", "cco id", "cco_id", "user"}
_SCOPES = {
    "entire account": "account", "entire": "account", "smart account": "account",
    "virtual account": "virtual_accounts", "virtual accounts": "virtual_accounts",
    "selected": "virtual_accounts",
}  # fmt: skip
_BETWEEN = ";"
_YES, _NO = {"yes", "true", "1", "x"}, {"no", "false", "0", ""}


@dataclass(frozen=True)
class Row:
    """One row: what it asks for, or what is wrong with it."""

    number: int
    identifier: str
    wanted: AddUser | None
    wrong: str = ""


@dataclass(frozen=True)
class Told:
    """The rows of a request, and the virtual accounts that were named once for all of them."""

    rows: list[Row]
    places: list[str]


async def rows_of(request: Request) -> Told:
    """The rows of a request; a 422 `Problem` when there are none, too many, or when it can't be
    read at all.
    """
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind == "text/csv":
        return Told(counted(read_csv(_text(await request.body()))), [])
    if kind == "multipart/form-data":
        async with request.form() as form:
            for value in form.values():
                if isinstance(value, UploadFile):
                    return Told(counted(read_csv(_text(await value.read()))), [])
        raise _wrong("file", "missing", "There is no file in this request. Send one as CSV.")
    return _read_json(await request.body())


def counted(rows: list[Row]) -> list[Row]:
    """The rows, if there are not too many and there is one at all."""
    if not rows:
        raise _wrong(
            "users", "none", "There is nobody in it. Name at least one person, one in a row."
        )
    if len(rows) > MOST_ROWS:
        raise _wrong(
            "users", "too_many",
            f"There are {len(rows)} people in it. At most {MOST_ROWS} can be added at once; send "
            "the rest in a second one.",
        )  # fmt: skip
    return rows


def _wrong(field: str, code: str, message: str) -> Problem:
    return invalid([FieldError(field=field, code=code, message=message)])


def _text(content: bytes) -> str:
    """UTF-8, with or without its mark. Anything else is refused rather than guessed: a wrong
    guess would turn “Zürich” into a virtual account that there is not.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content[: exc.start].count(b"\n") + 1
        raise _wrong(
            "file", "encoding",
            f"The file is not in UTF-8: line {line} has a character that can’t be read. Save it "
            "again as “CSV UTF-8” and send that.",
        ) from exc  # fmt: skip


# --- JSON -------------------------------------------------------------------------------------


def _read_json(body: bytes) -> Told:
    try:
        told = json.loads(body)
    except ValueError as exc:
        raise _wrong("body", "unreadable", "The body is not valid JSON in UTF-8.") from exc
    if isinstance(told, dict) and "users" not in told:
        if isinstance(told.get("csv"), str):
            return Told(counted(read_csv(told["csv"].removeprefix("\ufeff"))), [])
        if "emails" in told:
            return _alike(told)
    users = told.get("users") if isinstance(told, dict) else told
    if not isinstance(users, list):
        raise _wrong(
            "users", "missing",
            "`users` is missing: a list of people, each with email and role, or `emails` with one "
            "role for all, or `csv` with the same as text.",
        )  # fmt: skip
    return Told(counted([_row(number, one) for number, one in enumerate(users, start=1)]), [])


def _alike(told: dict[str, Any]) -> Told:
    """People who get the same: what is wrong with the role concerns the whole call."""
    try:
        wanted = AddAlike.model_validate(told)
    except ValidationError as exc:
        raise RequestValidationError(exc.errors()) from exc
    role = wanted.model_dump(exclude={"emails"})
    rows = [
        _checked(number, email[:254], {"email": email, **role})
        for number, email in enumerate(wanted.emails, start=1)
    ]
    return Told(counted(rows), wanted.virtual_accounts or [])


def _row(number: int, told: Any) -> Row:
    if not isinstance(told, Mapping):
        return Row(number, "", None, f"{shown(told)} is no user. Give an email and a role.")
    fields = {("email" if key == "identifier" else key): value for key, value in told.items()}
    return _checked(number, str(fields.get("email", ""))[:254], fields)


def _checked(number: int, identifier: str, fields: dict[str, Any]) -> Row:
    if identifier.strip().startswith(FORMULA_BEGINS):
        return Row(
            number, identifier, None,
            f"{shown(identifier)} begins like a formula, which no address does.",
        )  # fmt: skip
    try:
        return Row(number, identifier, AddUser.model_validate(fields))
    except ValidationError as exc:
        said = (
            say_field_error(".".join(str(part) for part in error["loc"]), error)
            for error in exc.errors()
        )
        return Row(number, identifier, None, " ".join(said))


# --- CSV --------------------------------------------------------------------------------------


def read_csv(text: str) -> list[Row]:
    """The rows of a table with the columns `identifier,scope,role,virtual_accounts` and perhaps
    `include_nested`, with or without a line that names them; `;` is between virtual accounts.
    """
    lines = list(_lines(text))
    if not lines:
        return []
    columns = _heads(lines[0][1])
    if columns is None:
        columns = list(COLUMNS)
        _refuse_other_separator(lines[0][1])
    else:
        lines = lines[1:]
    return [_from_cells(number, cells, columns) for number, cells in lines]


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of the line on which it begins; empty ones are left out."""
    reader = csv.reader(io.StringIO(text.replace("\x00", "�"), newline=""))
    begins = 1
    try:
        for cells in reader:
            cleaned = [str(clean(cell)) for cell in cells]
            if any(cleaned):
                yield begins, cleaned
            begins = reader.line_num + 1
    except csv.Error as exc:
        raise _wrong(
            "file", "unreadable", f"Line {begins} can’t be read as CSV ({exc}). Check its quotes."
        ) from exc


def _heads(cells: list[str]) -> list[str] | None:
    """The columns in their order, if these are their names."""
    names = [cell.lower() for cell in cells]
    if not _IDENTIFIERS & set(names):
        _refuse_other_separator(cells)
        return None
    columns = ["identifier" if name in _IDENTIFIERS else name.replace(" ", "_") for name in names]
    unknown = [name for name in columns if name and name not in COLUMNS]
    missing = [name for name in NEEDED if name not in columns and name != "scope"]
    if unknown or missing or len(set(columns)) < len(columns):
        what = f"{shown(unknown[0])} is none" if unknown else (
            f"{missing[0]} is missing" if missing else "one is there twice"
        )  # fmt: skip
        raise _wrong(
            "file", "columns",
            f"The columns are {', '.join(COLUMNS[:4])} (and include_nested, if you like); "
            f"{what}.",
        )  # fmt: skip
    return columns


def _refuse_other_separator(cells: list[str]) -> None:
    """Spreadsheets in some languages put semicolons or tabs between columns."""
    for sign, name in ((";", "semicolons"), ("\t", "tabs")):
        if len(cells) == 1 and cells[0].count(sign) >= len(NEEDED) - 1:
            raise _wrong(
                "file", "separator",
                f"The columns of this file are parted by {name}. Part them by commas; "
                "semicolons go between virtual accounts.",
            )  # fmt: skip


def _from_cells(number: int, cells: list[str], columns: list[str]) -> Row:
    while len(cells) > len(columns) and not cells[-1]:
        cells = cells[:-1]
    if len(cells) > len(columns):
        return Row(
            number, cells[0][:254], None,
            f"There are {len(cells)} cells, but only {len(columns)} columns. Part several "
            "virtual accounts by semicolons.",
        )  # fmt: skip
    told = dict(zip(columns, cells, strict=False))
    scope = told.get("scope", "").lower().replace("_", " ")
    fields: dict[str, Any] = {
        "email": told.get("identifier", ""),
        "scope": _SCOPES.get(scope, scope.replace(" ", "_")) or None,
        "virtual_accounts": [
            name.strip() for name in told.get("virtual_accounts", "").split(_BETWEEN)
            if name.strip()
        ] or None,
    }  # fmt: skip
    if told.get("role"):
        fields["role"] = told["role"]
    identifier = str(fields["email"])
    if not identifier:
        del fields["email"]
    nested = told.get("include_nested", "").lower()
    if nested not in _YES | _NO:
        said = f"include_nested can’t be {shown(nested)}. It is yes or no."
        return Row(number, identifier, None, said)
    return _checked(number, identifier, fields | {"include_nested": nested in _YES})
