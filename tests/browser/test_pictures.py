"""The README's pictures.

They are taken on every run, and kept with those that people look at. To renew the README's own:

    README_IMAGES=1 .venv/bin/python -m pytest tests/browser/test_pictures.py
"""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backend.core.settings import ROOT
from tests.browser.chat import Wishes
from tests.browser.conftest import Album, Visits

IMAGES = ROOT / "docs" / "images"
# Whoever reads the README shall not wait for it.
MOST_BYTES = 300_000
SIZE = {"width": 1280, "height": 800}
DESK = {"width": 1360, "height": 860}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def album(album: Album) -> Album:
    """The README's pictures where that is asked for, else among all others."""
    return Album(IMAGES if os.environ.get("README_IMAGES") else album.folder)


def small_enough(picture: Path) -> bool:
    return 10_000 < picture.stat().st_size < MOST_BYTES


def test_the_pictures_of_the_readme_can_be_taken(visit: Visits, album: Album) -> None:
    nadia = visit("nadia@northwind.example", viewport=SIZE).open()
    nadia.say("I need training on CLC")
    nadia.press("Get Support")
    nadia.press("Create a case")
    wishes = Wishes(day=8, hour=10, topics=("Orders and assignment",))
    for _ in nadia.questions():
        nadia.answer(wishes)
    nadia.composer.blur()
    settled(nadia.page)
    assert small_enough(album.take(nadia.page, "widget"))

    number = nadia.confirm()
    lee = visit.desk("Lee Castellwyn", viewport=DESK)
    lee.goto(f"/console/cases/{number}")
    lee.get_by_role("button", name="Claim").click()
    expect(lee.locator("#sec-head")).to_contain_text("You have it")
    lee.get_by_label("Your answer").fill(
        "That time suits us well. Shall we look at your own accounts, or at an example?"
    )
    lee.get_by_role("button", name="Send to Nadia").click()
    expect(lee.locator("#sec-thread")).to_contain_text("That time suits us well.")
    lee.goto(f"/console/cases/{number}")
    settled(lee)
    assert small_enough(album.take(lee, "desk"))

    nadia.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    expect(nadia.messages.last).to_contain_text("That time suits us well.")
    settled(nadia.page)
    assert small_enough(album.take(nadia.page, "widget-dark"))


def test_the_picture_of_a_phone_can_be_taken(visit: Visits, album: Album) -> None:
    lena = visit(
        "lena@litware.example", viewport=PHONE, device_scale_factor=2, timezone_id="Europe/Berlin"
    ).open()
    lena.say("I need training on CLC")
    lena.press("Get Support")
    lena.press("Create a case")
    topics = lena.widget.locator("ask-licensing-choices")
    for topic in ("Smart Accounts and roles", "Orders and assignment"):
        topics.get_by_label(topic, exact=True).check()
    settled(lena.page)
    assert small_enough(album.take(lena.page, "widget-phone"))


def settled(page: Page) -> None:
    """Nothing is hovered over, fonts are there, and the transcript has come to its place."""
    page.mouse.move(1, 1)
    page.evaluate(
        """async () => {
          scrollTo(0, 0);
          await document.fonts.ready;
          await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
        }"""
    )
