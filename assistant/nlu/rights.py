"""What people say about rights: a bare "viewer" or "admin", and whether nested accounts count."""

import re
from collections.abc import Iterator

from assistant.nlu.spans import Span

_LEVEL = r"(?P<level>admin(?:istrator)?|approver|user|viewer)s?"
_BEFORE = (
    r"(?:\bas|\bas an?|\broles?|\broles? (?:of|is|to|should be|shall be|will be|:|=)(?: an?)?"
    r"|\bup to|\binto an?|\b(?:be|become|became)(?: an?| the| only an?)?|\bonly(?: an?)?|\bjust an?"
    r"|\b(?:make|made|makes|making|promote|promoted|demote|demoted|downgrade|raise|want|set|"
    r"change|switch)\s+(?:\S+\s+){0,4}?(?:to|an?|the|into)(?: an?)?"
    r"|\bauto[- ]?(?:approve|decline|accept|reject)(?:s|d)?"
    r"|\b(?:approve|decline|accept|reject|allow|let)s?(?: in)?(?: all| any| every| only)?)"
)
_AFTER = (
    r"(?:roles?|rights?|access|permissions?|privileges?|level|instead|rather|only|is enough"
    r"|will do|would do|please)"
)
# "viewer" means nothing else; an admin or a user may be a person who is spoken of.
_LEVELS = re.compile(
    rf"{_BEFORE}\s+(?P<a>{_LEVEL})\b(?!['’-])"
    rf"|(?<![\w-])(?P<b>{_LEVEL.replace('level', 'level2')})\s+{_AFTER}\b"
    rf"|^\W*(?:an? |the )?(?P<c>{_LEVEL.replace('level', 'level3')})\W*$"
    r"|(?<![\w-])(?P<d>viewers?)\b",
    re.IGNORECASE,
)
_BELOW = (
    r"(?:nested|below|beneath|under(?:neath)?|inside)"
    r"(?: (?:in )?(?:it|them|there|that|each|those))?"
)
_NOT_NESTED = (
    rf"\b(?:without|excluding|not|no|but not)(?: (?:the|what(?:'s| is)|anything|those|with))*"
    rf" {_BELOW}\b(?: ones?)?"
    r"|\b(?:only|just) (?:this|that|the)(?: one)?(?: virtual account| va)?"
    r"(?: itself| alone)?(?=\W*$)"
    r"|\b(?:itself|on its own)\b"
)
_WITH_NESTED = (
    r"\b(?:and|with|including|incl\.?|plus|as well as|also) "
    r"(?:(?:everything|all|whatever|what(?:'s| is| are)?|those|the|ones?|virtual accounts|vas"
    rf"|accounts|that|which|is|are) )*{_BELOW}\b"
    r"|\bnested (?:ones|accounts|virtual accounts|vas|too|included|as well)\b"
    rf"|\beverything (?:{_BELOW})"
    r"|\b(?:with|and|including) (?:its|their|all) (?:children|sub[- ]?accounts?|descendants)"
)
_NESTED = re.compile(rf"(?P<no>{_NOT_NESTED})|(?P<yes>{_WITH_NESTED})", re.IGNORECASE)
_FULL = {"admin": "admin", "administrator": "admin"}


def right_spans(text: str) -> Iterator[Span]:
    """Facts of a text: `role_level` (admin, approver, user, viewer: of an account or of virtual
    accounts, which the rest of the conversation tells) and `include_nested` (a boolean).
    """
    for match in _LEVELS.finditer(text):
        group = next(name for name in "abcd" if match[name])
        said = match[group].lower().rstrip("s")
        yield Span("role_level", *match.span(group), _FULL.get(said, said))
    for match in _NESTED.finditer(text):
        yield Span("include_nested", match.start(), match.end(), match["yes"] is not None)
