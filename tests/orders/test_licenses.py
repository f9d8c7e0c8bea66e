"""Licences: who sees those of an account, where those of an order lie, what they keep in place."""

from datetime import timedelta

from backend.core import clock
from backend.core.database import database
from backend.orders.models import License, Order
from tests.conftest import SignedIn
from tests.orders.making import line_of, make_order
from tests.virtual_accounts.world import make_world


async def test_that_roles_see_the_licences_of_their_places(person: SignedIn) -> None:
    world = await make_world(person)
    for place in ("Lab", "Americas", "APAC"):
        await make_order(line_of(world.id, world.ids[place], delivered=True, product=place))
    path = f"{world.path}/licenses"

    async def products(*roles: tuple[str, list[str]] | str, nested: bool = False) -> list[str]:
        who = await world.someone(*roles, nested=nested)
        return sorted(one["product"] for one in (await who.get(path))["items"])

    assert await products("sa_viewer") == ["APAC", "Americas", "Lab"]
    assert await products(("va_viewer", ["Americas"])) == ["Americas"]
    assert await products(("va_user", ["EMEA"]), nested=True) == ["Lab"]
    assert await products(("va_user", ["EMEA"])) == []
    approver, outsider = await world.someone("sa_approver"), await world.someone()
    for who in (approver, outsider):
        assert (await who.http.get(path)).status_code == 403
    hidden = await make_world(person, visibility="restricted")
    assert (await outsider.http.get(f"{hidden.path}/licenses")).status_code == 404


async def test_that_licences_are_narrowed_and_paged(person: SignedIn) -> None:
    world = await make_world(person)
    admin = await world.someone("sa_admin")
    lab, site = world.ids["Lab"], world.ids["Americas"]
    number = await make_order(
        line_of(world.id, lab, delivered=True, product="Blue"),
        line_of(world.id, site, delivered=True, product="Green", sku="G-1"),
        line_of(world.id, site),
    )
    path = f"{world.path}/licenses"
    whole = (await admin.get(path))["items"]
    assert {one["product"]: one["virtual_account"] for one in whole} == {
        "Blue": "Lab", "Green": "Americas",
    }  # fmt: skip
    first = await admin.get(path, limit=1)
    second = await admin.get(path, limit=1, cursor=first["next"])
    assert first["items"] + second["items"] == whole
    assert second["next"] is None
    for query, products in (
        ({"virtual_account": "lab"}, ["Blue"]), ({"q": "g-1"}, ["Green"]), ({"q": "red"}, []),
        ({"q": number}, ["Blue", "Green"]),
    ):  # fmt: skip
        found = (await admin.get(path, **query))["items"]
        assert sorted(one["product"] for one in found) == products, query
    user = await world.someone(("va_user", ["Lab"]))
    assert (await user.http.get(path, params={"virtual_account": "APAC"})).status_code == 404
    assert (await user.get(path, virtual_account="Americas"))["items"] == []


async def test_that_each_licence_says_whether_it_runs(person: SignedIn) -> None:
    world, now = await make_world(person), clock.now()
    admin = await world.someone("sa_admin")
    place = world.ids["Lab"]
    ended, ahead = now - timedelta(days=1), now + timedelta(days=1)
    expected = {}
    for starts, ends, status in (
        (ended, None, "active"), (ended, ended, "expired"), (ahead, None, "future"),
    ):  # fmt: skip
        number = await make_order(line_of(world.id, place, delivered=True))
        async with database().write() as session:
            row = (await admin.get(f"{world.path}/licenses", q=number))["items"][0]
            told = await session.get_one(License, row["id"])
            told.starts_at, told.ends_at = starts, ends
        expected[number] = status
    listed = (await admin.get(f"{world.path}/licenses"))["items"]
    assert {one["order_number"]: one["status"] for one in listed} == expected


async def test_where_the_licences_of_an_order_lie(person: SignedIn) -> None:
    world = await make_world(person)
    fay = await world.someone()
    place = world.ids["Americas"]
    number = await make_order(
        line_of(world.id, place, delivered=True), line_of(world.id, place), line_of(),
        line_of(smart_enabled=False), contact=fay.email,
    )  # fmt: skip
    found = await fay.get(f"/orders/{number}/licenses")
    assert (found["number"], found["delivered"]) == (number, 1)
    there, coming, nowhere, elsewhere = found["items"]
    assert there["assignment"]["virtual_account"] == "Americas"
    assert "Americas" in there["text"]
    assert there["portal"] == coming["portal"] == "cssm"
    assert (coming["delivered_at"], coming["delays"]) == (None, [])
    assert nowhere["delays"] == ["SA_MISSING"]
    assert "No Smart Account" in nowhere["text"]
    assert (elsewhere["portal"], elsewhere["delays"]) == ("lrp", ["NOT_SMART_ENABLED"])
    assert "License Registration Portal" in elsewhere["text"]
    assert found["text"].startswith("1 of 4 lines arrived.")


async def test_that_what_waits_in_a_virtual_account_keeps_it(person: SignedIn) -> None:
    world = await make_world(person)
    admin = await world.someone("sa_admin")
    place = f"{world.path}/virtual-accounts/Lab"
    waiting = await make_order(line_of(world.id, world.ids["Lab"]))
    refused = await admin.http.delete(place)
    assert refused.status_code == 409
    assert f"order {waiting} is still to be delivered into it" in refused.json()["detail"]
    async with database().write() as session:
        (await session.get_one(Order, waiting)).cancelled_at = clock.now()
    await make_order(line_of(world.id, world.ids["Lab"], delivered=True, quantity=7))
    refused = await admin.http.delete(place)
    assert refused.status_code == 409
    assert "7 licences lie in it" in refused.json()["detail"]
    assert "Lab" in await world.rows()


async def test_that_a_cancelled_or_closed_order_keeps_nothing(person: SignedIn) -> None:
    world, now = await make_world(person), clock.now()
    admin = await world.someone("sa_admin")
    line = line_of(world.id, world.ids["Lab"])
    await make_order(line, cancelled_at=now, status="cancelled")
    closed = await make_order(line, closed_at=now, status="closed")
    done = await admin.http.delete(f"{world.path}/virtual-accounts/Lab")
    assert done.status_code == 200, done.text
    order = await admin.get(f"/orders/{closed}")
    assert order["assignment"] == {
        "smart_account": world.domain, "name": world.name, "virtual_account": None,
    }  # fmt: skip
    assert order["closed_without_provisioning"] is True
