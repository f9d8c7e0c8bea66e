"""What a training is to be about, and portals nobody has heard of, out of one sentence."""

import re

from assistant.nlu.spans import Span

# What is a word of a topic, not a fact beside it: “user groups”, “viewers and their roles”.
PARTS_OF_TOPICS = frozenset({
    "role", "role_level", "scope", "visibility", "include_nested", "domain",
})  # fmt: skip
_ABOUT = re.compile(
    r"\b(?:about|covering|cover|focus(?:ed|ing|sed)? on|concentrat\w+ on|especially|in particular"
    r"|specifically(?: on| about)?|regarding|concerning"
    r"|to (?:learn|understand|know)(?: more)?(?: about)?)\s+(?P<topic>[^.;!?]+)",
    re.IGNORECASE,
)
_TOPICS = re.compile(
    r"\btopics?(?: (?:are|is|would be|should be|to))?:?\s+(?P<topic>[^.;!?]+)", re.IGNORECASE
)
_HOW = re.compile(
    r"\b(?:training|session|demo|trained|workshop|course|lesson|class)s? (?:on|in|for|about|of) "
    r"(?P<topic>how (?:to|we|you|orders?)\b[^.;!?]+)",
    re.IGNORECASE,
)
_ON = re.compile(
    r"\b(?:training|demo(?:nstration)?|trained|workshop|course|lesson|walkthrough|class|webinar)s? "
    r"(?:session )?(?:on|for|about|in|of|to)\s+(?:the |our |your |using |use )?"
    r"(?P<name>[A-Za-z][\w&/-]*(?: [A-Za-z][\w&/-]*){0,2})",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"\s*(?:,|;| and (?=\w)| & |\+| plus | as well as )\s*", re.IGNORECASE)
_TRIM = re.compile(
    r"^(?:\s|,|and\b|on\b|in\b|for\b|about\b|the\b(?=\s*$)|with\b)+"
    r"|(?:\s|,|\band|\bon|\bin|\bfor|\bat|\bwith|\bfrom|\bplease|\bpls|\bthanks"
    r"|\bthank you|\bthe|\bby|\bto|\bof|\bour team|\bmy team|\ball|\bportal|\bof us)+$",
    re.IGNORECASE,
)
_NO_TOPIC = {
    "call me",
    "call",
    "ring me",
    "",
    "it",
    "this",
    "that",
    "them",
    "everything",
    "us",
    "me",
    "people",
    "use",
    "a",
    "my team",
    "our team",
    "more",
    "how to use it",
    "how to use",
    "using it",
    "how",
    "what",
    "you",
    "your",
}
_NO_PORTAL = {
    "a",
    "an",
    "my",
    "me",
    "us",
    "our",
    "the",
    "people",
    "you",
    "your",
    "new",
    "this",
    "that",
    "how",
    "what",
    "it",
    "them",
    "which",
    "team",
    "some",
    "customers",
    "partners",
    "partner",
    "users",
    "admins",
    "beginners",
    "colleagues",
    "today",
    "tomorrow",
    "next",
}


def topic_spans(text: str, facts: list[Span]) -> list[Span]:
    """The topics of a sentence such as "training on CLC about user groups and orders"."""
    match = _TOPICS.search(text) or _ABOUT.search(text) or _HOW.search(text)
    if match is None:
        return []
    start, end = match.span("topic")
    apart = [f for f in facts if f.entity not in PARTS_OF_TOPICS]
    cuts = sorted((f.start, f.end) for f in apart if f.start < end and start < f.end)
    pieces, position = [], start
    for cut_start, cut_end in cuts:
        pieces.append((position, max(position, cut_start)))
        position = max(position, cut_end)
    pieces.append((position, end))
    found = []
    for piece_start, piece_end in pieces:
        found += _topics(text, piece_start, piece_end)
        if cuts and found:
            break
    return found


def _topics(text: str, start: int, end: int) -> list[Span]:
    found, position = [], start
    for part in [*_SPLIT.finditer(text, start, end), None]:
        stop = part.start() if part else end
        topic = _TRIM.sub("", text[position:stop]).strip(" ,.")
        if topic.lower() not in _NO_TOPIC:
            at = text.index(topic, position)
            found.append(Span("topic", at, at + len(topic), topic))
        position = part.end() if part else end
    return found


def unknown_portal(text: str, facts: list[Span]) -> Span | None:
    """A name where a portal belongs ("training on XYZ", "the FooBar portal") that we lack."""
    if any(fact.entity in {"portal", "portal_group"} for fact in facts):
        return None
    named = re.search(r"\b(?P<name>[A-Za-z][\w-]+) portal\b", text, re.IGNORECASE) or next(
        (m for m in _ON.finditer(text) if _looks_like_a_name(m.group("name"))), None
    )
    if named is None:
        return None
    name = re.split(
        r" (?:for|on|in|with|and|about|please|next|at|by|to|from)\b", named.group("name")
    )[0].strip()
    start, end = named.start("name"), named.start("name") + len(name)
    if name.lower() in _NO_PORTAL or any(f.start < end and start < f.end for f in facts):
        return None
    return Span("unknown_portal", start, end, name)


def _looks_like_a_name(said: str) -> bool:
    """Capitals inside ("XYZ", "DNA Center", "FooBar"): a product's name, not a topic."""
    first = said.split()[0]
    return first.lower() not in _NO_PORTAL and any(c.isupper() for c in first[1:] or first)
