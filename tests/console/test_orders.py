"""The order beside a case: what an agent sees of it, and who sees nothing."""

import httpx

from tests.conftest import LITWARE, SignedIn
from tests.console.conftest import Desk, open_case
from tests.console.test_case import section
from tests.orders.making import line_of, make_order

WAITING = "4100001"
NORTHWIND, SUBSEA = 100001, 100005


async def test_that_an_agent_sees_why_the_order_of_a_case_waits(
    lee: httpx.AsyncClient, asker: httpx.AsyncClient
) -> None:
    number = await open_case(asker, order_number=WAITING)
    shown = section((await lee.get(f"/console/cases/{number}")).text, "order")
    for told in (
        f"Order {WAITING}", "No Smart Account on the order", "Who acts", "Next step",
        "fiona@northwind.example", "No account yet", "fabrikam.example", "2 lines",
    ):  # fmt: skip
        assert told in shown


async def test_that_lines_on_several_accounts_say_where_each_stands(
    lee: httpx.AsyncClient, asker: httpx.AsyncClient
) -> None:
    order = await make_order(
        line_of(NORTHWIND), line_of(SUBSEA), line_of(LITWARE), contact="fiona@northwind.example"
    )
    number = await open_case(asker, order_number=order)
    shown = section((await lee.get(f"/console/cases/{number}")).text, "order")
    for told in ("Northwind Networks", "Northwind Subsea", "an account that isn’t named to you"):
        assert told in shown
    assert "Litware" not in shown


async def test_that_it_is_said_when_the_requester_may_not_know_of_the_order(
    lee: httpx.AsyncClient, person: SignedIn
) -> None:
    carla = await person("carla@contoso.example")
    number = await open_case(carla, order_number=WAITING)
    assert "doesn’t see this order" in (await lee.get(f"/console/cases/{number}")).text
    fiona = await person("fiona@northwind.example")
    number = await open_case(fiona, order_number="81000001")
    page = (await lee.get(f"/console/cases/{number}")).text
    assert f"Order {WAITING}" in section(page, "order")
    assert "doesn’t see this order" not in page


async def test_that_a_number_of_no_order_is_said_to_be_one(
    lee: httpx.AsyncClient, asker: httpx.AsyncClient
) -> None:
    number = await open_case(asker, order_number="4999999")
    shown = section((await lee.get(f"/console/cases/{number}")).text, "order")
    assert "There is no order with this number." in shown


async def test_that_a_case_without_an_order_has_no_panel(
    lee: httpx.AsyncClient, asker: httpx.AsyncClient
) -> None:
    number = await open_case(asker)
    assert 'id="sec-order"' not in (await lee.get(f"/console/cases/{number}")).text


async def test_that_the_list_names_the_order_and_finds_it(
    lee: httpx.AsyncClient, asker: httpx.AsyncClient
) -> None:
    number = await open_case(asker, order_number="4100014")
    found = (await lee.get("/console", params={"q": "4100014"})).text
    row = found.split(f'id="row-{number}"', 1)[1].split("</tr>", 1)[0]
    assert "order 4100014" in row


class TestWhoSeesIt:
    async def test_not_the_requester_nor_an_agent_of_another_queue(self, person: SignedIn) -> None:
        carla = await person("carla@contoso.example")
        number = await open_case(carla, order_number=WAITING)
        lee = await person("lee@support.example")
        assert (await lee.get(f"/cases/{number}/order")).json()["requester_sees_it"] is False
        for other in (carla, await person("cyra@support.example")):
            refused = await other.get(f"/cases/{number}/order")
            assert refused.status_code == 404
            assert "fiona" not in refused.text

    async def test_not_an_agent_who_does_not_work_on_its_queue(
        self, asker: httpx.AsyncClient, person: SignedIn, desk: Desk
    ) -> None:
        number = await open_case(asker, category="smart_account", order_number=WAITING)
        mia = await person("mia@support.example")
        assert (await mia.get(f"/cases/{number}/order")).status_code == 404
        assert (
            await (await desk("mia@support.example")).get(f"/console/cases/{number}")
        ).status_code == 404

    async def test_what_is_restricted_is_not_named(
        self, asker: httpx.AsyncClient, person: SignedIn
    ) -> None:
        number = await open_case(asker, order_number=WAITING)
        lee = await person("lee@support.example")
        order = (await lee.get(f"/cases/{number}/order")).json()["order"]
        assert order["visible_because"] == []
        assert "assign_order" not in order["you_may"]
        assert all(delay["operation"] is None for delay in order["delays"])
