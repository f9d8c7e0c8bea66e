"""What time does to requests and delegations, with the clock moved."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from backend.access.timers import (
    end_delegations,
    expire_access_requests,
    remind_of_ageing_requests,
)
from backend.core import clock
from tests.access.company import Company
from tests.access.conftest import events_of, mails_to

Ahead = Callable[..., None]


async def test_that_a_request_ends_after_30_days(company: Company, clock_ahead: Ahead) -> None:
    request = await company.asked("nora", virtual_accounts=["Americas"])
    clock_ahead(days=29, hours=23)
    await expire_access_requests()
    nora = await company.client("nora")
    path = f"/access-requests/{request['id']}"
    assert (await nora.get(path)).json()["status"] == "pending"
    clock_ahead(hours=2)
    await expire_access_requests()
    shown = (await nora.get(path)).json()
    assert (shown["status"], shown["decided_by"]) == ("expired", None)
    assert shown["decided_at"] is not None
    (event,) = await events_of(company, "access_expired")
    assert (event.via, event.actor) == ("rule", company.domain)
    (mail,) = await mails_to(company.email("nora"))
    assert mail.subject.startswith("Not decided in time")
    await company.asked("nora", virtual_accounts=["Americas"])


async def test_that_nothing_is_decided_after_its_time_although_no_timer_ran(
    company: Company, clock_ahead: Ahead
) -> None:
    request = await company.asked("nora")
    clock_ahead(days=30, minutes=1)
    for name, how in (("ada", "approve"), ("ada", "decline"), ("nora", "cancel")):
        answer = await company.decide(name, request["id"], how)
        assert answer.status_code == 409
        assert "It expired on" in answer.json()["detail"]


async def test_that_timers_at_the_same_moment_do_it_once(
    company: Company, clock_ahead: Ahead
) -> None:
    await company.asked("nora", virtual_accounts=["Americas"])
    answer = await company.below(
        "ada", "POST", "/approval-delegations",
        json={"delegate": company.email("vik"), "scope": "account",
              "ends": (clock.now() + timedelta(days=20)).isoformat()},
    )  # fmt: skip
    assert answer.status_code == 201
    clock_ahead(days=8)
    await asyncio.gather(*(remind_of_ageing_requests() for _ in range(3)))
    clock_ahead(days=23)
    await asyncio.gather(*(expire_access_requests() for _ in range(3)),
                         *(end_delegations() for _ in range(3)))  # fmt: skip
    for type_ in ("access_ageing", "access_expired", "approval_delegation_ended"):
        assert len(await events_of(company, type_)) == 1, type_
    assert len(await mails_to(company.email("vik"), "access_delegation_over")) == 1


async def test_that_those_who_decide_are_told_of_what_gets_old(
    company: Company, clock_ahead: Ahead
) -> None:
    await company.asked("nora", virtual_accounts=["Americas"], justification="Still needed")
    clock_ahead(days=6)
    await remind_of_ageing_requests()
    assert await events_of(company, "access_ageing") == []
    clock_ahead(days=2)
    await remind_of_ageing_requests()
    await remind_of_ageing_requests()
    (mail,) = await mails_to(company.email("vito"), "access_ageing")
    assert mail.subject.startswith("Waiting for 8 days: Nora Test")
    assert "Still needed" in mail.text
    assert await mails_to(company.email("vera"), "access_ageing") == []
    clock_ahead(days=14)
    await remind_of_ageing_requests()
    assert len(await mails_to(company.email("vito"), "access_ageing")) == 2


async def test_that_nobody_is_told_of_what_is_decided(company: Company, clock_ahead: Ahead) -> None:
    request = await company.asked("nora")
    await company.decide("ada", request["id"], "decline")
    clock_ahead(days=40)
    await remind_of_ageing_requests()
    await expire_access_requests()
    types = {event.type for event in await events_of(company)}
    assert types == {"access_requested", "access_declined"}


async def test_that_a_delegation_ends_at_its_time_and_both_sides_hear(
    company: Company, clock_ahead: Ahead
) -> None:
    ends = clock.now() + timedelta(days=3)
    body = {"delegate": company.email("una"), "scope": "account", "ends": ends.isoformat()}
    await company.below("ada", "POST", "/approval-delegations", json=body)
    clock_ahead(days=2)
    await end_delegations()
    assert await events_of(company, "approval_delegation_ended") == []
    clock_ahead(days=2)
    await end_delegations()
    (event,) = await events_of(company, "approval_delegation_ended")
    assert (event.via, event.actor) == ("rule", company.domain)
    for name, said in (("ada", "Requests wait for you again"), ("una", "Thank you")):
        (mail,) = await mails_to(company.email(name), "access_delegation_over")
        assert said in mail.text
        assert "the time is over in which Una Test" in mail.text
    (row,) = (await company.below("ada", "GET", "/approval-delegations")).json()["items"]
    assert row["status"] == "ended"
    assert row["ended_at"] == row["ends"]


async def test_that_the_timers_run_with_the_others() -> None:
    from backend.core.timers import _timers

    assert {"expire_access_requests", "remind_of_ageing_requests", "end_delegations"} <= set(
        _timers
    )
