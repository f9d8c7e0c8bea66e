"""The link of a delegation, opened by the one it was made for and by somebody else."""

from typing import Any

from playwright.sync_api import expect

from tests.browser.axe import barriers
from tests.browser.conftest import Album, Visits
from tests.product import Product

FIONA, COLIN, GREG = "fiona@northwind.example", "colin@contoso.example", "greg@freemail.example"
ORDER = "4100029"


def test_that_a_link_serves_the_address_it_was_mailed_to_and_no_other(
    come: Visits, quiet: Product, album: Album
) -> None:
    fiona = quiet.client(FIONA)
    made = fiona.http.post(f"/orders/{ORDER}/delegations", json={"email": COLIN})
    link = str(made.raise_for_status().json()["link"])
    token = link.partition("#")[2]
    page = come.page()
    page.goto(f"/#{token}")
    told = page.locator("#delegation-told")
    expect(told).to_contain_text("Sign in with the address")
    assert token not in page.url
    assert barriers(page) == []

    page.get_by_title(GREG, exact=True).click()
    accept = page.get_by_role("button", name="Accept", exact=True)
    accept.click()
    expect(told).to_contain_text("made for another address")
    album.take(page, "delegation-refused")

    page.get_by_role("button", name="Be somebody else").click()
    page.get_by_title(COLIN, exact=True).click()
    expect(told).to_contain_text(COLIN)
    accept.click()
    expect(told).to_contain_text(f"You may assign order {ORDER} now.")
    expect(page.get_by_role("button", name=f"Show order {ORDER}")).to_be_focused()
    album.take(page, "delegation-accepted")
    assert barriers(page) == []
    assert "assign_order" in may(quiet, COLIN)
    page.reload()
    expect(page.locator("#delegation")).to_be_hidden()


def test_that_a_mails_link_to_an_order_asks_about_it(come: Visits) -> None:
    page = come.page()
    page.goto(f"/?order={ORDER}")
    page.get_by_title(FIONA, exact=True).click()
    expect(page.locator("ask-licensing").get_by_label("Your message")).to_have_value(
        f"Where is order {ORDER}?"
    )


def may(product: Product, email: str) -> list[str]:
    order: dict[str, Any] = product.client(email).http.get(f"/orders/{ORDER}").json()
    return list(order["you_may"])
