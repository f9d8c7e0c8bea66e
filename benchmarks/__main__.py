"""`make bench`: run every benchmark, or the ones named, and print its ratios."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import typer
from rich.console import Console

from benchmarks import (
    agent,
    conversations,
    desk,
    digests,
    directory,
    live,
    mail,
    memory,
    orders,
    turns,
)
from tests.product import Product

# One person opens hundreds of chats here.
UNLIMITED = {"CONVERSATIONS_A_MINUTE": "100000", "MESSAGES_A_MINUTE": "100000"}
BENCHMARKS: dict[str, Callable[[Product, Console], Awaitable[None]]] = {
    "turns": turns.run,
    "conversations": conversations.run,
    "memory": memory.run,
    "agent": agent.run,
    "directory": directory.run,
    "orders": orders.run,
    "live": live.run,
    "desk": desk.run,
    "mail": mail.run,
    "digests": digests.run,
}


def main(names: list[str] = typer.Argument(None, help="Which; all of them if left out")) -> None:  # noqa: B008
    """Start the product in a folder of its own and measure it."""
    console = Console(width=110)
    with (
        tempfile.TemporaryDirectory() as folder,
        Product(Path(folder) / "state", rest_channel=True, environment=UNLIMITED) as product,
    ):
        for name in names or BENCHMARKS:
            asyncio.run(BENCHMARKS[name](product, console))


if __name__ == "__main__":
    typer.run(main)
