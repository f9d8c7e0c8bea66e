"""Languages by name, as people read them."""

from functools import lru_cache

from babel import Locale, UnknownLocaleError


def language_name(code: str) -> str:
    """`de` → `German`, `pt-BR` → `Portuguese (Brazil)`; an unknown code stays as it is."""
    try:
        return Locale.parse(code, sep="-").get_display_name("en") or code
    except (UnknownLocaleError, ValueError):
        return code


@lru_cache
def _codes() -> frozenset[str]:
    return frozenset(Locale("en").languages)


def is_language(code: str) -> bool:
    """Whether the code's first part is a language that people have (`yes` is none)."""
    return code.split("-")[0].lower() in _codes()
