"""Field types that bodies share, each with a message that says what would be right."""

import re
import unicodedata
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints

from backend.core.languages import is_language
from backend.core.wording import shown

_EMAIL = re.compile(
    r"[^\s@<>(),;:\"\\\[\]]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+"
    r"[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
_PHONE = re.compile(r"\+?\(?[0-9][0-9 ()./-]{5,37}")
_CASE = re.compile(r"(?:case)?[\s#:]*c?[\s-]*(\d{6,9})", re.IGNORECASE)
ZONES = frozenset(available_timezones())


class Body(BaseModel):
    """A request body: unknown fields are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid")


def clean(value: Any) -> Any:
    """Drop control characters (line breaks and tabs stay), normalise Unicode, trim."""
    if not isinstance(value, str):
        return value
    kept = (
        c
        for c in unicodedata.normalize("NFC", value)
        if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"}
    )
    return "".join(kept).strip()


def one_line(value: Any) -> Any:
    """Like `clean`, without line breaks: such a text stands in subjects, titles and lists."""
    return " ".join(clean(value).split()) if isinstance(value, str) else value


def normal_email(value: str) -> str:
    """The address in lower case; raises `ValueError` that says what one looks like."""
    address = value.strip().lower()
    if len(address) > 254 or not _EMAIL.fullmatch(address):
        raise ValueError(
            f"{shown(value)} is not an e-mail address. It looks like name@company.example."
        )
    return address


def _language(value: str) -> str:
    if not _LANGUAGE.fullmatch(value) or not is_language(value):
        raise ValueError(f"{shown(value)} is not a language code. Use one like en, de or pt-BR.")
    head, *rest = value.split("-")
    return "-".join([head.lower(), *(p.upper() if len(p) == 2 else p for p in rest)])


def _phone(value: str) -> str:
    if not _PHONE.fullmatch(value) or sum(c.isdigit() for c in value) < 6:
        raise ValueError(
            f"{shown(value)} is not a phone number. Use digits with the country code, "
            "like +47 555 01 000."
        )
    return value


def _time_zone(value: str) -> str:
    if value not in ZONES:
        raise ValueError(
            f"{shown(value)} is not a time zone that I know. Use one like Europe/Berlin."
        )
    return ZoneInfo(value).key


def normal_case_number(value: str) -> str:
    """`c500123`, `C 500123` and `case 500123` all mean `C-500123`; else the text as it is."""
    match = _CASE.fullmatch(value.strip())
    return f"C-{match[1]}" if match else value.strip()[:40]


ShortText = Annotated[
    str, BeforeValidator(one_line), StringConstraints(min_length=1, max_length=150)
]
LONGEST_TEXT = 5000
LongText = Annotated[
    str, BeforeValidator(clean), StringConstraints(min_length=1, max_length=LONGEST_TEXT)
]
Remark = Annotated[str, BeforeValidator(clean), StringConstraints(max_length=2000)]
ViewName = Annotated[str, BeforeValidator(one_line), StringConstraints(min_length=1, max_length=60)]
Topic = Annotated[str, BeforeValidator(one_line), StringConstraints(min_length=1, max_length=200)]
Email = Annotated[str, BeforeValidator(clean), AfterValidator(normal_email)]
Language = Annotated[str, BeforeValidator(clean), AfterValidator(_language)]
Phone = Annotated[str, BeforeValidator(clean), AfterValidator(_phone)]
TimeZone = Annotated[str, BeforeValidator(clean), AfterValidator(_time_zone)]
Domain = Annotated[
    str,
    BeforeValidator(clean),
    StringConstraints(min_length=3, max_length=253, to_lower=True),
]
CaseNumber = Annotated[str, AfterValidator(normal_case_number)]
