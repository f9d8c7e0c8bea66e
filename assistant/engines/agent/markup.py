"""A model's Markdown without what could load, run or mislead: images, HTML, foreign links."""

import re

from assistant.engines.agent.grounds import ADDRESS, Grounds

_INVISIBLE = re.compile(r"[\u0000-\u0008\u000b-\u001f\u007f\u00ad\u200b-\u200f\u202a-\u202e"
                        r"\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]")  # fmt: skip
_AUTOLINK = re.compile(r"<(https?://[^\s<>]+)>", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!?][^<>]*>")
_TAG_BEGINS = re.compile(r"<(?=[a-zA-Z/!?])")
_IMAGE_BEGINS = re.compile(r"!+\[")
_DEFINITION = re.compile(r"^[ \t>]*\[[^\]\n]+\]:[ \t]*\n?[ \t]*\S+.*$", re.MULTILINE)
_REFERRING = re.compile(r"\[([^\[\]]*)\]\[[^\[\]]*\]")
_LINK = re.compile(r"\[([^\[\]]*)\]\(\s*<?([^\s<>()]*(?:\([^\s()]*\)[^\s<>()]*)*)>?[^()]*\)")
_LINK_BEGINS = re.compile(r"\]\([^\s)]*\)?")
_URL = re.compile(
    r"\b(?:[a-z][a-z0-9+.-]{1,20}://|www\.|(?:javascript|data|vbscript|file|blob):)"
    r"[^\s<>()\[\]\"'`]*",
    re.IGNORECASE,
)
_LAST_OF_SENTENCE = ".,;:!?*_"


def readable_text(text: str) -> str:
    """The text without characters that nobody sees or no database keeps."""
    return _INVISIBLE.sub("", text.encode("utf-8", "replace").decode())


def plain_markup(text: str, grounds: Grounds) -> str:
    """Links keep their words, and their target only if a tool or the person gave it."""
    shown = _AUTOLINK.sub(r"\1", text)
    while (fewer := _TAG.sub("", shown)) != shown:
        shown = fewer
    shown = _TAG_BEGINS.sub("", shown)
    shown = _IMAGE_BEGINS.sub("[", shown)
    shown = _DEFINITION.sub("", shown)
    shown = _REFERRING.sub(r"\1", shown)
    pieces, end = [], 0
    for link in _LINK.finditer(shown):
        pieces.append(_bare(shown[end : link.start()], grounds))
        known = link[2] in grounds.links
        pieces.append(f"[{link[1]}]({link[2]})" if known else _bare(link[1], grounds))
        end = link.end()
    return "".join([*pieces, _bare(shown[end:], grounds)])


def _bare(text: str, grounds: Grounds) -> str:
    """Text outside of links: unknown addresses of pages and people become an ellipsis."""

    def page(found: re.Match[str]) -> str:
        address = found[0].rstrip(_LAST_OF_SENTENCE)
        rest = found[0][len(address) :]
        return found[0] if address in grounds.links else f"…{rest}"

    def person(found: re.Match[str]) -> str:
        address = found[0].rstrip(".")
        return found[0] if address.lower() in grounds.addresses else "…"

    return ADDRESS.sub(person, _URL.sub(page, _LINK_BEGINS.sub("]", text)))
