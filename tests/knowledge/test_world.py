"""The demo world agrees with itself and with what everybody relies on."""

import re
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from backend.core.settings import settings

WORLD: dict[str, Any] = yaml.safe_load((settings().data_dir / "demo" / "world.yml").read_text())
PEOPLE = {person["email"]: person for person in WORLD["people"]}
ORGANIZATIONS = {one["domain"]: one for one in WORLD["organizations"]}
ACCOUNTS = {account["domain"]: account for account in WORLD["smart_accounts"]}
ACCOUNT_ROLES = {"sa_admin", "sa_approver", "sa_user", "sa_viewer"}
PLACE_ROLES = {"va_admin", "va_user", "va_viewer"}


EVERYBODY = (
    "alan anna carla colin cyra fiona gina greg lee lena leo mia mo nadia nick nils nina nora "
    "olivia omar oscar otto paul petra pia tess uma vera vic vik viola wendy will"
)


@pytest.fixture(params=ACCOUNTS.values(), ids=lambda account: str(account["id"]))
def account(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = request.param
    return found


def test_that_everybody_is_there() -> None:
    names = {email.split("@")[0] for email in PEOPLE}
    assert sorted(names) == EVERYBODY.split()
    assert set(ACCOUNTS) == {
        "northwind.example",
        "contoso.example",
        "litware.example",
        "k3x9qz.smb",
        "subsea.northwind.example",
        "wingtip.example",
        "fabrikam.example",
    }


def test_that_people_are_whole_and_invented() -> None:
    for email, person in PEOPLE.items():
        assert email.endswith(".example")
        assert len(person["name"].split()) >= 2
        assert person["note"].endswith(".")
        assert person["organization"] in ORGANIZATIONS
        assert person["kind"] == ORGANIZATIONS[person["organization"]]["kind"]
        assert ZoneInfo(person.get("time_zone", "UTC"))
        assert all(other.endswith(".example") for other in person.get("other_emails", []))
    cco_ids = [person["cco_id"] for person in PEOPLE.values()]
    assert len(set(cco_ids)) == len(PEOPLE)


def test_that_phone_numbers_are_fictional() -> None:
    fictional = re.compile(
        r"\+1 \d{3} 555 01\d\d|\+44 20 7946 0\d{3}|\+49 30 23125 0\d\d|\+33 1 99 00 \d\d \d\d"
        r"|\+\d\d 555 \d\d \d\d"
    )
    phones = [person["phone"] for person in PEOPLE.values() if "phone" in person]
    assert len(phones) > 20
    assert [phone for phone in phones if not fictional.fullmatch(phone)] == []


def test_that_some_profiles_lack_what_a_form_asks_for() -> None:
    assert not {"phone", "language", "time_zone"} & PEOPLE["nora@northwind.example"].keys()
    assert "phone" not in PEOPLE["nils@northwind.example"]
    assert {"phone", "language", "time_zone"} <= PEOPLE["nadia@northwind.example"].keys()


def test_that_members_are_people_with_a_fitting_scope(account: dict[str, Any]) -> None:
    names = {one["name"] for one in account["virtual_accounts"]}
    for member in [*account["members"], *account["groups"]]:
        places = member.get("virtual_accounts")
        if places:
            assert member["role"] in PLACE_ROLES
            assert set(places) <= names
        else:
            assert member["role"] in ACCOUNT_ROLES
        for email in member.get("members", [member.get("email")]):
            assert email in PEOPLE
    emails = [member["email"] for member in account["members"]]
    assert len(set(emails)) == len(emails)


def test_that_active_accounts_have_an_administrator(account: dict[str, Any]) -> None:
    administrators = [m for m in account["members"] if m["role"] == "sa_admin"]
    assert bool(administrators) == (account["status"] == "active")
    assert account["primary_contact"] in PEOPLE
    assert (account["activated_days_ago"] is None) == (account["status"] == "pending")


def test_that_approvers_share_the_accounts_domain(account: dict[str, Any]) -> None:
    for member in account["members"]:
        if member["role"] == "sa_approver":
            own = member["email"].split("@")[1]
            assert account["domain"] == own or account["domain"].endswith(f".{own}")


def test_that_virtual_accounts_form_a_tree_with_one_default(account: dict[str, Any]) -> None:
    parents = {one["name"]: one["parent"] for one in account["virtual_accounts"]}
    assert [one["is_default"] for one in account["virtual_accounts"]].count(True) == 1
    assert len({name.casefold() for name in parents}) == len(account["virtual_accounts"])
    places = {one["name"] for one in account["locations"]}
    for one in account["virtual_accounts"]:
        depth, parent = 1, one["parent"]
        while parent is not None:
            depth, parent = depth + 1, parents[parent]
        assert depth <= 5
        assert one["access_level"] in {"unrestricted", "restricted"}
        assert one["location"] is None or one["location"] in places
    listed = list(parents)
    assert listed[0] == "DEFAULT"
    assert all(p is None or listed.index(p) < listed.index(n) for n, p in parents.items())


def test_that_the_accounts_stand_as_described() -> None:
    assert ACCOUNTS["litware.example"]["visibility"] == "restricted"
    assert len(ACCOUNTS["contoso.example"]["virtual_accounts"]) == 31
    assert ACCOUNTS["k3x9qz.smb"]["is_smb"]
    assert ACCOUNTS["fabrikam.example"]["type"] == "holding"
    accepted = {domain for domain, a in ACCOUNTS.items() if a["notices"]["smart_licensing"]}
    assert accepted == {
        "northwind.example",
        "contoso.example",
        "litware.example",
        "fabrikam.example",
    }
    northwind = {v["name"]: v for v in ACCOUNTS["northwind.example"]["virtual_accounts"]}
    assert northwind["Oslo-Lab"]["parent"] == "Oslo"
    assert northwind["Oslo"]["parent"] == "EMEA"
    assert northwind["APAC"]["access_level"] == "restricted"


def test_that_requests_are_within_their_ninety_days_or_expired() -> None:
    by_domain = {request["domain"]: request for request in WORLD["smart_account_requests"]}
    wingtip, importers = by_domain["wingtip.example"], by_domain["wwi.example"]
    assert (wingtip["status"], wingtip["requested_days_ago"]) == ("pending_acceptance", 62)
    assert importers["status"] == "expired"
    assert importers["requested_days_ago"] - importers["ended_days_ago"] == 90
    for request in by_domain.values():
        assert {request["requester"], *request["customer_emails"]} <= PEOPLE.keys()


def test_that_the_desk_covers_its_queues() -> None:
    queues = {queue["id"] for queue in WORLD["queues"]}
    assert queues == {"lea", "accounts", "orders", "licensing"}
    desk = {e: p["desk"] for e, p in PEOPLE.items() if p["kind"] == "support"}
    assert all(set(one["queues"]) <= queues for one in desk.values())
    assert {one["role"] for one in desk.values()} == {"agent", "lead", "approver"}
    assert desk["mia@support.example"]["queues"] == ["lea", "orders"]


def test_that_ids_rise_and_domains_are_reserved_ones() -> None:
    ids = [account["id"] for account in WORLD["smart_accounts"]]
    assert all(a < b for a, b in pairwise(ids))
    assert all(d.endswith((".example", ".smb")) for d in ACCOUNTS)
