"""Days that have been, as people say them."""

from datetime import date

import pytest

from actions.history import Past, read_past

TODAY = date(2026, 11, 24)  # a Tuesday


@pytest.mark.parametrize(
    ("said", "past"),
    [
        ("what happened yesterday", Past(date(2026, 11, 23), date(2026, 11, 23))),
        ("events of the last week", Past(date(2026, 11, 17))),
        ("events of the last 3 days", Past(date(2026, 11, 21))),
        ("changes this week", Past(date(2026, 11, 23))),
        ("events since monday", Past(date(2026, 11, 23))),
        ("since friday", Past(date(2026, 11, 20))),
        ("who was added on 2026-11-02?", Past(date(2026, 11, 2), date(2026, 11, 2))),
        ("from 1 november to 10 november", Past(date(2026, 11, 1), date(2026, 11, 10))),
        ("from 1 december to 10 december", Past(date(2025, 12, 1), date(2025, 12, 10))),
        ("show the event history", Past()),
    ],
)
def test_that_days_are_read_backwards(said: str, past: Past) -> None:
    assert read_past(said, TODAY) == past
