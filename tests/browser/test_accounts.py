"""Accounts and people by hand: asked for, decided and put in from a file, on the real product."""

from playwright.sync_api import Locator, expect

from tests.browser.axe import barriers
from tests.browser.chat import TURN_MS, Chat
from tests.browser.conftest import Album, Visits
from tests.product import Person, Product

CARLA, NORA, NADIA = "carla@contoso.example", "nora@northwind.example", "nadia@northwind.example"
PHONE = {"width": 390, "height": 780}
PEOPLE = """identifier,scope,role,virtual_accounts
fiona@northwind.example,virtual_accounts,va_user,Oslo;Americas
leo@litware.example,account,sa_viewer,
nobody@northwind.example,account,sa_user,
"""


def test_access_is_asked_for_among_many_places_and_granted(
    visit: Visits, product: Product, album: Album
) -> None:
    nora = visit(NORA, portal="cssm").open()
    nora.say("I need access to contoso.example as a user of some of its virtual accounts")
    choose(nora, "Store-1", "Store-11", "Store-12")
    choose(nora, "Store-2", "Store-21")
    album.take(nora.page, "access-choosing")
    assert barriers(nora.page) == []
    nora.widget.get_by_role("button", name="Use these").click()
    nora.settle()
    skip_to_card(nora)
    expect(nora.card).to_contain_text("Store-11, Store-12, Store-21")
    album.take(nora.page, "access-card")
    confirm(nora)

    carla = visit(CARLA, portal="cssm", viewport=PHONE).open()
    carla.say("show pending requests")
    waiting = carla.messages.last
    expect(waiting).to_contain_text("Nora")
    expect(waiting).to_contain_text("Store-21")
    album.take(carla.page, "access-pending-phone")
    assert barriers(carla.page) == []
    waiting.get_by_role("button", name="Approve").first.click()
    carla.settle()
    expect(carla.card).to_contain_text("Nora")
    confirm(carla)
    assert roles(product.client(CARLA), "contoso.example", NORA) == [
        ("va_user", ["Store-11", "Store-12", "Store-21"])
    ]
    nora.say("what happened to my request?")
    expect(nora.messages.last).to_contain_text("approved")


def test_people_are_put_in_from_a_file_but_for_the_row_that_is_wrong(
    visit: Visits, product: Product, album: Album
) -> None:
    nadia = visit(NADIA, portal="cssm").open()
    given = {"name": "people.csv", "buffer": PEOPLE.encode(), "mimeType": "text/csv"}
    nadia.widget.get_by_label("Attach a file").set_input_files(given)  # type: ignore[arg-type]
    nadia.settle()
    nadia.press("Add these people to Northwind Networks")
    expect(nadia.card).to_contain_text("nobody@northwind.example")
    album.take(nadia.page, "people-card")
    assert barriers(nadia.page) == []
    confirm(nadia)
    expect(nadia.receipts.last).to_contain_text("fiona@northwind.example")
    album.take(nadia.page, "people-receipt")
    api = product.client(NADIA)
    assert roles(api, "northwind.example", "fiona@northwind.example") == [
        ("va_user", ["Americas", "Oslo"])
    ]
    assert roles(api, "northwind.example", "leo@litware.example") == [("sa_viewer", [])]
    assert roles(api, "northwind.example", "nobody@northwind.example") == []


def choose(chat: Chat, search: str, *names: str) -> None:
    """Tick some of many, found by typing."""
    box: Locator = chat.widget.get_by_label("Search the list")
    box.fill(search)
    for name in names:
        chat.widget.get_by_label(name, exact=True).check()
    box.fill("")


def skip_to_card(chat: Chat) -> None:
    for _ in chat.questions():
        chat.widget.locator(".skip").get_by_role("button", name="Skip").click()
        chat.settle()


def confirm(chat: Chat) -> None:
    """Confirm the card and wait for its receipt, which need not have a number."""
    known = chat.receipts.count()
    chat.card.get_by_role("button", name="Confirm").click()
    expect(chat.receipts).to_have_count(known + 1, timeout=TURN_MS)
    chat.settle()


def roles(api: Person, account: str, email: str) -> list[tuple[str, list[str]]]:
    """What somebody has in an account."""
    listed = api.http.get(f"/smart-accounts/{account}/users", params={"q": email})
    users = listed.raise_for_status().json()["items"]
    return [
        (one["role"], sorted(one["virtual_accounts"])) for user in users for one in user["roles"]
    ]
