"""Who sees and decides which request, and that it is decided once."""

import asyncio
from typing import Any

import httpx
import pytest

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
    made,
    make_account,
    members_of,
    request_row,
)
from tests.conftest import Newcomer, SignedIn
from tests.people.outbox import mails_to

CALL = "/smart-account-requests"
VERBS: list[tuple[str, str, Any]] = [
    ("POST", "/approve", None), ("POST", "/decline", {}), ("POST", "/accept", None),
    ("POST", "/cancel", None), ("POST", "/resend", None),
    ("PATCH", "", {"customer_emails": ["x@nobody.example"]}),
]  # fmt: skip


async def asked(newcomer: Newcomer) -> tuple[httpx.AsyncClient, str]:
    """Somebody, and the path of their request for the desk."""
    someone = await newcomer()
    told = await made(await someone.post("/smart-accounts", json=creation(fresh_domain())))
    return someone, f"{CALL}/{told['id']}"


@pytest.mark.parametrize(
    "stranger",
    ["carla@contoso.example", "nadia@northwind.example", "lee@support.example",
     "mo@support.example", "petra@fabrikam.example", "greg@freemail.example"],
)  # fmt: skip
async def test_that_strangers_find_no_request(
    newcomer: Newcomer, person: SignedIn, stranger: str
) -> None:
    """Also colleagues, administrators of other accounts, and agents who don't decide these."""
    _, path = await asked(newcomer)
    someone = await person(stranger)
    missing = (await someone.get(f"{CALL}/nothing")).json()["detail"]
    for method, end, body in [("GET", "", None), *VERBS]:
        answer = await someone.request(method, path + end, json=body)
        assert answer.status_code == 404, (method, end, answer.text)
        assert answer.json()["detail"].replace(path.rsplit("/", 1)[1], "nothing") == missing
    listed = (await someone.get(CALL, params={"limit": 200})).json()["items"]
    assert path.rsplit("/", 1)[1] not in {item["id"] for item in listed}


async def test_that_nobody_decides_what_they_asked_for(newcomer: Newcomer) -> None:
    someone, path = await asked(newcomer)
    for call, body in (("approve", None), ("decline", {})):
        answer = await someone.post(f"{path}/{call}", json=body)
        assert answer.status_code == 403
        assert "Cyra Venkatholm" in answer.json()["hint"]


async def test_that_the_desks_approver_does_not_approve_their_own(person: SignedIn) -> None:
    cyra = await person(APPROVER)
    told = await made(await cyra.post("/smart-accounts", json=creation(fresh_domain())))
    assert told["deciders"] == []
    assert (await cyra.post(f"{CALL}/{told['id']}/approve")).status_code == 403
    assert (await cyra.get(CALL, params={"to_decide": True, "limit": 200})).json()["items"] == [
        item
        for item in (await cyra.get(CALL, params={"to_decide": True, "limit": 200})).json()["items"]
        if item["id"] != told["id"]
    ]
    await done(await cyra.post(f"{CALL}/{told['id']}/cancel"))


async def test_that_only_administrators_of_the_account_above_decide(
    newcomer: Newcomer, person: SignedIn
) -> None:
    domain = await company()
    someone = await newcomer()
    roles = ["sa_admin", "sa_approver", "sa_user", "sa_viewer"]
    members = {role: await newcomer(organization=domain) for role in roles}
    await make_account(domain, *((email_of(who), role) for role, who in members.items()))
    told = await made(
        await someone.post("/smart-accounts", json=creation(fresh_domain(above=domain)))
    )
    path = f"{CALL}/{told['id']}/approve"
    for role in roles[1:]:
        assert (await members[role].post(path)).status_code == 404
    refused = await (await person(APPROVER)).post(path)
    assert refused.status_code == 403
    assert email_of(members["sa_admin"]) in refused.json()["hint"]
    assert (await done(await members["sa_admin"].post(path)))["status"] == "active"


async def test_that_a_declined_request_says_why_and_frees_its_domain(
    newcomer: Newcomer, person: SignedIn
) -> None:
    someone, path = await asked(newcomer)
    cyra = await person(APPROVER)
    told = await done(await cyra.post(f"{path}/decline", json={"reason": "Not your company"}))
    assert (told["status"], told["reason"]) == ("declined", "Not your company")
    assert told["decided_by"]["email"] == APPROVER
    assert await account_at(told["domain"]) is None
    mail = (await mails_to(email_of(someone)))[-1]
    assert mail.kind == "account_declined"
    assert "Not your company" in mail.text
    event = (await events_of(told["domain"]))[-1]
    assert (event.type, event.actor) == ("account_request_declined", APPROVER)
    assert "Not your company" in event.text
    body = creation(told["domain"])
    assert (await made(await someone.post("/smart-accounts", json=body)))["id"]


async def test_that_a_reason_is_not_needed_and_not_too_long(
    newcomer: Newcomer, person: SignedIn
) -> None:
    cyra = await person(APPROVER)
    _, path = await asked(newcomer)
    long = await cyra.post(f"{path}/decline", json={"reason": "x" * 501})
    assert long.status_code == 422
    assert (await done(await cyra.post(f"{path}/decline", json={})))["reason"] is None


async def test_that_what_is_decided_stays_decided(newcomer: Newcomer, person: SignedIn) -> None:
    cyra = await person(APPROVER)
    for first, status in (("approve", "active"), ("decline", "declined")):
        someone, path = await asked(newcomer)
        await done(await cyra.post(f"{path}/{first}", json={}))
        for who in (cyra, someone):
            for method, end, body in VERBS:
                answer = await who.request(method, path + end, json=body)
                assert answer.status_code in {403, 409}, (end, answer.text)
        for end in ("approve", "decline"):
            answer = await cyra.post(f"{path}/{end}", json={})
            assert (answer.status_code, answer.json()["type"]) == (
                409, f"/problems/request-{status}",
            )  # fmt: skip


async def test_that_of_two_deciders_at_once_one_decides(
    newcomer: Newcomer, person: SignedIn
) -> None:
    domain = await company()
    admins = [await newcomer(organization=domain) for _ in range(2)]
    await make_account(domain, *((email_of(one), "sa_admin") for one in admins))
    for _ in range(3):
        someone, below = await newcomer(), fresh_domain(above=domain)
        told = await made(await someone.post("/smart-accounts", json=creation(below)))
        path = f"{CALL}/{told['id']}"
        answers = await asyncio.gather(
            admins[0].post(f"{path}/approve"),
            admins[1].post(f"{path}/decline", json={}),
            someone.post(f"{path}/cancel"),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
        status = (await request_row(told["id"])).status
        account = await account_at(below)
        assert (account is not None) is (status == "active")
        decided = {"account_activated", "account_request_declined", "account_request_cancelled"}
        assert len([e for e in await events_of(below) if e.type in decided]) == 1
        if account is not None:
            assert await members_of(account.id) == {(email_of(someone), "sa_admin")}


async def test_that_lists_show_each_what_is_theirs(newcomer: Newcomer, person: SignedIn) -> None:
    domain = await company()
    admin, will, someone = [await newcomer(organization=domain) for _ in range(3)]
    await make_account(domain, (email_of(admin), "sa_admin"))
    other = await company()
    invited = await newcomer(organization=other)
    ids = {
        "below": (await made(await someone.post(
            "/smart-accounts", json=creation(fresh_domain(above=domain)))))["id"],
        "customer": (await made(await someone.post(
            CALL, json=for_customer(other, email_of(invited)))))["id"],
        "free": (await made(await someone.post(
            "/smart-accounts", json=creation(fresh_domain()))))["id"],
    }  # fmt: skip

    async def listed(who: httpx.AsyncClient, **query: Any) -> list[str]:
        items = (await who.get(CALL, params={"limit": 200} | query)).json()["items"]
        known = {id_: name for name, id_ in ids.items()}
        return [known[item["id"]] for item in items if item["id"] in known]

    assert await listed(someone) == ["free", "customer", "below"]
    assert await listed(someone, mine=True) == ["free", "customer", "below"]
    assert await listed(someone, to_decide=True) == []
    assert await listed(admin) == await listed(admin, to_decide=True) == ["below"]
    assert await listed(invited) == await listed(invited, to_decide=True) == ["customer"]
    assert await listed(will) == []
    cyra = await person(APPROVER)
    assert await listed(cyra) == ["free", "customer", "below"]
    assert await listed(cyra, to_decide=True) == ["free"]
    assert await listed(someone, status="pending_approval") == ["free"]
    assert await listed(someone, status="pending") == ["free", "customer", "below"]
    await done(await someone.post(f"{CALL}/{ids['customer']}/cancel"))
    assert await listed(someone, status="cancelled") == ["customer"]
    assert await listed(invited, to_decide=True) == []
    assert (await someone.get(CALL, params={"status": "lost"})).status_code == 422


async def test_that_pages_follow_each_other(newcomer: Newcomer) -> None:
    someone = await newcomer()
    made_ids = [
        (await made(await someone.post("/smart-accounts", json=creation(fresh_domain()))))["id"]
        for _ in range(5)
    ]
    seen: list[str] = []
    cursor = None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await someone.get(CALL, params=query)).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == made_ids[::-1]


async def test_that_the_list_says_what_one_can_do_and_so_it_is(
    newcomer: Newcomer, person: SignedIn
) -> None:
    """`you_may`, the list `to_decide` and the calls themselves are three ways to the same rule."""
    domain = await company()
    admin, nominee, someone = [await newcomer(organization=domain) for _ in range(3)]
    await make_account(domain, (email_of(admin), "sa_admin"))
    other = await company()
    customer = await newcomer(organization=other)
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("/smart-accounts", creation(fresh_domain())),
        ("/smart-accounts", creation(fresh_domain(above=domain))),
        ("/smart-accounts", creation(fresh_domain(), authority="nominee",
                                     nominee_email=email_of(nominee))),
        (CALL, for_customer(other, email_of(customer))),
    ]  # fmt: skip
    everybody = [someone, admin, nominee, customer, await person(APPROVER)]
    for call, body in bodies:
        told = await made(await someone.post(call, json=body))
        path = f"{CALL}/{told['id']}"
        for who in everybody:
            shown = await who.get(path)
            may = set(shown.json()["you_may"]) if shown.status_code == 200 else set()
            listed = (await who.get(CALL, params={"to_decide": True, "limit": 200})).json()
            waits = told["id"] in {item["id"] for item in listed["items"]}
            assert waits is bool(may & {"approve", "accept"})
            verbs = {"/approve": "approve", "/decline": "decline", "/accept": "accept",
                     "/cancel": "cancel", "/resend": "resend", "": "invite"}  # fmt: skip
            for method, end, sent in VERBS:
                tried = await who.request(
                    method, path + end, json=sent, headers={"Dry-Run": "true"}
                )
                allowed = tried.status_code == 200
                assert allowed is (verbs[end] in may), (end, tried.text, may)
        await done(await someone.post(f"{path}/cancel"))
