"""Who manages a partner's orders: granted by its administrator, for its own people."""

import uuid
from dataclasses import dataclass

import httpx
from sqlmodel import col, select

from backend.core.database import database
from backend.core.events import Event
from backend.core.identity import Organization, Person
from tests.access.conftest import mails_to
from tests.conftest import SignedIn
from tests.orders.shop import sold


@dataclass
class Partner:
    """A partner of one's own with an administrator, a colleague and a seller."""

    domain: str
    signed_in: SignedIn

    def email(self, name: str) -> str:
        return name if "@" in name else f"{name}@{self.domain}"

    async def client(self, name: str) -> httpx.AsyncClient:
        return await self.signed_in(self.email(name))

    @property
    def path(self) -> str:
        return f"/partners/{self.domain}/order-fulfillment-managers"

    async def grant(self, who: str, email: str, **more: dict[str, str]) -> httpx.Response:
        client = await self.client(who)
        return await client.post(self.path, json={"email": self.email(email)}, **more)

    async def revoke(self, who: str, email: str) -> httpx.Response:
        return await (await self.client(who)).delete(f"{self.path}/{self.email(email)}")

    async def sees(self, name: str, number: str) -> bool:
        return (await (await self.client(name)).get(f"/orders/{number}")).status_code == 200


async def set_up(person: SignedIn) -> Partner:
    domain = f"p{uuid.uuid4().hex[:10]}.example"
    async with database().write() as session:
        session.add(Organization(domain=domain, name=f"Partner {domain[:6]}", kind="partner"))
        await session.flush()
        for name, roles in (("petra", ["pss_admin"]), ("oscar", []), ("paul", [])):
            email = f"{name}@{domain}"
            session.add(
                Person(id=email, email=email, name=name.title(), kind="partner",
                       organization_domain=domain, partner_roles=roles)
            )  # fmt: skip
    return Partner(domain, person)


async def roles_of(partner: Partner, name: str) -> list[tuple[str, str]]:
    me = (await (await partner.client(name)).get("/me")).json()
    return [(one["partner"], one["role"]) for one in me["roles"]]


async def test_that_a_manager_sees_the_partners_orders_from_booking_on(person: SignedIn) -> None:
    partner = await set_up(person)
    booked = await sold(None, contact=None, partner_domain=partner.domain)
    submitted = await sold(None, contact="a@b.example", partner_domain=partner.domain,
                           status="submitted", booked_at=None)  # fmt: skip
    assert not await partner.sees("oscar", booked)
    answer = await partner.grant("petra", "oscar")
    assert answer.status_code == 201, answer.text
    assert answer.json()["person"]["email"] == partner.email("oscar")
    assert answer.json()["granted_by"]["email"] == partner.email("petra")
    assert await partner.sees("oscar", booked)
    assert not await partner.sees("oscar", submitted)
    assert not await partner.sees("petra", booked), "granting is no way of seeing"
    assert await roles_of(partner, "oscar") == [(partner.domain, "ofm")]
    assert await roles_of(partner, "petra") == [(partner.domain, "pss_admin")]
    (mail,) = await mails_to(partner.email("oscar"), "order_fulfillment_manager")
    assert "Petra" in mail.text
    listed = (await (await partner.client("paul")).get(partner.path)).json()["items"]
    assert [one["person"]["email"] for one in listed] == [partner.email("oscar")]
    gone = await partner.revoke("petra", "OSCAR")
    assert gone.status_code == 200, gone.text
    assert not await partner.sees("oscar", booked)
    assert await roles_of(partner, "oscar") == []
    async with database().read() as session:
        rows = await session.exec(
            select(Event.type)
            .where(Event.subject == partner.email("oscar"))
            .order_by(col(Event.at))
        )
        assert list(rows.all()) == [
            "order_fulfillment_manager_granted", "order_fulfillment_manager_revoked",
        ]  # fmt: skip


async def test_who_grants_and_to_whom(person: SignedIn) -> None:
    partner, other = await set_up(person), await set_up(person)
    refused = await partner.grant("oscar", "oscar")
    assert refused.status_code == 403
    assert partner.email("petra") in refused.json()["detail"]
    assert (await partner.revoke("oscar", "petra")).status_code == 403
    for stranger in (other.email("petra"), "petra@fabrikam.example", "nadia@northwind.example",
                     "lee@support.example"):  # fmt: skip
        client = await person(stranger)
        for answer in (
            await client.get(partner.path),
            await client.post(partner.path, json={"email": partner.email("oscar")}),
            await client.delete(f"{partner.path}/{partner.email('oscar')}"),
        ):
            assert answer.status_code == 404, (stranger, answer.text)
    for nobody in (other.email("oscar"), "nobody", f"x@{partner.domain}.evil.example",
                   f"nobody-yet@{partner.domain}"):  # fmt: skip
        wrong = await (await partner.client("petra")).post(partner.path, json={"email": nobody})
        assert wrong.status_code == 422, nobody
        assert [one["field"] for one in wrong.json()["errors"]] == ["email"]
    unknown = await (await partner.client("petra")).get(
        "/partners/no-such.example/order-fulfillment-managers"
    )
    assert unknown.status_code == 404
    assert (await partner.revoke("petra", "paul")).status_code == 404
    assert (await partner.grant("petra", "oscar")).status_code == 201
    twice = await partner.grant("petra", "oscar")
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/manages-already")


async def test_that_a_manager_of_another_partner_sees_nothing(person: SignedIn) -> None:
    partner, other = await set_up(person), await set_up(person)
    number = await sold(None, contact="a@b.example", partner_domain=partner.domain)
    await other.grant("petra", "oscar")
    assert not await other.sees("oscar", number)
    olivia = await person("olivia@fabrikam.example")
    assert (await olivia.get(f"/orders/{number}")).status_code == 404


async def test_that_a_rehearsal_grants_nothing(person: SignedIn) -> None:
    partner = await set_up(person)
    tried = await partner.grant("petra", "oscar", headers={"Dry-Run": "true"})
    assert tried.status_code == 200
    assert await roles_of(partner, "oscar") == []


async def test_that_the_role_ends_when_somebody_leaves_the_partner(person: SignedIn) -> None:
    partner = await set_up(person)
    number = await sold(None, contact="a@b.example", partner_domain=partner.domain)
    await partner.grant("petra", "oscar")
    oscar = await partner.client("oscar")
    elsewhere = f"oscar-{uuid.uuid4().hex[:8]}@contoso.example"
    await oscar.patch("/me", json={"email": elsewhere})
    (mail,) = await mails_to(elsewhere, "account_email_code")
    code = next(word for word in mail.text.split() if word.strip(".").isdigit())
    verified = await oscar.post("/me/email/verify", json={"code": code.strip(".")})
    assert verified.status_code == 200, verified.text
    assert verified.json()["roles"] == []
    assert (await oscar.get(f"/orders/{number}")).status_code == 404
