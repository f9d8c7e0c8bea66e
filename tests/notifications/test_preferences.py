"""What people choose: the defaults, each change, what is refused and how that is said."""

import asyncio
from typing import Any

import pytest
from sqlmodel import select

from backend.core.database import database
from backend.core.events import Event
from backend.core.settings import ROOT
from backend.notifications.categories import ALWAYS, Category, Frequency, configuration
from backend.notifications.preference_models import NotificationPreference
from tests.conftest import Newcomer

PATH = "/notification-preferences"


def test_that_every_mail_has_a_category_or_always_goes() -> None:
    written = {path.stem for path in (ROOT / "data" / "mails").rglob("*.txt")}
    mapped = set(configuration().mails)
    assert written - mapped == set(), "say in data/notifications/categories.yml what these are"
    assert mapped - written == set(), "these are no mails any more"


def test_that_what_waits_for_the_reader_alone_cannot_be_turned_off() -> None:
    mails = configuration().mails
    for kind in ("account_email_code", "account_activation", "order_delegated", "user_added",
                 "recipient_verification", "training_scheduled"):  # fmt: skip
        assert mails[kind] == ALWAYS


async def test_that_there_are_defaults_in_the_zone_of_the_profile(newcomer: Newcomer) -> None:
    someone = await newcomer(time_zone="Asia/Tokyo")
    told = (await someone.get(PATH)).json()
    assert told["categories"] == {
        name: about.default for name, about in configuration().categories.items()
    }
    assert (told["hour"], told["time_zone"]) == (8, "Asia/Tokyo")
    assert [one["value"] for one in told["choices"]["categories"]] == [*Category]
    assert [one["value"] for one in told["choices"]["frequencies"]] == [*Frequency]
    assert all(len(one["contains"]) > 20 for one in told["choices"]["categories"])
    assert "Codes" in told["always"]


async def test_that_a_whole_body_is_kept_and_answers_with_the_changes(newcomer: Newcomer) -> None:
    someone = await newcomer()
    body = {"categories": dict.fromkeys(Category, "daily"), "hour": 7, "time_zone": "Europe/Oslo"}
    answer = await someone.put(PATH, json=body)
    assert answer.status_code == 200
    told = answer.json()
    assert {name: told[name] for name in body} == body
    assert told["receipt"]["title"] == "Notifications changed"
    labels = [line["label"] for line in told["receipt"]["lines"]]
    assert "Users" not in labels, "that one was daily already"
    assert {"label": "Orders", "value": "once a day, in a summary (was at once)"} in (
        told["receipt"]["lines"]
    )
    assert {"label": "Summaries", "value": "at 07:00 Europe/Oslo (was 08:00 UTC)"} in (
        told["receipt"]["lines"]
    )
    again = (await someone.get(PATH)).json()
    assert {name: again[name] for name in body} == body


async def test_that_what_is_left_out_stays(newcomer: Newcomer) -> None:
    someone = await newcomer()
    before = (await someone.get(PATH)).json()
    await someone.put(PATH, json={"categories": {"orders": "off"}})
    await someone.put(PATH, json={"hour": 17})
    after = (await someone.get(PATH)).json()
    assert after["categories"] == before["categories"] | {"orders": "off"}
    assert (after["hour"], after["time_zone"]) == (17, "UTC")


async def test_that_two_changes_at_once_both_count(newcomer: Newcomer) -> None:
    someone = await newcomer()
    bodies: list[dict[str, Any]] = [
        {"categories": {"orders": "off"}}, {"categories": {"cases": "weekly"}}, {"hour": 5},
        {"time_zone": "Europe/Oslo"},
    ]  # fmt: skip
    answers = await asyncio.gather(*(someone.put(PATH, json=body) for body in bodies))
    assert {answer.status_code for answer in answers} <= {200, 409}
    for body, answer in zip(bodies, answers, strict=True):
        if answer.status_code == 409:  # both made the first row: said to be sent again
            assert (await someone.put(PATH, json=body)).status_code == 200
    told = (await someone.get(PATH)).json()
    assert (told["categories"]["orders"], told["categories"]["cases"]) == ("off", "weekly")
    assert (told["hour"], told["time_zone"]) == (5, "Europe/Oslo")


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({"categories": {"invoices": "off"}}, "categories", "no category “invoices”"),
        ({"categories": {"orders": "hourly"}}, "categories.orders", "can’t be “hourly”"),
        ({"hour": 24}, "hour", "at most 23"),
        ({"hour": -1}, "hour", "at least 0"),
        ({"hour": "noon"}, "hour", "needs a number"),
        ({"time_zone": "Oslo"}, "time_zone", "Use one like Europe/Berlin"),
        ({}, "body", "Name a category"),
        ({"categories": {}}, "body", "Name a category"),
    ],
)
async def test_that_what_is_wrong_is_said_with_what_would_be_right(
    newcomer: Newcomer, body: dict[str, Any], field: str, said: str
) -> None:
    someone = await newcomer()
    answer = await someone.put(PATH, json=body)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert said in error["message"]


async def test_that_a_dry_run_leaves_nothing_and_a_change_its_trace(newcomer: Newcomer) -> None:
    someone = await newcomer()
    body = {"categories": {"orders": "weekly"}}
    tried = await someone.put(PATH, json=body, headers={"Dry-Run": "true"})
    assert tried.json()["categories"]["orders"] == "weekly"
    email = someone.email  # type: ignore[attr-defined]
    async with database().read() as session:
        assert await session.get(NotificationPreference, email) is None
    await someone.put(PATH, json=body)
    again = await someone.put(PATH, json=body)
    assert again.json()["receipt"]["title"] == "Your notifications are set like this already"
    async with database().read() as session:
        rows = await session.exec(select(Event).where(Event.subject == email))
        (event,) = rows.all()
    assert event.type == "notification_preferences_changed"
    assert "Orders: once a week" in event.text
