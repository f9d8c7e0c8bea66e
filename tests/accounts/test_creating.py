"""Asking for an account of one's own company: who decides, and what is refused."""

from typing import Any

import pytest
from sqlmodel import select

from backend.accounts.models import SmartAccount, SmartAccountRequest
from backend.core.database import database
from tests.accounts.world import (
    APPROVER,
    HEADQUARTERS,
    account_at,
    company,
    creation,
    defaults_of,
    done,
    email_of,
    events_of,
    fresh_domain,
    made,
    make_account,
    members_of,
    request_row,
)
from tests.conftest import Newcomer, SignedIn
from tests.people.outbox import mails_to

DRY = {"Dry-Run": "true"}


async def test_that_at_ones_own_domain_it_is_active_at_once(newcomer: Newcomer) -> None:
    domain = await company()
    someone = await newcomer(organization=domain)
    told = await made(await someone.post("/smart-accounts", json=creation(None)))
    assert (told["status"], told["domain"], told["kind"]) == ("active", domain, "create")
    assert (told["deciders"], told["expires_at"]) == ([], None)
    account = await account_at(domain)
    assert account is not None
    assert account.id == told["smart_account_id"]
    assert (account.status, account.name, account.visibility) == (
        "active", "Test Company", "unrestricted",
    )  # fmt: skip
    assert account.headquarters == HEADQUARTERS | {"region": None}
    assert account.primary_contact == email_of(someone)
    assert (account.smart_licensing_notice, account.admin_notice) == (0, 0)
    assert await members_of(account.id) == {(email_of(someone), "sa_admin")}
    assert await defaults_of(account.id) == ["DEFAULT"]
    [event] = await events_of(domain)
    assert (event.type, event.actor, event.via) == ("account_activated", email_of(someone), "rest")
    assert event.smart_account_id == account.id
    assert [m.kind for m in await mails_to(email_of(someone))] == ["account_activated"]


async def test_that_below_ones_own_domain_it_is_active_at_once_too(newcomer: Newcomer) -> None:
    domain = await company()
    someone = await newcomer(organization=domain)
    told = await made(
        await someone.post("/smart-accounts", json=creation(fresh_domain(above=domain)))
    )
    assert told["status"] == "active"


async def test_that_the_receipt_says_all_of_it(newcomer: Newcomer) -> None:
    domain = await company()
    someone = await newcomer(organization=domain)
    body = creation(None, name="  Müller &  Söhne ", visibility="restricted", note="Please")
    receipt = (await made(await someone.post("/smart-accounts", json=body)))["receipt"]
    assert receipt["title"] == "Smart Account created"
    assert {line["label"]: line["value"] for line in receipt["lines"]} == {
        "Name": "Müller & Söhne",
        "Domain": domain,
        "Headquarters": "Test Company, Example Street 1, 0150 Oslo, Norway",
        "Search": "found only by its exact name or domain",
        "Note to the approver": "Please",
        "What happens next": "It is active, and you are its SA Administrator.",
    }


async def test_that_any_other_free_domain_waits_for_the_desk(
    newcomer: Newcomer, person: SignedIn
) -> None:
    someone, domain = await newcomer(), fresh_domain()
    body = creation(domain, note="We bought them")
    told = await made(await someone.post("/smart-accounts", json=body))
    assert told["status"] == "pending_approval"
    assert [one["email"] for one in told["deciders"]] == [APPROVER]
    account = await account_at(domain)
    assert account is not None
    assert (account.status, account.activated_at) == ("pending", None)
    assert await members_of(account.id) == set()
    assert await defaults_of(account.id) == ["DEFAULT"]
    [mail] = await mails_to(email_of(someone))
    assert mail.kind == "account_requested"
    assert told["id"] in mail.text
    asked = [m for m in await mails_to(APPROVER, "account_approval_needed") if domain in m.subject]
    assert [m.text.count("We bought them") for m in asked] == [1]
    cyra = await person(APPROVER)
    told = await done(await cyra.post(f"/smart-account-requests/{told['id']}/approve"))
    assert told["status"] == "active"
    assert await members_of(account.id) == {(email_of(someone), "sa_admin")}
    assert [m.kind for m in await mails_to(email_of(someone))][-1] == "account_activated"


@pytest.mark.parametrize("where", ["below", "above"])
async def test_that_next_to_an_account_its_administrators_decide(
    newcomer: Newcomer, where: str
) -> None:
    """Also at one's own domain: the account there was first."""
    upper = await company()
    lower = fresh_domain(above=upper)
    there, asked = (upper, lower) if where == "below" else (lower, upper)
    admin, someone = await newcomer(organization=upper), await newcomer(organization=upper)
    await make_account(there, (email_of(admin), "sa_admin"))
    told = await made(await someone.post("/smart-accounts", json=creation(asked)))
    assert told["status"] == "pending_domain_approval"
    assert [one["email"] for one in told["deciders"]] == [email_of(admin)]
    [mail] = await mails_to(email_of(admin))
    assert mail.kind == "account_domain_asked"
    told = await done(await admin.post(f"/smart-account-requests/{told['id']}/approve"))
    assert told["status"] == "active"
    account = await account_at(asked)
    assert account is not None
    assert await members_of(account.id) == {(email_of(someone), "sa_admin")}


async def test_that_the_nearest_account_above_decides(newcomer: Newcomer) -> None:
    top = await company()
    middle = fresh_domain(above=top)
    far, near, someone = [await newcomer(organization=top) for _ in range(3)]
    await make_account(top, (email_of(far), "sa_admin"))
    await make_account(middle, (email_of(near), "sa_admin"))
    told = await made(
        await someone.post("/smart-accounts", json=creation(fresh_domain(above=middle)))
    )
    assert [one["email"] for one in told["deciders"]] == [email_of(near)]


async def test_that_a_look_alike_of_a_domain_is_not_next_to_it(newcomer: Newcomer) -> None:
    domain = await company()
    admin = await newcomer(organization=domain)
    await make_account(domain, (email_of(admin), "sa_admin"))
    someone = await newcomer()
    told = await made(await someone.post("/smart-accounts", json=creation(f"my{domain}")))
    assert told["status"] == "pending_approval"


async def test_that_an_account_without_another_administrator_leaves_it_to_the_desk(
    newcomer: Newcomer, person: SignedIn
) -> None:
    """Nobody approves their own request, and a departed administrator approves none."""
    cyra = await person(APPROVER)
    for admins in (0, 1):
        domain = await company()
        someone = await newcomer(organization=domain)
        await make_account(domain, *[(email_of(someone), "sa_admin")][:admins])
        asked = creation(fresh_domain(above=domain))
        told = await made(await someone.post("/smart-accounts", json=asked))
        assert told["status"] == "pending_domain_approval"
        assert [one["email"] for one in told["deciders"]] == [APPROVER]
        path = f"/smart-account-requests/{told['id']}/approve"
        answer = await someone.post(path)
        assert answer.status_code == 403
        assert "somebody else decides" in answer.json()["detail"]
        assert (await done(await cyra.post(path)))["status"] == "active"


async def test_that_a_restricted_account_next_to_it_is_not_told(newcomer: Newcomer) -> None:
    domain = await company()
    admin = await newcomer(organization=domain, name="Hidden Administrator")
    await make_account(
        domain, (email_of(admin), "sa_admin"), visibility="restricted", name="Hidden Account"
    )
    someone = await newcomer()
    answer = await someone.post("/smart-accounts", json=creation(fresh_domain(above=domain)))
    told = await made(answer)
    assert (told["status"], told["deciders"]) == ("pending_domain_approval", [])
    refused = await someone.post(f"/smart-account-requests/{told['id']}/approve")
    shown = await someone.get(f"/smart-account-requests/{told['id']}")
    for said in (answer, refused, shown):
        assert "Hidden" not in said.text
        assert email_of(admin) not in said.text
    seen = (await admin.get(f"/smart-account-requests/{told['id']}")).json()
    assert [one["email"] for one in seen["deciders"]] == [email_of(admin)]


async def test_that_a_nominee_accepts_it(newcomer: Newcomer) -> None:
    domain = await company()
    someone, nominee = await newcomer(), await newcomer(organization=domain)
    body = creation(domain, authority="nominee", nominee_email=email_of(nominee).upper())
    told = await made(await someone.post("/smart-accounts", json=body))
    assert told["status"] == "pending_acceptance"
    assert told["nominee"] == {"name": "New Comer", "email": email_of(nominee)}
    assert told["deciders"] == [told["nominee"]]
    [mail] = await mails_to(email_of(nominee))
    assert mail.kind == "account_activation"
    told = await done(await nominee.post(f"/smart-account-requests/{told['id']}/accept"))
    assert told["status"] == "active"
    account = await account_at(domain)
    assert account is not None
    assert await members_of(account.id) == {(email_of(nominee), "sa_admin")}
    assert {m.kind for m in await mails_to(email_of(someone))} == {
        "account_requested", "account_activated",
    }  # fmt: skip


async def test_that_a_nominee_is_no_way_around_the_desk(
    newcomer: Newcomer, person: SignedIn
) -> None:
    """A domain of neither of the two is any other free domain, whoever accepts."""
    someone, nominee = await newcomer(), await newcomer()
    body = creation(fresh_domain(), authority="nominee", nominee_email=email_of(nominee))
    told = await made(await someone.post("/smart-accounts", json=body))
    path = f"/smart-account-requests/{told['id']}"
    assert told["status"] == "pending_acceptance"
    told = await done(await nominee.post(f"{path}/accept"))
    assert told["status"] == "pending_approval"
    again = await done(await nominee.post(f"{path}/accept"))
    assert (again["status"], again["receipt"]["title"]) == (
        "pending_approval", "You have accepted this already",
    )  # fmt: skip
    assert [m.kind for m in await mails_to(email_of(someone))][-1] == "account_accepted"
    cyra = await person(APPROVER)
    told = await done(await cyra.post(f"{path}/approve"))
    assert told["status"] == "active"
    assert await members_of(told["smart_account_id"]) == {(email_of(nominee), "sa_admin")}


async def test_that_a_nominee_next_to_an_account_is_approved_first(newcomer: Newcomer) -> None:
    domain = await company()
    admin, someone, nominee = [await newcomer(organization=domain) for _ in range(3)]
    await make_account(domain, (email_of(admin), "sa_admin"))
    asked = creation(
        fresh_domain(above=domain), authority="nominee", nominee_email=email_of(nominee)
    )
    told = await made(await someone.post("/smart-accounts", json=asked))
    path = f"/smart-account-requests/{told['id']}"
    assert told["status"] == "pending_domain_approval"
    assert (await nominee.get(path)).status_code == 404
    assert await mails_to(email_of(nominee)) == []
    told = await done(await admin.post(f"{path}/approve"))
    assert told["status"] == "pending_acceptance"
    assert (await done(await nominee.post(f"{path}/accept")))["status"] == "active"


# What is refused


async def test_that_a_taken_domain_is_refused_and_access_offered(newcomer: Newcomer) -> None:
    domain = await company()
    admin, someone = await newcomer(organization=domain), await newcomer()
    await make_account(domain, (email_of(admin), "sa_admin"), name="There Already")
    for body in (creation(domain), creation(domain.upper(), authority="nominee",
                                            nominee_email="x@nobody.example")):  # fmt: skip
        answer = await someone.post("/smart-accounts", json=body)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/domain-taken")
        assert "There Already" in answer.json()["detail"]
        assert "access-requests" in answer.json()["hint"]
        assert email_of(admin) in answer.json()["hint"]


async def test_that_of_a_restricted_one_only_colleagues_hear_who_administers_it(
    newcomer: Newcomer,
) -> None:
    domain = await company()
    admin = await newcomer(organization=domain)
    await make_account(domain, (email_of(admin), "sa_admin"), visibility="restricted")
    colleague, stranger = await newcomer(organization=domain), await newcomer()
    for someone, hears in ((colleague, True), (stranger, False)):
        answer = await someone.post("/smart-accounts", json=creation(domain))
        assert answer.status_code == 409
        assert (email_of(admin) in answer.text) is hears


async def test_that_whoever_has_access_is_told_so(newcomer: Newcomer) -> None:
    domain = await company()
    someone = await newcomer(organization=domain)
    await make_account(domain, (email_of(someone), "sa_viewer"))
    answer = await someone.post("/smart-accounts", json=creation(None))
    assert answer.status_code == 409
    assert "You have access to it already" in answer.json()["hint"]


async def test_that_a_domain_that_is_asked_for_is_taken(newcomer: Newcomer) -> None:
    first, second, domain = await newcomer(), await newcomer(), fresh_domain()
    told = await made(await first.post("/smart-accounts", json=creation(domain)))
    own = await first.post("/smart-accounts", json=creation(domain))
    assert (own.status_code, own.json()["type"]) == (409, "/problems/already-asked-for")
    assert told["id"] in own.json()["hint"]
    other = await second.post("/smart-accounts", json=creation(domain))
    assert (other.status_code, other.json()["type"]) == (409, "/problems/domain-asked-for")
    assert email_of(first) not in other.text
    assert told["id"] not in other.text


async def test_that_a_holding_accounts_domain_is_taken_too(person: SignedIn) -> None:
    paul = await person("paul@fabrikam.example")
    answer = await paul.post("/smart-accounts", json=creation(None))
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/domain-taken")
    assert "pia@fabrikam.example" in answer.json()["hint"]


async def test_that_a_partner_does_not_speak_for_a_customer(newcomer: Newcomer) -> None:
    partner = await newcomer(organization="lucerne.example", kind="partner")
    answer = await partner.post("/smart-accounts", json=creation(fresh_domain()))
    assert answer.status_code == 403
    assert "/smart-account-requests" in answer.json()["hint"]
    own = creation(fresh_domain(above="lucerne.example"))
    assert (await made(await partner.post("/smart-accounts", json=own)))["status"] == "active"
    other = creation(fresh_domain(), authority="nominee", nominee_email="x@nobody.example")
    told = await made(await partner.post("/smart-accounts", json=other))
    assert told["status"] == "pending_acceptance"


@pytest.mark.parametrize(
    "domain", ["freemail.example", "labs.freemail.example", "gmail.com", "x.gmail.com"]
)
async def test_that_a_public_mailbox_is_no_company(newcomer: Newcomer, domain: str) -> None:
    someone = await newcomer(organization="freemail.example")
    answer = await someone.post("/smart-accounts", json=creation(domain))
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["field"] == "domain"
    assert "public mailbox" in error["message"]


async def test_that_with_a_personal_mailbox_the_domain_has_to_be_said(newcomer: Newcomer) -> None:
    someone = await newcomer(organization="freemail.example")
    answer = await someone.post("/smart-accounts", json=creation(None))
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["field"], error["code"]) == ("domain", "missing")
    told = await made(await someone.post("/smart-accounts", json=creation(fresh_domain())))
    assert told["status"] == "pending_approval"


async def test_that_an_address_that_waits_for_its_code_gives_no_domain(newcomer: Newcomer) -> None:
    """Greg writes another company's domain into his profile: nothing is his by that."""
    domain = await company()
    greg = await newcomer(organization="freemail.example")
    await greg.patch("/me", json={"email": f"greg@{domain}"})
    assert (await greg.post("/smart-accounts", json=creation(None))).status_code == 422
    told = await made(await greg.post("/smart-accounts", json=creation(domain)))
    assert told["status"] == "pending_approval"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": "   "}, "name"), ({"name": "x" * 101}, "name"), ({"name": "2024"}, "name"),
    ({"name": "20 24"}, "name"), ({"name": "\u200b\u202e"}, "name"), ({"name": None}, "name"),
    ({"domain": "nodots"}, "domain"), ({"domain": "a b.example"}, "domain"),
    ({"domain": "https://a.example"}, "domain"), ({"domain": "me@a.example"}, "domain"),
    ({"domain": "-a.example"}, "domain"), ({"domain": "a..example"}, "domain"),
    ({"domain": "a" * 64 + ".example"}, "domain"), ({"domain": "192.168.0.1"}, "domain"),
    ({"domain": "b" * 250 + ".example"}, "domain"), ({"domain": ""}, "domain"),
    ({"domain": "nоrthwind.example"}, "domain"),  # a Cyrillic letter among Latin ones
    ({"domain": "x1y2z3.smb"}, "domain"),
    ({"headquarters": None}, "headquarters"),
    ({"headquarters": HEADQUARTERS | {"country": "Atlantis"}}, "headquarters.country"),
    ({"headquarters": HEADQUARTERS | {"city": " "}}, "headquarters.city"),
    ({"headquarters": {"city": "Oslo"}}, "headquarters.organization"),
    ({"headquarters": HEADQUARTERS | {"planet": "Earth"}}, "headquarters.planet"),
    ({"visibility": "hidden"}, "visibility"), ({"visibility": None}, "visibility"),
    ({"authority": "god"}, "authority"), ({"authority": None}, "authority"),
    ({"authority": "nominee"}, "nominee_email"),
    ({"authority": "nominee", "nominee_email": "nobody"}, "nominee_email"),
    ({"nominee_email": "x@nobody.example"}, "nominee_email"),
    ({"note": "x" * 1001}, "note"),
    ({"type": "holding"}, "type"), ({"type": "HOLDING"}, "type"), ({"status": "active"}, "status"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "field"), WRONG, ids=lambda value: str(value)[:40])
async def test_that_a_wrong_field_is_named_and_nothing_is_stored(
    newcomer: Newcomer, change: dict[str, Any], field: str
) -> None:
    someone = await newcomer()
    answer = await someone.post("/smart-accounts", json=creation(fresh_domain(), **change))
    assert answer.status_code == 422, answer.text
    errors = answer.json()["errors"]
    assert field in [error["field"] for error in errors]
    assert all(len(error["message"]) > 15 for error in errors)
    listed = (await someone.get("/smart-account-requests")).json()["items"]
    assert listed == []


async def test_that_nobody_nominates_themselves(newcomer: Newcomer) -> None:
    someone = await newcomer()
    body = creation(fresh_domain(), authority="nominee", nominee_email=email_of(someone))
    answer = await someone.post("/smart-accounts", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "nominee_email"


@pytest.mark.parametrize(
    ("said", "stored"),
    [("NO", "NO"), ("no", "NO"), ("Norway", "NO"), ("united states", "US"), ("Türkiye", "TR")],
)
async def test_that_a_country_is_understood_by_code_or_name(
    newcomer: Newcomer, said: str, stored: str
) -> None:
    someone = await newcomer()
    body = creation(fresh_domain(), headquarters=HEADQUARTERS | {"country": said})
    told = await made(await someone.post("/smart-accounts", json=body))
    assert told["headquarters"]["country"] == stored


async def test_that_domains_are_compared_in_one_form(newcomer: Newcomer) -> None:
    """Mixed case, a dot at the end, and international names."""
    someone, word = await newcomer(), fresh_domain().split(".")[0]
    told = await made(
        await someone.post("/smart-accounts", json=creation(f" BÜCHER-{word}.Example. "))
    )
    assert told["domain"].startswith("xn--bcher-")
    again = await someone.post("/smart-accounts", json=creation(f"bücher-{word}.example"))
    assert again.status_code == 409
    same = await someone.post("/smart-accounts", json=creation(told["domain"].upper()))
    assert same.status_code == 409


# Trying and repeating


async def test_that_a_rehearsal_leaves_nothing_and_shows_no_number(newcomer: Newcomer) -> None:
    domain = await company()
    someone = await newcomer(organization=domain)
    answer = await someone.post("/smart-accounts", json=creation(None), headers=DRY)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["id"], told["link"], told["receipt"]["reference"]) == (None, None, None)
    assert told["status"] == "active"
    assert await account_at(domain) is None
    assert await events_of(domain) == []
    assert await mails_to(email_of(someone)) == []
    assert (await made(await someone.post("/smart-accounts", json=creation(None))))["id"]


async def test_that_a_repeated_key_makes_one_account(newcomer: Newcomer) -> None:
    domain = await company()
    someone = await newcomer(organization=domain)
    key = {"Idempotency-Key": domain}
    first, second = [
        await someone.post("/smart-accounts", json=creation(None), headers=key) for _ in range(2)
    ]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.text == second.text


async def test_that_every_account_has_a_number_of_its_own(newcomer: Newcomer) -> None:
    someone = await newcomer()
    numbers = []
    for cancelled in (True, False, True):
        told = await made(await someone.post("/smart-accounts", json=creation(fresh_domain())))
        numbers.append(told["smart_account_id"])
        if cancelled:
            await done(await someone.post(f"/smart-account-requests/{told['id']}/cancel"))
    assert numbers == sorted(set(numbers))
    assert all(100_006 < number < 200_000 for number in numbers)
    async with database().read() as session:
        held = await session.exec(select(SmartAccount.id).where(SmartAccount.id.in_(numbers)))  # type: ignore[attr-defined]
        assert held.all() == [numbers[1]]


async def test_that_a_request_stays_when_its_account_goes(newcomer: Newcomer) -> None:
    someone, domain = await newcomer(), fresh_domain()
    told = await made(await someone.post("/smart-accounts", json=creation(domain)))
    told = await done(await someone.post(f"/smart-account-requests/{told['id']}/cancel"))
    assert (told["status"], told["smart_account_id"], told["smart_account"]) == (
        "cancelled", None, None,
    )  # fmt: skip
    assert await account_at(domain) is None
    row: SmartAccountRequest = await request_row(told["id"])
    assert (row.status, row.domain, row.decided_by) == ("cancelled", domain, email_of(someone))
    other = await newcomer()
    assert (await made(await other.post("/smart-accounts", json=creation(domain))))["id"]
