"""The Rasa engine: one HTTP call a turn to our channel in Rasa's process."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx
import structlog

from assistant import metrics
from assistant.conversations.drafts import Draft, Outcome
from assistant.conversations.models import Message
from assistant.proposals.service import propose
from assistant.situation import Situation
from assistant.wording import say, wording
from backend.core.database import refuse_open_transaction
from backend.core.settings import settings

LONG = 40  # messages
CATCH_UP_SECONDS = 5.0  # of a turn's time for Rasa
WEBHOOK = "/webhooks/ask_licensing/webhook"
log = structlog.get_logger(__name__)
_client: httpx.AsyncClient | None = None


class RasaFailed(RuntimeError):
    """Rasa could not be reached, refused, or said nothing."""


def client() -> httpx.AsyncClient:
    """One client; idle connections end before Rasa closes them (it does so after 5 s)."""
    global _client
    if _client is None:
        _client = httpx.AsyncClient(
            base_url=settings().rasa_url,
            headers={"X-Rasa-Secret": settings().rasa_secret.get_secret_value()},
            timeout=httpx.Timeout(settings().rasa_seconds, connect=2.0),
            limits=httpx.Limits(max_connections=100, keepalive_expiry=2.0),
        )
    return _client


async def close() -> None:
    """Close the client at shutdown."""
    global _client
    if _client is not None:
        await _client.aclose()
        _client = None


async def ready() -> bool:
    """Whether Rasa answers."""
    try:
        return (await client().get("/", timeout=2.0)).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


async def answer(situation: Situation, unheard: Sequence[Message] = ()) -> Outcome:
    """Let Rasa answer; when it can't, say so and offer to leave a case.

    `unheard` are earlier messages that it is told first, oldest first, for the facts in them.
    """
    caught_up = await _catch_up(situation, unheard)
    try:
        told = await _ask(situation, caught_up)
        drafts, proposed = _said(told)
    except RasaFailed as exc:
        metrics.ENGINE_FAILURES.labels("rasa").inc()
        log.warning("rasa_failed", reason=str(exc))
        return Outcome(
            [
                Draft(
                    say("engine_down"), role="system", buttons=list(wording("engine_down_buttons"))
                )
            ],
            engine="rasa",
            why={"failure": str(exc)},
        )
    if proposed:
        drafts.append(
            await propose(situation.caller("rasa"), proposed["operation"], proposed["arguments"])
        )
    why = _why(told, proposed) | ({"caught_up": caught_up} if caught_up else {})
    return Outcome(drafts, engine="rasa", why=why, fresh_session=_anew(situation, told))


def _anew(situation: Situation, told: dict[str, Any]) -> bool | None:
    """Whether the next message begins a new session: Rasa replays a session at each turn, so
    an idle one is ended now and then. Nothing that a next message could need is lost.

    None leaves it open: a card that ended during this turn may have asked for a new one.
    """
    idle = not told.get("active_form") and not told.get("slots")
    before = situation.last_own.seq if situation.last_own else 0
    if idle and situation.message.seq // LONG != before // LONG:
        return True
    return False if situation.conversation.fresh_session else None


async def _catch_up(situation: Situation, unheard: Sequence[Message]) -> list[int]:
    """Tell Rasa what it did not hear; the numbers of what it took in.

    What it answers is dropped, proposals included. A failure ends it: what the person says now
    is to be answered, with the facts or without.
    """
    taken_in: list[int] = []
    try:
        async with asyncio.timeout(CATCH_UP_SECONDS):
            for message in unheard:
                await _tell(_body(situation, message, taken_in, "again:"))
                taken_in.append(message.seq)
    except (RasaFailed, TimeoutError) as exc:
        log.warning("rasa_not_caught_up", reason=str(exc) or type(exc).__name__)
    return taken_in


async def _ask(situation: Situation, caught_up: Sequence[int]) -> dict[str, Any]:
    return await _tell(_body(situation, situation.message, caught_up))


def _body(
    situation: Situation, message: Message, told_before: Sequence[int], kind: str = ""
) -> dict[str, Any]:
    """What our channel takes. A new session begins with the first message that it is told; an
    id that came before gives the answer of then.
    """
    conversation, person = situation.conversation, situation.person
    return {
        "sender": conversation.id,
        "message_id": f"{conversation.id}:{kind}{message.seq}",
        "reset": conversation.fresh_session and not told_before,
        "metadata": {
            "person": person.id,
            "portal": conversation.portal,
            "time_zone": person.time_zone,
            "language": person.language,
            **({"file": (message.why or {}).get("file")} if message.file_id else {}),
            **({"settled": conversation.settled} if conversation.settled else {}),
        },
        **({"payload": message.payload} if message.payload else {"text": message.text}),
    }


async def _tell(body: dict[str, Any]) -> dict[str, Any]:
    refuse_open_transaction("Rasa")
    try:
        response = await _post(body)
    except httpx.HTTPError as exc:
        raise RasaFailed(f"unreachable: {type(exc).__name__}") from exc
    if response.status_code != httpx.codes.OK:
        raise RasaFailed(f"status {response.status_code}")
    told: dict[str, Any] = response.json()
    if not told.get("messages"):
        raise RasaFailed("an empty answer")
    return told


def _said(told: dict[str, Any]) -> tuple[list[Draft], dict[str, Any] | None]:
    """What there is to show and to propose; nothing of either is a failure, never an answer."""
    drafts, proposed = [], None
    for message in told["messages"]:
        custom = message.get("custom") or {}
        proposed = custom.get("propose") or proposed
        draft = _draft(message, custom)
        if draft.text or draft.card or draft.ask:
            drafts.append(draft)
    if not drafts and not proposed:
        raise RasaFailed("nothing to show")
    return drafts, proposed


async def _post(body: dict[str, Any]) -> httpx.Response:
    """A connection that Rasa closed in idleness is tried anew; the message id makes it safe."""
    try:
        return await client().post(WEBHOOK, json=body)
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
        return await client().post(WEBHOOK, json=body)


def _draft(message: dict[str, Any], custom: dict[str, Any]) -> Draft:
    return Draft(
        text=custom.get("text") or message.get("text") or "",
        buttons=custom.get("buttons") or message.get("buttons") or [],
        ask=custom.get("ask"),
        card=custom.get("card"),
        sources=custom.get("sources") or [],
        case=custom.get("case"),
    )


def _why(told: dict[str, Any], proposed: dict[str, Any] | None) -> dict[str, Any]:
    why = {
        key: told.get(key)
        for key in ("intent", "ranking", "entities", "active_form", "requested_slot", "slots")
    }
    if proposed:
        why["proposed"] = proposed["operation"]
    return why
