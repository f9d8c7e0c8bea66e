"""A real browser on the real product.

`visit(email)` is somebody on the demo page in a browser of their own, `visit.desk(name)` somebody
at the desk; `come` is the same where no engine answers. At the end of a test no page may have
complained: about a script that failed, or about something that its content security policy
refused.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from backend.core.settings import ROOT
from tests.browser.chat import Chat
from tests.product import Product

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
DESKTOP = {"width": 1360, "height": 860}
# Machines that test have other things to do as well.
PATIENCE_MS = 20_000
LISTEN = """addEventListener('securitypolicyviolation', ({effectiveDirective, blockedURI}) =>
  console.error(`refused by policy: ${effectiveDirective} ${blockedURI}`))"""
# The browser itself reports each request that failed; tests that take the server away see many.
NETWORK = ("Failed to load resource", "net::ERR_")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Closed with each module: Playwright holds the thread's event loop."""
    if not Path(CHROMIUM).exists():
        reason = f"There is no Chromium at {CHROMIUM} (CHROMIUM says where)."
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


class Visits:
    """Browsers of people who come to one product. `complaints` are what their pages reported."""

    def __init__(self, browser: Browser, product: Product, closing: ExitStack) -> None:
        self._browser = browser
        self._product = product
        self._closing = closing
        self.complaints: list[str] = []

    def page(self, **options: Any) -> Page:
        """A page in a browser that knows nothing yet; `options` are those of Playwright."""
        settings = {
            "base_url": self._product.base, "viewport": DESKTOP, "locale": "en-GB",
            "timezone_id": "Europe/Oslo", "reduced_motion": "reduce",
        }  # fmt: skip
        context = self._browser.new_context(**settings | options)
        self._closing.callback(context.close)
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(LISTEN)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self._heard(said.type, said.text))
        return page

    def _heard(self, kind: str, text: str) -> None:
        policy = "Content Security Policy" in text
        if policy or (kind == "error" and not any(words in text for words in NETWORK)):
            self.complaints.append(text)

    def __call__(self, email: str, *, portal: str = "clc", **options: Any) -> Chat:
        """Somebody on a portal's page, signed in, with the widget closed."""
        page = self.page(**options)
        page.goto(f"/?portal={portal}")
        page.get_by_title(email, exact=True).click()
        chat = Chat(page)
        expect(chat.launcher).to_be_visible()
        return chat

    def desk(self, name: str, **options: Any) -> Page:
        """Somebody of the support team at the console's queue."""
        page = self.page(**options)
        page.goto("/console")
        page.get_by_role("button", name=name).click()
        expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
        return page


@pytest.fixture
def visit(browser: Browser, product: Product) -> Iterator[Visits]:
    """People who come to the product that all tests share."""
    with ExitStack() as closing:
        visits = Visits(browser, product, closing)
        yield visits
    assert visits.complaints == []


@pytest.fixture(scope="session")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product without Rasa, for what needs nobody to understand it."""
    with Product(tmp_path_factory.mktemp("quiet"), with_rasa=False) as running:
        yield running


@pytest.fixture
def come(browser: Browser, quiet: Product) -> Iterator[Visits]:
    """People who come to that one."""
    with ExitStack() as closing:
        visits = Visits(browser, quiet, closing)
        yield visits
    assert visits.complaints == []


class Album:
    """Where pictures go that people are to look at."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, page: Page, name: str, **options: Any) -> Path:
        """Keep what the page looks like now as `name`.png."""
        path = self.folder / f"{name}.png"
        if options.get("full_page"):
            # What sticks to the top would be seen in the middle.
            page.evaluate("scrollTo(0, 0)")
        # To hide the caret or stop animations, Playwright would add an inline style.
        page.screenshot(path=path, animations="allow", caret="initial", **options)
        return path


@pytest.fixture(scope="session")
def album() -> Album:
    """Pictures of this run, in SCREENSHOT_DIR or var/screenshots."""
    return Album(Path(os.environ.get("SCREENSHOT_DIR") or ROOT / "var" / "screenshots"))
