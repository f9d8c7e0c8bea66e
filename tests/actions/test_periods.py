"""Periods as people say them, on a Monday."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from actions.periods import read_period

MONDAY = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Europe/Oslo"))


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        ("let Uma decide while I'm away until Friday", None, "2026-11-27"),
        ("Friday", None, "2026-11-27"),
        ("until 12 December", None, "2026-12-12"),
        ("from 1 to 14 December", "2026-12-01", "2026-12-14"),
        ("from 1 december until 8 january", "2026-12-01", "2027-01-08"),
        ("from tomorrow for two weeks", "2026-11-24", "2026-12-08"),
        ("for two weeks", None, "2026-12-07"),
        ("uma should handle my approvals next week", "2026-11-30", "2026-12-06"),
        ("this week", None, "2026-11-29"),
        ("until the end of the month", None, "2026-11-30"),
        ("until the end of next week", None, "2026-12-06"),
        ("delegate to vik@northwind.example from Monday to Friday", "2026-11-30", "2026-12-04"),
        ("let uma decide in december", "2026-12-01", "2026-12-31"),
        ("during november", None, "2026-11-30"),
        ("2026-12-24", None, "2026-12-24"),
        ("let vik decide", None, None),
        ("delegate my approvals to uma", None, None),
    ],
)
def test_what_is_said_of_days(said: str, start: str | None, end: str | None) -> None:
    found = read_period(said, MONDAY)
    assert (found.start and found.start.isoformat()) == start
    assert (found.end and found.end.isoformat()) == end
