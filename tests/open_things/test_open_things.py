"""One answer to “what have I got open?”, with nothing of anybody else."""

from datetime import timedelta
from typing import Any

from backend.core import clock
from tests.access.company import found_company
from tests.conftest import Newcomer, SignedIn
from tests.orders.making import make_order
from tests.training.requests import request

PATH = "/me/open-things"


async def test_that_nothing_is_open_for_somebody_new(newcomer: Newcomer) -> None:
    someone = await newcomer(organization="adventure.example")
    assert (await someone.get(PATH)).json() == {"items": [], "counts": {}, "more": []}


async def test_that_everything_open_is_in_one_list(person: SignedIn) -> None:
    company = await found_company(person)
    nora, ada, vik = [await company.client(name) for name in ("nora", "ada", "vik")]
    case = (await nora.post("/training-engagements", json=request())).json()["number"]
    closed = (await nora.post("/training-engagements", json=request(open_another=True))).json()
    await nora.post(f"/cases/{closed['number']}/cancel", json={})
    asked = await company.asked("nora")
    delegated = await company.below(
        "ada", "POST", "/approval-delegations",
        json={"delegate": company.email("una"), "scope": "account",
              "ends": (clock.now() + timedelta(days=9)).isoformat()},
    )  # fmt: skip
    assert delegated.status_code == 201, delegated.text

    async def kinds(client: Any) -> list[tuple[str, str]]:
        items = (await client.get(PATH)).json()["items"]
        return [(one["kind"], one["reference"]) for one in items]

    assert await kinds(nora) == [("case", case), ("access_request", asked["id"])]
    assert set(await kinds(ada)) == {
        ("approval_delegation", delegated.json()["id"]),
        ("access_request_to_decide", asked["id"]),
    }
    una = await kinds(await company.client("una"))
    assert ("approval_delegation", delegated.json()["id"]) in una
    assert ("access_request_to_decide", asked["id"]) in una
    assert await kinds(vik) == []
    texts = [one["text"] for one in (await nora.get(PATH)).json()["items"]]
    assert "VA User" in texts[1]
    assert company.name in texts[1]


async def test_that_an_orders_delegation_stands_with_both(newcomer: Newcomer) -> None:
    contact, other = await newcomer(), await newcomer(organization="contoso.example")
    email, to = contact.email, other.email  # type: ignore[attr-defined]
    number = await make_order(contact=email)
    made = await contact.post(f"/orders/{number}/delegations", json={"email": to})
    assert made.status_code == 201, made.text
    items = (await contact.get(PATH)).json()["items"]
    (one,) = [item for item in items if item["kind"] == "order_delegation"]
    assert (one["reference"], one["status"]) == (number, "sent")
    assert to in one["text"]
    theirs = (await other.get(PATH)).json()["items"]
    assert [item for item in theirs if item["reference"] == number] == [], "only once it is used"


async def test_that_many_are_shortened_and_that_is_said(newcomer: Newcomer) -> None:
    someone = await newcomer(organization="adventure.example")
    for _ in range(26):
        made = await someone.post("/training-engagements", json=request(open_another=True))
        assert made.status_code == 201
    told = (await someone.get(PATH)).json()
    assert (told["counts"], told["more"]) == ({"case": 25}, ["case"])
