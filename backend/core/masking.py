"""Secrets and card numbers that people type by mistake, hidden before anything keeps them.

What is hidden is gone: it is neither stored nor shown to an engine. What only looks alike stays:
order and case numbers, PAKs, serial numbers, phone numbers, ids.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

CARD, PASSWORD, KEY = "card number", "password", "key"
_MARK = {what: f"[{what} hidden]" for what in (CARD, PASSWORD, KEY)}
_ANY_MARK = re.compile("|".join(re.escape(mark) for mark in _MARK.values()))


@dataclass(frozen=True)
class Masked:
    """A text without its secrets, and what kinds were in it."""

    text: str
    found: tuple[str, ...] = ()


# Beginnings and lengths of card numbers (ISO/IEC 7812), by the big networks.
_CARDS = (
    (re.compile(r"4"), {13, 16, 19}),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), {16}),
    (re.compile(r"3[47]"), {15}),
    (re.compile(r"3(?:0[0-5]|[689])"), {14}),
    (re.compile(r"6(?:011|4[4-9]|5)"), {16, 19}),
    (re.compile(r"35(?:2[89]|[3-8])"), {16}),
    (re.compile(r"62"), {16, 17, 18, 19}),
)
# In one piece, or in the groups that are printed on cards, all with the same sign between.
_CARD = re.compile(
    r"(?<![\w+.-])(?<!\+\d )(?:\d{13,19}"
    r"|\d{4}(?P<a>[ .-])\d{4}(?P=a)\d{4}(?P=a)\d{4}(?:(?P=a)\d{3})?"
    r"|\d{4}(?P<b>[ .-])\d{6}(?P=b)\d{4,5})(?![\w-]|\.\d)"
)
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)",
    re.DOTALL,
)
# Keys that say by their beginning what they are.
_KEYS = re.compile(
    r"(?<![\w-])(?:"
    r"(?:AKIA|ASIA)[0-9A-Z]{16}"  # Amazon
    r"|gh[oprsu]_[A-Za-z0-9]{36,}|github_pat_\w{22,}|glpat-[\w-]{20,}"
    r"|xox[abeprs]-[\w-]{10,}"  # Slack
    r"|sk-[\w-]{20,}|AIza[\w-]{35}"
    r"|whsec_[\w+/=-]{16,}"
    r"|eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"  # JSON Web Token
    r")(?![\w-])"
)
_BEARER = re.compile(r"(?P<before>\bbearer\s+)(?P<secret>[\w.~+/=-]{20,})", re.IGNORECASE)
_IN_URL = re.compile(r"(?P<before>\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{1,60}:)(?P<secret>[^\s/@]+)(?=@)", re.IGNORECASE)  # fmt: skip  # noqa: E501
_SAID_KEY = re.compile(
    r"(?P<before>\b(?:api|access|secret|private|auth|registration|id)?[ _-]?"
    r"(?:key|token|secret)\b\s*(?:\bis\b|[:=])\s*[\"'“‘]?)(?P<secret>[\w.~+/=%-]{16,})",
    re.IGNORECASE,
)
_SAID_PASSWORD = re.compile(
    r"(?P<before>\b(?:pass(?:word|phrase|code|wd)|pwd)\b"
    r"(?:\s+(?:for|of|to|on)(?:\s+[\w.@-]+){1,3}?)?"
    r"\s*(?P<how>\b(?:is|was)\b(?:\s+now)?\s*:?|[:=])\s*)"
    # What is quoted goes to the closing sign; what isn't, to the next space.
    r"(?P<quote>[\"'“‘`])?(?P<secret>(?!\[)(?(quote)[^\n\"'”’`]{1,100}(?=[\"'”’`])|[^\s\"”’`]+))",
    re.IGNORECASE,
)
_ENDS = ".,;:!?)'’"


def mask(text: str) -> Masked:
    """Hide what is secret in a text. Masking twice changes nothing more."""
    found: list[str] = []

    def hide(what: str) -> Callable[[re.Match[str]], str]:
        def replacement(match: re.Match[str]) -> str:
            found.append(what)
            return str(match.groupdict().get("before") or "") + _MARK[what]

        return replacement

    text = _PRIVATE_KEY.sub(hide(KEY), text)
    text = _KEYS.sub(hide(KEY), text)
    text = _BEARER.sub(hide(KEY), text)
    text = _IN_URL.sub(hide(PASSWORD), text)
    text = _SAID_KEY.sub(lambda m: hide(KEY)(m) if _is_random(m["secret"]) else m[0], text)
    text = _SAID_PASSWORD.sub(lambda m: _without_password(m, found), text)
    text = _CARD.sub(lambda m: hide(CARD)(m) if _is_card(m[0]) else m[0], text)
    return Masked(text, tuple(dict.fromkeys(found)))


def has_hidden(text: str) -> bool:
    """Whether something in a text was hidden."""
    return _ANY_MARK.search(text) is not None


def _is_card(written: str) -> bool:
    digits = re.sub(r"\D", "", written)
    known = any(begins.match(digits) and len(digits) in lengths for begins, lengths in _CARDS)
    return known and len(set(digits)) > 1 and _luhn(digits)


def _luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _is_random(secret: str) -> bool:
    """Letters and digits mixed, as no word and no number of ours is."""
    return bool(re.search(r"\d", secret) and re.search(r"[A-Za-z]", secret)) and not re.fullmatch(
        r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", secret, re.IGNORECASE
    )


def _without_password(match: re.Match[str], found: list[str]) -> str:
    """“My password is hunter2” has one; “my password is wrong” has none. After “is”, a secret is
    what is quoted or is no plain word.
    """
    secret = match["secret"].rstrip(_ENDS)
    rest = match["secret"][len(secret) :]
    told = match["quote"] or match["how"] in {":", "="} or match["how"].endswith(":")
    if not secret or not (told or re.search(r"[^A-Za-z’'-]", secret)):
        return match[0]
    found.append(PASSWORD)
    return f"{match['before']}{match['quote'] or ''}{_MARK[PASSWORD]}{rest}"
