"""Without a mouse, and without looking."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat import TURN_MS, Chat, Wishes
from tests.browser.conftest import Visits
from tests.product import Product, working_day

MOST_STEPS = 45
# What has the focus, through all shadow trees, by the name that is read out.
FOCUSED = """() => {
  let focused = document.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  const label = focused?.getAttribute('aria-label') ?? focused?.labels?.[0]?.textContent;
  return (label ?? focused?.textContent ?? '').trim().replace(/\\s+/g, ' ');
}"""


def focused(page: Page) -> str:
    """The name of the element that has the focus."""
    name: str = page.evaluate(FOCUSED)
    return name


def step_to(page: Page, name: str, key: str = "Tab") -> None:
    """Press Tab (or Shift+Tab) until the element of that name has the focus."""
    passed = []
    for _ in range(MOST_STEPS):
        if focused(page) == name:
            return
        page.keyboard.press(key)
        passed.append(focused(page))
    pytest.fail(f"the keyboard does not reach {name!r}, only {passed}")


def step_back_to(page: Page, name: str) -> None:
    """From the composer upwards."""
    step_to(page, name, "Shift+Tab")


def test_a_case_can_be_opened_with_the_keyboard_alone(visit: Visits, product: Product) -> None:
    carla = visit("carla@contoso.example")
    page, keys = carla.page, carla.page.keyboard
    # The page has come whole: nothing moves below the keys.
    expect(
        page.get_by_role("region", name="Your cases").get_by_text("Nothing open")
    ).to_be_visible()
    step_to(page, "Ask about licensing")
    keys.press("Enter")
    expect(carla.messages.first).to_be_visible()
    assert focused(page) == "Your message"
    keys.type("I need training")
    keys.press("Enter")
    carla.settle()
    for name in ("License Central (CLC)", "Get Support", "Create a case"):
        choose(carla, name)
        assert focused(page) == "Your message"

    answered = []
    for control in carla.questions():
        answered.append(control)
        if control == "choice":
            choose(carla, "Training")
        elif control == "choices":
            step_back_to(page, "Virtual accounts")
            keys.press("Space")
            step_to(page, "Use these")
            keys.press("Enter")
        else:
            keys.type(f"{working_day(15)} 15:00" if control == "when" else "7")
            keys.press("Enter")
        carla.settle()
        assert focused(page) == "Your message"
    assert {"choices", "when", "number"} <= set(answered)

    expect(carla.card).to_contain_text("Virtual accounts")
    step_back_to(page, "Confirm")
    keys.press("Enter")
    expect(carla.receipts).to_have_count(1, timeout=TURN_MS)
    page.wait_for_function("document.activeElement.localName === 'ask-licensing'")
    number = carla.receipts.locator(".reference").inner_text().strip()
    assert number in {case["number"] for case in product.client("carla@contoso.example").cases()}

    keys.press("Escape")
    expect(carla.launcher).to_be_visible()
    assert focused(page) == "Ask about licensing"


def choose(chat: Chat, name: str) -> None:
    """From the composer back to a button, and press it."""
    step_back_to(chat.page, name)
    chat.page.keyboard.press("Space")
    chat.settle()


def test_who_has_chosen_whom_to_be_begins_at_the_top(visit: Visits) -> None:
    page = visit("alan@adventure.example").page
    expect(page.locator("main")).to_be_focused()
    assert page.evaluate("scrollY") == 0


def test_on_a_phone_the_focus_stays_in_the_panel(visit: Visits) -> None:
    vera = visit("vera@northwind.example", viewport={"width": 390, "height": 844}).open()
    for _ in range(25):
        vera.page.keyboard.press("Tab")
        assert vera.page.evaluate("document.activeElement.localName") in {"ask-licensing", "body"}
    vera.page.keyboard.press("Escape")
    expect(vera.launcher).to_be_visible()
    assert focused(vera.page) == "Ask about licensing"


def test_only_what_is_new_is_read_out(visit: Visits, product: Product) -> None:
    colin = visit("colin@contoso.example", timezone_id="America/Chicago").open()
    announced = colin.widget.locator("[aria-live=polite] p")
    expect(announced).to_have_count(1)
    colin.say("What is a virtual account?")
    new = announced.all_inner_texts()[1:]
    assert new
    assert "virtual account" in new[0]
    assert "What is a virtual account?" not in " ".join(new)

    # History is none of it; the next answer is.
    colin.page.reload()
    colin.open()
    expect(colin.messages.nth(2)).to_be_visible()
    expect(announced).to_have_count(0)
    colin.ask_for_training(Wishes(day=16, own_topic="Roles"))
    number = colin.confirm()
    expect(announced.last).to_contain_text(number)
    lee = product.client("lee@support.example")
    lee.http.post(f"/cases/{number}/replies", json={"text": "Shall we talk?"}).raise_for_status()
    expect(announced.last).to_have_text("Lee Castellwyn: Shall we talk?")
