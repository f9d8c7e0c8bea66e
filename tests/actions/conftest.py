"""The stand-in API of these tests, as this process's client, on a Monday."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import cast

import pytest

from backend.core import client, clock
from tests.actions.talk import StandInApi

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInApi]:
    """The API's stand-in, as the client of this process, on a Monday."""
    monkeypatch.setattr(clock, "now", lambda: MONDAY)
    before = client._api
    stand_in = StandInApi()
    client.configure(cast("client.LicensingApi", stand_in))
    yield stand_in
    client._api = before
