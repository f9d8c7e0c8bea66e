"""Looks at what a page shows in all views: for barriers, and to keep a picture."""

from typing import Any

from playwright.sync_api import Page

from tests.browser.axe import barriers
from tests.browser.conftest import DESKTOP, Album

VIEWS: dict[str, tuple[Any, Any]] = {
    "desktop": (DESKTOP, "light"),
    "dark": (DESKTOP, "dark"),
    "phone": ({"width": 390, "height": 844}, "light"),
    "small phone, dark": ({"width": 320, "height": 640}, "dark"),
    "zoomed": ({"width": DESKTOP["width"] // 2, "height": DESKTOP["height"] // 2}, "light"),
}


class Inspection:
    """Looks at states in all views, and keeps a picture of each."""

    def __init__(self, page: Page, album: Album, topic: str) -> None:
        self._page = page
        self._album = album
        self._topic = topic
        self.found: dict[str, list[str]] = {}

    def look(self, state: str, views: tuple[str, ...] = tuple(VIEWS)) -> None:
        """Look at what the page shows now."""
        for view in views:
            size, scheme = VIEWS[view]
            self._page.set_viewport_size(size)
            self._page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self._page.wait_for_timeout(80)
            found = barriers(self._page)
            if found:
                self.found[f"{state}, {view}"] = found
            name = f"{self._topic}-{state}-{view}".replace(",", "").replace(" ", "-")
            self._album.take(self._page, name)
        self._page.set_viewport_size(DESKTOP)
