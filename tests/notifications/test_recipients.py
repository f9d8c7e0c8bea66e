"""Extra addresses of an account: who adds which, what comes there, and how they end."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from backend.notifications.recipients import forget_unconfirmed_recipients
from tests.notifications.news import happens, waiting
from tests.people.outbox import mails_to
from tests.virtual_accounts.world import Someone, World

Ahead = Callable[..., None]


async def add(who: Someone, world: World, email: str | None = None, **more: Any) -> httpx.Response:
    body = {"email": email or f"alerts@{world.domain}"}
    return await who.http.post(f"{world.path}/notification-recipients", json=body, **more)


async def confirm(client: httpx.AsyncClient, email: str) -> httpx.Response:
    (mail, *_) = (await mails_to(email, "recipient_verification"))[::-1]
    (link,) = [one for one in mail.text.split() if "/confirm-address/" in one]
    return await client.post(httpx.URL(link).raw_path.decode())


async def test_that_nothing_goes_there_before_it_is_confirmed(
    world: World, client: httpx.AsyncClient
) -> None:
    admin, email = await world.someone("sa_admin"), f"alerts@{world.domain}"
    answer = await add(admin, world)
    assert answer.status_code == 201
    told = answer.json()
    assert (told["email"], told["status"], told["confirmed_at"]) == (email, "unconfirmed", None)
    assert told["receipt"]["title"] == "Address added"
    await happens(world, "licenses_expiring", text="Licences expire within 30 days: 5 × Switch.")
    (asked,) = await mails_to(email)
    assert asked.kind == "recipient_verification"
    page = await client.get(httpx.URL(asked.text.split("may: ")[1].split()[0]).raw_path.decode())
    assert page.status_code == 200
    assert "<button" in page.text
    items = await admin.items(f"{world.path}/notification-recipients")
    assert items[0]["status"] == "unconfirmed", "to look at the link changes nothing"
    for _ in range(2):
        assert (await confirm(client, email)).status_code == 200
    (item,) = await admin.items(f"{world.path}/notification-recipients")
    assert item["status"] == "confirmed"
    await happens(world, "licenses_expiring", text="Licences expire within 14 days: 5 × Switch.")
    _, alert = await mails_to(email)
    assert "within 14 days" in alert.subject
    assert "List-Unsubscribe" in alert.headers
    await happens(world, text="Uma is now SA User.")
    await happens(world, "policies_changed", text="Overuse is blocked.")
    assert await waiting(item["id"]) == ["Overuse is blocked."]
    types = [event.type for event in await world.events()]
    assert types[:1] == ["notification_recipient_added"]
    assert "notification_recipient_confirmed" in types


@pytest.mark.parametrize(
    "email", ["alerts@other.example", "alerts@sub.{domain}", "alerts@evil{domain}"]
)
async def test_that_only_the_accounts_own_domain_will_do(world: World, email: str) -> None:
    admin = await world.someone("sa_admin")
    answer = await add(admin, world, email.format(domain=world.domain))
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == ("email", "domain")
    assert f"Name one that ends in @{world.domain}" in error["message"]
    assert "viewer’s role" in error["message"]


@pytest.mark.parametrize("role", ["sa_approver", "sa_user", "sa_viewer"])
async def test_that_only_administrators_may(world: World, role: str) -> None:
    admin, other = await world.someone("sa_admin"), await world.someone(role)
    answer = await add(other, world)
    assert answer.status_code == 403
    assert admin.email in answer.json()["detail"]
    path = f"{world.path}/notification-recipients"
    assert (await other.http.get(path)).status_code == 403
    assert (await other.http.delete(f"{path}/alerts@{world.domain}")).status_code == 403
    assert (await (await world.someone()).http.get(path)).status_code == 403


async def test_that_adding_again_mails_again_but_not_for_ever(
    world: World, clock_ahead: Ahead
) -> None:
    admin, email = await world.someone("sa_admin"), f"alerts@{world.domain}"
    statuses = [(await add(admin, world)).status_code for _ in range(3)]
    assert statuses == [201, 200, 200]
    refused = await add(admin, world)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 3601
    assert len(await mails_to(email)) == 3
    clock_ahead(minutes=61)
    assert (await add(admin, world)).status_code == 200


async def test_that_two_at_once_add_one(world: World) -> None:
    admin = await world.someone("sa_admin")
    answers = await asyncio.gather(*(add(admin, world) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 201]
    assert len(await admin.items(f"{world.path}/notification-recipients")) == 1


async def test_that_there_are_ten_at_most(world: World) -> None:
    admin = await world.someone("sa_admin")
    for number in range(10):
        assert (await add(admin, world, f"a{number}@{world.domain}")).status_code == 201
    answer = await add(admin, world)
    assert answer.status_code == 409
    assert "Remove one first" in answer.json()["hint"]


async def test_that_an_unconfirmed_one_is_forgotten_and_its_link_dead(
    world: World, client: httpx.AsyncClient, clock_ahead: Ahead
) -> None:
    admin, email = await world.someone("sa_admin"), f"alerts@{world.domain}"
    await add(admin, world)
    clock_ahead(days=7, minutes=1)
    assert (await confirm(client, email)).status_code == 409
    assert await admin.items(f"{world.path}/notification-recipients") == []
    await forget_unconfirmed_recipients()
    await forget_unconfirmed_recipients()
    assert (await confirm(client, email)).status_code == 404
    assert [e.type for e in await world.events()][-1] == "notification_recipient_expired"


async def test_that_a_removed_one_gets_nothing_more(
    world: World, client: httpx.AsyncClient
) -> None:
    admin, email = await world.someone("sa_admin"), f"alerts@{world.domain}"
    await add(admin, world)
    await confirm(client, email)
    path = f"{world.path}/notification-recipients"
    tried = await admin.http.delete(f"{path}/{email}", headers={"Dry-Run": "true"})
    assert (tried.status_code, len(await admin.items(path))) == (200, 1)
    gone = await admin.http.delete(f"{path}/{email}")
    assert gone.json()["receipt"]["title"] == "Address removed"
    assert (await admin.http.delete(f"{path}/{email}")).status_code == 404
    await happens(world, "licenses_expired", text="Licences have expired: 5 × Switch.")
    assert [mail.kind for mail in await mails_to(email)] == ["recipient_verification"]


@pytest.mark.parametrize("token", ["x", "x.y", "e30.AAAA", "é", "%00"])
async def test_that_no_other_link_confirms_anything(client: httpx.AsyncClient, token: str) -> None:
    for method in ("GET", "POST"):
        answer = await client.request(method, f"/confirm-address/{token}")
        assert answer.status_code == 404
        assert "text/html" in answer.headers["content-type"]
