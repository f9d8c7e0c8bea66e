"""What people say to get to a person, and to get back, whatever engine they talk with."""

import re

_POLITE = (
    r"(?:please |hi |hello |hey |ok |can i |could i |may i |let me |just |"
    r"i (?:want|need|would like|d like)(?: to)? )*"
)
_ASKS = re.compile(
    _POLITE
    + r"(?:(?:talk|speak|chat)(?: now)?(?: to| with)?|get me|give me|connect me(?: to| with)?|"
    r"put me through to|transfer me to)? ?"
    r"(?:a |an |the |some |your )?(?:real |live |human |support |actual )*"
    r"(?:person|human|human being|agent|someone real|somebody real|representative|colleague)"
    r"(?: from support| of support)?(?: please| now| instead)*"
)
_LEAVES = re.compile(
    r"(?:no )?(?:never ?mind|forget it|cancel|stop(?: waiting)?|leave (?:the )?queue|"
    r"i (?:do not|don t) want to wait(?: any ?more)?|"
    r"(?:go |i want to go |take me )?back(?: to (?:the )?(?:assistant|bot))?)(?: please| thanks)*"
)


def ask_for_person(text: str) -> bool:
    """Whether these words are a wish for a person and nothing else."""
    return _ASKS.fullmatch(_plain(text)) is not None


def leave_queue(text: str) -> bool:
    """Whether these words, of somebody who waits, mean that they no longer do."""
    return _LEAVES.fullmatch(_plain(text)) is not None


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w]+", " ", text.lower()).split())
