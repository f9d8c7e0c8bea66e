"""Languages by name, as people read them."""

from babel import Locale, UnknownLocaleError


def language_name(code: str) -> str:
    """`de` → `German`, `pt-BR` → `Portuguese (Brazil)`; an unknown code stays as it is."""
    try:
        return Locale.parse(code, sep="-").get_display_name("en") or code
    except (UnknownLocaleError, ValueError):
        return code
