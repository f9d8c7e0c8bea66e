"""The demo world's orders, as its people find them."""

from typing import Any

import pytest

from tests.conftest import SignedIn

FIONA, OLIVIA, OTTO = "fiona@northwind.example", "olivia@fabrikam.example", "otto@lucerne.example"
# In the order of the catalogue, so that the last digits of the order count them.
REASONS = (
    "SA_MISSING", "SA_PENDING", "FC_MISSING", "HELD_BY_PARTNER", "PROV_CONTACT_MISSING",
    "PROV_CONTACT_NO_ACTION", "CLAIM_NOT_ACTIVATED", "TENANT_INFO_MISSING", "START_DATE_FUTURE",
    "EULA_NOT_ACCEPTED", "EXPORT_HOLD", "CREDIT_HOLD", "DEAL_HOLD", "EA_REQUEST_NEEDED",
    "SYSTEM_ERROR", "NOT_SMART_ENABLED",
)  # fmt: skip
OF_REASONS = {str(4100000 + at): reason for at, reason in enumerate(REASONS, 1)}
ASSIGNMENTS = (
    dict.fromkeys(("4100001", "4100003", "4100023", "4100031", "4100032"), "unassigned")
    | dict.fromkeys((str(number) for number in range(4100025, 4100031)), "unassigned")
    | {"4100002": "assigned_pending_sa", "4100004": "held_by_partner"}
    | dict.fromkeys(("4100016", "4100021", "4100022"), "not_applicable")
)  # fmt: skip


async def seen(person: SignedIn, email: str, path: str, **params: Any) -> Any:
    answer = await (await person(email)).get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def numbers(person: SignedIn, email: str, **params: Any) -> list[str]:
    listed = await seen(person, email, "/orders", limit=200, **params)
    return [order["number"] for order in listed["items"]]


@pytest.mark.parametrize(("number", "reason"), OF_REASONS.items(), ids=REASONS)
async def test_that_each_reason_has_an_order_that_waits_for_it_alone(
    person: SignedIn, number: str, reason: str
) -> None:
    order = await seen(person, OLIVIA, f"/orders/{number}")
    assert [delay["code"] for delay in order["delays"]] == [reason]
    (delay,) = order["delays"]
    assert all(delay[told] for told in ("who", "next_step", "title", "lines"))
    assert delay["age_days"] >= 1
    assert (await seen(person, OLIVIA, f"/orders/{number}/delays"))["items"] == order["delays"]


async def test_that_every_order_stands_where_the_world_says(person: SignedIn) -> None:
    listed = [
        *(await seen(person, OLIVIA, "/orders", limit=200))["items"],
        *(await seen(person, OTTO, "/orders"))["items"],
        await seen(person, FIONA, "/orders/4100031"),
    ]
    assert len(listed) == 29
    for order in listed:
        expected = ASSIGNMENTS.get(order["number"], "assigned")
        assert order["assignment_status"] == expected, order["number"]
        assert len(order["lines"]) == (3 if order["number"] == "4100026" else 2)
        assert int(order["web_order_number"]) == 81000000 + int(order["number"]) - 4100000
