"""Accounts for customers: who is invited, who accepts, and how invitations change."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio

from backend.core import timers
from tests.accounts.world import (
    APPROVER,
    account_at,
    company,
    creation,
    done,
    email_of,
    events_of,
    for_customer,
    fresh_domain,
    invited_to,
    made,
    make_account,
    members_of,
)
from tests.conftest import Newcomer, SignedIn
from tests.people.outbox import mails_to

CALL = "/smart-account-requests"
DRY = {"Dry-Run": "true"}
Ahead = Callable[..., None]
pytestmark = pytest.mark.usefixtures("own_time")


@pytest_asyncio.fixture(loop_scope="session")
async def partner(newcomer: Newcomer) -> httpx.AsyncClient:
    """A partner seller whom no other test knows."""
    return await newcomer(organization="lucerne.example", kind="partner", name="Pete Seller")


async def kinds(email: str) -> list[str]:
    return [mail.kind for mail in await mails_to(email)]


async def test_that_the_customer_accepts_and_administers_it(
    newcomer: Newcomer, partner: httpx.AsyncClient
) -> None:
    domain = await company()
    will = await newcomer(organization=domain)
    body = for_customer(
        domain, email_of(will).upper(), note_to_customer="Please accept.",
        note_to_approver="A good customer",
    )  # fmt: skip
    told = await made(await partner.post(CALL, json=body))
    assert (told["status"], told["kind"]) == ("pending_acceptance", "customer")
    assert told["customer_emails"] == [email_of(will)]
    assert (told["note"], told["note_to_customer"]) == ("A good customer", "Please accept.")
    account = await account_at(domain)
    assert account is not None
    assert account.status == "pending"
    [mail] = await mails_to(email_of(will))
    assert mail.kind == "account_activation"
    assert "Please accept." in mail.text
    assert "A good customer" not in mail.text
    assert f"/?request={told['id']}" in mail.text
    told = await done(await will.post(f"{CALL}/{told['id']}/accept"))
    assert told["status"] == "active"
    assert await members_of(account.id) == {(email_of(will), "sa_admin")}
    assert await kinds(email_of(partner)) == ["account_requested", "account_activated"]
    types = [event.type for event in await events_of(domain)]
    assert types == ["account_requested", "account_activated"]


async def test_that_whoever_is_invited_reads_their_own_part_alone(
    newcomer: Newcomer, partner: httpx.AsyncClient
) -> None:
    domain = await company()
    one, two = await newcomer(organization=domain), await newcomer(organization=domain)
    body = for_customer(domain, email_of(one), email_of(two), note_to_approver="Secret")
    told = await made(await partner.post(CALL, json=body))
    shown = (await one.get(f"{CALL}/{told['id']}")).json()
    assert shown["customer_emails"] == [email_of(one)]
    assert [decider["email"] for decider in shown["deciders"]] == [email_of(one)]
    assert (shown["note"], shown["requester"]["email"]) == ("", email_of(partner))
    assert shown["you_may"] == ["decline", "accept"]
    assert {item["id"] for item in (await one.get(CALL)).json()["items"]} == {told["id"]}


async def test_that_without_an_address_of_the_customer_the_desk_approves_first(
    newcomer: Newcomer, partner: httpx.AsyncClient, person: SignedIn
) -> None:
    domain, outsider = fresh_domain(), await newcomer()
    told = await made(await partner.post(CALL, json=for_customer(domain, email_of(outsider))))
    path = f"{CALL}/{told['id']}"
    assert told["status"] == "pending_approval"
    check = next(line for line in told["receipt"]["lines"] if line["label"] == "Please check")
    assert email_of(outsider) in check["value"]
    assert (await outsider.get(path)).status_code == 404
    assert (await outsider.post(f"{path}/accept")).status_code == 404
    assert await kinds(email_of(outsider)) == []
    cyra = await person(APPROVER)
    told = await done(await cyra.post(f"{path}/approve"))
    assert told["status"] == "pending_acceptance"
    assert await kinds(email_of(outsider)) == ["account_activation"]
    assert await kinds(email_of(partner)) == ["account_requested", "account_approved"]
    assert (await done(await outsider.post(f"{path}/accept")))["status"] == "active"


async def test_that_an_address_above_the_domain_is_the_customers(
    newcomer: Newcomer, partner: httpx.AsyncClient
) -> None:
    domain = await company()
    will = await newcomer(organization=domain)
    body = for_customer(fresh_domain(above=domain), email_of(will))
    assert (await made(await partner.post(CALL, json=body)))["status"] == "pending_acceptance"


async def test_that_below_an_account_its_administrators_approve_first(
    newcomer: Newcomer, partner: httpx.AsyncClient
) -> None:
    domain = await company()
    admin, will = await newcomer(organization=domain), await newcomer(organization=domain)
    await make_account(domain, (email_of(admin), "sa_admin"))
    body = for_customer(fresh_domain(above=domain), email_of(will))
    told = await made(await partner.post(CALL, json=body))
    assert told["status"] == "pending_domain_approval"
    told = await done(await admin.post(f"{CALL}/{told['id']}/approve"))
    assert told["status"] == "pending_acceptance"
    assert (await done(await will.post(f"{CALL}/{told['id']}/accept")))["status"] == "active"


async def test_that_the_first_to_accept_wins(
    newcomer: Newcomer, partner: httpx.AsyncClient
) -> None:
    domain = await company()
    one, two = await newcomer(organization=domain, name="Fast One"), await newcomer()
    body = for_customer(domain, email_of(two), email_of(one))
    path = f"{CALL}/{(await made(await partner.post(CALL, json=body)))['id']}"
    first = await done(await one.post(f"{path}/accept"))
    again = await done(await one.post(f"{path}/accept"))
    assert (first["status"], again["receipt"]["title"]) == (
        "active", "You have accepted this already",
    )  # fmt: skip
    late = await two.post(f"{path}/accept")
    assert (late.status_code, late.json()["title"]) == (409, "Somebody else was first")
    assert "Fast One" in late.json()["detail"]
    assert len([e for e in await events_of(domain) if e.type == "account_activated"]) == 1


async def test_that_of_two_who_accept_at_once_one_administers_it(
    newcomer: Newcomer, partner: httpx.AsyncClient
) -> None:
    domain = await company()
    people = [await newcomer(organization=domain) for _ in range(3)]
    body = for_customer(domain, *map(email_of, people))
    told = await made(await partner.post(CALL, json=body))
    path = f"{CALL}/{told['id']}/accept"
    answers = await asyncio.gather(*(one.post(path) for one in people for _ in range(2)))
    winners = {
        email_of(one)
        for one, answer in zip([p for p in people for _ in range(2)], answers, strict=True)
        if answer.status_code == 200
    }
    assert len(winners) == 1
    assert {answer.status_code for answer in answers} == {200, 409}
    assert await members_of(told["smart_account_id"]) == {(winners.pop(), "sa_admin")}
    assert len([e for e in await events_of(domain) if e.type == "account_activated"]) == 1


async def test_that_only_the_invited_address_accepts(
    newcomer: Newcomer, partner: httpx.AsyncClient, person: SignedIn
) -> None:
    domain = await company()
    will, colleague = await newcomer(organization=domain), await newcomer(organization=domain)
    told = await made(await partner.post(CALL, json=for_customer(domain, email_of(will))))
    path = f"{CALL}/{told['id']}/accept"
    assert (await colleague.post(path)).status_code == 404
    for someone in (partner, await person(APPROVER)):
        refused = await someone.post(path)
        assert refused.status_code == 403
        assert "not invited" in refused.json()["detail"]
    await colleague.patch("/me", json={"email": email_of(will)})
    assert (await colleague.post(path)).status_code == 404
    assert (await done(await will.post(path)))["status"] == "active"


async def test_that_an_expired_link_says_so(
    newcomer: Newcomer, partner: httpx.AsyncClient, clock_ahead: Ahead
) -> None:
    domain = await company()
    will = await newcomer(organization=domain)
    told = await made(await partner.post(CALL, json=for_customer(domain, email_of(will))))
    clock_ahead(days=90, seconds=1)
    await timers.run_due()
    answer = await will.post(f"{CALL}/{told['id']}/accept")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/request-expired")
    assert "expired on" in answer.json()["detail"]
    assert "anew" in answer.json()["hint"]


# Invitations change


async def test_that_a_replaced_address_accepts_no_more(
    newcomer: Newcomer, partner: httpx.AsyncClient
) -> None:
    domain = await company()
    wrong, right = await newcomer(organization=domain), await newcomer(organization=domain)
    told = await made(await partner.post(CALL, json=for_customer(domain, email_of(wrong))))
    path = f"{CALL}/{told['id']}"
    told = await done(await partner.patch(path, json={"customer_emails": [email_of(right)]}))
    assert (told["status"], told["customer_emails"]) == ("pending_acceptance", [email_of(right)])
    assert await kinds(email_of(wrong)) == ["account_activation", "account_withdrawn"]
    assert await kinds(email_of(right)) == ["account_activation"]
    assert (await wrong.post(f"{path}/accept")).status_code == 404
    assert (await done(await right.post(f"{path}/accept")))["status"] == "active"


async def test_that_who_stays_invited_gets_no_second_mail(
    newcomer: Newcomer, partner: httpx.AsyncClient
) -> None:
    domain = await company()
    one, two = await newcomer(organization=domain), await newcomer(organization=domain)
    told = await made(await partner.post(CALL, json=for_customer(domain, email_of(one))))
    both = {"customer_emails": [email_of(one), email_of(two)]}
    await done(await partner.patch(f"{CALL}/{told['id']}", json=both))
    assert await kinds(email_of(one)) == ["account_activation"]
    assert await kinds(email_of(two)) == ["account_activation"]


async def test_that_replacing_is_no_way_around_the_desk(
    newcomer: Newcomer, partner: httpx.AsyncClient, person: SignedIn
) -> None:
    """First somebody of the company, then an accomplice in their place."""
    domain = await company()
    will, accomplice = await newcomer(organization=domain), await newcomer()
    told = await made(await partner.post(CALL, json=for_customer(domain, email_of(will))))
    path = f"{CALL}/{told['id']}"
    changed = {"customer_emails": [email_of(accomplice)]}
    told = await done(await partner.patch(path, json=changed))
    assert told["status"] == "pending_approval"
    assert (await accomplice.post(f"{path}/accept")).status_code == 404
    assert await kinds(email_of(accomplice)) == []
    cyra = await person(APPROVER)
    assert (await done(await cyra.post(f"{path}/approve")))["status"] == "pending_acceptance"
    other = await newcomer()
    told = await done(await partner.patch(path, json={"customer_emails": [email_of(other)]}))
    assert told["status"] == "pending_approval", "the approval was of another address"
    assert told["approved_by"] is None


async def test_that_replacing_below_an_account_asks_its_administrators_again(
    newcomer: Newcomer, partner: httpx.AsyncClient
) -> None:
    domain = await company()
    admin, will = await newcomer(organization=domain), await newcomer(organization=domain)
    accomplice = await newcomer()
    await make_account(domain, (email_of(admin), "sa_admin"))
    below = fresh_domain(above=domain)
    for who, body, call in (
        (partner, for_customer(below, email_of(will)), CALL),
        (
            await newcomer(organization=domain),
            creation(below, authority="nominee", nominee_email=email_of(will)),
            "/smart-accounts",
        ),
    ):
        told = await made(await who.post(call, json=body))
        path = f"{CALL}/{told['id']}"
        await done(await admin.post(f"{path}/approve"))
        told = await done(await who.patch(path, json={"customer_emails": [email_of(accomplice)]}))
        assert told["status"] == "pending_domain_approval"
        assert (await accomplice.post(f"{path}/accept")).status_code == 404
        await done(await who.post(f"{path}/cancel"))


async def test_that_a_replaced_nominee_of_elsewhere_still_needs_the_desk(
    newcomer: Newcomer,
) -> None:
    domain = await company()
    someone, nominee, other = (
        await newcomer(),
        await newcomer(organization=domain),
        (await newcomer()),
    )
    body = creation(domain, authority="nominee", nominee_email=email_of(nominee))
    path = f"{CALL}/{(await made(await someone.post('/smart-accounts', json=body)))['id']}"
    told = await done(await someone.patch(path, json={"customer_emails": [email_of(other)]}))
    assert (told["status"], told["nominee"]["email"]) == ("pending_acceptance", email_of(other))
    told = await done(await other.post(f"{path}/accept"))
    assert told["status"] == "pending_approval"
    refused = await someone.patch(path, json={"customer_emails": ["x@nobody.example"]})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/already-accepted")


async def test_that_there_is_one_nominee(newcomer: Newcomer) -> None:
    someone = await newcomer()
    body = creation(fresh_domain(), authority="nominee", nominee_email="a@nobody.example")
    path = f"{CALL}/{(await made(await someone.post('/smart-accounts', json=body)))['id']}"
    two = {"customer_emails": ["a@nobody.example", "b@nobody.example"]}
    answer = await someone.patch(path, json=two)
    assert answer.status_code == 422
    assert "one nominee" in answer.json()["detail"]


async def test_that_where_nobody_is_invited_there_is_nobody_to_replace(newcomer: Newcomer) -> None:
    someone = await newcomer()
    told = await made(await someone.post("/smart-accounts", json=creation(fresh_domain())))
    answer = await someone.patch(
        f"{CALL}/{told['id']}", json={"customer_emails": ["x@nobody.example"]}
    )
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/nobody-invited")


async def test_that_who_asked_and_the_desk_keep_the_invitations(
    newcomer: Newcomer, partner: httpx.AsyncClient, person: SignedIn
) -> None:
    domain = await company()
    will, right = await newcomer(organization=domain), await newcomer(organization=domain)
    told = await made(await partner.post(CALL, json=for_customer(domain, email_of(will))))
    path, body = f"{CALL}/{told['id']}", {"customer_emails": [email_of(right)]}
    assert (await will.patch(path, json=body)).status_code == 403
    assert (await will.post(f"{path}/resend")).status_code == 403
    assert (await (await newcomer()).patch(path, json=body)).status_code == 404
    cyra = await person(APPROVER)
    assert (await done(await cyra.patch(path, json=body)))["customer_emails"] == [email_of(right)]
    await done(await cyra.post(f"{path}/resend"))


async def test_that_the_activation_mail_comes_again_but_not_without_end(
    newcomer: Newcomer, partner: httpx.AsyncClient, clock_ahead: Ahead
) -> None:
    domain = await company()
    will = await newcomer(organization=domain)
    told = await made(await partner.post(CALL, json=for_customer(domain, email_of(will))))
    for _ in range(5):
        await done(await partner.post(f"{CALL}/{told['id']}/resend"))
    assert await kinds(email_of(will)) == ["account_activation"] * 6
    answer = await partner.post(f"{CALL}/{told['id']}/resend")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "3600"
    clock_ahead(hours=1, seconds=1)
    await done(await partner.post(f"{CALL}/{told['id']}/resend"))


async def test_that_after_acceptance_nothing_is_sent_or_changed(
    newcomer: Newcomer, partner: httpx.AsyncClient
) -> None:
    domain = await company()
    will = await newcomer(organization=domain)
    told = await made(await partner.post(CALL, json=for_customer(domain, email_of(will))))
    path = f"{CALL}/{told['id']}"
    await done(await will.post(f"{path}/accept"))
    body = {"customer_emails": ["x@nobody.example"]}
    for answer in (
        await partner.post(f"{path}/resend"),
        await partner.post(f"{path}/cancel"),
        await partner.patch(path, json=body),
        await will.post(f"{path}/decline", json={}),
    ):
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/request-active")
    account = await account_at(domain)
    assert account is not None
    assert account.status == "active"


async def test_that_one_of_several_may_decline_and_the_last_ends_it(
    newcomer: Newcomer, partner: httpx.AsyncClient
) -> None:
    domain = await company()
    one, two = await newcomer(organization=domain), await newcomer(organization=domain)
    body = for_customer(domain, email_of(one), email_of(two))
    path = f"{CALL}/{(await made(await partner.post(CALL, json=body)))['id']}"
    told = await done(await one.post(f"{path}/decline", json={"reason": "Not me"}))
    assert told["status"] == "pending_acceptance"
    assert (await one.post(f"{path}/accept")).status_code == 404
    told = await done(await two.post(f"{path}/decline", json={"reason": "We have one"}))
    assert (told["status"], told["reason"]) == ("declined", "We have one")
    assert await account_at(domain) is None
    mails = await mails_to(email_of(partner))
    assert [mail.kind for mail in mails] == [
        "account_requested", "account_invitation_declined", "account_declined",
    ]  # fmt: skip
    assert "We have one" in mails[-1].text


async def test_that_a_cancelled_request_withdraws_its_invitations(
    newcomer: Newcomer, partner: httpx.AsyncClient
) -> None:
    domain = await company()
    will = await newcomer(organization=domain)
    told = await made(await partner.post(CALL, json=for_customer(domain, email_of(will))))
    path = f"{CALL}/{told['id']}"
    assert (await will.post(f"{path}/cancel")).status_code == 403
    await done(await partner.post(f"{path}/cancel"))
    assert await kinds(email_of(will)) == ["account_activation", "account_withdrawn"]
    answer = await will.post(f"{path}/accept")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/request-cancelled")


# What is refused

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"customer_emails": []}, "customer_emails"),
    ({"customer_emails": [f"p{n}@nobody.example" for n in range(11)]}, "customer_emails"),
    ({"customer_emails": ["nobody"]}, "customer_emails.0"),
    ({"customer_emails": "x@nobody.example"}, "customer_emails"),
    ({"name": "42"}, "name"), ({"domain": "gmail.com"}, "domain"),
    ({"domain": "labs.freemail.example"}, "domain"), ({"type": "holding"}, "type"),
    ({"note_to_customer": "x" * 1001}, "note_to_customer"),
    ({"note_to_approver": "x" * 1001}, "note_to_approver"),
    ({"headquarters": {"city": "Oslo"}}, "headquarters.street"),
    ({"authority": "self"}, "authority"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "field"), WRONG, ids=lambda value: str(value)[:40])
async def test_that_a_wrong_field_is_named(
    partner: httpx.AsyncClient, change: dict[str, Any], field: str
) -> None:
    body = for_customer(fresh_domain(), "x@nobody.example") | change
    answer = await partner.post(CALL, json=body)
    assert answer.status_code == 422, answer.text
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_that_the_domain_has_to_be_said(partner: httpx.AsyncClient) -> None:
    body = for_customer(fresh_domain(), "x@nobody.example")
    del body["domain"]
    answer = await partner.post(CALL, json=body)
    assert [error["field"] for error in answer.json()["errors"]] == ["domain"]


async def test_that_who_asks_does_not_accept(
    newcomer: Newcomer, partner: httpx.AsyncClient
) -> None:
    for emails in ([email_of(partner)], ["x@nobody.example", email_of(partner).upper()]):
        answer = await partner.post(CALL, json=for_customer(fresh_domain(), *emails))
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "customer_emails"
    told = await made(
        await partner.post(CALL, json=for_customer(fresh_domain(), "x@nobody.example"))
    )
    body = {"customer_emails": [email_of(partner)]}
    assert (await partner.patch(f"{CALL}/{told['id']}", json=body)).status_code == 422


async def test_that_addresses_said_twice_count_once(partner: httpx.AsyncClient) -> None:
    emails = [f"p{n}@nobody.example" for n in range(9)] + ["P1@nobody.example"]
    told = await made(await partner.post(CALL, json=for_customer(fresh_domain(), *emails)))
    assert told["customer_emails"] == emails[:9]
    assert len(await invited_to(told["id"])) == 9


async def test_that_a_taken_domain_is_refused_here_too(
    newcomer: Newcomer, partner: httpx.AsyncClient
) -> None:
    domain = await company()
    admin = await newcomer(organization=domain)
    await make_account(domain, (email_of(admin), "sa_admin"))
    answer = await partner.post(CALL, json=for_customer(domain, "x@nobody.example"))
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/domain-taken")


async def test_that_a_rehearsal_mails_nobody(
    newcomer: Newcomer, partner: httpx.AsyncClient
) -> None:
    domain = await company()
    will = await newcomer(organization=domain)
    body = for_customer(domain, email_of(will))
    tried = await partner.post(CALL, json=body, headers=DRY)
    assert (tried.status_code, tried.json()["id"]) == (200, None)
    told = await made(await partner.post(CALL, json=body))
    assert await kinds(email_of(will)) == ["account_activation"]
    path = f"{CALL}/{told['id']}"
    tried = await will.post(f"{path}/accept", headers=DRY)
    assert (tried.status_code, tried.json()["status"]) == (200, "active")
    account = await account_at(domain)
    assert account is not None
    assert (account.status, await members_of(account.id)) == ("pending", set())
    for call, sent in (("decline", {}), ("resend", None)):
        who = will if call == "decline" else partner
        assert (await who.post(f"{path}/{call}", json=sent, headers=DRY)).status_code == 200
    assert (await partner.post(f"{path}/cancel", headers=DRY)).json()["status"] == "cancelled"
    assert await account_at(domain) is not None
    assert await kinds(email_of(will)) == ["account_activation"]
