"""The agentic engine: an agent without a memory, told in each turn what our own table remembers."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from functools import lru_cache
from typing import Any

import langsmith
import structlog
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, AIMessageChunk, AnyMessage, HumanMessage

from assistant import metrics
from assistant.conversations.drafts import Draft, Outcome
from assistant.conversations.hub import hub
from assistant.engines.agent.breaker import breaker
from assistant.engines.agent.leaks import without_secrets
from assistant.engines.agent.memory import remembered
from assistant.engines.agent.middleware import in_order
from assistant.engines.agent.provider import chat_model
from assistant.engines.agent.spoken import MOST_CHARACTERS, presentable
from assistant.engines.agent.turn import AgentFailed, AgentTurn, BrokenAnswer, TurnLimit
from assistant.situation import Situation
from assistant.wording import say, wording
from backend.core.client import LicensingApi, licensing_api
from backend.core.database import refuse_open_transaction
from backend.core.settings import settings

RECURSION_LIMIT = 100
ENDLESS = 10 * MOST_CHARACTERS
log = structlog.get_logger(__name__)


async def answer(situation: Situation) -> Outcome:
    """Let the agent answer. Raises `AgentFailed`; a used-up limit is an answer of ours."""
    turn = AgentTurn(situation)
    try:
        text = await _run(turn)
    except TurnLimit as limit:
        return _outcome(turn, [_gave_up()], limit=str(limit))
    # Whatever goes wrong with a foreign endpoint is its failure: there is another engine.
    except Exception as exc:
        reason = without_secrets(f"{type(exc).__name__}: {exc}")[:200]
        breaker.failed(reason)
        metrics.ENGINE_FAILURES.labels("agent").inc()
        log.warning("agent_failed", reason=type(exc).__name__, exc_info=True)
        raise AgentFailed(reason) from exc
    breaker.succeeded()
    if turn.draft is not None:
        return _outcome(turn, [turn.draft])
    said = presentable(turn, text)
    draft = Draft(said, ask=_ask(said), card=turn.card, sources=_unique(turn.sources))
    return _outcome(turn, [draft])


async def _at_once(
    _: object, context: Context, func: Callable[..., Any], /, *args: Any, **kwargs: Any
) -> Any:
    """LangSmith's bookkeeping around each middleware, in place: nothing is traced, and a thread's
    visit for finding that out cost more than the middleware.
    """
    return context.run(func, *args, **kwargs)


@lru_cache(maxsize=2)
def _agent(api: LicensingApi) -> Any:
    """Compiled once, for compiling takes longer than all else that we do in a turn. It keeps
    nothing: whatever belongs to a turn is in the run's context.
    """
    langsmith.set_runtime_overrides(aio_to_thread=_at_once)
    return create_agent(
        chat_model(),
        [],  # each step is told of its own (`offering`), and `calls` carries them out
        middleware=in_order(api),
        context_schema=AgentTurn,
    )


async def _run(turn: AgentTurn) -> str:
    refuse_open_transaction("the model")
    last: AnyMessage | None = None
    async with asyncio.timeout(settings().turn_seconds):
        async for kind, part in _agent(licensing_api()).astream(
            {"messages": _messages(turn.situation)},
            {"recursion_limit": RECURSION_LIMIT},
            context=turn,
            stream_mode=["messages", "values"],
        ):
            if kind == "values":
                state: Any = part
                last = state["messages"][-1]
            else:
                await _show_growing(turn, part[0])
    if turn.draft is None and not (isinstance(last, AIMessage) and last.text.strip()):
        raise BrokenAnswer("the turn ended without words")
    return last.text if isinstance(last, AIMessage) else ""


async def _show_growing(turn: AgentTurn, part: object) -> None:
    """Let who watches read along, by whole sentences: a claim must not even flash up."""
    if not isinstance(part, AIMessageChunk):
        return
    if part.id != turn.speaking and turn.spoken:
        turn.spoken += "\n\n"
    turn.speaking = part.id
    turn.spoken += part.text
    whole = turn.spoken[: max(turn.spoken.rfind(end) for end in ".!?\n") + 1]
    if len(turn.spoken) > ENDLESS:
        raise BrokenAnswer("the answer does not end")
    if turn.whole < len(whole) <= MOST_CHARACTERS:
        turn.whole = len(whole)
        shown = presentable(turn, whole, growing=True)
        await hub().wake(turn.situation.conversation.id, growing=shown)


def _messages(situation: Situation) -> list[AnyMessage | dict[str, Any]]:
    """What was said before, and the person's words unchanged at the end."""
    return [*remembered(situation.recent), HumanMessage(situation.message.text)]


def _gave_up() -> Draft:
    return Draft(say("agent_limit"), buttons=list(wording("agent_limit_buttons")))


def _ask(text: str) -> dict[str, object] | None:
    """A question in free words takes a free answer."""
    if not text.rstrip().endswith("?"):
        return None
    return {"slot": "reply", "kind": "text", "required": False}


def _unique(sources: list[dict[str, object]]) -> list[dict[str, object]]:
    return list({str(source["url"]): source for source in sources}.values())[:5]


def _outcome(turn: AgentTurn, drafts: list[Draft], **why: object) -> Outcome:
    config = settings()
    money = (
        turn.input_tokens * config.price_input_million
        + turn.output_tokens * config.price_output_million
    ) / 1_000_000
    for kind, count in (("input", turn.input_tokens), ("output", turn.output_tokens)):
        metrics.TOKENS.labels(kind).inc(count)
    metrics.MONEY.inc(money)
    return Outcome(
        drafts,
        engine="agent",
        why={
            "tools": turn.tools, "refused": turn.refused, "model_calls": turn.model_calls,
            "tokens": {"input": turn.input_tokens, "output": turn.output_tokens},
            "money": round(money, 6), **why,
        },
    )  # fmt: skip
