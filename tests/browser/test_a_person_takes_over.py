"""Two browsers: somebody in the widget, an agent at the desk, and a real Rasa between them."""

import re

from playwright.sync_api import Page, expect

from tests.browser.axe import barriers
from tests.browser.chat import Chat
from tests.browser.conftest import Album, Visits


def running_chat(desk: Page, name: str) -> None:
    """Open the chat of this person that waits."""
    desk.goto("/console/conversations")
    row = desk.locator(".chat-waiting").filter(has_text=name)
    row.get_by_role("link").click()
    expect(desk.get_by_role("heading", name=f"Chat with {name}")).to_be_visible()
    expect(desk.locator("#live-state")).to_have_attribute("data-state", "live")


def test_from_asking_for_a_person_until_the_assistant_knows_what_was_settled(
    visit: Visits, album: Album
) -> None:
    desk = visit.desk("Lee Castellwyn")
    chat = visit("uma@northwind.example", portal="scm").open()
    chat.say("My order 4100005 is stuck since Monday")
    chat.say("I want to talk to a person")
    expect(chat.bar).to_contain_text("You are next in the queue.")
    album.take(chat.page, "handoff-waiting")
    assert barriers(chat.page) == []

    running_chat(desk, "Uma")
    facts = desk.locator("#sec-facts")
    expect(facts).to_contain_text("uma@northwind.example")
    expect(facts).to_contain_text("4100005")
    desk.get_by_role("button", name="Take over").click()
    expect(chat.bar).to_contain_text("You are talking to Lee Castellwyn.")

    _type_both_ways(desk, chat, album)
    _whisper(desk, chat)

    desk.get_by_label(re.compile("^Say to Uma")).fill("Assigned it to Americas just now.")
    desk.get_by_role("button", name="Send", exact=True).click()
    expect(chat.messages.last).to_contain_text("Assigned it to Americas just now.")
    album.take(chat.page, "handoff-taken")
    album.take(desk, "handoff-desk", full_page=True)
    assert barriers(desk) == []

    desk.get_by_label(re.compile("^What you settled")).fill("Order 4100005 is on Americas.")
    desk.get_by_role("button", name="Hand back to the assistant").click()
    left = chat.messages.filter(has_text="Lee Castellwyn has left the conversation.")
    expect(left).to_have_count(1)
    expect(chat.messages.last).to_contain_text("How did it go?")
    expect(chat.bar).to_have_count(0)
    chat.say("What did I settle with the agent?")
    assert "Order 4100005 is on Americas." in chat.last


def _type_both_ways(desk: Page, chat: Chat, album: Album) -> None:
    chat.composer.press_sequentially("Hello")
    expect(desk.locator("#typing")).to_be_visible()
    desk.get_by_label(re.compile("^Say to Uma")).press_sequentially("I am looking")
    typing = chat.widget.locator(".types")
    expect(typing).to_have_text(re.compile("Lee Castellwyn is typing"))
    album.take(chat.page, "handoff-typing")
    # It is seen and never read out.
    assert typing.evaluate("one => one.closest('[aria-live], [role=status]')") is None
    chat.composer.press("Enter")
    expect(desk.locator("#sec-transcript")).to_contain_text("Hello")
    expect(desk.locator("#typing")).to_be_hidden()


def _whisper(desk: Page, chat: Chat) -> None:
    before = chat.messages.count()
    desk.get_by_label(re.compile("^To colleagues only")).fill("A VIP: be quick")
    desk.get_by_role("button", name="Whisper").click()
    expect(desk.locator("#sec-whispers")).to_contain_text("A VIP: be quick")
    assert "VIP" not in chat.page.content()
    path = f"/api/v1/conversations/{chat.conversation()}"
    assert "VIP" not in chat.page.request.get(f"{path}/messages").text()
    assert chat.page.request.get(f"{path}/whispers").status == 404
    assert chat.messages.count() == before


def test_that_who_changes_their_mind_goes_on_with_the_assistant(
    visit: Visits, album: Album
) -> None:
    desk = visit.desk("Mo Elbarrow")
    phone = {"viewport": {"width": 390, "height": 800}, "color_scheme": "dark"}
    chat = visit("vik@northwind.example", portal="scm", **phone).open()
    chat.say("talk to a human")
    chat.say("I wait here and write on")
    back = chat.bar.get_by_role("button", name="Back to the assistant")
    expect(back).to_be_visible()
    album.take(chat.page, "handoff-waiting-phone-dark")
    back.click()
    expect(chat.bar).to_have_count(0)
    chat.settle()
    assert "You have left the queue" in chat.last
    # Whoever closes the console counts as there for a while: of another test, Lee.
    lee = visit.desk("Lee Castellwyn")
    for console in (lee, desk):
        console.get_by_role("button", name="Go away").click()
        expect(console.get_by_role("button", name="Take chats again")).to_be_visible()
    chat.say("talk to a human")
    assert any("Nobody from the support desk" in text for text in chat.said("system"))
    expect(chat.offer("Open a case")).to_be_visible()
    for console in (lee, desk):
        console.get_by_role("button", name="Take chats again").click()
        expect(console.get_by_role("button", name="Go away")).to_be_visible()
