"""Domain identifiers: what is one, what lies above and below it, and what only looks like it."""

import re
import unicodedata
from typing import Annotated, Any

import idna
from pydantic import AfterValidator, BeforeValidator

from backend.core.fields import clean
from backend.core.wording import shown

LONGEST = 253
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "HEBREW", "ARABIC", "CJK", "HANGUL", "THAI")


def normal_domain(value: str) -> str:
    """The domain in the form it is stored in: lower case, international names as `xn--…`.

    Raises `ValueError` that says what is wrong and what would be right.
    """
    said = value.strip().rstrip(".")
    if not said or "@" in said or "/" in said or ":" in said or " " in said:
        raise ValueError(
            f"{shown(value)} is not a domain. It looks like company.example, without “http” or “@”."
        )
    _refuse_look_alikes(said)
    try:
        domain = said.lower() if said.isascii() else idna.encode(said, uts46=True).decode()
    except idna.IDNAError:
        raise ValueError(
            f"{shown(value)} is not a domain: it has characters that no domain may have."
        ) from None
    labels = domain.split(".")
    if len(labels) < 2 or len(domain) > LONGEST or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError(
            f"{shown(value)} is not a domain. It has letters, digits and hyphens, with a dot "
            "between its parts, like company.example."
        )
    if labels[-1].isdigit():
        raise ValueError(f"{shown(value)} is an address of a computer, not a domain.")
    return domain


def _refuse_look_alikes(said: str) -> None:
    """A label of several scripts is there to be mistaken for another one of one script."""
    for label in said.split("."):
        scripts = {
            script
            for character in label
            if not character.isascii()
            for script in _SCRIPTS
            if unicodedata.name(character, "").startswith(script)
        }
        plain = any(character.isascii() and character.isalpha() for character in label)
        if len(scripts) > 1 or (plain and scripts - {"LATIN"}):
            raise ValueError(
                f"{shown(said)} mixes letters of different scripts in one word, which is not "
                "allowed because it can be mistaken for another domain."
            )


def _as_domain(value: Any) -> Any:
    return normal_domain(value) if isinstance(value, str) else value


def as_named(value: str) -> str:
    """A domain as people name an account, which may well be none: never raises."""
    try:
        return normal_domain(value)
    except ValueError:
        return value.strip().lower()[:LONGEST]


# In a body: refused when it is none. In a path: whatever it is, it is looked for.
AccountDomain = Annotated[str, BeforeValidator(clean), AfterValidator(_as_domain)]
NamedDomain = Annotated[str, BeforeValidator(clean), AfterValidator(as_named)]


def domain_path(domain: str) -> str:
    """Labels from the top, each with a dot, so that what lies below has it as prefix."""
    return ".".join(reversed(domain.split("."))) + "."


def above(domain: str) -> list[str]:
    """The domains that this one lies below, nearest first, without the top level itself."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(1, len(labels) - 1)]


def covers(own: str, domain: str) -> bool:
    """Whether a domain is somebody's own or lies below it."""
    return domain == own or domain.endswith(f".{own}")
