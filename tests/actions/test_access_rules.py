"""What a sentence takes away again is not what it is about."""

import pytest

from actions.access_rules import _WHO, _action_of
from actions.negations import is_left_out, is_negated


@pytest.mark.parametrize(
    ("said", "action"),
    [
        ("don't let partners in", None),
        ("never approve requests from partners automatically", None),
        ("partners should not be approved automatically", None),
        ("decline everybody who is not from our own domain", "decline"),
        ("decline the ones partners send", "decline"),
        ("approve what partners send", "approve"),
        ("send partner requests to vik for approval", "route"),
        ("auto-approve viewers from our own domain without asking", "approve"),
    ],
)
def test_that_a_denied_verb_is_not_done(said: str, action: str | None) -> None:
    assert _action_of(said) == action


@pytest.mark.parametrize(
    ("said", "left_out"),
    [
        ("auto-approve everybody except partners", True),
        ("decline all but partners", True),
        ("decline everybody who isn't a partner", True),
        ("approve our own people, no partners", True),
        ("don't let partners in", False),
        ("decline partners", False),
    ],
)
def test_that_an_exception_is_told_from_whom_it_is_about(said: str, left_out: bool) -> None:
    hit = _WHO["partner"].search(said)
    assert hit is not None
    assert is_left_out(said, hit.start()) is left_out


def test_that_the_denial_of_another_clause_does_not_count() -> None:
    said = "I don't know him, decline it"
    assert not is_negated(said, said.index("decline"))
