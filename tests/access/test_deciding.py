"""Decisions: who may, what may be granted, what stays of it, and that each happens once."""

import asyncio
from typing import Any

import pytest
from sqlmodel import col, delete

from backend.core import clock
from backend.core.database import database
from backend.core.identity import Person
from backend.users.models import (
    ExternalGroupGrant,
    ExternalGroupPlace,
    Membership,
    UserGroup,
    UserGroupMember,
    UserGroupPlace,
)
from backend.virtual_accounts.models import VirtualAccount
from tests.access.company import Company
from tests.access.conftest import Found, events_of, mails_to

WHOLE: dict[str, Any] = {"scope": "account", "role": "sa_user", "virtual_accounts": None}


async def test_that_what_was_asked_is_granted(company: Company) -> None:
    request = await company.asked("nora", virtual_accounts=["Oslo", "APAC"])
    answer = await company.decide("ada", request["id"])
    assert answer.status_code == 200
    body = answer.json()
    assert body["status"] == "approved"
    assert body["granted"] == {
        "scope": "virtual_accounts", "role": "va_user", "virtual_accounts": ["APAC", "Oslo"],
        "include_nested": False,
    }  # fmt: skip
    assert body["decided_by"] == {"name": "Ada Test", "email": company.email("ada")}
    assert body["deciders"] == []
    assert body["receipt"]["title"] == "Approved"
    assert await company.roles("nora") == {("va_user", "Oslo"), ("va_user", "APAC")}


async def test_that_a_decision_is_in_the_history_and_mailed_to_who_asked(company: Company) -> None:
    request = await company.asked("nora")
    await company.decide("ada", request["id"])
    (event,) = await events_of(company, "access_approved")
    assert (event.actor, event.via, event.on_behalf_of, event.rule) == (
        company.email("ada"), "rest", None, None,
    )  # fmt: skip
    assert event.text == f"Approved: Nora Test ({company.email('nora')}) is now VA User of Oslo"
    (mail,) = await mails_to(company.email("nora"))
    assert mail.subject == f"Approved: your access to {company.name}"
    assert "Ada Test approved your request" in mail.text
    assert "You had asked" not in mail.text


async def test_that_fewer_virtual_accounts_are_a_part(company: Company) -> None:
    request = await company.asked("nora", virtual_accounts=["Oslo", "Americas"])
    body = (await company.decide("ada", request["id"], virtual_accounts=["americas"])).json()
    assert body["status"] == "partially_approved"
    assert body["virtual_accounts"] == ["Americas", "Oslo"]
    assert body["granted"]["virtual_accounts"] == ["Americas"]
    assert await company.roles("nora") == {("va_user", "Americas")}
    (mail,) = await mails_to(company.email("nora"))
    assert mail.subject.startswith("Partly approved")
    assert "You had asked to become VA User of Americas, Oslo" in mail.text


DIFFERENT: list[tuple[dict[str, Any], dict[str, Any], str, set[tuple[str, str]]]] = [
    ({"role": "va_admin"}, {"role": "va_viewer"}, "approved", {("va_viewer", "Oslo")}),
    ({}, {"role": "va_admin"}, "approved", {("va_admin", "Oslo")}),
    ({}, {"scope": "account", "role": "sa_viewer"}, "approved", {("sa_viewer", "")}),
    ({}, {"role": "sa_user"}, "approved", {("sa_user", "")}),
    (WHOLE, {"scope": "virtual_accounts", "role": "va_user", "virtual_accounts": ["Oslo"]},
     "partially_approved", {("va_user", "Oslo")}),
    (WHOLE, {"role": "sa_viewer"}, "approved", {("sa_viewer", "")}),
    ({}, {"virtual_accounts": ["Oslo", "Americas"]}, "approved",
     {("va_user", "Oslo"), ("va_user", "Americas")}),
    ({"virtual_accounts": ["Oslo", "DEFAULT"]}, {"virtual_accounts": ["Oslo", "Americas"]},
     "partially_approved", {("va_user", "Oslo"), ("va_user", "Americas")}),
    ({"virtual_accounts": ["EMEA"], "include_nested": True}, {"include_nested": False},
     "partially_approved", {("va_user", "EMEA")}),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "granted", "status", "roles"), DIFFERENT)
async def test_that_something_else_can_be_granted(
    company: Company, asked: dict[str, Any], granted: dict[str, Any], status: str,
    roles: set[tuple[str, str]],
) -> None:  # fmt: skip
    request = await company.asked("nora", **asked)
    answer = await company.decide("ada", request["id"], **granted)
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == status
    assert answer.json()["role"] == request["role"]
    assert await company.roles("nora") == roles


async def test_that_a_grant_is_added_to_what_the_person_has(company: Company) -> None:
    first = await company.asked("vik", virtual_accounts=["Americas"])
    await company.decide("ada", first["id"])
    deeper = await company.asked("vik", virtual_accounts=["EMEA"], include_nested=True)
    await company.decide("ada", deeper["id"])
    assert await company.roles("vik") == {("va_user", "EMEA"), ("va_user", "Americas")}
    assert (await company.ask("vik", virtual_accounts=["Oslo-Lab"])).status_code == 409


async def test_that_what_somebody_has_got_meanwhile_does_no_harm(company: Company) -> None:
    request = await company.asked("nora", **WHOLE)
    async with database().write() as session:
        session.add(
            Membership(smart_account_id=company.id, person=company.email("nora"), role="sa_user")
        )
    assert (await company.decide("ada", request["id"])).status_code == 200
    assert await company.roles("nora") == {("sa_user", "")}


async def test_that_declining_takes_a_reason_and_gives_nothing(company: Company) -> None:
    request = await company.asked("nora")
    body = (await company.decide("ada", request["id"], "decline", reason="Wrong team")).json()
    assert (body["status"], body["reason"], body["granted"]) == ("declined", "Wrong team", None)
    assert await company.roles("nora") == set()
    (mail,) = await mails_to(company.email("nora"))
    assert "Reason: Wrong team" in mail.text
    (event,) = await events_of(company, "access_declined")
    assert event.text.endswith("to become VA User of Oslo: Wrong team")


async def test_that_neither_approving_nor_declining_needs_a_body(company: Company) -> None:
    ada = await company.client("ada")
    for name, how, status in (("nora", "approve", "approved"), ("nils", "decline", "declined")):
        request = await company.asked(name)
        answer = await ada.post(f"/access-requests/{request['id']}/{how}")
        assert answer.status_code == 200, answer.text
        assert answer.json()["status"] == status


async def test_that_a_dry_run_shows_the_decision_and_leaves_nothing(company: Company) -> None:
    request = await company.asked("nora")
    ada = await company.client("ada")
    tried = await ada.post(
        f"/access-requests/{request['id']}/approve", json={}, headers={"Dry-Run": "true"}
    )
    assert tried.status_code == 200
    assert tried.json()["status"] == "approved"
    assert tried.json()["id"] == request["id"]
    assert await company.roles("nora") == set()
    assert [event.type for event in await events_of(company)] == ["access_requested"]
    assert await mails_to(company.email("nora")) == []
    again = (await ada.get(f"/access-requests/{request['id']}")).json()
    assert again["status"] == "pending"


# Who may decide what: `vera` administers EMEA with what is nested, `vito` Oslo and Americas.
WHO: list[tuple[dict[str, Any], dict[str, int]]] = [
    ({"virtual_accounts": ["Oslo-Lab"]}, {"ada": 200, "vera": 200, "vito": 404, "una": 403,
                                          "apo": 404, "vic": 404, "vik": 404, "viola": 404,
                                          "nils": 404, "nora": 403}),
    ({"virtual_accounts": ["Oslo"]}, {"vera": 200, "vito": 200}),
    ({"virtual_accounts": ["Oslo"], "include_nested": True}, {"vera": 200, "vito": 404}),
    ({"virtual_accounts": ["EMEA", "Americas"]}, {"ada": 200, "vera": 404, "vito": 404}),
    ({"virtual_accounts": ["Oslo", "Americas"]}, {"vera": 404, "vito": 200}),
    (WHOLE, {"ada": 200, "ben": 200, "vera": 404, "vito": 404, "una": 403}),
    (WHOLE | {"role": "sa_admin"}, {"ada": 200, "apo": 404}),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "expected"), WHO)
@pytest.mark.parametrize("how", ["approve", "decline"])
async def test_who_may_decide_what(
    company: Company, asked: dict[str, Any], expected: dict[str, int], how: str
) -> None:
    for name, status in expected.items():
        company.clients["asker"] = await company.signed_in(await company.newcomer())
        asker = "nora" if name == "nora" else "asker"
        request = await company.asked(asker, **asked)
        able = {one["email"] for one in request["deciders"]}
        answer = await company.decide(name, request["id"], how)
        assert answer.status_code == status, (name, answer.text)
        assert (company.email(name) in able) is (status == 200), name
        if status == 403:
            assert f"Ada Test ({company.email('ada')})" in answer.json()["detail"]
        if status == 404:
            assert "Ada Test" not in answer.text
            assert company.email("ada") not in answer.text


async def test_that_members_of_a_group_and_of_another_accounts_group_decide_too(
    found: Found,
) -> None:
    company, other = await found(), await found()
    async with database().write() as session:
        own = UserGroup(smart_account_id=company.id, name="Own", role="va_admin")
        external = UserGroup(smart_account_id=other.id, name="External", role="va_user")
        session.add_all([own, external])
        await session.flush()
        grant = ExternalGroupGrant(
            lookup_id=other.domain[:18], group_id=external.id, smart_account_id=company.id,
            requested_by=other.email("ada"), role="va_admin", granted_by=company.email("ada"),
            granted_at=clock.now(),
        )  # fmt: skip
        session.add(grant)
        await session.flush()
        session.add_all(
            [
                UserGroupMember(group_id=own.id, person=company.email("una")),
                UserGroupPlace(group_id=own.id, virtual_account_id=company.places["Americas"]),
                UserGroupMember(group_id=external.id, person=other.email("nora")),
                ExternalGroupPlace(
                    grant_id=grant.id, virtual_account_id=company.places["Americas"]
                ),
            ]
        )
    company.clients["guest"] = await other.client("nora")
    for name in ("una", "guest"):
        company.clients["asker"] = await company.signed_in(await company.newcomer())
        request = await company.asked("asker", virtual_accounts=["Americas"])
        waiting = await (await company.client(name)).get("/access-requests?to_decide=true")
        assert request["id"] in {one["id"] for one in waiting.json()["items"]}
        assert (await company.decide(name, request["id"])).status_code == 200


async def test_that_nobody_decides_a_request_of_ones_own(company: Company) -> None:
    request = await company.asked("vera", virtual_accounts=["Americas"])
    async with database().write() as session:
        session.add(
            Membership(smart_account_id=company.id, person=company.email("vera"), role="sa_admin")
        )
    vera = await company.client("vera")
    for how in ("approve", "decline"):
        answer = await company.decide("vera", request["id"], how)
        assert answer.status_code == 403
        assert "Nobody decides a request of their own" in answer.json()["detail"]
        assert "Ada Test" in answer.json()["detail"]
    waiting = (await vera.get("/access-requests?to_decide=true")).json()["items"]
    assert waiting == []
    assert (await company.decide("ada", request["id"])).status_code == 200


async def test_that_a_va_administrator_grants_only_what_is_his(company: Company) -> None:
    request = await company.asked("nora", virtual_accounts=["Oslo"])
    for body, status in (
        ({"virtual_accounts": ["Oslo", "DEFAULT"]}, 403),
        ({"scope": "account", "role": "sa_viewer"}, 403),
        ({"include_nested": True}, 403),
        ({"virtual_accounts": ["Americas"]}, 200),
    ):
        answer = await company.decide("vito", request["id"], **body)
        assert answer.status_code == status, answer.text
        assert status == 200 or "Ada Test" in answer.json()["detail"]
    assert await company.roles("nora") == {("va_user", "Americas")}


BAD: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"role": "sa_user", "scope": "virtual_accounts"}, "role"),
    ({}, {"scope": "account"}, "role"),
    (WHOLE, {"scope": "virtual_accounts", "role": "va_user"}, "virtual_accounts"),
    (WHOLE, {"virtual_accounts": ["Oslo"]}, "role"),
    ({}, {"virtual_accounts": []}, "virtual_accounts"),
    ({}, {"virtual_accounts": ["Nowhere"]}, "virtual_accounts.0"),
    ({}, {"virtual_accounts": ["Oslo"] * 26}, "virtual_accounts"),
    ({}, {"scope": "account", "role": "sa_user", "virtual_accounts": ["Oslo"]},
     "virtual_accounts"),
    ({}, {"roles": "sa_user"}, "roles"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "body", "field"), BAD)
async def test_that_a_grant_which_does_not_fit_is_refused(
    company: Company, asked: dict[str, Any], body: dict[str, Any], field: str
) -> None:
    request = await company.asked("nora", **asked)
    answer = await company.decide("ada", request["id"], **body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field
    assert await company.roles("nora") == set()


async def test_that_an_approver_from_elsewhere_is_not_granted(company: Company) -> None:
    whole = {"scope": "account", "role": "sa_viewer", "virtual_accounts": None}
    request = await company.asked("paul@fabrikam.example", **whole)
    answer = await company.decide("ada", request["id"], role="sa_approver")
    assert answer.status_code == 422
    assert "paul@fabrikam.example" in answer.json()["detail"]


async def test_that_the_verified_address_counts_at_the_decision(company: Company) -> None:
    request = await company.asked("nora", scope="account", role="sa_approver",
                                  virtual_accounts=None)  # fmt: skip
    async with database().write() as session:
        nora = await session.get_one(Person, company.email("nora"))
        nora.email = f"nora{company.id}@freemail.example"
    assert (await company.decide("ada", request["id"])).status_code == 422
    async with database().write() as session:
        nora = await session.get_one(Person, company.email("nora"))
        nora.email = company.email("nora")
    assert (await company.decide("ada", request["id"])).status_code == 200


@pytest.mark.parametrize(("first", "status"), [
    ("approve", "was approved by Ada Test"), ("decline", "was declined by Ada Test"),
    ("cancel", "was cancelled by Nora Test"),
])  # fmt: skip
@pytest.mark.parametrize("second", ["approve", "decline", "cancel", "remind"])
async def test_that_what_is_over_stays_so(
    company: Company, first: str, status: str, second: str
) -> None:
    request = await company.asked("nora")
    who = "nora" if first == "cancel" else "ada"
    assert (await company.decide(who, request["id"], first)).status_code == 200
    then = "nora" if second in {"cancel", "remind"} else "ben"
    answer = await company.decide(then, request["id"], second)
    assert answer.status_code == 409
    assert status in answer.json()["detail"]


async def test_that_only_who_asked_cancels_and_reminds(company: Company) -> None:
    request = await company.asked("nora")
    for name, status in (("ada", 403), ("una", 403), ("vik", 404), ("nils", 404)):
        for how in ("cancel", "remind"):
            answer = await company.decide(name, request["id"], how)
            assert answer.status_code == status, (name, how)
            assert status == 404 or "Nora Test" in answer.json()["detail"]
    assert (await company.decide("nora", request["id"], "cancel")).json()["status"] == "cancelled"
    (event,) = await events_of(company, "access_cancelled")
    assert event.actor == company.email("nora")


async def test_that_those_who_decide_are_reminded_once_a_day(
    company: Company, clock_ahead: Any
) -> None:
    request = await company.asked("nora")
    assert (await company.decide("nora", request["id"], "remind")).status_code == 200
    clock_ahead(hours=23)
    refused = await company.decide("nora", request["id"], "remind")
    assert refused.status_code == 409
    assert "The next one can go out from" in refused.json()["hint"]
    clock_ahead(hours=2)
    assert (await company.decide("nora", request["id"], "remind")).status_code == 200
    assert len(await mails_to(company.email("ada"), "access_reminded")) == 2
    assert len(await mails_to(company.email("vera"), "access_reminded")) == 2
    assert len(await events_of(company, "access_reminded")) == 2


@pytest.mark.parametrize("how", [("approve", "approve"), ("approve", "decline"),
                                 ("approve", "cancel"), ("decline", "decline")])  # fmt: skip
async def test_that_of_two_at_once_one_decides(company: Company, how: tuple[str, str]) -> None:
    request = await company.asked("nora")
    who = {"approve": "ada", "decline": "ben", "cancel": "nora"}
    names = [who[how[0]], "vera" if how[0] == how[1] else who[how[1]]]
    for name in names:
        await company.client(name)
    answers = await asyncio.gather(
        *(company.decide(name, request["id"], what) for name, what in zip(names, how, strict=True))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    ended = {"access_approved", "access_declined", "access_cancelled"}
    assert len(await events_of(company, *ended)) == 1
    won = next(answer.json() for answer in answers if answer.status_code == 200)
    assert bool(await company.roles("nora")) is (won["status"] == "approved")


async def test_that_of_two_same_requests_at_once_one_is_taken(company: Company) -> None:
    await company.client("nora")
    answers = await asyncio.gather(*(company.ask("nora") for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_that_many_requests_at_once_are_all_granted_once(company: Company) -> None:
    request = await company.asked("nora", virtual_accounts=["Oslo", "EMEA"])
    others = []
    for _ in range(3):
        email = await company.newcomer()
        others.append((await company.asked(email, virtual_accounts=["Oslo"]))["id"])
    for name in ("ada", "ben", "vera"):
        await company.client(name)
    answers = await asyncio.gather(
        *(
            company.decide(name, one)
            for one in [request["id"], *others]
            for name in ("ada", "ben", "vera")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 4 + [409] * 8


async def test_that_virtual_accounts_which_are_gone_cannot_be_granted(company: Company) -> None:
    async with database().write() as session:
        session.add(VirtualAccount(smart_account_id=company.id, name="Pop-up"))
    request = await company.asked("nora", virtual_accounts=["Pop-up"])
    async with database().write() as session:
        await session.exec(
            delete(VirtualAccount).where(
                col(VirtualAccount.smart_account_id) == company.id,
                col(VirtualAccount.name) == "Pop-up",
            )
        )
    shown = await (await company.client("nora")).get(f"/access-requests/{request['id']}")
    assert shown.json()["virtual_accounts"] == ["Pop-up"]
    refused = await company.decide("ada", request["id"])
    assert refused.status_code == 409
    assert "Pop-up was deleted" in refused.json()["detail"]
    answer = await company.decide("ada", request["id"], virtual_accounts=["Oslo"])
    assert answer.json()["status"] == "partially_approved"
    assert await company.roles("nora") == {("va_user", "Oslo")}
