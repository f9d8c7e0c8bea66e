"""What our layer costs in a turn of the agent: everything but the model.

The model is a scripted server that answers at once. Baseline: the same two calls of it with the
bare `openai` client, streamed like ours. The difference is ours: signing in, the message store,
the lease, the prompt, the tools, LangChain, the tool's call over HTTP, the replies' storage.
"""

import json
import os
import time
from statistics import median
from typing import Any

from openai import OpenAI
from rich.console import Console

from assistant.cli.supervisor import stop
from benchmarks.measuring import percentile
from tests.agent.scripted_model import Says, ScriptedModel, call, text
from tests.product import Product

TURNS = 60
CHARACTERS_A_TOKEN = 4


async def run(product: Product, console: Console) -> None:
    """Print the difference and the size of the prompt."""
    with ScriptedModel() as model:
        model.script = _read_then_answer
        _with_model(product, model.url)
        person = product.client("nadia@northwind.example")
        ours, bare = [], []
        client = OpenAI(base_url=model.url, api_key="none")
        for _ in range(TURNS):
            person.begin()
            started = time.perf_counter()
            replies = person.say("who am I?")
            ours.append(time.perf_counter() - started)
            if replies[-1]["engine"] != "agent":
                raise RuntimeError(f"the agent did not answer: {replies}")
            requests = model.requests[-2:]
            started = time.perf_counter()
            for request in requests:
                _bare(client, request)
            bare.append(time.perf_counter() - started)
        request = model.requests[0]
    _report(console, ours, bare, request)
    _with_model(product, None)


def _read_then_answer(request: dict[str, Any]) -> Says:
    last = request["messages"][-1]["role"]
    return text("You are Nadia.") if last == "tool" else call("get_me", {})


def _with_model(product: Product, url: str | None) -> None:
    """Start the app again, with the model or without."""
    if url is None:
        os.environ.pop("OPENAI_BASE_URL", None)
    else:
        os.environ["OPENAI_BASE_URL"] = url
    if product.app is not None:
        stop([product.app])
    product.start_app()
    product.wait()


def _bare(client: OpenAI, request: dict[str, Any]) -> None:
    stream = client.chat.completions.create(
        model="scripted", messages=request["messages"], tools=request["tools"], stream=True
    )
    for _ in stream:
        pass


def _report(
    console: Console, ours: list[float], bare: list[float], request: dict[str, Any]
) -> None:
    more = [a - b for a, b in zip(ours, bare, strict=True)]
    console.print(
        f"An agent turn with two model calls: {median(ours) * 1000:.1f} ms; the bare client "
        f"{median(bare) * 1000:.1f} ms ({median(ours) / median(bare):.1f}×). Ours adds "
        f"{median(more) * 1000:.1f} ms in the median (at most 25), "
        f"{percentile(more, 0.95) * 1000:.1f} ms at p95 (at most 60), n = {len(ours)}."
    )
    system = request["messages"][0]["content"]
    tokens = (len(system) + len(json.dumps(request["tools"]))) / CHARACTERS_A_TOKEN
    console.print(
        f"System prompt and {len(request['tools'])} tools of a customer: {tokens:.0f} tokens, "
        f"counted as characters/{CHARACTERS_A_TOKEN}; {tokens / 3000:.0%} of 3,000."
    )
