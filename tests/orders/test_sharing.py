"""Order-based access: an order is shared by address, with whoever signs in with it."""

import asyncio

from tests.access.company import Company
from tests.access.conftest import Found, mails_to
from tests.conftest import SignedIn
from tests.orders.shop import assign, on, sold, stands, told_of


async def test_that_the_shared_see_and_assign_but_pass_it_on_to_nobody(
    company: Company, found: Found
) -> None:
    number, other = await sold(company, customer_order_number="PO-77"), await found()
    nils, ada = await company.client("nils"), await other.client("ada")
    path, emails = f"/orders/{number}/shares", [other.email("ada"), other.email("nora")]
    answer = await nils.post(path, json={"emails": emails})
    assert answer.status_code == 201, answer.text
    assert {one["email"] for one in answer.json()["items"]} == {*emails}
    assert [one["shared_by"]["email"] for one in answer.json()["items"]] == (
        [company.email("nils")] * 2
    )
    for email in emails:
        (mail,) = await mails_to(email, "order_shared")
        assert "PO-77" in mail.subject
    seen = (await ada.get(f"/orders/{number}")).json()
    assert [one["way"] for one in seen["visible_because"]] == ["shared"]
    assert (await ada.post(path, json={"emails": ["x@y.example"]})).status_code == 403
    assert (await ada.get(path)).status_code == 403
    assert (await ada.post(f"/orders/{number}/delegations", json={"email": "x@y.example"})
            ).status_code == 403  # fmt: skip
    assert (await (await other.client("ben")).get(f"/orders/{number}")).status_code == 404
    assert (await assign(ada, number, company)).status_code == 200
    assert await stands(number, company) == ["DEFAULT", "DEFAULT"]
    gone = await nils.delete(f"{path}/{other.email('ada').upper()}")
    assert [one["email"] for one in gone.json()["items"]] == [other.email("nora")]
    assert (await ada.get(f"/orders/{number}")).status_code == 404
    assert (await nils.delete(f"{path}/{other.email('ada')}")).status_code == 404
    assert [event.type for event in await told_of(number, "order_shared", "order_unshared")] == [
        "order_shared", "order_unshared",
    ]  # fmt: skip


async def test_that_whoever_may_already_stays_as_they_are(company: Company, found: Found) -> None:
    number, other = await sold(company), await found()
    nora = await company.client("nora")
    path = f"/orders/{number}/shares"
    emails = [company.email("nils"), other.email("ada"), other.email("ada")]
    first = await nora.post(path, json={"emails": emails})
    assert [one["email"] for one in first.json()["items"]] == [other.email("ada")]
    assert "Could assign it already" in first.text
    again = await nora.post(path, json={"emails": [other.email("ada")]})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["receipt"]["title"] == "Nothing to change"
    assert len(await mails_to(other.email("ada"), "order_shared")) == 1
    oneself = await nora.post(path, json={"emails": [other.email("ben"), company.email("nora")]})
    assert oneself.status_code == 422
    assert [one["field"] for one in oneself.json()["errors"]] == ["emails.1"]
    for wrong in ([], ["nobody"], [f"p{n}@many.example" for n in range(21)]):
        assert (await nora.post(path, json={"emails": wrong})).status_code == 422


async def test_that_two_at_once_share_it_once(company: Company, found: Found) -> None:
    number, other = await sold(company), await found()
    nora, nils = await company.client("nora"), await company.client("nils")
    answers = await asyncio.gather(
        *(who.post(f"/orders/{number}/shares", json={"emails": [other.email("ada")]})
          for who in (nora, nils, nora, nils))
    )  # fmt: skip
    assert sorted(one.status_code for one in answers) == [200, 200, 200, 201]
    assert len(await told_of(number, "order_shared")) == 1


async def test_that_whoever_only_looks_shares_nothing(company: Company) -> None:
    number = await sold(company, on(company), contact="somebody@elsewhere.example")
    vic = await company.client("vic")
    assert (await vic.get(f"/orders/{number}")).status_code == 200
    path = f"/orders/{number}/shares"
    assert (await vic.get(path)).status_code == 403
    assert (await vic.post(path, json={"emails": ["x@y.example"]})).status_code == 403
    assert (await vic.delete(f"{path}/x@y.example")).status_code == 403
    nobody = await company.client("nora")
    assert (await nobody.get(path)).status_code == 404


async def test_that_a_public_mailbox_shares_nothing_by_its_domain(person: SignedIn) -> None:
    number = await sold(None, contact="gina@freemail.example")
    gina, greg = await person("gina@freemail.example"), await person("greg@freemail.example")
    assert (await gina.get(f"/orders/{number}")).status_code == 200
    assert (await greg.get(f"/orders/{number}")).status_code == 404
    given = await gina.post(
        f"/orders/{number}/delegations", json={"email": "greg@freemail.example"}
    )
    assert given.status_code == 201, "so that greg can be delegated to"
    shared = await gina.post(f"/orders/{number}/shares", json={"emails": ["greg@freemail.example"]})
    assert shared.status_code == 201
    assert (await greg.get(f"/orders/{number}")).status_code == 200
    await gina.delete(f"/orders/{number}/shares/greg@freemail.example")
    assert (await greg.get(f"/orders/{number}")).status_code == 404
