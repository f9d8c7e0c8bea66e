"""Answers from the knowledge base: always with the source, or the words that we don't know."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any

from actions.turn import Turn, button
from actions.wording import Button, buttons, metadata, say

SECONDS = 5.0
_POLITE = re.compile(
    r"^\W*(?:(?:hi|hello|hey|please|sorry|wait|but|ok|so|and|can you|could you|tell me|explain|"
    r"i (?:have a|want to) (?:question|know|understand)(?: about)?)\b[ ,:]*)+",
    re.IGNORECASE,
)

_IT = re.compile(r"\b(?:it|this|that)\b", re.IGNORECASE)


async def articles(turn: Turn, query: str, portal: Any = None) -> list[dict[str, Any]]:
    """The best articles and videos for a query; none when nothing fits."""
    arguments = {"q": query[:300]} | ({"portal": portal} if portal else {})
    try:
        async with asyncio.timeout(SECONDS):
            answer = await turn.call("search_knowledge", **arguments)
    except TimeoutError:  # while the index is built, the conversation goes on without
        return []
    return list(answer.body.get("items") or []) if answer.ok else []


async def answer_question(turn: Turn, subject: str = "", offers: Sequence[Button] = ()) -> bool:
    """Reply with the best article and its source, or say that we don't know; which of the two.

    `subject` is what "it" stands for; `offers` are buttons for what can be done about it here.
    """
    query = _POLITE.sub("", turn.words).strip() or turn.words
    query = _IT.sub(subject, query) if subject else query
    found = await articles(turn, query)
    if not found:
        turn.reply(say("utter_no_answer"), buttons=[*offers, *buttons("utter_no_answer")])
        return False
    best = found[0]
    alone = turn.tracker.active_loop_name is None
    ways_on = buttons("utter_answer") if alone or offers else []
    if alone and not offers:
        ways_on = [*_doing(best), *ways_on]
    turn.reply(
        say("utter_answer", excerpt=str(best["excerpt"]).strip()),
        sources=[{"title": best["title"], "url": best["url"]}],
        buttons=[*offers, *ways_on],
    )
    return True


def _doing(article: dict[str, Any]) -> list[Button]:
    """The button that does what an article explains, where it can be done in the chat."""
    ways: dict[str, dict[str, str]] = metadata("utter_answer", "ways")
    way = ways.get(str(article.get("operation")))
    return [button(way["title"], way["intent"])] if way else []
