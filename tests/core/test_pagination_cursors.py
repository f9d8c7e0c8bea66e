import base64
import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.pagination import decode, encode
from backend.core.problems import Problem

KINDS = (datetime, str)


def cursor(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@given(st.datetimes(timezones=st.just(UTC)), st.text(max_size=40))
def test_that_a_cursor_gives_back_what_it_was_made_of(moment: datetime, key: str) -> None:
    made = encode((moment, key))
    assert re.fullmatch(r"[A-Za-z0-9_-]+", made)
    assert decode(made, KINDS) == [moment, key]


@pytest.mark.parametrize(
    "rubbish",
    [
        "rubbish", "-", "====", "…", "null", "W10", cursor([]), cursor({}), cursor(7),
        cursor(["2027-01-01T00:00:00+00:00"]), cursor(["today", "x"]), cursor([1, "x"]),
        cursor([None, "x"]), cursor(["2027-01-01T00:00:00+00:00", "x", "y"]),
        cursor(["2027-01-01T00:00:00", "x"]),
    ],
)  # fmt: skip
def test_that_a_cursor_which_is_none_of_ours_is_refused(rubbish: str) -> None:
    with pytest.raises(Problem) as refused:
        decode(rubbish, KINDS)
    assert refused.value.body.status == 422
    assert "cursor" in refused.value.body.title


def test_that_an_endless_number_is_no_cursor() -> None:
    with pytest.raises(Problem) as refused:
        decode(base64.urlsafe_b64encode(b"[1e999]").decode(), (int,))
    assert refused.value.body.status == 422
