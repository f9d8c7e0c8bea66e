"""What sentences about accounts and requests say, without Rasa and without the API."""

import pytest

from actions.accounts import phrases_of
from actions.requests import split_reason
from assistant.proposals.preview import number_of


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("who administers litware", ["litware"]),
        ("add me to the smart account of contoso retail please", ["contoso retail"]),
        ("let vik decide for me until the end of the month", []),
        ("same for omar", ["omar"]),
        ("i need access to a smart account", []),
        ("the rules of northwind's account", ["northwind"]),
    ],
)
def test_that_only_what_may_be_a_name_is_looked_up(text: str, phrases: list[str]) -> None:
    assert phrases_of(text) == phrases


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("decline the second one, wrong department", "wrong department"),
        ("reject it because she is new here.", "she is new here"),
        ("turn him down - unknown person", "unknown person"),
        ("decline nora's request", None),
        ("no, decline it because she leaves in june", "she leaves in june"),
        ("wait, decline it", None),
        ("decline Fiona, please", None),
        ("reject Fiona, Vik and Uma", None),
        ("decline request: Fiona", None),
        ("approve everyone, but not fiona", None),
        ("decline it because Duplicate", "Duplicate"),
    ],
)
def test_that_a_reason_is_told_from_the_wish(text: str, reason: str | None) -> None:
    assert split_reason(text, ["fiona", "vik"])[1] == reason


@pytest.mark.parametrize(
    ("reference", "number"),
    [("C-500123", "C-500123"), ("8fef5b55a8714c8ab9afe46bbc617822", None), (None, None)],
)
def test_that_only_a_number_that_people_can_quote_is_shown(
    reference: str | None, number: str | None
) -> None:
    assert number_of({"title": "Done", "reference": reference}) == number
