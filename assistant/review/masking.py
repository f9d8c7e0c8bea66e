"""Personal data out of what people said, before it is kept for teaching.

Placeholders are made-up values of the same kind: the extractor still finds an address, an order or
a case in the sentence, so that it teaches what the real one would have taught.
"""

import re
from collections.abc import Iterable

EMAIL, DOMAIN, PERSON, COMPANY = "sam@company.example", "company.example", "Sam", "Company"
ORDER, WEB_ORDER, CASE, PHONE = "4100000", "81000000", "C-500000", "+1 555 0100"
MOST_CHARACTERS = 500

_EMAIL = re.compile(r"[^\s@<>(),;:\"\[\]]+@[^\s@<>(),;:\"\[\]]+\.[^\W\d_]{2,}", re.UNICODE)
_URL = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
_DOMAIN = re.compile(r"\b(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:[a-z]{2,24})\b", re.IGNORECASE)
_CASE = re.compile(r"\bC-?\s?\d{5,9}\b", re.IGNORECASE)
# Groups of few digits with something between them; two order numbers side by side are none.
_PHONE = re.compile(r"(?<![\w-])\+?\(?\d{1,6}(?:[ ().-]{1,2}\d{2,6})+(?!\w)")
_PHONE_DIGITS = range(8, 16)
_LONG_NUMBER = re.compile(r"(?<![\w.-])\d{5,}(?![\w])")
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}")
_KEY = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{12,}\b")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
# Names that are words of every second sentence would take those out.
_SHORTEST_NAME = 3
_ALSO_WORDS = frozenset({
    "will", "may", "mark", "bill", "art", "page", "grant", "order", "case", "account", "new",
    "support", "sales", "license", "licence", "cisco", "smart", "desk", "labs", "partner",
    "networks", "distribution", "retail", "partners", "training", "access", "the", "and",
})  # fmt: skip


def masked(text: str, people: Iterable[str] = (), companies: Iterable[str] = ()) -> str:
    """The text without addresses, numbers that name something, and the given names.

    `people` are full names, each part of which is masked too; `companies` only as a whole.
    """
    shown = " ".join(text.split())[:MOST_CHARACTERS]
    shown = _EMAIL.sub(EMAIL, shown)
    shown = _URL.sub(f"https://{DOMAIN}", shown)
    shown = _DOMAIN.sub(lambda found: _domain(found[0]), shown)
    shown = _CASE.sub(CASE, shown)
    shown = _PHONE.sub(_phone, shown)
    shown = _LONG_NUMBER.sub(lambda found: _number(found[0]), shown)
    shown = _KEY.sub(_key, shown)
    shown = _without(shown, companies, COMPANY, parts=False)
    return _without(shown, people, PERSON, parts=True)


def _domain(found: str) -> str:
    kept = found.lower() in {DOMAIN, EMAIL.split("@")[1]} or "." not in found
    return found if kept else DOMAIN


def _phone(found: re.Match[str]) -> str:
    """A date is none."""
    digits = sum(character.isdigit() for character in found[0])
    if _DATE.search(found[0]) or digits not in _PHONE_DIGITS:
        return found[0]
    return PHONE


def _number(found: str) -> str:
    return {7: ORDER, 8: WEB_ORDER}.get(len(found), "0" * len(found))


def _key(found: re.Match[str]) -> str:
    """A serial number, a PAK, a token: letters and digits stay what they are, not which."""
    if found[0] == CASE:
        return found[0]
    return re.sub(r"\d", "0", re.sub(r"[A-Z]", "X", re.sub(r"[a-z]", "x", found[0])))


def _without(text: str, names: Iterable[str], placeholder: str, *, parts: bool) -> str:
    """Names as whole words, the longest first; a first and a last name side by side are one."""
    wanted = set()
    for name in names:
        words = _WORD.findall(name)
        wanted.add(" ".join(words))
        wanted |= set(words) if parts else set()
    known = sorted(
        (n for n in wanted if len(n) >= _SHORTEST_NAME and n.lower() not in _ALSO_WORDS),
        key=len,
        reverse=True,
    )
    if not known:
        return text
    one_of = "|".join(re.escape(name) for name in known)
    masked_text = re.sub(rf"(?<!\w)(?:{one_of})(?!\w)", placeholder, text, flags=re.IGNORECASE)
    return re.sub(rf"{placeholder}(?: {placeholder})+", placeholder, masked_text)
