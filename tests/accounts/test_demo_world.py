"""What the demo world has of requests, as its people see it. Nothing of it is changed here."""

from tests.accounts.world import APPROVER, HEADQUARTERS, creation, done
from tests.conftest import SignedIn

CALL = "/smart-account-requests"
DRY = {"Dry-Run": "true"}


async def test_that_paul_follows_what_he_asked_for(person: SignedIn) -> None:
    paul = await person("paul@fabrikam.example")
    items = (await done(await paul.get(CALL, params={"mine": True, "limit": 200})))["items"]
    by_domain = {item["domain"]: item for item in items}
    wingtip, importers = by_domain["wingtip.example"], by_domain["wwi.example"]
    assert (wingtip["status"], wingtip["customer_emails"]) == (
        "pending_acceptance", ["will@wingtip.example"],
    )  # fmt: skip
    assert wingtip["smart_account_id"] == 100006
    assert (importers["status"], importers["smart_account_id"]) == ("expired", None)
    assert (importers["deciders"], importers["you_may"]) == ([], [])


async def test_that_will_can_accept_and_wendy_came_too_late(person: SignedIn) -> None:
    will, wendy = await person("will@wingtip.example"), await person("wendy@wwi.example")
    [item] = (await done(await will.get(CALL, params={"to_decide": True})))["items"]
    tried = await done(await will.post(f"{CALL}/{item['id']}/accept", headers=DRY))
    assert tried["status"] == "active"
    assert (await done(await wendy.get(CALL, params={"to_decide": True})))["items"] == []
    [late] = (await done(await wendy.get(CALL)))["items"]
    answer = await wendy.post(f"{CALL}/{late['id']}/accept")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/request-expired")


async def test_that_the_expired_domain_is_free_again(person: SignedIn) -> None:
    wendy = await person("wendy@wwi.example")
    tried = await wendy.post("/smart-accounts", json=creation(None), headers=DRY)
    assert (tried.status_code, tried.json()["status"]) == (200, "active")


async def test_that_tess_hears_what_keeps_her_from_the_upgrade(person: SignedIn) -> None:
    tess = await person("tess@freemail.example")
    told = await done(await tess.get("/smart-accounts/k3x9qz.smb/upgrade-eligibility"))
    assert [reason["code"] for reason in told["reasons"]] == ["personal_mailbox"]
    tried = await tess.patch("/me", json={"email": "tess@tailspin.example"}, headers=DRY)
    assert tried.json()["email"] == "tess@tailspin.example"


async def test_that_next_to_northwind_nadia_and_nils_decide(person: SignedIn) -> None:
    nora = await person("nora@northwind.example")
    tried = await nora.post("/smart-accounts", json=creation("labs.northwind.example"), headers=DRY)
    told = tried.json()
    assert told["status"] == "pending_domain_approval"
    assert {"nadia@northwind.example", "nils@northwind.example"} <= {
        one["email"] for one in told["deciders"]
    }
    taken = await nora.post("/smart-accounts", json=creation("subsea.northwind.example"))
    assert taken.status_code == 409
    assert "nina@northwind.example" in taken.json()["hint"]


async def test_that_litware_keeps_its_administrator_to_itself(person: SignedIn) -> None:
    nora = await person("nora@northwind.example")
    body = creation("litware.example", headquarters=HEADQUARTERS)
    taken = await nora.post("/smart-accounts", json=body)
    assert taken.status_code == 409
    assert "lena" not in taken.text
    cyra = await person(APPROVER)
    assert (await done(await cyra.get("/smart-accounts/litware.example")))["roles"] == []
