"""Cards that hold much: trees, tables, accounts, requests, and what would become of each row."""

import csv
import io
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import cards
from tests.browser.chat import Chat
from tests.browser.conftest import Album, Visits
from tests.browser.inspection import Inspection
from tests.browser.test_keyboard import FOCUSED
from tests.browser.told import propose, store, tell
from tests.product import Product

NADIA = "nadia@northwind.example"
CARDS: dict[str, dict[str, Any]] = {
    "tree": cards.NORTHWIND_TREE, "deep-tree": cards.DEEP_TREE,
    "table": cards.users_table(500, total=1234), "directory": cards.DIRECTORY,
    "requests": cards.REQUESTS,
}  # fmt: skip


def focused(page: Page) -> str:
    """The name of what has the focus."""
    name: str = page.evaluate(FOCUSED)
    return name


# --- For everybody ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", CARDS)
def test_that_a_card_has_no_barriers(come: Visits, quiet: Product, album: Album, kind: str) -> None:
    chat = come(NADIA).open()
    tell(quiet, chat, "Here you are.", card=CARDS[kind])
    inspection = Inspection(chat.page, album, "card")
    inspection.look(kind)
    chat.widget.get_by_role("button", name="Make the chat wider").click()
    inspection.look(f"{kind}-wide", ("desktop", "dark"))
    assert inspection.found == {}


def test_that_a_card_to_confirm_has_no_barriers(come: Visits, quiet: Product, album: Album) -> None:
    chat = come(NADIA).open()
    propose(quiet, chat, "add_users", cards.BULK_PREVIEW)
    inspection = Inspection(chat.page, album, "card")
    inspection.look("bulk")
    confirm = chat.card.get_by_role("button", name="Confirm")
    expect(confirm).to_be_in_viewport(ratio=1)
    expect(chat.card.locator(".note")).to_be_in_viewport(ratio=1)
    assert inspection.found == {}


def test_that_what_came_is_read_out_in_one_sentence(come: Visits, quiet: Product) -> None:
    chat = come(NADIA).open()
    announced = chat.widget.locator("[aria-live=polite] p")
    expect(announced).to_have_count(1)
    store(quiet, chat.conversation(), cards.reply("Here they are.", cards.users_table(500)))
    # The line to the server reads again by itself.
    expect(announced.last).to_have_text(
        "Assistant: Here they are.. Users of Northwind Networks: 500 rows"
    )


# --- Trees ------------------------------------------------------------------------------------


def branch(chat: Chat, name: str) -> Locator:
    return chat.widget.locator("[role=treeitem]").filter(
        has=chat.page.locator(".name", has_text=re.compile(f"^{re.escape(name)}"))
    )


def test_that_a_tree_is_walked_opened_and_closed_with_the_keyboard(
    come: Visits, quiet: Product
) -> None:
    chat = come(NADIA).open()
    tell(quiet, chat, "Here they are.", card=cards.NORTHWIND_TREE)
    tree = chat.widget.get_by_role("tree", name="Virtual accounts of Northwind Networks")
    expect(tree.get_by_role("treeitem")).to_have_count(6)
    assert tree.locator("[tabindex='0']").count() == 1
    branch(chat, "DEFAULT").focus()
    keys, page = chat.page.keyboard, chat.page
    expect(branch(chat, "Oslo-Lab")).to_have_attribute("aria-level", "3")
    for key, name in (
        ("ArrowDown", "EMEA"), ("ArrowRight", "Oslo"), ("End", "Americas"), ("Home", "DEFAULT"),
        ("o", "Oslo"), ("ArrowRight", "Oslo-Lab"), ("ArrowLeft", "Oslo"), ("ArrowLeft", "Oslo"),
        ("ArrowDown", "APAC"), ("e", "EMEA"),
    ):  # fmt: skip
        keys.press(key)
        expect(branch(chat, name).first).to_be_focused()
    # The second ArrowLeft closed Oslo; Enter closes EMEA with it, and * opens what is beside it.
    expect(branch(chat, "Oslo-Lab")).to_have_count(0)
    expect(branch(chat, "Oslo")).to_have_attribute("aria-expanded", "false")
    keys.press("Enter")
    expect(tree.get_by_role("treeitem")).to_have_count(4)
    expect(branch(chat, "EMEA")).to_have_attribute("aria-expanded", "false")
    expect(branch(chat, "EMEA")).to_contain_text("1 nested")
    keys.press("*")
    expect(branch(chat, "EMEA")).to_have_attribute("aria-expanded", "true")
    assert "EMEA" in focused(page)


def test_that_words_say_what_colours_and_places_say(come: Visits, quiet: Product) -> None:
    chat = come(NADIA).open()
    tell(quiet, chat, "Here they are.", card=cards.DEEP_TREE)
    tree = chat.widget.get_by_role("tree")
    expect(tree.get_by_role("treeitem", name="DEFAULT Default", exact=True)).to_be_visible()
    hidden = tree.get_by_role("treeitem", name="Hidden in Warehouses Restricted", exact=True)
    expect(hidden).to_have_attribute("aria-level", "1")
    expect(tree.get_by_role("treeitem")).to_have_count(43)
    chat.widget.get_by_role("button", name="Open all").click()
    expect(tree.get_by_role("treeitem")).to_have_count(47)
    chat.widget.get_by_label("Search the virtual accounts").fill("greater oslo")
    expect(tree.get_by_role("treeitem")).to_have_count(4)
    expect(tree.get_by_role("treeitem").last).to_have_attribute("aria-level", "4")
    expect(chat.widget.get_by_text("4 of 47 found")).to_be_visible()
    chat.widget.get_by_label("Search the virtual accounts").fill("nowhere")
    expect(chat.widget.get_by_text("Nothing matches.")).to_be_visible()


# --- Tables -----------------------------------------------------------------------------------


def test_that_five_hundred_rows_scroll_in_their_own_box_and_come_in_pieces(
    come: Visits, quiet: Product
) -> None:
    chat = come(NADIA).open()
    tell(quiet, chat, "Here they are.", card=cards.users_table(500))
    chat.widget.get_by_role("button", name="Make the chat wider").click()
    box = chat.widget.get_by_role("region", name="Users of Northwind Networks")
    table, rows = box.get_by_role("table"), box.locator("tbody tr")
    assert rows.count() < 100
    assert table.get_attribute("aria-rowcount") == "501"
    head = box.get_by_role("columnheader", name="E-mail")
    top = head.bounding_box()
    box.focus()
    counts = {rows.count()}
    for _ in range(60):  # pressed while a piece is being drawn, a key leads only to its begin
        chat.page.keyboard.press("End")
        chat.page.wait_for_timeout(50)
        counts.add(rows.count())
        if rows.count() == 500 and rows.last.is_visible():
            break
    assert len(counts) > 5
    expect(rows).to_have_count(500)
    for _ in range(20):  # as above, for the last piece
        chat.page.keyboard.press("End")
        chat.page.wait_for_timeout(200)
        if box.evaluate("at => at.scrollTop + at.clientHeight >= at.scrollHeight - 2"):
            break
    expect(rows.last).to_be_in_viewport()
    assert rows.last.get_attribute("aria-rowindex") == "501"
    assert head.bounding_box() == top
    expect(rows.last).to_contain_text("user500@northwind.example")


def test_that_rows_are_filtered_and_taken_away_without_a_formula(
    come: Visits, quiet: Product
) -> None:
    chat = come(NADIA, permissions=["clipboard-read", "clipboard-write"]).open()
    tell(quiet, chat, "Here they are.", card=cards.users_table(500))
    rows = chat.widget.locator("ask-licensing-table tbody tr")
    filter_ = chat.widget.get_by_label("Filter the rows")
    filter_.fill("person entire")
    expect(chat.widget.get_by_text("165 of 500 rows match")).to_be_visible()
    filter_.fill("user00")
    expect(rows).to_have_count(9)
    with chat.page.expect_download() as downloading:
        chat.widget.get_by_role("button", name="Download CSV").click()
    assert downloading.value.suggested_filename == "users-of-northwind-networks.csv"
    content = downloading.value.path().read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    saved = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert saved[0] == ["E-mail", "Name", "Access", "Roles", "Groups"]
    assert len(saved) == 10
    assert saved[3][1] == '\'=HYPERLINK("https://evil.example","press")'
    chat.widget.get_by_role("button", name="Copy", exact=True).click()
    expect(chat.widget.get_by_text("9 rows copied")).to_be_visible()
    pasted: str = chat.page.evaluate("navigator.clipboard.readText()")
    assert len(pasted.splitlines()) == 10
    assert "\t'=HYPERLINK" in pasted
    filter_.fill("nobody at all")
    expect(chat.widget.get_by_text("Nothing matches.")).to_be_visible()
    filter_.press("Escape")
    expect(filter_).to_have_value("")
    expect(chat.widget.locator("dialog")).to_be_visible()


def test_that_rows_become_small_cards_where_there_is_little_room(
    come: Visits, quiet: Product
) -> None:
    chat = come(NADIA, viewport={"width": 390, "height": 844}).open()
    tell(quiet, chat, "Here they are.", card=cards.users_table(3))
    first = chat.widget.locator("ask-licensing-table tbody tr").first
    cells = [cell.bounding_box() for cell in first.locator("td").all() if cell.is_visible()]
    tops = [box["y"] for box in cells if box]
    assert len(tops) > 2
    assert tops == sorted(set(tops))
    # It stays a table to whoever hears it.
    expect(first.locator("td[role=cell]")).to_have_count(4)
    expect(chat.widget.get_by_role("columnheader")).to_have_count(5)
    assert "—" not in first.inner_text()


# --- Accounts and requests --------------------------------------------------------------------


def test_that_accounts_are_grouped_by_what_they_have_to_do_with_me(
    come: Visits, quiet: Product
) -> None:
    chat = come(NADIA).open()
    tell(quiet, chat, "Your accounts.", card=cards.DIRECTORY)
    card = chat.widget.locator("ask-licensing-directory")
    assert card.locator("h4").all_inner_texts() == [
        "You have access", "You asked for access", "You asked to have it created",
        "Of your e-mail domain",
    ]  # fmt: skip
    mine = card.get_by_role("listitem").filter(has_text="100001")
    expect(mine).to_contain_text("SA User")
    expect(mine.get_by_text("fifth@northwind.example")).to_be_hidden()
    mine.get_by_text("and 2 more").click()
    expect(mine.get_by_role("link", name="fifth@northwind.example")).to_have_attribute(
        "href", "mailto:fifth@northwind.example"
    )


def test_that_each_request_has_its_own_buttons_also_when_others_were_pressed(
    come: Visits, quiet: Product
) -> None:
    chat = come(NADIA).open()
    tell(quiet, chat, "Three wait for you.", card=cards.REQUESTS)
    requests = chat.widget.locator("ask-licensing-requests li")
    expect(requests).to_have_count(3)
    expect(requests.nth(1)).to_contain_text("SA Viewer, for the whole account")
    expect(requests.nth(2)).to_contain_text("and 19 more")
    for number, title in ((0, "Approve"), (2, "Decline"), (1, "Approve in part")):
        button = requests.nth(number).get_by_role("button", name=re.compile(rf"^{title}\s*:"))
        button.click()
        chat.settle()
        expect(button).to_be_enabled()
    assert chat.said("user") == ["Approve", "Decline", "Approve in part"]
    # Each was an offer: nobody was told that it can't be used.
    assert not any("can’t use that button" in said for said in chat.messages.all_inner_texts())
