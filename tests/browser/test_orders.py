"""Orders by hand: why one is stuck, assigning it, and what the desk sees of it."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, expect

from backend.orders.schemas import TERMS
from tests.agent.scripted_model import ScriptedModel, call, text
from tests.browser.axe import barriers
from tests.browser.chat import TURN_MS
from tests.browser.conftest import Album, Visits
from tests.browser.inspection import Inspection
from tests.product import Product

FIONA = "fiona@northwind.example"
STUCK, ALONE = "4100001", "4100025"


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as running:
        yield running


@pytest.fixture(scope="module")
def with_agent(model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product with an agent, and without Rasa."""
    folder, where = tmp_path_factory.mktemp("agent"), {"OPENAI_BASE_URL": model.url}
    with Product(folder, with_rasa=False, environment=where) as running:
        yield running


@pytest.fixture
def ask(browser: Browser, with_agent: Product) -> Iterator[Visits]:
    with ExitStack() as closing:
        visits = Visits(browser, with_agent, closing)
        yield visits
    assert visits.complaints == []


def test_why_an_order_is_stuck_is_found_out_and_it_is_assigned(
    ask: Visits, with_agent: Product, model: ScriptedModel, album: Album
) -> None:
    fiona = ask(FIONA).open()
    model.steps(
        call("explain_order_delay", {"order_number": STUCK}),
        call("get_order", {"order_number": STUCK}),
        text("It has no Smart Account yet; you can assign it."),
    )
    fiona.say(f"Why is order {STUCK} stuck?")
    order = fiona.widget.get_by_role("group", name=f"Order {STUCK}", exact=True).first
    expect(order.locator(".delay").first).to_contain_text("No Smart Account on the order")
    expect(order).to_contain_text("You are its Fulfillment Contact.")
    inspection = Inspection(fiona.page, album, "real-order")
    inspection.look("stuck")

    given = {"order_number": STUCK, "smart_account": "northwind.example",
             "virtual_account": "Americas"}  # fmt: skip
    model.steps(call("assign_order", given))
    order.get_by_role("button", name=f"Assign order {STUCK}", exact=True).click()
    fiona.settle()
    expect(fiona.card).to_contain_text(TERMS)
    expect(fiona.card).to_contain_text("Americas")
    inspection.look("terms")
    assert assigned(with_agent) is None
    fiona.card.get_by_role("button", name="Accept the terms and assign").click()
    expect(fiona.receipts).to_have_count(1, timeout=TURN_MS)
    inspection.look("receipt")
    assert assigned(with_agent) == ("northwind.example", "Americas")

    model.steps(call("get_order", {"order_number": STUCK}), text("It stands on Northwind."))
    fiona.say("and now?")
    now = fiona.widget.get_by_role("group", name=f"Order {STUCK}", exact=True).last
    expect(now).to_contain_text("Northwind Networks (northwind.example), Americas")
    expect(now).not_to_contain_text("No Smart Account on the order")
    assert inspection.found == {}


def test_with_rasa_the_same_is_done_in_words_and_with_the_cards_buttons(
    visit: Visits, product: Product, album: Album
) -> None:
    fiona = visit(FIONA, portal="scm").open()
    fiona.say(f"Why is order {ALONE} stuck?")
    order = fiona.widget.get_by_role("group", name=f"Order {ALONE}", exact=True).first
    expect(order.locator(".delay").first).to_contain_text("No Smart Account on the order")
    order.get_by_role("button", name=f"Assign order {ALONE}", exact=True).click()
    fiona.settle()
    album.take(fiona.page, "rasa-order-asked")
    fiona.say("northwind.example, Americas")
    expect(fiona.card).to_contain_text(TERMS)
    expect(fiona.card).to_contain_text("Americas")
    album.take(fiona.page, "rasa-order-terms")
    fiona.card.get_by_role("button", name="Accept the terms and assign").click()
    expect(fiona.receipts).to_have_count(1, timeout=TURN_MS)
    assert assigned(product, ALONE) == ("northwind.example", "Americas")

    fiona.say("show everything that is delayed, worst first")
    rows = fiona.widget.locator("ask-licensing-orders li")
    expect(rows.first.locator(".why").first).to_be_visible()
    inspection = Inspection(fiona.page, album, "rasa-order")
    inspection.look("delayed", ("desktop", "phone"))
    fiona.say("how many orders do I have by status?")
    expect(fiona.widget.get_by_role("list", name="By status")).to_be_visible()
    assert inspection.found == {}


def test_many_orders_are_assigned_at_once_each_with_a_result(
    visit: Visits, product: Product, album: Album
) -> None:
    fiona = visit(FIONA, portal="scm").open()
    fiona.say("assign orders 4100026, 4100027 and 4100021 to northwind.example, Americas")
    expect(fiona.card).to_contain_text(TERMS)
    inspection = Inspection(fiona.page, album, "rasa-order")
    inspection.look("many", ("desktop", "phone"))
    fiona.card.get_by_role("button", name="Accept the terms and assign").click()
    expect(fiona.receipts).to_have_count(1, timeout=TURN_MS)
    outcomes = fiona.receipts.locator(".outcome")
    assert sorted(outcomes.all_inner_texts()) == ["Assigned", "Assigned", "Not done"]
    inspection.look("many-done", ("desktop", "dark", "phone"))
    assert assigned(product, "4100026") == ("northwind.example", "Americas")
    assert inspection.found == {}


def test_all_orders_are_listed_and_counted(ask: Visits, model: ScriptedModel, album: Album) -> None:
    fiona = ask(FIONA).open()
    model.steps(call("list_orders", {"limit": 200}), text("These are yours."))
    fiona.say("show my orders")
    group = fiona.widget.get_by_role("group", name="Which orders")
    group.get_by_role("button", name="Delayed").click()
    rows = fiona.widget.locator("ask-licensing-orders li")
    expect(rows.first.locator(".why").first).to_be_visible()
    inspection = Inspection(fiona.page, album, "real-order")
    inspection.look("list")
    model.steps(call("get_orders_summary", {}), text("That many."))
    fiona.say("how many orders do I have?")
    expect(fiona.widget.get_by_role("list", name="By status")).to_be_visible()
    inspection.look("summary")
    assert inspection.found == {}


def test_orders_are_taken_away_as_a_file(ask: Visits, model: ScriptedModel, album: Album) -> None:
    fiona = ask(FIONA).open()
    model.steps(call("create_order_export", {"format": "csv"}))
    fiona.say("download my orders as CSV")
    fiona.card.get_by_role("button", name="Confirm").click()
    expect(fiona.receipts).to_have_count(1, timeout=TURN_MS)
    fetch = fiona.receipts.get_by_role("button", name="Download CSV")
    expect(fetch).to_be_visible(timeout=TURN_MS)
    with fiona.page.expect_download() as downloaded:
        fetch.click()
    assert STUCK in downloaded.value.path().read_text()
    inspection = Inspection(fiona.page, album, "real-order")
    inspection.look("export", ("desktop", "dark", "phone"))
    assert inspection.found == {}


def test_the_desk_sees_the_order_of_a_case(ask: Visits, with_agent: Product, album: Album) -> None:
    opened = with_agent.client(FIONA).http.post(
        "/cases",
        json={"category": "orders", "title": "It does not move", "description": "Please look.",
              "order_number": "4100014"},
    )  # fmt: skip
    number = opened.raise_for_status().json()["number"]
    lee = ask.desk("Lee Castellwyn")
    expect(lee.locator(f"#row-{number}")).to_contain_text("order 4100014")
    lee.goto(f"/console/cases/{number}")
    panel = lee.locator("#sec-order")
    expect(panel).to_contain_text("The entitlement has not been requested")
    expect(panel).to_contain_text("The administrator of the Enterprise Agreement")
    panel.get_by_text("2 lines").click()
    inspection = Inspection(lee, album, "desk-order")
    inspection.look("case")
    album.take(lee, "desk-order-whole", full_page=True)
    assert inspection.found == {}
    assert barriers(lee) == []


def assigned(product: Product, number: str = STUCK) -> tuple[str, str] | None:
    """Where an order stands."""
    order = product.client(FIONA).http.get(f"/orders/{number}").raise_for_status().json()
    where = order["assignment"]
    return (where["smart_account"], where["virtual_account"]) if where else None
