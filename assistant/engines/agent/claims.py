"""Only a receipt says that something was done; a model's claim of it is taken out."""

import re

from assistant.wording import say

_DONE = r"(done|created|opened|submitted|sent|scheduled|booked|cancell?ed|registered|approved|"
_DONE += r"assigned|added|removed|updated|changed|filed|raised|logged|granted|confirmed|requested)"
_CLAIM = re.compile(
    rf"\b(i(’|')?ve|i have|we(’|')?ve|we have|has been|have been|was|were|is now|are now|i|"
    rf"successfully|case is|request is|training is|all)\s+(now\s+|just\s+|already\s+|also\s+|"
    rf"successfully\s+)*{_DONE}\b|^\s*{_DONE}[!.]|\bcase number (is|:)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.!?\n]*[.!?\n]+|[^.!?\n]+$")
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)|<[a-zA-Z/!][^>]*>")


def without_claims(text: str, *, read_something: bool) -> str:
    """The text without sentences that claim a deed of this turn, which is then said.

    After a tool was read, what it said may be told ("your case was opened on Monday"): the
    person asked for the state of things. Without any read there is nothing to tell.
    """
    shown = _IMAGE.sub("", text).strip()
    kept = unclaimed(shown, read_something=read_something).strip()
    return shown if kept == shown else f"{kept}\n\n{say('nothing_done')}".strip()


def unclaimed(text: str, *, read_something: bool) -> str:
    """The sentences that claim nothing; what was kept stays when more is added to the text."""
    if read_something:
        return text
    return "".join(s for s in _SENTENCE.findall(text) if not _CLAIM.search(s))
