"""From a sentence to a case, from the desk back into the chat: by hand, in two browsers."""

import re

from playwright.sync_api import Page, expect

from tests.browser.chat import TURN_MS, Chat, Wishes
from tests.browser.conftest import Album, Visits
from tests.product import Person, Product

WISHES = Wishes(day=11, hour=13, topics=("Virtual accounts",), own_topic="Moving orders")
SECRET = "They asked the same in spring."


def test_a_wish_becomes_a_case_and_the_desk_answers_in_the_chat(
    visit: Visits, product: Product, album: Album
) -> None:
    nadia = visit("nadia@northwind.example").open()
    known = numbers(product.client("nadia@northwind.example"))
    lee = visit.desk("Lee Castellwyn")
    lee.goto("/console?queue=lea")

    nadia.ask_for_training(WISHES)
    assert nadia.controls == ["choices", "when", "number"]
    album.take(nadia.page, "chat-card")
    number = double_click_confirm(nadia)
    album.take(nadia.page, "chat-receipt")
    assert numbers(product.client("nadia@northwind.example")) - known == {number}
    expect(nadia.page.locator("#cases")).to_contain_text(number)

    # The queue was open all the time and is not reloaded.
    row = lee.locator(f"#row-{number}")
    expect(row).to_contain_text("Nadia Fjordheim")
    album.take(lee, "desk-queue")
    row.get_by_role("link").first.click()
    see_what_was_said(lee, number)
    claim_and_note(lee)
    answer(lee, "Shall we look at your own accounts?")
    album.take(lee, "desk-case", full_page=True)

    expect(nadia.messages.last).to_contain_text("Shall we look at your own accounts?")
    expect(nadia.messages.last).to_contain_text(f"Case {number}")
    expect(nadia.messages.last).to_contain_text("Lee Castellwyn")
    expect(nadia.page.locator("#cases li").first).to_contain_text("Acknowledged")
    bot = nadia.said("bot")
    nadia.say("Yes, the ones in EMEA please")
    expect(lee.locator("#sec-thread .entry").last).to_contain_text("Yes, the ones in EMEA please")

    assert nadia.said("bot") == bot
    schedule(lee)
    expect(nadia.messages.last).to_contain_text(re.compile("scheduled", re.IGNORECASE))
    expect(nadia.messages.last).to_contain_text("13:00")
    album.take(nadia.page, "chat-scheduled")
    assert SECRET not in nadia.widget.inner_text()
    assert SECRET not in str(product.client("nadia@northwind.example").cases())


def numbers(person: Person) -> set[str]:
    return {case["number"] for case in person.cases()}


def double_click_confirm(chat: Chat) -> str:
    """Press Confirm twice as fast as a hand can; the number of the one receipt."""
    chat.card.get_by_role("button", name="Confirm").dblclick()
    expect(chat.receipts).to_have_count(1, timeout=TURN_MS)
    chat.settle()
    assert chat.receipts.count() == 1
    return chat.receipts.locator(".reference").inner_text().strip()


def see_what_was_said(lee: Page, number: str) -> None:
    """The case, its transcript, and why the assistant answered as it did."""
    expect(lee.get_by_role("heading", level=1)).to_contain_text("License Central")
    expect(lee.locator("#sec-engagement")).to_contain_text("Moving orders")
    expect(lee.locator("#sec-engagement")).to_contain_text("English")
    transcript = lee.locator("#sec-transcript")
    expect(transcript).to_contain_text("I need training on CLC")
    expect(transcript).to_contain_text(number)
    why = transcript.locator("details.why").first
    why.locator("summary").click()
    expect(why).to_contain_text("request_training")
    expect(why.locator(".ranking li")).to_have_count(5)


def claim_and_note(lee: Page) -> None:
    lee.get_by_role("button", name="Claim").click()
    expect(lee.locator("#sec-head")).to_contain_text("You have it")
    lee.get_by_label("For the desk only").fill(SECRET)
    lee.get_by_role("button", name="Keep as internal note").click()
    expect(lee.locator("#sec-thread .entry-internal")).to_contain_text(SECRET)


def answer(lee: Page, text: str) -> None:
    lee.get_by_label("Your answer").fill(text)
    lee.get_by_role("button", name="Send to Nadia").click()
    expect(lee.locator("#sec-thread")).to_contain_text(text)


def schedule(lee: Page) -> None:
    """Take the window that suits the requester."""
    lee.get_by_label("Meeting link").fill("https://meet.example/clc")
    lee.get_by_role("button", name="Schedule and invite").click()
    expect(lee.locator("#sec-engagement .scheduled")).to_be_visible()
