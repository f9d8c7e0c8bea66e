"""No form asks for what only the person's confirmation accepts."""

from collections.abc import Iterator

import pytest

from actions import server
from actions.dialogue import Dialogue
from tests.actions.talk import StandInApi

ACCEPTED = {
    name: set(operation.accepts)
    for name, operation in StandInApi().operations.items()
    if operation.accepts
}


def forms(base: type[Dialogue] = Dialogue) -> Iterator[type[Dialogue]]:
    """Every form that there is."""
    for one in base.__subclasses__():
        if hasattr(one, "form"):
            yield one
        yield from forms(one)


FORMS = sorted(
    {one for one in forms() if getattr(one, "operation", None) in ACCEPTED},
    key=lambda one: one.form,
)


def test_that_there_are_such_forms() -> None:
    assert server.router
    assert {one.operation for one in FORMS} == {*ACCEPTED} == {"assign_order", "assign_orders"}


@pytest.mark.parametrize("form", FORMS, ids=lambda one: one.form)
def test_that_terms_are_no_slot(form: type[Dialogue]) -> None:
    operation = StandInApi().operations[form.operation]
    assert not ACCEPTED[form.operation] & {*form.asks, *form.takes, *form.optional}
    assert not ACCEPTED[form.operation] & {*operation.fields, *operation.required}
