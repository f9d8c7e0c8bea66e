"""What somebody newly wrote in a mail: without the history below it and without the signature.

Nothing is lost by a cut that was too deep: the desk can always open the original.
"""

import re
from html.parser import HTMLParser

_SAID_ON = re.compile(
    r"^\s*(On\b.{5,200}\bwrote|Am\b.{5,200}\bschrieb.{0,120}|Le\b.{5,200}\ba écrit"
    r"|El\b.{5,200}\bescribió|Op\b.{5,200}\bschreef.{0,120}|Il\b.{5,200}\bha scritto)\s*:\s*$",
    re.DOTALL,
)
_DASHES = re.compile(
    r"^\s*(-{2,}\s*(original message|forwarded message|ursprüngliche nachricht|message d.origine"
    r"|mensaje original)\s*-{2,}|begin forwarded message:|_{20,})\s*$",
    re.IGNORECASE,
)
_FROM = re.compile(r"^\s*\*?(From|Von|De|Da|Van)\s*:\*?\s*\S", re.IGNORECASE)
_FIELD = re.compile(
    r"^\s*\*?(Sent|Date|To|Subject|Gesendet|Datum|An|Betreff|Envoyé|À|Objet)\s*:", re.IGNORECASE
)
_SIGNATURE = re.compile(r"^--\s?$")
_DEVICE = re.compile(r"^\s*(sent from my|get outlook for|von meinem .* gesendet)", re.IGNORECASE)
# The sentence may be folded over so many lines, and the fields of a header follow that near.
_FOLDED, _NEAR = 3, 4


def newly_said(text: str) -> str:
    """The text down to where the history begins, without quoted lines and the signature."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    lines = lines[: _history_at(lines)]
    lines = [line for line in lines if not line.lstrip().startswith(">")]
    end = next((at for at, line in enumerate(lines) if _SIGNATURE.match(line)), len(lines))
    lines = lines[:end]
    while lines and (not lines[-1].strip() or _DEVICE.match(lines[-1])):
        lines.pop()
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()


def _history_at(lines: list[str]) -> int:
    for at, line in enumerate(lines):
        if _DASHES.match(line) or any(
            _SAID_ON.match("\n".join(lines[at : at + more])) for more in range(1, _FOLDED + 1)
        ):
            return at
        if _FROM.match(line) and any(_FIELD.match(one) for one in lines[at + 1 : at + _NEAR]):
            return at
    return len(lines)


_BLOCKS = frozenset({
    "address", "article", "blockquote", "br", "div", "dl", "dt", "dd", "fieldset", "footer",
    "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre",
    "section", "table", "tr", "ul",
})  # fmt: skip
_UNSEEN = frozenset({
    "head", "script", "style", "title", "template", "noscript", "svg", "math", "object",
})  # fmt: skip
_QUOTES = frozenset({"gmail_quote", "gmail_extra", "yahoo_quoted", "moz-cite-prefix"})
_QUOTE_IDS = frozenset({
    "divRplyFwdMsg", "appendonsend", "mail-editor-reference-message-container",
})  # fmt: skip
_NEVER_CLOSED = frozenset({
    "br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source", "track",
    "wbr",
})  # fmt: skip


class _Text(HTMLParser):
    """The words of a page. Nothing of it is ever shown as HTML, so there is nothing to run."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line, or leave out all that is inside."""
        if self._unseen:
            if tag not in _NEVER_CLOSED:
                self._unseen.append(tag)
            return
        told = {name: value or "" for name, value in attrs}
        quote = (
            (tag == "blockquote" and told.get("type") == "cite")
            or _QUOTES & set(told.get("class", "").split())
            or told.get("id") in _QUOTE_IDS
        )
        if (tag in _UNSEEN or quote) and tag not in _NEVER_CLOSED:
            self._unseen.append(tag)
        elif tag in _BLOCKS:
            self.parts.append("\n- " if tag == "li" else "\n")

    def handle_endtag(self, tag: str) -> None:
        """End what was left out, however badly it was nested."""
        if tag in self._unseen:
            while self._unseen.pop() != tag:
                pass
        elif not self._unseen and tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        """Words."""
        if not self._unseen:
            self.parts.append(re.sub(r"\s+", " ", data))


def text_of_html(markup: str) -> str:
    """The words of an HTML mail, without quoted history that mail programs mark as such."""
    reader = _Text()
    reader.feed(markup)
    reader.close()
    lines = "".join(reader.parts).replace("\xa0", " ").split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in lines)).strip()
