"""Set-up mails and who they go to: until the point of no return, and not too often."""

from datetime import timedelta
from typing import Any

import pytest

from backend.core import clock
from tests.access.company import Company
from tests.access.conftest import Found, mails_to
from tests.conftest import ClockAt
from tests.orders.shop import fresh_number, lines_of, on, order_of, sold, told_of


def subscription(contact: str | None, **more: Any) -> dict[str, Any]:
    """A subscription line whose set-up mail went out two days ago."""
    return {
        "kind": "subscription", "product": "Calling", "provisioning_contact": contact,
        "provisioning": "awaiting_provisioning_details",
        "set_up_mail_at": clock.now() - timedelta(days=2),
    } | more  # fmt: skip


def address() -> str:
    return f"it{fresh_number()}@somewhere.example"


async def resend(company: Company, who: str, number: str, **headers: str) -> Any:
    client = await company.client(who)
    return await client.post(f"/orders/{number}/provisioning-mail", headers=headers)


async def change(company: Company, who: str, number: str, email: str, **body: Any) -> Any:
    client = await company.client(who)
    return await client.put(f"/orders/{number}/provisioning-contact", json={"email": email} | body)


async def test_that_the_mail_goes_out_again_to_each_contact(company: Company) -> None:
    one, two = address(), address()
    number = await sold(
        company, subscription(one), subscription(two, product="Meetings"),
        subscription(one, product="Devices"), {},
    )  # fmt: skip
    answer = await resend(company, "nora", number)
    assert answer.status_code == 200, answer.text
    assert answer.json()["receipt"]["title"] == "Set-up mail sent again"
    (mail,) = await mails_to(one, "order_set_up")
    assert "10 × Calling (line 1" in mail.text
    assert "10 × Devices (line 3" in mail.text
    assert "Meetings" not in mail.text
    assert f"Nora Test ({company.email('nora')})" in mail.text
    assert len(await mails_to(two, "order_set_up")) == 1
    (event,) = await told_of(number, "provisioning_mail_resent")
    assert event.actor == company.email("nora")


async def test_that_the_delay_goes_on_counting_from_the_first_mail(company: Company) -> None:
    number = await sold(company, subscription(address(), **on(company)))
    first = (await lines_of(number))[0].set_up_mail_at
    await resend(company, "nora", number)
    assert (await lines_of(number))[0].set_up_mail_at == first


async def test_that_it_goes_out_once_an_hour_at_most(company: Company, clock_at: ClockAt) -> None:
    number = await sold(company, subscription(address()))
    assert (await resend(company, "nora", number)).status_code == 200
    refused = await resend(company, "vic", number)
    assert refused.status_code == 429
    assert 3500 < int(refused.headers["Retry-After"]) <= 3600
    assert "UTC" in refused.json()["detail"]
    clock_at(clock.now() + timedelta(minutes=61))
    assert (await resend(company, "nora", number)).status_code == 200


async def test_that_a_dry_run_sends_nothing_and_counts_for_nothing(company: Company) -> None:
    contact = address()
    number = await sold(company, subscription(contact))
    for _ in range(2):
        assert (await resend(company, "nora", number, **{"Dry-Run": "true"})).status_code == 200
    assert await mails_to(contact) == []
    assert (await resend(company, "nora", number)).status_code == 200


NOT_SENT: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"kind": "perpetual"}, {}, "no subscription"),
    ({"onboarded_at": clock.now()}, {}, "onboarded"),
    ({"provisioning": "completed", "delivered_at": clock.now()}, {}, "onboarded"),
    ({"provisioning_contact": None}, {}, "nobody"),
    ({"requested_start": clock.now() + timedelta(days=30)}, {}, "requested start date"),
    ({}, {"status": "cancelled", "cancelled_at": clock.now()}, "cancelled"),
    ({}, {"status": "submitted", "booked_at": None}, "not booked"),
]


@pytest.mark.parametrize(
    ("line", "order", "why"), NOT_SENT,
    ids=["no subscription", "onboarded", "delivered", "no contact", "later", "cancelled",
         "not booked"],
)  # fmt: skip
async def test_that_what_can_not_be_set_up_is_refused_with_the_reason(
    company: Company, line: dict[str, Any], order: dict[str, Any], why: str
) -> None:
    contact = address()
    number = await sold(company, subscription(contact, **line), **order)
    answer = await resend(company, "nora", number)
    assert answer.status_code == 409, answer.text
    assert why in answer.json()["detail"]
    assert answer.json()["hint"]
    assert await mails_to(contact) == []


async def test_that_only_who_may_assign_may(company: Company, found: Found) -> None:
    other = await found()
    number = await sold(company, subscription(address(), **on(other)))
    assert (await resend(other, "ada", number)).status_code == 403
    assert (await change(other, "ada", number, address())).status_code == 403
    assert (await resend(await found(), "ada", number)).status_code == 404


async def test_that_another_contact_takes_over_and_both_hear_of_it(company: Company) -> None:
    former, new = address(), address()
    number = await sold(company, subscription(former), subscription(former), {})
    answer = await change(company, "nora", number, f" {new.upper()} ")
    assert answer.status_code == 200, answer.text
    lines = await lines_of(number)
    assert [one.provisioning_contact for one in lines] == [new, new, None]
    assert [one.contact_by for one in lines] == [company.email("nora")] * 2 + [None]
    (mail,) = await mails_to(new)
    assert mail.kind == "order_set_up"
    (mail,) = await mails_to(former)
    assert mail.subject == f"You no longer set up order {number}"
    assert new not in mail.text
    (event,) = await told_of(number, "provisioning_contact_changed")
    assert new in event.text
    again = await change(company, "nora", number, new)
    assert again.json()["receipt"]["title"] == "Nothing to change"
    assert len(await told_of(number)) == 1


async def test_that_some_lines_are_changed_and_a_missing_contact_ends_the_delay(
    company: Company,
) -> None:
    number = await sold(
        company,
        {"kind": "subscription"} | on(company), {"kind": "subscription"} | on(company),
    )  # fmt: skip
    assert (await order_of(number)).is_held
    new = address()
    assert (await change(company, "nora", number, new, lines=[2])).status_code == 200
    assert [one.provisioning_contact for one in await lines_of(number)] == [None, new]
    lines = await lines_of(number)
    assert lines[1].provisioning == "awaiting_provisioning_details"
    assert lines[1].set_up_mail_at is not None
    assert (await order_of(number)).is_held


async def test_that_a_mail_that_is_still_to_go_out_waits_for_its_day(company: Company) -> None:
    later, new = clock.now() + timedelta(days=20), address()
    line = subscription(address(), requested_start=later, set_up_mail_at=None,
                        provisioning="scheduled")  # fmt: skip
    number = await sold(company, line)
    assert (await change(company, "nora", number, new)).status_code == 200
    assert await mails_to(new) == []
    assert (await lines_of(number))[0].set_up_mail_at is None


@pytest.mark.parametrize("lines", [[2], [3], [9]], ids=["perpetual", "onboarded", "none"])
async def test_that_a_line_that_can_not_be_changed_is_refused_and_none_is(
    company: Company, lines: list[int]
) -> None:
    contact = address()
    number = await sold(
        company, subscription(contact), {}, subscription(contact, onboarded_at=clock.now())
    )
    answer = await change(company, "nora", number, address(), lines=[1, *lines])
    assert answer.status_code == (409 if lines == [3] else 422), answer.text
    assert (await lines_of(number))[0].provisioning_contact == contact


@pytest.mark.parametrize("email", ["nobody", "a@b", "", "x@y.example, z@y.example"])
async def test_that_the_new_contact_has_an_address(company: Company, email: str) -> None:
    number = await sold(company, subscription(address()))
    answer = await change(company, "nora", number, email)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "email"
