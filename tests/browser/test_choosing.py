"""Some of hundreds: searched, ticked, counted, and sent so that no name falls apart."""

from playwright.sync_api import Locator, expect

from tests.browser import cards
from tests.browser.chat import Chat
from tests.browser.conftest import Album, Visits
from tests.browser.inspection import Inspection
from tests.browser.test_keyboard import focused, step_back_to
from tests.browser.told import tell
from tests.product import Product

NORA = "nora@northwind.example"


def asked(come: Visits, quiet: Product, count: int = 300, **more: object) -> Chat:
    """Somebody who is asked for some of many virtual accounts."""
    chat = come(NORA).open()
    tell(quiet, chat, "Which virtual accounts?", ask=cards.choices(count, **more))
    return chat


def status(chat: Chat) -> Locator:
    return chat.widget.locator(".question [role=status]")


def boxes(chat: Chat) -> Locator:
    return chat.widget.locator("ask-licensing-choices").get_by_role("checkbox")


def test_that_what_was_ticked_among_hundreds_is_sent_as_one_message(
    come: Visits, quiet: Product
) -> None:
    chat = asked(come, quiet)
    expect(boxes(chat)).to_have_count(300)
    expect(status(chat)).to_have_text("0 of 25 chosen")
    search = chat.widget.get_by_label("Search the list")
    search.fill("store-00")
    expect(boxes(chat)).to_have_count(9)
    chat.widget.get_by_label("Store-003", exact=True).check()
    search.fill("emea")
    chat.widget.get_by_label("EMEA, North", exact=True).check()
    search.fill("new lab")
    chat.widget.get_by_label('The "new" lab', exact=True).check()
    expect(status(chat)).to_have_text("3 of 25 chosen")
    search.fill("")
    chat.widget.get_by_role("button", name="Show only chosen").click()
    expect(boxes(chat)).to_have_count(3)
    chat.widget.get_by_role("button", name="Use these").click()
    chat.settle()
    assert chat.said("user") == ['Store-003, "EMEA, North", "The ""new"" lab"']


def test_that_no_more_than_the_most_can_be_ticked_and_why(come: Visits, quiet: Product) -> None:
    chat = asked(come, quiet)
    chat.widget.get_by_label("Search the list").fill("store-1")
    chat.widget.get_by_role("button", name="Select these 100").click()
    expect(status(chat)).to_have_text("25 of 25 chosen. 25 is the most, so 75 were left out")
    expect(boxes(chat).and_(chat.page.locator(":checked"))).to_have_count(25)
    other = chat.widget.get_by_label("Store-199", exact=True)
    expect(other).to_have_attribute("aria-disabled", "true")
    other.click(force=True)
    expect(other).not_to_be_checked()
    expect(status(chat)).to_have_text("25 of 25 chosen. 25 is the most, so one was left out")
    chat.widget.get_by_label("Store-100", exact=True).uncheck()
    expect(status(chat)).to_have_text("24 of 25 chosen")
    other.check()
    expect(status(chat)).to_contain_text("That is the most; untick one to choose another")
    chat.widget.get_by_role("button", name="Untick these").click()
    expect(status(chat)).to_have_text("0 of 25 chosen")
    expect(chat.widget.get_by_role("button", name="Use these")).to_be_disabled()


def test_that_a_name_that_is_not_in_the_list_can_be_added(come: Visits, quiet: Product) -> None:
    """A restricted virtual account is in no list; who knows its exact name may ask for it."""
    chat = asked(come, quiet)
    search = chat.widget.get_by_label("Search the list")
    search.fill("APAC, secret")
    expect(chat.widget.get_by_text("Nothing in the list matches.")).to_be_visible()
    chat.widget.get_by_role("button", name="Add “APAC, secret”").click()
    expect(search).to_have_value("")
    expect(chat.widget.get_by_label("APAC, secret", exact=True)).to_be_checked()
    # What is in the list is that, however it is written.
    search.fill("OSLO")
    expect(chat.widget.get_by_role("button", name="Add “OSLO”")).to_have_count(0)
    search.press("Enter")
    expect(status(chat)).to_have_text("2 of 25 chosen")
    chat.widget.get_by_role("button", name="Use these").click()
    chat.settle()
    assert chat.said("user") == ['"APAC, secret", Oslo']


def test_that_it_works_with_the_keyboard_alone(come: Visits, quiet: Product) -> None:
    chat = asked(come, quiet)
    page, keys = chat.page, chat.page.keyboard
    chat.composer.focus()
    step_back_to(page, "Search the list")
    keys.type("store-0")
    expect(boxes(chat)).to_have_count(99)
    keys.press("ArrowDown")
    assert focused(page) == "Store-001"
    keys.press("Space")
    keys.press("End")
    assert focused(page) == "Store-099"
    keys.press("Home")
    keys.press("ArrowDown")
    keys.press("Space")
    expect(status(chat)).to_have_text("2 of 25 chosen")
    # A letter goes on with the search; the whole list is one stop on the way.
    keys.type("02")
    expect(boxes(chat)).to_have_count(1)
    keys.press("Tab")
    keys.press("Tab")
    keys.press("Tab")
    keys.press("Escape")
    chat.open()
    step_back_to(page, "Use these")
    keys.press("Enter")
    chat.settle()
    assert chat.said("user") == ["Store-001, Store-002"]


def test_that_one_of_many_is_found_by_typing(come: Visits, quiet: Product) -> None:
    chat = asked(come, quiet, kind="choice")
    options = chat.widget.locator("ask-licensing-choice .option")
    expect(options).to_have_count(300)
    assert chat.widget.locator("ask-licensing-choice .option:not([tabindex='-1'])").count() == 1
    chat.widget.get_by_label("Search the list").fill("new lab")
    expect(status(chat)).to_have_text('Press Enter to choose The "new" lab.')
    chat.page.keyboard.press("Enter")
    chat.settle()
    assert chat.said("user") == ['The "new" lab']


def test_that_long_lists_have_no_barriers(come: Visits, quiet: Product, album: Album) -> None:
    chat = asked(come, quiet)
    inspection = Inspection(chat.page, album, "choosing")
    inspection.look("many")
    chat.widget.get_by_label("Search the list").fill("store-1")
    chat.widget.get_by_role("button", name="Select these 100").click()
    inspection.look("full")
    chat.widget.get_by_label("Store-100", exact=True).focus()
    chat.page.keyboard.press("ArrowDown")
    inspection.look("keyboard", ("desktop", "dark"))
    tell(quiet, chat, "Which one?", ask=cards.choices(40, kind="choice"))
    inspection.look("one-of-many")
    assert inspection.found == {}
