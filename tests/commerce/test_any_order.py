"""Messages in any order, late and twice, always leave the same."""

import asyncio
import copy
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from backend.core import clock
from tests.access.company import Company
from tests.access.conftest import Found
from tests.commerce.messages import applied, line, send, state_of, told
from tests.orders.shop import assign, fresh_number

VERSIONS = range(2, 7)


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The product's clock stands still, so that moments can be compared."""
    at = datetime(2026, 11, 1, 12, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: at)


def lines(accounts: list[tuple[str, str]]) -> st.SearchStrategy[dict[str, Any]]:
    """A line as Commerce may tell it; its number is put in later."""
    assigned = st.sampled_from([{}, *(
        {"smart_account": domain, "virtual_account": place} for domain, place in accounts
    ), {"smart_account": accounts[0][0]}])  # fmt: skip
    return st.builds(
        lambda there, more: line(**there, **more),
        assigned,
        st.fixed_dictionaries(
            {
                "quantity": st.integers(1, 9),
                "provisioning": st.sampled_from(
                    ["not_started", "in_progress", "completed", "completed", "failed"]
                ),
                "kind": st.sampled_from(["perpetual", "subscription"]),
                "provisioning_contact": st.sampled_from([None, "p@elsewhere.example"]),
            }
        ),
    )


@st.composite
def histories(draw: st.DrawFn, company: Company, pending: Company) -> list[Any]:
    """What Commerce says of one order, version by version; also that it has delivered what stands
    on no account, or on one that is not active.
    """
    accounts = [(company.domain, "Oslo"), (company.domain, "EMEA"), (pending.domain, "Oslo")]
    contacts = [company.email("nora"), company.email("nils"), "x@elsewhere.example", None]
    messages = []
    for version in VERSIONS:
        numbers = draw(st.sets(st.integers(1, 4), min_size=1))
        messages.append(
            told(
                version,
                *(draw(lines(accounts)) | {"number": number} for number in sorted(numbers)),
                contact=draw(st.sampled_from(contacts)),
                status=draw(st.sampled_from(["booked", "in_fulfilment", "closed", "cancelled"])),
                holds=draw(st.sampled_from([{}, {"credit": "2026-09-03T00:00:00Z"}])),
                partner=draw(st.sampled_from([None, {"domain": "lucerne.example"}])),
            )
        )
    return messages


async def begun(commerce: httpx.AsyncClient, company: Company, guests: Company) -> str:
    """An order with a delegation, a share, an assignment made here, and licences of its own."""
    number, nora = fresh_number(), await company.client("nora")
    contact = company.email("nora")
    first = told(1, *(line(n) for n in range(1, 4)), contact=contact)
    assert await applied(commerce, number, first)
    for path, body in (
        ("delegations", {"email": guests.email("ada")}),
        ("shares", {"emails": [guests.email("ben")]}),
    ):
        assert (await nora.post(f"/orders/{number}/{path}", json=body)).status_code == 201
    assert (await assign(nora, number, company, "Americas", lines=[1, 2])).status_code == 200
    return number


async def replayed(
    commerce: httpx.AsyncClient, company: Company, guests: Company, pending: Company,
    messages: list[Any],
) -> dict[str, Any]:  # fmt: skip
    number = await begun(commerce, company, guests)
    for message in messages:
        answer = await send(commerce, number, copy.deepcopy(message))
        assert answer.status_code == 200, answer.text
    state = await state_of(number)
    none_is_stranded(state, pending)
    return state


def none_is_stranded(state: dict[str, Any], pending: Company) -> None:
    """Each delivered line has its licences, or is known to wait for an account."""
    lines = [line for line in state["OrderLine"] if line["provisioning"] == "completed"]
    there = {one["line"] for one in state["License"]}
    on = {line["number"]: line["smart_account_id"] for line in lines}
    assert there == {number for number, at in on.items() if at not in (None, pending.id)}
    order = state["order"]
    nowhere = [line for line in state["OrderLine"] if line["smart_account_id"] is None]
    cancelled = order["cancelled_at"] is not None
    assert order["unassigned_lines"] == (0 if cancelled else len(nowhere))
    if nowhere and not cancelled:
        assert order["is_held"]


# Hypothesis takes what the app's threads draw from `random` meanwhile for a strategy's.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
def test_that_the_order_of_messages_does_not_matter(
    commerce: httpx.AsyncClient, company: Company, found: Found, stopped: None,
    loop: asyncio.AbstractEventLoop,
) -> None:  # fmt: skip
    guests = loop.run_until_complete(found())
    pending = loop.run_until_complete(found(status="pending"))

    @settings(
        max_examples=15, deadline=None, phases=(Phase.reuse, Phase.generate),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )  # fmt: skip
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        messages = data.draw(histories(company, pending))
        shuffled = data.draw(
            st.permutations([*messages, *data.draw(st.lists(st.sampled_from(messages)))])
        )
        in_order, in_any = (
            loop.run_until_complete(replayed(commerce, company, guests, pending, one))
            for one in (messages, shuffled)
        )
        different = [name for name in in_order if in_order[name] != in_any[name]]
        assert not different, [(in_order[name], in_any[name]) for name in different]

    check()


async def test_that_many_messages_at_once_leave_the_same(
    commerce: httpx.AsyncClient, company: Company, found: Found, stopped: None
) -> None:
    guests, pending = await found(), await found(status="pending")
    messages = [
        told(version, *(line(n, provisioning="completed" if version % 2 else "in_progress")
                        for n in range(1, 2 + version % 4)),
             contact=company.email("nora" if version != 4 else "nils"))
        for version in VERSIONS
    ]  # fmt: skip
    expected = await replayed(commerce, company, guests, pending, messages)
    for _ in range(3):
        number = await begun(commerce, company, guests)
        answers = await asyncio.gather(*(send(commerce, number, one) for one in messages * 2))
        assert {one.status_code for one in answers} == {200}
        assert await state_of(number) == expected
