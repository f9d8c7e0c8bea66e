"""There is always a next webinar, at the right hour."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from backend.core.portals import Portal
from backend.knowledge.webinars import AHEAD, Series, load_series, upcoming


@pytest.fixture(scope="module")
def series(folder: Path) -> list[Series]:
    return load_series(folder / "webinars.yml")


@pytest.mark.parametrize("portal", list(Portal))
def test_that_every_portal_has_a_next_one_on_any_day(series: list[Series], portal: Portal) -> None:
    for day in range(0, 400, 3):
        moment = datetime(2030, 1, 1, 13, 17, tzinfo=UTC) + timedelta(days=day)
        found = upcoming(series, moment, portal)
        assert found
        assert all(moment < one.starts_at <= moment + AHEAD for one in found)
        assert {one.portal for one in found} == {portal}
        assert [one.starts_at for one in found] == sorted(one.starts_at for one in found)


def test_that_the_hour_holds_in_its_own_zone_all_year(series: list[Series]) -> None:
    one = next(s for s in series if s.id == "clc-administration")
    starts = [
        start
        for month in range(1, 13)
        for start in one.starts_after(datetime(2030, month, 1, tzinfo=UTC))
    ]
    local = [start.astimezone(ZoneInfo("Europe/Berlin")) for start in starts]
    assert {(t.hour, t.minute, t.weekday()) for t in local} == {(16, 0, 1)}
    assert len({start.hour for start in starts}) == 2  # summer and winter differ in UTC


def test_that_a_series_keeps_its_rhythm(series: list[Series]) -> None:
    for one in series:
        starts = list(one.starts_after(datetime(2030, 5, 1, tzinfo=UTC)))
        days = [start.astimezone(ZoneInfo(one.time_zone)).date() for start in starts]
        gaps = {(b - a).days for a, b in pairwise(days)}
        assert gaps <= {7 * one.every_weeks}


def test_that_one_that_has_begun_is_not_a_next_one(series: list[Series]) -> None:
    start = upcoming(series, datetime(2030, 5, 1, tzinfo=UTC))[0].starts_at
    assert upcoming(series, start)[0].starts_at > start
    assert upcoming(series, start - timedelta(seconds=1))[0].starts_at == start


def test_that_people_register_at_invented_addresses(series: list[Series]) -> None:
    assert all(str(one.register_url.host).endswith(".example") for one in series)
    assert len({one.id for one in series}) == len(series)


@pytest.mark.parametrize(
    "change",
    [
        {"first_week": 2},
        {"weekday": "sunday"},
        {"time_zone": "Mars/Olympus"},
        {"portal": "ssm"},
        {"every_weeks": 9},
        {"at": "25:00"},
    ],
)
def test_that_a_wrong_series_is_refused(series: list[Series], change: dict[str, object]) -> None:
    good = next(s for s in series if s.every_weeks == 2).model_dump(mode="json")
    with pytest.raises(ValidationError):
        Series.model_validate(good | change)
