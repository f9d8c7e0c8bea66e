"""Cards about orders: what holds one up, how far it is, many of them, and their downloads."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Route, expect

from backend.orders.schemas import TERMS
from tests.browser import cards, order_cards
from tests.browser.chat import Chat
from tests.browser.conftest import Album, Visits
from tests.browser.inspection import Inspection
from tests.browser.told import propose, store, tell
from tests.product import Product

FIONA = "fiona@northwind.example"
ORDER = order_cards.CARDS["order"]


def show(come: Visits, quiet: Product, card: dict[str, Any], **options: Any) -> Chat:
    chat = come(FIONA, **options).open()
    tell(quiet, chat, "Here you are.", card=card)
    return chat


@pytest.mark.parametrize("kind", order_cards.CARDS)
def test_that_a_card_has_no_barriers(come: Visits, quiet: Product, album: Album, kind: str) -> None:
    chat = show(come, quiet, order_cards.CARDS[kind])
    for closed in chat.widget.locator("summary").all():
        closed.click()
    inspection = Inspection(chat.page, album, "orders")
    inspection.look(kind)
    chat.widget.get_by_role("button", name="Make the chat wider").click()
    inspection.look(f"{kind}-wide", ("desktop", "dark"))
    assert inspection.found == {}


def test_that_the_terms_stand_above_the_button_that_accepts_them(
    come: Visits, quiet: Product, album: Album
) -> None:
    chat = come(FIONA).open()
    propose(quiet, chat, "assign_order", order_cards.ASSIGNING)
    inspection = Inspection(chat.page, album, "orders")
    inspection.look("terms")
    terms = chat.card.get_by_role("region", name="Terms")
    expect(terms).to_contain_text(TERMS)
    accept = chat.card.get_by_role("button", name="Accept the terms and assign")
    expect(accept).to_be_in_viewport(ratio=1)
    above, below = terms.bounding_box(), accept.bounding_box()
    assert above is not None
    assert below is not None
    assert above["y"] < below["y"]
    assert inspection.found == {}


# --- One order ------------------------------------------------------------------------------


def test_that_what_holds_an_order_up_comes_first_with_the_button_that_helps(
    come: Visits, quiet: Product
) -> None:
    chat = show(come, quiet, ORDER)
    card = chat.widget.get_by_role("group", name="Order 4100001")
    delays = card.locator(".delay")
    expect(delays).to_have_count(3)
    first = delays.first
    for told in ("Holds it up", "No Smart Account on the order", "for 23 days", "Who acts",
                 "Fiona Aldersgate", "Next step"):  # fmt: skip
        expect(first).to_contain_text(told)
    expect(delays.nth(1)).to_contain_text("Line 2")
    expect(delays.nth(1).get_by_role("link", name="Open the page for it")).to_have_attribute(
        "href", "https://ccw.demo.example/orders"
    )
    expect(delays.nth(2)).to_contain_text("Good to know")
    above, below = first.bounding_box(), card.locator(".steps").bounding_box()
    assert above is not None
    assert below is not None
    assert above["y"] < below["y"]
    first.get_by_role("button", name="Assign order 4100001").click()
    chat.settle()
    assert chat.said("user") == ["Assign order 4100001"]


def test_that_how_far_it_is_can_be_heard_and_read_without_colours(
    come: Visits, quiet: Product
) -> None:
    chat = show(come, quiet, ORDER)
    steps = chat.widget.get_by_role("list", name="How far it is").get_by_role("listitem")
    said = [" ".join(step.split()) for step in steps.all_text_contents()]
    assert [re.sub(r"\d+ Nov( 2026)?", "day", step) for step in said] == [
        "Placed day, done", "Booked day, done", "Assigned to a Smart Account now",
        "Being provisioned still ahead", "Provisioned still ahead",
    ]  # fmt: skip
    expect(steps.nth(2)).to_have_attribute("aria-current", "step")
    assert steps.nth(0).locator(".mark .icon").count() == 1
    assert steps.nth(3).locator(".mark .icon").count() == 0


def test_that_an_order_that_is_closed_but_not_set_up_says_so(come: Visits, quiet: Product) -> None:
    card = show(come, quiet, order_cards.CARDS["order-closed"]).widget.locator(".card")
    expect(card).to_contain_text("Closed in Commerce, but not everything was set up.")
    expect(card).not_to_contain_text("Nothing holds it up")


def test_that_an_order_of_which_only_the_delays_are_known_is_drawn(
    come: Visits, quiet: Product
) -> None:
    order = {"number": "4100001", "delays": [order_cards.SA_MISSING]}
    chat = show(come, quiet, {"kind": "order", "order": order})
    expect(chat.widget.locator(".delay")).to_contain_text("No Smart Account")
    expect(chat.widget.get_by_role("button", name="Assign order 4100001")).to_be_visible()


def test_that_what_a_card_has_is_not_offered_again_below_it(come: Visits, quiet: Product) -> None:
    chat = come(FIONA).open()
    offers = [
        {"title": "Assign it", "payload": '/assign_order{"order_number":"4100001"}'},
        {"title": "Talk to a person", "payload": "/talk_to_person"},
    ]
    tell(quiet, chat, "It waits.", card=ORDER, buttons=offers)
    expect(chat.offer("Talk to a person")).to_be_visible()
    expect(chat.offer("Assign it")).to_have_count(0)
    with chat.page.expect_request("**/messages") as sent:
        chat.widget.get_by_role("button", name="Assign order 4100001", exact=True).click()
    assert sent.value.post_data_json["payload"] == offers[0]["payload"]
    chat.settle()
    assert not any("can’t use that button" in said for said in chat.messages.all_inner_texts())


def test_that_everything_on_an_order_is_reached_with_the_keyboard(
    come: Visits, quiet: Product
) -> None:
    chat = show(come, quiet, ORDER)
    card = chat.widget.locator("ask-licensing-order")
    help_ = card.get_by_role("button", name="Assign order 4100001", exact=True)
    help_.focus()
    keys = chat.page.keyboard
    keys.press("Tab")
    expect(card.get_by_role("link", name="Open the page for it")).to_be_focused()
    keys.press("Tab")
    expect(card.get_by_role("link", name=FIONA)).to_be_focused()
    keys.press("Tab")
    keys.press("Enter")
    expect(card.get_by_role("table", name="2 lines")).to_be_visible()
    keys.press("Tab")
    keys.press("Enter")
    expect(card.get_by_text("You are its Fulfillment Contact.")).to_be_visible()
    keys.press("Tab")
    expect(card.get_by_role("button", name="Let somebody else assign")).to_be_focused()


# --- Many -----------------------------------------------------------------------------------


def chip(chat: Chat, name: str) -> Locator:
    group = chat.widget.get_by_role("group", name="Which orders")
    return group.get_by_role("button", name=name)


def test_that_hundreds_of_orders_are_narrowed_searched_and_drawn_in_pieces(
    come: Visits, quiet: Product
) -> None:
    found = order_cards.card("list_orders", {"items": order_cards.many(300), "next": None})
    chat = show(come, quiet, found)
    rows = chat.widget.locator("ask-licensing-orders li")
    expect(chip(chat, "All 300")).to_have_attribute("aria-pressed", "true")
    assert rows.count() < 100
    expect(rows.first).to_have_attribute("aria-setsize", "300")
    chip(chat, "Delayed 140").click()
    expect(chat.widget.get_by_text("140 orders")).to_be_visible()
    chip(chat, "Unassigned 100").press("Enter")
    expect(rows.first).to_have_attribute("aria-setsize", "100")
    expect(rows.first).to_contain_text("and 1 more reason")
    chat.widget.get_by_label("Search by number, customer or account").fill("customer 4200006")
    expect(chat.widget.get_by_text("1 of 300 found")).to_be_visible()
    chat.widget.get_by_label("Search by number, customer or account").fill("nowhere")
    expect(chat.widget.get_by_text("Nothing matches.")).to_be_visible()
    chat.widget.get_by_label("Search by number, customer or account").fill("")
    chat.widget.get_by_role("region", name="Orders").hover()
    for _ in range(12):
        chat.page.mouse.wheel(0, 2000)
    expect(rows).to_have_count(100)
    rows.first.get_by_role("button", name="Show order 4200000").click()
    chat.settle()
    chat.widget.get_by_role("button", name="Assign all unassigned orders").click()
    chat.settle()
    assert chat.said("user") == ["Show order 4200000", "Assign all unassigned orders"]


def test_that_a_list_says_in_a_sentence_what_it_holds(come: Visits, quiet: Product) -> None:
    chat = come(FIONA).open()
    announced = chat.widget.locator("[aria-live=polite] p")
    expect(announced).to_have_count(1)
    store(quiet, chat.conversation(), cards.reply("Found.", order_cards.CARDS["orders"]))
    expect(announced.last).to_have_text("Assistant: Found.. Your orders: 120 orders")


def test_that_a_list_in_words_is_not_said_beside_its_card(come: Visits, quiet: Product) -> None:
    chat = come(FIONA).open()
    said = "Two are late:\n- **4200000** · No Smart Account\n- **4200003**\n… and 2 more."
    offer = {"title": "4200000", "payload": '/order_status{"order_number":"4200000"}'}
    tell(quiet, chat, said, card=order_cards.CARDS["orders"], buttons=[offer])
    assert chat.said("bot")[-1] == "Two are late:"
    expect(chat.offer("4200000")).to_have_count(0)
    tell(quiet, chat, said, buttons=[offer])
    expect(chat.messages.last).to_contain_text("… and 2 more.")
    expect(chat.offer("4200000")).to_be_visible()


def test_that_the_numbers_stand_beside_the_bars(come: Visits, quiet: Product) -> None:
    chat = show(come, quiet, order_cards.CARDS["summary"])
    bars = chat.widget.get_by_role("list", name="By status").get_by_role("listitem")
    assert [" ".join(bar.split()) for bar in bars.all_inner_texts()] == [
        "Submitted 3", "Booked 140", "In fulfilment 300", "Waiting to be provisioned 91",
        "Provisioned 600", "Closed 100",
    ]  # fmt: skip
    chat.widget.get_by_role("button", name="Show my delayed orders: 112").click()
    chat.settle()
    assert chat.said("user") == ["Show my delayed orders"]


# --- Files ----------------------------------------------------------------------------------


def test_that_a_file_is_watched_until_it_is_there_and_then_fetched(
    come: Visits, quiet: Product, album: Album
) -> None:
    chat = come(FIONA).open()
    stands = dict(order_cards.EXPORT)

    def answer(route: Route) -> None:
        if route.request.url.endswith("/file"):
            route.fulfill(body="number\r\n4100001\r\n", content_type="text/csv")
        else:
            route.fulfill(body=json.dumps(stands), content_type="application/json")

    chat.page.route("**/api/v1/order-exports/**", answer)
    receipt = {"kind": "receipt", "title": "The file is being made", "export": order_cards.EXPORT}
    tell(quiet, chat, "Done.", card=receipt)
    progress = chat.widget.get_by_role("progressbar")
    expect(progress).to_have_attribute("value", "0.25")
    expect(chat.widget.get_by_text("400 of 1,600 orders")).to_be_visible()
    inspection = Inspection(chat.page, album, "orders")
    inspection.look("export")
    stands |= {"done": 1200}
    expect(progress).to_have_attribute("value", "0.75")
    stands |= {"done": 1600, "status": "ready"}
    fetch = chat.widget.get_by_role("button", name="Download CSV")
    expect(fetch).to_be_visible()
    inspection.look("export-ready")
    with chat.page.expect_download() as downloaded:
        fetch.click()
    assert downloaded.value.path().read_text() == "number\n4100001\n"
    assert inspection.found == {}


def test_that_a_file_that_has_gone_says_so(come: Visits, quiet: Product) -> None:
    card = order_cards.card("get_order_export", order_cards.EXPORT)
    chat = show(come, quiet, card)
    # Nobody made it, so the product knows of none.
    expect(chat.widget.get_by_text("This file is no longer there.")).to_be_visible()


def test_that_what_became_of_each_order_is_a_word_and_a_mark(
    come: Visits, quiet: Product, album: Album
) -> None:
    receipt = {"kind": "receipt", "title": "Orders assigned", "table": order_cards.OUTCOME}
    chat = show(come, quiet, receipt)
    outcomes = chat.widget.locator(".outcome")
    assert outcomes.all_inner_texts() == ["Assigned", "As it was", "Not done"]
    assert outcomes.locator(".icon").count() == 3
    inspection = Inspection(chat.page, album, "orders")
    inspection.look("outcome")
    assert inspection.found == {}
