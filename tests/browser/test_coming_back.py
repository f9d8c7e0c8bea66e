"""Reloading, closing, coming back, and going on elsewhere."""

from playwright.sync_api import expect

from tests.browser.chat import Wishes
from tests.browser.conftest import Visits
from tests.product import Person, Product


def test_a_reload_keeps_the_transcript_with_each_message_once(visit: Visits) -> None:
    nils = visit("nils@northwind.example").open()
    nils.say("What is a virtual account?")
    nils.say("I need training on CSSM")
    before = nils.ids()
    assert len(before) >= 5
    nils.page.reload()
    nils.open()
    expect(nils.messages).to_have_count(len(before))
    assert nils.ids() == before
    assert len(set(before)) == len(before)
    # What was offered last can still be pressed.
    nils.press("Get Support")
    expect(nils.offer("Create a case")).to_be_visible()


def test_an_answer_while_the_widget_is_closed_shows_on_its_badge(
    visit: Visits, product: Product
) -> None:
    vic = visit("vic@northwind.example").open()
    vic.ask_for_training(Wishes(day=12, hour=9, own_topic="Roles"))
    number = vic.confirm()
    vic.close()
    expect(vic.badge).to_have_count(0)
    lee = product.client("lee@support.example")
    reply(lee, number, "Which day is best?")
    expect(vic.badge).to_have_text("1")
    reply(lee, number, "We have Tuesday.")
    expect(vic.badge).to_have_text("2")
    # A new page without an opened panel knows it too, and says it in words.
    vic.page.reload()
    expect(vic.badge).to_have_text("2")
    expect(vic.launcher).to_have_accessible_name("Ask about licensing , 2 new messages")
    vic.open()
    expect(vic.messages.last).to_contain_text("We have Tuesday.")
    vic.close()
    expect(vic.badge).to_have_count(0)


def test_another_device_goes_on_with_a_past_conversation(visit: Visits) -> None:
    at_work = visit("uma@northwind.example", timezone_id="America/Los_Angeles").open()
    at_work.say("I need training on CLC")
    at_work.press("Get Support")
    said = at_work.ids()

    at_home = visit("uma@northwind.example", viewport={"width": 390, "height": 844}).open()
    assert at_home.messages.count() == 1
    at_home.widget.get_by_role("button", name="Past conversations").click()
    at_home.widget.locator(".past button[aria-current=false]").first.click()
    expect(at_home.messages).to_have_count(len(said))
    assert at_home.ids() == said
    at_home.press("Create a case")
    expect(at_home.widget.locator("ask-licensing-choices")).to_be_visible()

    # What is said on one appears on the other.
    expect(at_work.messages).to_have_count(len(at_home.ids()))
    assert at_work.ids() == at_home.ids()


def test_a_new_conversation_begins_empty_and_leaves_the_old_one(visit: Visits) -> None:
    vera = visit("vera@northwind.example").open()
    vera.say("What is a Smart Account?")
    old = vera.ids()
    vera.widget.get_by_role("button", name="Start a new conversation").click()
    expect(vera.messages).to_have_count(1)
    vera.widget.get_by_role("button", name="Past conversations").click()
    vera.widget.locator(".past button").nth(1).click()
    expect(vera.messages).to_have_count(len(old))
    assert vera.ids() == old


def reply(agent: Person, number: str, text: str) -> None:
    agent.http.post(f"/cases/{number}/replies", json={"text": text}).raise_for_status()
