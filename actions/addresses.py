"""Postal addresses as people write them on one line: "Storgata 5, 0155 Oslo, Norway"."""

import re
from functools import lru_cache

from babel import Locale

FIELDS = ("street", "city", "region", "postal_code", "country")
_ALIASES = {"usa": "US", "u.s.": "US", "u.s.a.": "US", "america": "US", "uk": "GB", "u.k.": "GB",
            "england": "GB", "scotland": "GB", "wales": "GB", "holland": "NL"}  # fmt: skip
_SEPARATORS = re.compile(r"\s*[,;\n]\s*")
_BRITISH = r"[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}"
_NUMERIC = r"(?:[A-Z]{1,2}-)?\d{3,6}(?:[ -]\d{2,4})?"
_PLACES = (
    re.compile(r"(?P<region>[A-Z]{2})\s+(?P<postal_code>\d{5}(?:-\d{4})?)"),
    re.compile(rf"(?P<postal_code>{_NUMERIC})\s+(?P<city>[^\W\d].*)"),
    re.compile(r"(?P<city>[^\d]+?)\s+(?P<region>[A-Z]{2})\s+(?P<postal_code>\d{5}(?:-\d{4})?)"),
    re.compile(rf"(?P<city>[^\W\d][^\d]*?)\s+(?P<postal_code>{_BRITISH}|\d{{4,6}})"),
    re.compile(rf"(?P<postal_code>{_BRITISH}|{_NUMERIC})"),
)
_AMERICAN = re.compile(r"[A-Z]{2}")


def read_address(said: str) -> dict[str, str]:
    """The parts of an address by field, as far as they are there; a lone line is its street."""
    parts = [part for part in _SEPARATORS.split(said.strip(" .,;!")) if part]
    found: dict[str, str] = {}
    if len(parts) < 2:
        return {"street": parts[0]} if parts else {}
    _take_country(parts, found)
    _take_place(parts, found)
    if parts and "city" not in found and len(parts) > 1:
        found["city"] = parts.pop()
    if parts:
        found["street"] = ", ".join(parts)
    if "region" in found and "country" not in found:
        found["country"] = "US"
    return found


def read_part(field: str, said: str) -> dict[str, str]:
    """An answer to the question for one part, which may hold its neighbour: "0155 Oslo"."""
    if field == "country":
        return {field: _countries().get(said.casefold(), said)}
    match = next((m for one in _PLACES if (m := one.fullmatch(said))), None)
    found = {name: value for name, value in match.groupdict().items() if value} if match else {}
    return found if field in found else {field: said}


def country_name(code: str | None) -> str:
    """`NO` → `Norway`."""
    return str(Locale("en").territories.get(code, code)) if code else ""


def _take_country(parts: list[str], found: dict[str, str]) -> None:
    """The last part, or its last words, if they are a country's name or, after a postal code, its
    two letters: "CO" alone may be Colorado.
    """
    last = parts[-1]
    coded = last.isupper() and len(last) == 2 and any(c.isdigit() for c in "".join(parts[1:-1]))
    code = _countries().get(last.casefold()) or (last if coded else None)
    if code is not None:
        found["country"] = code
        parts.pop()
        return
    words = last.split()
    for count in range(min(3, len(words) - 1), 0, -1):
        code = _countries().get(" ".join(words[-count:]).casefold())
        if code is not None:
            found["country"] = code
            parts[-1] = " ".join(words[:-count])
            return


def _take_place(parts: list[str], found: dict[str, str]) -> None:
    """Postal code, city and region, from the end; the first part is the street."""
    for index in range(len(parts) - 1, 0, -1):
        match = next((m for one in _PLACES if (m := one.fullmatch(parts[index]))), None)
        if match is None:
            continue
        found |= {name: value for name, value in match.groupdict().items() if value}
        del parts[index]
        before = index - 1
        if "region" not in found and before > 0 and _AMERICAN.fullmatch(parts[before]):
            found["region"] = parts.pop(before)
            before -= 1
        if "city" not in found and before > 0:
            found["city"] = parts.pop(before)
        return


@lru_cache
def _countries() -> dict[str, str]:
    """Codes by English name."""
    names = Locale("en").territories.items()
    return {name.casefold(): code for code, name in names if code.isalpha()} | _ALIASES
