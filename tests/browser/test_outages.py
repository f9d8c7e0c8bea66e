"""When Rasa or the app goes away while people chat, and when it comes back."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, expect

from assistant.cli.children import Child
from tests.browser.chat import TURN_MS, Wishes
from tests.browser.conftest import Album, Visits
from tests.product import Product

# Rasa or the app has to start before what is awaited can happen.
RESTART_MS = 90_000
pytestmark = pytest.mark.timeout(300)
CANT_BE_REACHED = "The assistant can’t be reached"


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product whose processes may be killed; each test leaves both alive."""
    with Product(tmp_path_factory.mktemp("fragile")) as product:
        yield product


@pytest.fixture
def visit(browser: Browser, fragile: Product) -> Iterator[Visits]:
    """People who come to this product, not to the shared one."""
    with ExitStack() as closing:
        visits = Visits(browser, fragile, closing)
        yield visits
    assert visits.complaints == []


def kill(child: Child | None) -> None:
    """End a process as a crash would."""
    assert child is not None
    os.kill(child.process.pid, signal.SIGKILL)
    child.process.wait()


def loaded(page: Page) -> float:
    """When the page was loaded; it stays the same until somebody reloads it."""
    moment: float = page.evaluate("performance.timeOrigin")
    return moment


def test_without_the_app_words_wait_and_a_card_still_works_afterwards(
    visit: Visits, fragile: Product, album: Album
) -> None:
    nils = visit("nils@northwind.example").open()
    nils.say("What is a virtual account?")
    nadia = visit("nadia@northwind.example").open()
    nadia.ask_for_training(Wishes(day=7, own_topic="Roles"))
    pages = loaded(nils.page), loaded(nadia.page)

    kill(fragile.app)
    expect(nils.bar).to_contain_text(CANT_BE_REACHED)
    nils.composer.fill("I need training on CLC")
    nils.composer.press("Enter")
    expect(nils.widget.get_by_text("Waiting to send")).to_be_visible()
    album.take(nils.page, "chat-unreachable")
    nadia.card.get_by_role("button", name="Confirm").dblclick()
    expect(nadia.bar).to_contain_text(CANT_BE_REACHED)

    fragile.start_app()
    expect(nils.offer("Get Support")).to_be_visible(timeout=RESTART_MS)
    expect(nils.bar).to_have_count(0)
    expect(nadia.receipts).to_have_count(1, timeout=RESTART_MS)
    expect(nadia.bar).to_have_count(0)
    nils.settle()
    nadia.settle()

    assert nils.said("user").count("I need training on CLC") == 1
    for chat in (nils, nadia):
        assert len(set(chat.ids())) == len(chat.ids())
        assert chat.ids() == stored(chat.page, chat.conversation())
    number = nadia.receipts.locator(".reference").inner_text().strip()
    cases = fragile.client("nadia@northwind.example").cases()
    assert [case["number"] for case in cases] == [number]
    # What is said from now on arrives by the line that was opened again.
    lee = fragile.client("lee@support.example")
    lee.http.post(f"/cases/{number}/replies", json={"text": "Back again"}).raise_for_status()
    expect(nadia.messages.last).to_contain_text("Back again")
    assert (loaded(nils.page), loaded(nadia.page)) == pages


def test_without_rasa_a_case_is_left_by_a_form_and_rasa_comes_back(
    visit: Visits, fragile: Product, album: Album
) -> None:
    uma = visit("uma@northwind.example").open()
    kill(fragile.rasa)
    uma.say("I need training on CLC")
    assert "can’t" in uma.last
    album.take(uma.page, "chat-without-rasa")
    uma.press("Leave a case")
    answers = {"title": "Order 4100001 hangs", "description": "It has not moved for a week."}
    controls = []
    for control in uma.questions():
        controls.append(control)
        if control == "choice":
            uma.press("Orders")
        elif control == "number":
            uma.widget.locator("ask-licensing-number").get_by_label("Number").fill("3")
            uma.widget.get_by_role("button", name="Use this").click()
            uma.settle()
        else:
            uma.say(answers.pop(next(iter(answers))))
    assert controls == ["choice", "", "", "number"]
    number = uma.confirm()
    (case,) = fragile.client("uma@northwind.example").cases()
    assert (case["number"], case["queue"], case["severity"]) == (number, "orders", 3)
    assert case["title"] == "Order 4100001 hangs"

    fragile.start_rasa()
    uma.say("I need training on CSSM")
    expect(uma.offer("Get Support")).to_be_visible(timeout=TURN_MS)


def stored(page: Page, conversation: str) -> list[str]:
    """The ids of the conversation's messages as the server has them."""
    listed = page.request.get(f"/api/v1/conversations/{conversation}/messages?limit=200").json()
    return [str(message["id"]) for message in listed["items"]]
