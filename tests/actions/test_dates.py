"""Dates as people say them, read on Tuesday 24 November 2026, 10:00 in Berlin."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from actions.dates import Moment, UnreadableDate, read_moment, say_window
from actions.windows import hear

NOW = datetime(2026, 11, 24, 10, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        ("next Tuesday 3pm", "2026-12-01T15:00", None),
        ("tomorrow morning", "2026-11-25T09:00", None),
        ("friday afternoon", "2026-11-27T14:00", None),
        ("10-11 am on 3 December", "2026-12-03T10:00", "2026-12-03T11:00"),
        ("wednesday 4 to 5 pm", "2026-11-25T16:00", "2026-11-25T17:00"),
        ("10 to 1 pm friday", "2026-11-27T10:00", "2026-11-27T13:00"),
        ("next monday from 9 to 11", "2026-11-30T09:00", "2026-11-30T11:00"),
        ("between 10 and 11 am on friday", "2026-11-27T10:00", "2026-11-27T11:00"),
        ("3pm on december 3rd for 2 hours", "2026-12-03T15:00", "2026-12-03T17:00"),
        ("17 december 9 to 11", "2026-12-17T09:00", "2026-12-17T11:00"),
        ("the 14th at noon", "2026-12-14T12:00", None),
        ("mon 7 dec 9am", "2026-12-07T09:00", None),
        ("9.12. at 10", "2026-12-09T10:00", None),
        ("05/12/2026 14:00", "2026-12-05T14:00", None),
        ("in two weeks at 10:00", "2026-12-08T10:00", None),
        ("wednesday next week at 3", "2026-12-02T15:00", None),
        ("in 2 weeks on wednesday at 14:00", "2026-12-09T14:00", None),
        ("next week thursday 3pm", "2026-12-03T15:00", None),
        ("two weeks from friday at half past ten", "2026-12-11T10:30", None),
        ("the first of march at quarter to 11", "2027-03-01T10:45", None),
        ("wed 9th dec 1430", "2026-12-09T14:30", None),
        ("yesterday 3pm", "2026-11-23T15:00", None),
        ("2027-01-12T10:00", "2027-01-12T10:00", None),
        ("2027-01-12T10:00 to 12:00", "2027-01-12T10:00", "2027-01-12T12:00"),
        ("2027-01-12T12:00 to 10:00", "2027-01-12T12:00", "2027-01-12T10:00"),
        ("2027-01-12T10:00Z", "2027-01-12T10:00Z", None),
    ],
)
def test_that_a_window_is_read(said: str, start: str, end: str | None) -> None:
    expected = {"start": start} | ({"end": end} if end else {})
    assert read_moment(said, NOW).window() == expected


@pytest.mark.parametrize(
    "said", ["31 February at 10:00", "2027-02-30T10:00", "25:00 tomorrow", "next week"]
)
def test_that_what_no_calendar_has_is_refused_in_the_persons_words(said: str) -> None:
    with pytest.raises(UnreadableDate, match=r'"'):
        read_moment(said, NOW)


def test_that_days_come_first_in_europe_and_months_in_america() -> None:
    new_york = NOW.astimezone(ZoneInfo("America/New_York"))
    assert read_moment("05/12/2026", NOW).day == date(2026, 12, 5)
    assert read_moment("05/12/2026", new_york).day == date(2026, 5, 12)


def test_that_a_day_without_a_time_and_a_time_without_a_day_are_halves() -> None:
    assert read_moment("friday", NOW) == Moment("friday", day=date(2026, 11, 27), weekday=True)
    assert read_moment("3pm", NOW) == Moment("3pm", begin=time(15))


def test_that_one_time_serves_two_days() -> None:
    heard = hear(["Tuesday", "Wednesday at 3pm"], NOW, present=[], begun=None)
    starts = [moment.window()["start"] for moment in heard.moments]
    assert starts == ["2026-12-01T15:00", "2026-11-25T15:00"]


def test_that_a_lone_weekday_moves_the_window_within_its_week() -> None:
    present = [{"start": "2026-12-01T15:00", "end": "2026-12-01T17:00"}]
    heard = hear(["wednesday"], NOW, present=present, begun=None)
    assert heard.moments[0].window() == {"start": "2026-12-02T15:00", "end": "2026-12-02T17:00"}


def test_that_a_lone_time_keeps_the_day() -> None:
    heard = hear(["4pm"], NOW, present=[{"start": "2026-12-01T15:00"}], begun=None)
    assert heard.moments[0].window() == {"start": "2026-12-01T16:00"}


def test_that_a_window_is_shown_in_the_persons_zone() -> None:
    window = {"start": "2026-12-01T14:00Z", "end": "2026-12-01T15:30Z"}
    assert say_window(window, "Europe/Berlin") == (
        "Tuesday, 1 December 2026, 15:00–16:30 (Europe/Berlin)"
    )


@pytest.mark.parametrize(
    ("said", "starts"),
    [
        (["3pm", "on Friday 4 December"], ["2026-12-04T15:00"]),
        (["monday", "tuesday", "3pm"], ["2026-11-30T15:00", "2026-12-01T15:00"]),
        (["friday at 10", "3pm"], ["2026-11-27T10:00", "2026-11-27T15:00"]),
    ],
)
def test_that_a_day_and_a_time_side_by_side_are_one_window(
    said: list[str], starts: list[str]
) -> None:
    heard = hear(said, NOW, present=[], begun=None)
    assert [moment.window()["start"] for moment in heard.moments] == starts


def test_that_a_length_alone_lengthens_the_window_that_is_there() -> None:
    heard = hear(["make it 90 minutes"], NOW, present=[{"start": "2026-12-01T15:00"}], begun=None)
    assert [m.window()["end"] for m in heard.moments] == ["2026-12-01T16:30"]
