"""Runs in Rasa's own environment, by its path: what a model takes sentences for.

    .venv-rasa/bin/python assistant/cli/parse_sentences.py MODEL < sentences.json

Reads a JSON list of sentences; writes a JSON line `{intent}` for each, in their order, on the
standard output, which is kept free of everything else.
"""

import asyncio
import contextlib
import json
import sys

from rasa.core.agent import Agent


async def main(model: str) -> None:
    """Load the model once and read all sentences."""
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        agent = Agent.load(model)
        for sentence in json.load(sys.stdin):
            parsed = await agent.parse_message(sentence)
            name = (parsed.get("intent") or {}).get("name")
            print(json.dumps({"intent": name}), file=answers, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
