"""Deciding in another's place: for a time, within reach, up to a ceiling, and no further."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from backend.access.models import ApprovalDelegation
from backend.core import clock
from backend.core.database import database
from backend.core.identity import Person
from tests.access.company import Company
from tests.access.conftest import Found, events_of, mails_to

PATH = "/approval-delegations"
WHOLE: dict[str, Any] = {"scope": "account", "role": "sa_user", "virtual_accounts": None}


def at(**ahead: float) -> str:
    return (clock.now() + timedelta(**ahead)).isoformat()


async def hand_over(company: Company, name: str, to: str, **body: Any) -> Any:
    told = {"delegate": company.email(to), "scope": "account", "ends": at(days=5)} | body
    return await company.below(name, "POST", PATH, json=told)


async def delegated(company: Company, name: str, delegate: str, **body: Any) -> dict[str, Any]:
    answer = await hand_over(company, name, delegate, **body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def waiting_for(company: Company, name: str) -> list[str]:
    client = await company.client(name)
    items = (await client.get("/access-requests?to_decide=true")).json()["items"]
    return [one["id"] for one in items]


async def test_that_a_delegate_decides_and_it_says_in_whose_place(company: Company) -> None:
    request = await company.asked("nora", virtual_accounts=["Americas"])
    assert await waiting_for(company, "una") == []
    body = await delegated(company, "ada", "una")
    assert body["status"] == "active"
    assert body["delegator"] == {"name": "Ada Test", "email": company.email("ada")}
    assert body["delegate"] == {"name": "Una Test", "email": company.email("una")}
    assert await waiting_for(company, "una") == [request["id"]]
    shown = await (await company.client("nora")).get(f"/access-requests/{request['id']}")
    assert company.email("una") in [one["email"] for one in shown.json()["deciders"]]
    answer = await company.decide("una", request["id"])
    assert answer.status_code == 200
    assert answer.json()["decided_by"]["email"] == company.email("una")
    assert answer.json()["on_behalf_of"]["email"] == company.email("ada")
    (event,) = await events_of(company, "access_approved")
    assert (event.actor, event.on_behalf_of) == (company.email("una"), company.email("ada"))
    (mail,) = await mails_to(company.email("nora"))
    assert "Una Test, in place of Ada Test, approved your request" in mail.text
    una = await company.client("una")
    assert (await una.get(f"/access-requests/{request['id']}")).status_code == 200
    assert request["id"] in str((await una.get("/access-requests")).json())


async def test_that_both_sides_are_told_and_it_is_in_the_history(company: Company) -> None:
    body = await delegated(company, "vera", "vik", scope="virtual_accounts",
                           virtual_accounts=["Oslo"])  # fmt: skip
    assert body["virtual_accounts"] == ["Oslo"]
    (event,) = await events_of(company)
    assert (event.type, event.actor) == ("approvals_delegated", company.email("vera"))
    (to_delegate,) = await mails_to(company.email("vik"))
    (to_delegator,) = await mails_to(company.email("vera"))
    assert "Vera Test" in to_delegate.text
    assert "lets you decide" in to_delegate.text
    assert "For: Oslo" in to_delegate.text
    assert "in your place" in to_delegator.text
    assert to_delegate.subject == to_delegator.subject


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"role": "va_admin"}, 200),
        (WHOLE, 200),
        (WHOLE | {"role": "sa_viewer"}, 200),
        (WHOLE | {"role": "sa_approver"}, 403),
        (WHOLE | {"role": "sa_admin"}, 403),
    ],
)
async def test_that_a_delegate_grants_va_administrator_at_most(
    company: Company, asked: dict[str, Any], status: int
) -> None:
    await delegated(company, "ada", "una")
    request = await company.asked("nora", **asked)
    answer = await company.decide("una", request["id"])
    assert answer.status_code == status, answer.text
    if status == 403:
        assert "VA Administrator at most" in answer.json()["detail"]
        assert "Who can: Ada Test" in answer.json()["detail"]
        lower = await company.decide("una", request["id"], role="sa_viewer")
        assert lower.status_code == 200


async def test_that_a_delegate_declines_whatever_is_asked(company: Company) -> None:
    await delegated(company, "ada", "una")
    request = await company.asked("nora", **WHOLE | {"role": "sa_admin"})
    assert (await company.decide("una", request["id"], "decline")).status_code == 200


@pytest.mark.parametrize(
    ("places", "asked", "status"),
    [
        (["Oslo"], ["Oslo"], 200),
        (["Oslo"], ["Oslo-Lab"], 200),
        (["EMEA"], ["Oslo", "Oslo-Lab"], 200),
        (["Oslo"], ["EMEA"], 404),
        (["Oslo"], ["Oslo", "Americas"], 404),
        (["Oslo", "Americas"], ["Oslo", "Americas"], 200),
    ],
)
async def test_that_a_delegation_reaches_as_far_as_it_says(
    company: Company, places: list[str], asked: list[str], status: int
) -> None:
    await delegated(company, "ada", "una", scope="virtual_accounts", virtual_accounts=places)
    request = await company.asked("nora", virtual_accounts=asked)
    if status == 404:
        # An SA User sees what waits, so ask as somebody who does not.
        await delegated(company, "ada", "vik", scope="virtual_accounts", virtual_accounts=places)
        assert (await company.decide("una", request["id"])).status_code == 403
        assert (await company.decide("vik", request["id"])).status_code == 404
        assert await waiting_for(company, "vik") == []
    else:
        assert await waiting_for(company, "una") == [request["id"]]
        assert (await company.decide("una", request["id"])).status_code == status


async def test_that_it_reaches_no_further_than_the_delegator_does(company: Company) -> None:
    await delegated(company, "vito", "vik", scope="virtual_accounts", virtual_accounts=["Oslo"])
    nested = await company.asked("nora", virtual_accounts=["Oslo"], include_nested=True)
    below = await company.asked("nils", virtual_accounts=["Oslo-Lab"])
    same = await company.asked("nils", virtual_accounts=["Oslo"])
    assert (await company.decide("vik", nested["id"])).status_code == 404
    assert (await company.decide("vik", below["id"])).status_code == 404
    assert await waiting_for(company, "vik") == [same["id"]]
    refused = await company.decide("vik", same["id"], virtual_accounts=["Oslo-Lab"])
    assert refused.status_code == 403
    assert (await company.decide("vik", same["id"])).status_code == 200


async def test_that_nobody_decides_a_request_of_ones_own_as_a_delegate(company: Company) -> None:
    await delegated(company, "ada", "vik")
    request = await company.asked("vik", virtual_accounts=["Americas"])
    assert await waiting_for(company, "vik") == []
    answer = await company.decide("vik", request["id"])
    assert answer.status_code == 403
    assert company.email("vik") not in [one["email"] for one in request["deciders"]]


async def test_that_it_begins_and_ends_at_its_times(company: Company, clock_ahead: Any) -> None:
    body = await delegated(company, "ada", "vik", starts=at(days=1), ends=at(days=3))
    request = await company.asked("nora", virtual_accounts=["Americas"])
    assert body["status"] == "scheduled"
    assert (await company.decide("vik", request["id"])).status_code == 404
    clock_ahead(days=2)
    assert await waiting_for(company, "vik") == [request["id"]]
    clock_ahead(days=2)
    assert await waiting_for(company, "vik") == []
    assert (await company.decide("vik", request["id"])).status_code == 404
    path = f"{PATH}/{body['id']}"
    assert (await company.below("ada", "GET", path)).json()["status"] == "ended"


async def test_that_it_can_be_revoked_by_who_gave_it_who_has_it_and_sa_administrators(
    company: Company,
) -> None:
    for name in ("vera", "vik", "ben"):
        body = await delegated(company, "vera", "vik", scope="virtual_accounts",
                               virtual_accounts=["Oslo"])  # fmt: skip
        request = await company.asked(await company.newcomer())
        assert request["id"] in await waiting_for(company, "vik")
        path = f"{PATH}/{body['id']}"
        for stranger in ("una", "vito", "vic"):
            assert (await company.below(stranger, "DELETE", path)).status_code == 403
        answer = await company.below(name, "DELETE", path)
        assert answer.status_code == 200
        assert answer.json()["status"] == "ended"
        assert answer.json()["receipt"]["title"] == "Delegation revoked"
        assert await waiting_for(company, "vik") == []
        again = await company.below(name, "DELETE", path)
        assert again.status_code == 409
        assert "ended on" in again.json()["detail"]
    assert len(await events_of(company, "approval_delegation_revoked")) == 3
    mails = await mails_to(company.email("vik"), "access_delegation_over")
    assert [mail.text.split(",")[1].split()[:2] for mail in mails] == [
        ["Vera", "Test"], ["Vik", "Test"], ["Ben", "Test"],
    ]  # fmt: skip


async def test_that_it_is_void_once_the_delegator_has_lost_the_right(company: Company) -> None:
    await delegated(company, "ada", "vik")
    request = await company.asked("nora", virtual_accounts=["Americas"])
    await company.remove("ada")
    assert await waiting_for(company, "vik") == []
    assert (await company.decide("vik", request["id"])).status_code == 404
    shown = await (await company.client("nora")).get(f"/access-requests/{request['id']}")
    assert [one["email"] for one in shown.json()["deciders"]] == [
        company.email("ben"), company.email("vito"),
    ]  # fmt: skip


async def test_that_it_is_void_once_the_delegate_has_left(company: Company) -> None:
    await delegated(company, "ada", "vik")
    request = await company.asked("nora", virtual_accounts=["Americas"])
    await company.remove("vik")
    assert (await company.decide("vik", request["id"])).status_code == 404
    await company.give("vik", "va_viewer", "EMEA")
    assert (await company.decide("vik", request["id"])).status_code == 404


async def test_that_own_rights_come_before_delegated_ones(company: Company) -> None:
    await delegated(company, "ada", "vera")
    own = await company.asked("nora", virtual_accounts=["Oslo"])
    other = await company.asked("nora", virtual_accounts=["Americas"])
    assert (await company.decide("vera", own["id"])).json()["on_behalf_of"] is None
    in_place = (await company.decide("vera", other["id"])).json()["on_behalf_of"]
    assert in_place["email"] == company.email("ada")


BAD: list[tuple[str, str, str, dict[str, Any], int, str]] = [
    ("a stranger", "ada", "nora", {}, 422, "delegate"),
    ("nobody", "ada", "x", {"delegate": "x@nowhere.example"}, 422, "delegate"),
    ("no address", "ada", "x", {"delegate": "una"}, 422, "delegate"),
    ("a viewer", "ada", "vic", {}, 422, "delegate"),
    ("a VA viewer", "ada", "viola", {}, 422, "delegate"),
    ("oneself", "ada", "ada", {}, 422, "delegate"),
    ("who decides anyway", "ada", "ben", {}, 422, "delegate"),
    ("who decides there anyway", "ada", "vera",
     {"scope": "virtual_accounts", "virtual_accounts": ["Oslo"]}, 422, "delegate"),
    ("an end before the begin", "ada", "una", {"starts": "2040-01-02T00:00:00Z",
                                               "ends": "2040-01-01T00:00:00Z"}, 422, "ends"),
    ("an end that is past", "ada", "una", {"ends": "2020-01-01T00:00:00Z"}, 422, "ends"),
    ("91 days", "ada", "una", {"starts": "2040-01-01T00:00:00Z",
                               "ends": "2040-04-01T00:00:00Z"}, 422, "ends"),
    ("no end", "ada", "una", {"ends": None}, 422, "ends"),
    ("times out of reach", "ada", "una", {"ends": "9999-12-31T23:59:59-12:00"}, 422, "ends"),
    ("no virtual account", "ada", "una", {"scope": "virtual_accounts"}, 422, "virtual_accounts"),
    ("unknown virtual accounts", "ada", "una",
     {"scope": "virtual_accounts", "virtual_accounts": ["Nowhere"]}, 422, "virtual_accounts.0"),
    ("virtual accounts for all", "ada", "una", {"virtual_accounts": ["Oslo"]}, 422,
     "virtual_accounts"),
    ("beyond one's reach", "vera", "una", {}, 403, "SA Administrator"),
    ("beyond one's virtual accounts", "vera", "una",
     {"scope": "virtual_accounts", "virtual_accounts": ["Oslo", "Americas"]}, 403, "Ada Test"),
    ("by an SA User", "una", "vik", {}, 403, "Ada Test"),
    ("by an SA Approver", "apo", "vik", {}, 403, "Ada Test"),
    ("by a stranger", "nora", "vik", {}, 403, "no role"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "delegate", "body", "status", "said"), [b[1:] for b in BAD],
                         ids=[b[0] for b in BAD])  # fmt: skip
async def test_that_a_delegation_which_must_not_be_is_refused(
    company: Company, name: str, delegate: str, body: dict[str, Any], status: int, said: str
) -> None:
    answer = await hand_over(company, name, delegate, **body)
    assert answer.status_code == status, answer.text
    if status == 422:
        assert answer.json()["errors"][0]["field"] == said
    else:
        assert said in answer.json()["detail"]
    assert await events_of(company) == []


async def test_that_90_days_are_possible_and_a_day_includes_its_hours(company: Company) -> None:
    answer = await delegated(company, "ada", "una", starts="2040-01-01T08:00:00Z",
                             ends="2040-03-31")  # fmt: skip
    assert answer["ends"] == "2040-03-31T23:59:59Z"


async def test_that_times_without_a_zone_are_in_the_delegators(company: Company) -> None:
    async with database().write() as session:
        ada = await session.get_one(Person, company.email("ada"))
        ada.time_zone = "Asia/Tokyo"
    body = await delegated(company, "ada", "una", starts="2040-01-01T09:00", ends="2040-01-02")
    assert (body["starts"], body["ends"]) == ("2040-01-01T00:00:00Z", "2040-01-02T14:59:59Z")


async def test_that_a_delegate_passes_nothing_on(company: Company) -> None:
    await delegated(company, "ada", "una")
    assert (await hand_over(company, "una", "vik")).status_code == 403


async def test_that_the_same_is_not_delegated_twice_at_a_time(company: Company) -> None:
    first = await delegated(company, "ada", "una", ends=at(days=5))
    again = await hand_over(company, "ada", "una", starts=at(days=4), ends=at(days=9))
    assert (again.status_code, again.json()["type"]) == (409, "/problems/delegated-already")
    until = datetime.fromisoformat(first["ends"])
    assert f"until {until:%d %B %Y, %H:%M} UTC" in again.json()["detail"]
    await delegated(company, "ada", "una", starts=at(days=6), ends=at(days=9))
    await delegated(company, "ben", "una")
    await delegated(company, "ada", "vik")


async def test_that_of_two_at_once_one_is_taken(company: Company) -> None:
    await company.client("ada")
    body = {"delegate": company.email("una"), "scope": "account", "ends": at(days=5)}
    answers = await asyncio.gather(
        *(company.below("ada", "POST", PATH, json=body) for _ in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


async def test_that_an_open_admin_notice_blocks_giving_and_revoking(found: Found) -> None:
    fresh = await found(admin_notice=0)
    assert (await hand_over(fresh, "ada", "una")).status_code == 409
    async with database().write() as session:
        row = ApprovalDelegation(
            smart_account_id=fresh.id, delegator=fresh.email("ada"),
            delegate=fresh.email("una"), scope="account", starts=clock.now(),
            ends=clock.now() + timedelta(days=2),
        )  # fmt: skip
        session.add(row)
    answer = await fresh.below("ada", "DELETE", f"{PATH}/{row.id}")
    assert answer.status_code == 409
    assert "Admin Notice" in answer.json()["title"]


async def test_who_sees_which_delegations(company: Company) -> None:
    by_ada = await delegated(company, "ada", "una")
    by_vera = await delegated(company, "vera", "vik", scope="virtual_accounts",
                              virtual_accounts=["Oslo"])  # fmt: skip
    seen: dict[str, Any] = {
        "ada": [by_vera, by_ada], "ben": [by_vera, by_ada], "una": [by_ada], "vera": [by_vera],
        "vik": [by_vera], "vito": [],
    }  # fmt: skip
    for name, expected in seen.items():
        items = (await company.below(name, "GET", PATH)).json()["items"]
        assert [one["id"] for one in items] == [one["id"] for one in expected], name
        for one in (by_ada, by_vera):
            answer = await company.below(name, "GET", f"{PATH}/{one['id']}")
            assert answer.status_code == (200 if one in expected else 403), name
    for name in ("apo", "vic", "viola", "nora"):
        assert (await company.below(name, "GET", PATH)).status_code == 403
    pages = await company.below("ada", "GET", PATH, params={"limit": 1})
    assert [one["id"] for one in pages.json()["items"]] == [by_vera["id"]]
    rest = await company.below("ada", "GET", PATH, params={"cursor": pages.json()["next"]})
    assert [one["id"] for one in rest.json()["items"]] == [by_ada["id"]]


async def test_that_another_accounts_delegation_is_none_of_this_one(found: Found) -> None:
    one, other = await found(), await found()
    body = await delegated(other, "ada", "una")
    for method in ("GET", "DELETE"):
        answer = await one.below("ada", method, f"{PATH}/{body['id']}")
        assert answer.status_code == 404


async def test_that_a_dry_run_of_a_delegation_leaves_nothing(company: Company) -> None:
    answer = await company.below(
        "ada", "POST", PATH, headers={"Dry-Run": "true"},
        json={"delegate": company.email("una"), "scope": "account", "ends": at(days=5)},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["id"]) == (200, None)
    assert (await company.below("ada", "GET", PATH)).json()["items"] == []
    assert await mails_to(company.email("una")) == []


@pytest.mark.parametrize("wrong", [{"delegate": "ada"}, {"scope": "some"}, {"days": -1}])
async def test_that_the_database_itself_refuses_a_wrong_delegation(
    company: Company, wrong: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError):
        async with database().write() as session:
            session.add(
                ApprovalDelegation(
                    smart_account_id=company.id, delegator=company.email("ada"),
                    delegate=company.email(wrong.get("delegate", "una")),
                    scope=wrong.get("scope", "account"), starts=clock.now(),
                    ends=clock.now() + timedelta(days=wrong.get("days", 1)),
                )
            )  # fmt: skip
