"""Pages made of sections, so that a page can be brought up to date piece by piece.

A browser says which sections it has (`name:fingerprint`); only those that look different now
are sent again. So nothing flickers, and nothing that somebody reads or types is replaced for
no reason.
"""

import re
from dataclasses import dataclass
from typing import Any

from fastapi import Response
from markupsafe import Markup

from assistant.console import pages

# No difference: each rendering makes new keys against double sending, and what a form says
# once it is done may stay until something else happens.
_PASSING = re.compile(
    r'name="(?:key|expected)" value="[0-9a-f]*"|<p class="done".*?</p>\n?', re.DOTALL
)


@dataclass(frozen=True)
class Sections:
    """The rendered sections of one page, by name."""

    rendered: dict[str, str]

    @classmethod
    def of(cls, folder: str, names: tuple[str, ...], context: dict[str, Any]) -> "Sections":
        """Render `folder/name.html` for each name, and the navigation with its counts."""
        rendered = {n: pages.render(f"{folder}/{n}.html", context) for n in names}
        return cls(rendered | {"nav": pages.render("nav.html", context)})

    @property
    def shown(self) -> dict[str, Markup]:
        """The sections for a template, which must not escape them once more."""
        return {name: Markup(html) for name, html in self.rendered.items()}  # noqa: S704 - ours

    @property
    def have(self) -> str:
        """What a browser that shows these sections has."""
        return ".".join(f"{name}:{_mark(html)}" for name, html in self.rendered.items())

    def changed(self, have: str) -> list[str]:
        """The names of sections that a browser with `have` does not show as they are."""
        shown = dict(part.split(":", 1) for part in have.split(".") if ":" in part)
        return [n for n, html in self.rendered.items() if shown.get(n) != _mark(html)]

    def update(
        self,
        have: str,
        *,
        answered: str | None = None,
        said: str = "",
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """What differs from `have`, for htmx to put in place.

        `answered` is the section whose form was sent: it comes first and is the answer itself.
        `said` is read out to those who can't see the change.
        """
        changed = [n for n in self.changed(have) if n != answered]
        if not changed and answered is None:
            return pages.nothing_new()
        first = self.rendered[answered] if answered else ""
        rest = pages.render(
            "update.html",
            {
                "sections": {name: self.shown[name] for name in changed},
                "have": self.have,
                "said": said,
            },
        )
        return pages.html(first + rest, status, **(headers or {}))


def _mark(html: str) -> str:
    return pages.fingerprint(_PASSING.sub("", html))
