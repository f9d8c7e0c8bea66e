"""Which names a sentence means, and what it says not to do."""

import pytest

from actions.names import find_names
from actions.negations import affirmed, denies_doing

NAMES = {name: name for name in ("Oslo", "Bergen", "EMEA")}


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("Oslo, not Bergen", ["Oslo"]),
        ("no, not Oslo, Bergen", ["Bergen"]),
        ("make Oslo the default instead of Bergen", ["Oslo"]),
        ("delete Oslo, not Bergen or EMEA", ["Oslo"]),
        ("everything except for Oslo", []),
        ("all but Oslo", []),
        ("no Oslo", ["Oslo"]),
        ("not under EMEA, under Bergen", ["Bergen"]),
    ],
)
def test_that_denied_names_are_not_meant(words: str, meant: list[str]) -> None:
    assert [hit.value for hit in affirmed(words, find_names(words, NAMES))] == meant


@pytest.mark.parametrize(
    ("words", "denied"),
    [
        ("don't delete Oslo", True),
        ("please do not ever delete Oslo", True),
        ("i don't want you to delete Oslo", True),
        ("can't you delete Oslo?", False),
        ("Oslo isn't needed, delete it", False),
        ("delete Oslo", False),
    ],
)
def test_that_a_denied_verb_is_heard(words: str, denied: bool) -> None:
    assert denies_doing(words, "delete|remove") is denied
