"""Asking for access: what is taken, and what bad input hears."""

import uuid
from typing import Any

import pytest
from sqlmodel import col, select

from backend.access.models import AccessRequest
from backend.core.database import database
from backend.virtual_accounts.models import VirtualAccount
from tests.access.company import Company
from tests.access.conftest import Found, events_of, mails_to
from tests.conftest import SignedIn


async def test_that_a_request_comes_back_whole_and_says_who_decides(company: Company) -> None:
    answer = await company.ask(
        "nora", virtual_accounts=["Oslo", "Americas"], justification="New in the team"
    )
    assert answer.status_code == 201
    body = answer.json()
    assert body["smart_account"] == company.domain
    assert body["requester"] == {"name": "Nora Test", "email": company.email("nora")}
    assert body["virtual_accounts"] == ["Americas", "Oslo"]
    assert (body["status"], body["granted"], body["decided_at"]) == ("pending", None, None)
    assert [one["email"] for one in body["deciders"]] == [
        company.email(name) for name in ("ada", "ben", "vito")
    ]
    assert body["receipt"]["reference"] == body["id"]
    assert "Ada Test" in str(body["receipt"]["lines"])
    shown = (await (await company.client("nora")).get(f"/access-requests/{body['id']}")).json()
    assert shown == {key: value for key, value in body.items() if key != "receipt"}


async def test_that_the_account_is_found_by_its_exact_name_too(company: Company) -> None:
    body = await company.asked("nora", smart_account=company.name.upper())
    assert body["smart_account"] == company.domain


async def test_that_a_restricted_account_is_found_by_domain_and_name(found: Found) -> None:
    hidden = await found(visibility="restricted")
    await hidden.asked("nora")
    await hidden.asked("nils", smart_account=hidden.name)


async def test_that_several_accounts_of_one_name_are_told_apart_by_domain(found: Found) -> None:
    first = await found()
    second = await found(name=first.name)
    answer = await first.ask("nora", smart_account=first.name)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "smart_account"
    assert first.domain in answer.text
    assert second.domain in answer.text


async def test_that_a_dry_run_says_the_same_and_leaves_nothing(company: Company) -> None:
    nora = await company.client("nora")
    body = {
        "smart_account": company.domain, "scope": "account", "role": "sa_user",
    }  # fmt: skip
    tried = await nora.post("/access-requests", json=body, headers={"Dry-Run": "true"})
    assert tried.status_code == 200
    assert (tried.json()["id"], tried.json()["receipt"]["reference"]) == (None, None)
    assert tried.json()["status"] == "pending"
    assert await events_of(company) == []
    assert await mails_to(company.email("ada")) == []
    assert (await nora.get("/access-requests")).json()["items"] == []


async def test_that_the_same_key_asks_once(company: Company) -> None:
    nora = await company.client("nora")
    body = {"smart_account": company.domain, "scope": "account", "role": "sa_user"}
    headers = {"Idempotency-Key": company.domain}
    first = await nora.post("/access-requests", json=body, headers=headers)
    again = await nora.post("/access-requests", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len((await nora.get("/access-requests")).json()["items"]) == 1


async def test_that_it_is_in_the_history_and_mailed_to_those_who_decide(company: Company) -> None:
    request = await company.asked("nora", justification="For the migration")
    (event,) = await events_of(company)
    assert (event.type, event.actor, event.via) == (
        "access_requested", company.email("nora"), "rest",
    )  # fmt: skip
    assert event.text.startswith(f"Nora Test ({company.email('nora')}) asks to become VA User")
    assert event.details["request"] == request["id"]
    for name in ("ada", "ben", "vera", "vito"):
        (mail,) = await mails_to(company.email(name))
        assert mail.subject == f"Nora Test asks for access to {company.name}"
        assert "For the migration" in mail.text
        assert "VA User of Oslo" in mail.text
        assert request["id"] in mail.text
    for name in ("una", "apo", "vic", "vik", "nora"):
        assert await mails_to(company.email(name)) == []


WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    ("26 virtual accounts", {"virtual_accounts": [f"VA{n}" for n in range(26)]},
     "virtual_accounts", "26"),
    ("none", {"virtual_accounts": []}, "virtual_accounts", "no virtual account"),
    ("left out", {"virtual_accounts": None}, "virtual_accounts", "missing"),
    ("twice", {"virtual_accounts": ["Oslo", "OSLO"]}, "virtual_accounts", "named twice"),
    ("in other letters of the same look", {"virtual_accounts": ["Oslo", "Ｏslo"]},
     "virtual_accounts", "named twice"),
    ("unknown", {"virtual_accounts": ["Oslo", "Atlantis"]}, "virtual_accounts.1", "Atlantis"),
    ("a part of a restricted name", {"virtual_accounts": ["APA"]}, "virtual_accounts.0", "APA"),
    ("an SA role for virtual accounts", {"role": "sa_user"}, "role", "VA Administrator, VA User"),
    ("a VA role for the account", {"scope": "account", "virtual_accounts": None}, "role",
     "SA Administrator, SA Approver, SA User, SA Viewer"),
    ("virtual accounts for the account", {"scope": "account", "role": "sa_user"},
     "virtual_accounts", "entire account"),
    ("no such role", {"role": "owner"}, "role", "owner"),
    ("no such scope", {"scope": "some"}, "scope", "some"),
    ("a long justification", {"justification": "x" * 501}, "justification", "500"),
    ("a field that is not there", {"reason": "x"}, "reason", "reason"),
    ("no such account", {"smart_account": "nowhere.example"}, "smart_account", "nowhere.example"),
    ("letters of two scripts", {"smart_account": "nоrthwind.example"}, "smart_account",
     "different scripts"),
    ("nothing", {"smart_account": "  "}, "smart_account", "short"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "field", "said"), [w[1:] for w in WRONG],
                         ids=[w[0] for w in WRONG])  # fmt: skip
async def test_that_bad_input_hears_what_is_wrong_with_which_value(
    company: Company, body: dict[str, Any], field: str, said: str
) -> None:
    answer = await company.ask("nora", **body)
    assert answer.status_code == 422, answer.text
    errors = {error["field"]: error["message"] for error in answer.json()["errors"]}
    assert said in errors[field]
    assert await events_of(company) == []


async def test_that_25_virtual_accounts_are_taken(company: Company) -> None:
    names = [f"Shop {number:02}" for number in range(25)]
    async with database().write() as session:
        session.add_all(VirtualAccount(smart_account_id=company.id, name=name) for name in names)
    body = await company.asked("nora", virtual_accounts=names)
    assert body["virtual_accounts"] == names


async def test_that_an_unknown_name_never_suggests_a_restricted_one(company: Company) -> None:
    answer = await company.ask("nora", virtual_accounts=["Nowhere"])
    assert "APAC" not in answer.text
    assert "Americas" in answer.text


async def test_that_a_restricted_virtual_account_is_found_by_its_exact_name(
    company: Company,
) -> None:
    assert (await company.asked("nora", virtual_accounts=["apac"]))["virtual_accounts"] == ["APAC"]


async def test_that_another_accounts_virtual_account_is_none_of_this_one(found: Found) -> None:
    one, other = await found(), await found()
    async with database().write() as session:
        session.add(VirtualAccount(smart_account_id=other.id, name="Elsewhere"))
    for named in ("Elsewhere", other.places["Oslo"]):
        answer = await one.ask("nora", virtual_accounts=[named])
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "virtual_accounts.0"


async def test_that_an_account_which_waits_gives_no_access(found: Found) -> None:
    waiting = await found(status="pending")
    answer = await waiting.ask("nora", scope="account", role="sa_user", virtual_accounts=None)
    assert answer.status_code == 409
    assert "not active yet" in answer.json()["title"]


@pytest.mark.parametrize(
    ("name", "body", "through"),
    [
        ("una", {"scope": "account", "role": "sa_user", "virtual_accounts": None}, "SA User"),
        ("una", {"scope": "account", "role": "sa_viewer", "virtual_accounts": None}, "SA User"),
        ("una", {"virtual_accounts": ["Oslo", "APAC"]}, "SA User"),
        ("ada", {"role": "va_admin"}, "SA Administrator"),
        ("vera", {"virtual_accounts": ["Oslo-Lab"]}, "VA Administrator"),
        ("vera", {"virtual_accounts": ["EMEA"], "include_nested": True}, "VA Administrator"),
        ("vik", {"virtual_accounts": ["EMEA"], "role": "va_viewer"}, "VA User"),
    ],
)
async def test_that_what_one_has_already_is_refused(
    company: Company, name: str, body: dict[str, Any], through: str
) -> None:
    answer = await company.ask(name, **body)
    assert answer.status_code == 409, answer.text
    assert answer.json()["type"] == "/problems/already-has-access"
    assert f"You are {through}" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("una", {"role": "va_admin"}),
        ("apo", {"scope": "account", "role": "sa_user", "virtual_accounts": None}),
        ("apo", {"role": "va_viewer"}),
        ("vik", {"virtual_accounts": ["EMEA"], "include_nested": True}),
        ("vik", {"virtual_accounts": ["EMEA"], "role": "va_admin"}),
        ("vito", {"virtual_accounts": ["Oslo"], "include_nested": True}),
    ],
)
async def test_that_more_than_one_has_can_be_asked_for(
    company: Company, name: str, body: dict[str, Any]
) -> None:
    await company.asked(name, **body)


async def test_that_a_part_that_one_has_is_named_with_the_rest(company: Company) -> None:
    answer = await company.ask("vik", virtual_accounts=["EMEA", "Americas"])
    assert answer.status_code == 409
    assert "covers EMEA" in answer.json()["detail"]
    assert answer.json()["hint"] == "Ask only for what is missing: Americas."


async def test_that_what_waits_is_not_asked_for_again_not_even_in_part(company: Company) -> None:
    first = await company.asked("nora", virtual_accounts=["Oslo", "Americas"])
    await company.asked("nora", virtual_accounts=["DEFAULT"])
    same = await company.ask("nora", virtual_accounts=["Oslo"])
    part = await company.ask("nora", virtual_accounts=["DEFAULT", "Americas", "EMEA"])
    assert (same.status_code, part.status_code) == (409, 409)
    assert same.json()["type"] == "/problems/already-requested"
    assert first["id"] in same.json()["hint"]
    assert "DEFAULT" in part.json()["detail"]
    assert "Americas" in part.json()["detail"]
    assert part.json()["hint"] == "Ask only for what is missing: EMEA."


async def test_that_a_pending_request_for_more_covers_less_but_not_the_other_way(
    company: Company,
) -> None:
    await company.asked("nora", role="va_viewer")
    await company.asked("nora", role="va_admin")
    assert (await company.ask("nora", role="va_user")).status_code == 409
    whole = {"scope": "account", "virtual_accounts": None}
    await company.asked("nora", **whole, role="sa_user")
    assert (await company.ask("nora", **whole, role="sa_user")).status_code == 409
    assert (await company.ask("nora", virtual_accounts=["Americas"])).status_code == 409


async def test_that_one_can_ask_again_once_it_is_over(company: Company) -> None:
    request = await company.asked("nora")
    await company.decide("nora", request["id"], "cancel")
    await company.asked("nora")


async def test_that_sa_approvers_are_of_the_accounts_company(
    company: Company, found: Found, person: SignedIn
) -> None:
    whole: dict[str, Any] = {"scope": "account", "role": "sa_approver", "virtual_accounts": None}
    await company.asked("nora", **whole)
    below = await found(domain=f"east.{company.domain}")
    below.clients["nora"] = await company.client("nora")
    await below.asked("nora", **whole)
    for stranger in ("paul@fabrikam.example", "greg@freemail.example"):
        answer = await company.ask(stranger, **whole)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "role"
        assert company.domain in answer.json()["detail"]


async def test_that_a_shared_public_mailbox_makes_nobody_an_approver(found: Found) -> None:
    odd = await found(domain=f"club{uuid.uuid4().hex[:8]}.freemail.example")
    answer = await odd.ask(
        "greg@freemail.example", scope="account", role="sa_approver", virtual_accounts=None
    )
    assert answer.status_code == 422


async def test_that_open_notices_do_not_keep_people_from_asking(found: Found) -> None:
    fresh = await found(admin_notice=0, smart_licensing_notice=0)
    request = await fresh.asked("nora")
    assert (await fresh.decide("ada", request["id"])).status_code == 200


async def test_that_a_viewer_and_a_partner_may_ask(company: Company) -> None:
    await company.asked("vic", role="va_user")
    await company.asked("paul@fabrikam.example")


async def test_that_the_database_holds_a_request_to_one_decision(company: Company) -> None:
    request = await company.asked("nora")
    async with database().read() as session:
        rows = await session.exec(
            select(AccessRequest).where(col(AccessRequest.id) == request["id"])
        )
        row = rows.one()
    assert (row.status, row.decided_at, row.granted) == ("pending", None, None)
    assert row.named == {company.places["Oslo"]: "Oslo"}
