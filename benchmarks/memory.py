"""Resident memory of both processes after the benchmarks before, and the training time."""

import psutil
from rich.console import Console

from assistant.cli.training import train
from tests.product import Product

MEGABYTE = 1024 * 1024


async def run(product: Product, console: Console) -> None:
    """Print both against what we allow ourselves."""
    for child, most in ((product.rasa, 900), (product.app, 300)):
        if child is None:
            raise RuntimeError("a process is missing")
        used = psutil.Process(child.pid).memory_info().rss / MEGABYTE
        console.print(f"{child.name}: {used:.0f} MB resident, {used / most:.0%} of {most} MB")
    trained = train(product.state, force=True)
    console.print(f"Training: {trained.seconds:.0f} s, {trained.seconds / 90:.0%} of 90 s")
