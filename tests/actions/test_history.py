"""Days that have been, as people say them."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from actions.history import Past, is_unread, read_past

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
        ("what changed since May", Past(date(2026, 5, 1))),
        ("events in october", Past(date(2026, 10, 1), date(2026, 10, 31))),
        ("events of december 2025", Past(date(2025, 12, 1), date(2025, 12, 31))),
        ("changes of the last six months", Past(date(2026, 5, 28))),
        ("what happened before yesterday", Past(None, date(2026, 11, 22))),
        ("events until last friday", Past(None, date(2026, 11, 20))),
        ("since monday until today", Past(date(2026, 11, 23), date(2026, 11, 24))),
        ("since october 5", Past(date(2026, 10, 5))),
    ],
)
def test_that_days_are_read_backwards(said: str, past: Past) -> None:
    assert read_past(said, TODAY) == past


def test_that_a_time_that_is_not_read_is_noticed() -> None:
    for said, unread in (("what happened in the summer of love", True), ("show the history", False),
                         ("who was added last?", False)):  # fmt: skip
        assert is_unread(said, read_past(said, TODAY)) is unread


def test_that_days_are_those_of_the_persons_zone() -> None:
    day = date(2026, 11, 25)
    assert Past(day, day).moments(ZoneInfo("Europe/Oslo")) == (
        "2026-11-25T00:00:00+01:00", "2026-11-25T23:59:59.999999+01:00",
    )  # fmt: skip
    assert Past().moments(ZoneInfo("UTC")) == (None, None)
