"""The last administrator has left: the desk puts another in their place, by a case with proof."""

import asyncio

import httpx
import pytest
import pytest_asyncio

from tests.accounts.world import (
    APPROVER,
    company,
    creation,
    done,
    email_of,
    events_of,
    fresh_domain,
    made,
    make_account,
    members_of,
)
from tests.conftest import Newcomer, SignedIn
from tests.people.outbox import mails_to

DRY = {"Dry-Run": "true"}


class Orphaned:
    """An account whose only administrator has left, and a case with the proof of that."""

    def __init__(self, domain: str, id_: int, left: str, heir: httpx.AsyncClient) -> None:
        self.domain, self.id, self.left, self.heir = domain, id_, left, heir
        self.path = f"/smart-accounts/{domain}/replace-administrator"
        self.case = ""

    def body(self, **changes: str) -> dict[str, str]:
        return {"email": email_of(self.heir), "case_number": self.case} | changes


async def case_about(someone: httpx.AsyncClient, domain: str | None, *, proof: bool = True) -> str:
    body = {"category": "smart_account", "title": "Our administrator left", "description": "x",
            "smart_account": domain}  # fmt: skip
    number: str = (await someone.post("/cases", json=body)).json()["number"]
    if proof:
        file = {"file": ("letter.txt", b"They left the company.", "text/plain")}
        answer = await someone.post(f"/cases/{number}/attachments", files=file)
        assert answer.status_code == 201, answer.text
    return number


@pytest_asyncio.fixture(loop_scope="session")
async def orphaned(newcomer: Newcomer) -> Orphaned:
    domain = await company()
    left, heir = await newcomer(organization=domain), await newcomer(organization=domain)
    account = await make_account(
        domain, (email_of(left), "sa_admin"), (email_of(left), "sa_user"),
        primary_contact=email_of(left),
    )  # fmt: skip
    found = Orphaned(domain, account.id, email_of(left), heir)
    found.case = await case_about(heir, domain)
    return found


async def test_that_the_desk_replaces_them_and_both_are_told(
    orphaned: Orphaned, person: SignedIn
) -> None:
    cyra = await person(APPROVER)
    told = await done(await cyra.post(orphaned.path, json=orphaned.body()))
    assert told["receipt"]["title"] == "Administrator replaced"
    assert [one["email"] for one in told["administrators"]] == [email_of(orphaned.heir)]
    assert await members_of(orphaned.id) == {
        (email_of(orphaned.heir), "sa_admin"), (orphaned.left, "sa_user"),
    }  # fmt: skip
    [event] = [e for e in await events_of(orphaned.domain) if e.type == "administrator_replaced"]
    assert (event.actor, event.smart_account_id) == (APPROVER, orphaned.id)
    assert orphaned.case in event.text
    for email, word in ((email_of(orphaned.heir), "you are the SA Administrator"),
                        (orphaned.left, "instead of you")):  # fmt: skip
        [mail] = await mails_to(email, "account_administrator_replaced")
        assert word in mail.text
        assert orphaned.case in mail.text
    record = await done(await orphaned.heir.get(f"/smart-accounts/{orphaned.domain}"))
    assert record["primary_contact"]["email"] == email_of(orphaned.heir)


async def test_that_an_account_without_any_administrator_gets_one(
    newcomer: Newcomer, person: SignedIn
) -> None:
    domain = await company()
    heir = await newcomer(organization=domain)
    account = await make_account(domain, (email_of(heir), "sa_user"))
    body = {"email": email_of(heir), "case_number": await case_about(heir, domain)}
    cyra = await person(APPROVER)
    await done(await cyra.post(f"/smart-accounts/{domain}/replace-administrator", json=body))
    assert (email_of(heir), "sa_admin") in await members_of(account.id)


@pytest.mark.parametrize(
    "who", ["lee@support.example", "mo@support.example", "nadia@northwind.example", "heir", "left"]
)
async def test_that_nobody_else_does(orphaned: Orphaned, person: SignedIn, who: str) -> None:
    address = {"heir": email_of(orphaned.heir), "left": orphaned.left}.get(who, who)
    someone = await person(address)
    answer = await someone.post(orphaned.path, json=orphaned.body())
    assert answer.status_code == 403
    assert (email_of(orphaned.heir), "sa_admin") not in await members_of(orphaned.id)


async def test_that_with_other_administrators_there_they_do_it(
    newcomer: Newcomer, orphaned: Orphaned, person: SignedIn
) -> None:
    other = await newcomer(roles=((orphaned.id, "sa_admin"),), organization=orphaned.domain)
    cyra = await person(APPROVER)
    answer = await cyra.post(orphaned.path, json=orphaned.body())
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/administrators-left")
    assert email_of(other) in answer.json()["detail"]


async def test_that_without_proof_nothing_is_changed(
    newcomer: Newcomer, orphaned: Orphaned, person: SignedIn
) -> None:
    cyra, stranger = await person(APPROVER), await newcomer()
    cancelled = await case_about(orphaned.heir, orphaned.domain)
    await orphaned.heir.post(f"/cases/{cancelled}/cancel", json={})
    cases = {
        "C-999999": "not the number of a case about",
        await case_about(stranger, "contoso.example"): "not the number of a case about",
        await case_about(stranger, None): "not the number of a case about",
        await case_about(stranger, orphaned.domain, proof=False): "Nothing is attached",
        cancelled: "was cancelled",
        await case_about(cyra, orphaned.domain): "opened case",
    }
    for number, why in cases.items():
        answer = await cyra.post(orphaned.path, json=orphaned.body(case_number=number))
        assert answer.status_code == 422, number
        assert answer.json()["errors"][0]["field"] == "case_number"
        assert why in answer.json()["detail"]
    assert (orphaned.left, "sa_admin") in await members_of(orphaned.id)


async def test_that_the_new_one_has_to_be_known_and_of_the_company(
    orphaned: Orphaned, person: SignedIn, newcomer: Newcomer
) -> None:
    cyra = await person(APPROVER)
    for email, status in (
        ("unknown@nobody.example", 404), (orphaned.left, 422), ("lee@support.example", 422),
        ("nobody", 422),
    ):  # fmt: skip
        answer = await cyra.post(orphaned.path, json=orphaned.body(email=email))
        assert answer.status_code == status, email
    outsider = await newcomer()
    tried = await cyra.post(
        orphaned.path, json=orphaned.body(email=email_of(outsider)), headers=DRY
    )
    assert {"label": "Please check",
            "value": f"{email_of(outsider)} is not of {orphaned.domain}"} in tried.json()[
        "receipt"
    ]["lines"]  # fmt: skip
    assert (orphaned.left, "sa_admin") in await members_of(orphaned.id)


async def test_that_an_account_that_is_not_accepted_has_none_to_replace(
    newcomer: Newcomer, person: SignedIn
) -> None:
    someone, domain = await newcomer(), fresh_domain()
    await made(await someone.post("/smart-accounts", json=creation(domain)))
    cyra = await person(APPROVER)
    body = {"email": email_of(someone), "case_number": await case_about(someone, domain)}
    answer = await cyra.post(f"/smart-accounts/{domain}/replace-administrator", json=body)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-active")


async def test_that_doing_it_twice_at_once_leaves_one_administrator(
    newcomer: Newcomer, orphaned: Orphaned, person: SignedIn
) -> None:
    cyra, second = await person(APPROVER), await newcomer(organization=orphaned.domain)
    bodies = [orphaned.body(), orphaned.body(email=email_of(second))]
    answers = await asyncio.gather(*(cyra.post(orphaned.path, json=body) for body in bodies))
    assert {answer.status_code for answer in answers} == {200}
    admins = [who for who, role in await members_of(orphaned.id) if role == "sa_admin"]
    assert len(admins) == 1
