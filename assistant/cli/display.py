"""What `up` and `train` show: bars in a terminal, one line a step where there is none."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

console = Console(highlight=False)
if not console.is_terminal:
    console.width = 160  # a file or a pipe has no width of its own; tables need one


def say(words: str, style: str = "") -> None:
    """Print text as it is, lines unbroken: paths in it stay whole, brackets mean nothing."""
    console.print(words, style=style, markup=False, soft_wrap=True)


class Step(Protocol):
    """One thing that takes a while."""

    def update(self, words: str, share: float | None = None) -> None:
        """Say what it does now and how much of it is done (0 to 1, if known)."""

    def done(self, words: str) -> None:
        """Say what came out of it."""


class Display(Protocol):
    """Where steps are shown."""

    def step(self, name: str) -> Step:
        """Begin a step."""

    def say(self, words: str) -> None:
        """Show a line that belongs to no step."""


@contextmanager
def display() -> Iterator[Display]:
    """A display that suits where the output goes."""
    if not console.is_terminal:
        yield _Plain()
        return
    progress = Progress(
        SpinnerColumn(finished_text="[green]✓[/]"),
        TextColumn("{task.description:<13}"),
        BarColumn(bar_width=28),
        TextColumn("[dim]{task.fields[words]}[/]"),
        TimeElapsedColumn(),
        console=console,
    )
    with progress:
        yield _Live(progress)


class _Live:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def step(self, name: str) -> Step:
        return _LiveStep(self._progress, name)

    def say(self, words: str) -> None:
        self._progress.console.print(words, markup=False, soft_wrap=True)


class _LiveStep:
    def __init__(self, progress: Progress, name: str) -> None:
        self._progress = progress
        self._task = progress.add_task(name, total=None, words="")

    def update(self, words: str, share: float | None = None) -> None:
        if share is None:
            self._progress.update(self._task, words=words)
        else:
            self._progress.update(self._task, words=words, total=1.0, completed=share)

    def done(self, words: str) -> None:
        self._progress.update(self._task, words=words, total=1.0, completed=1.0)


class _Plain:
    def step(self, name: str) -> Step:
        return _PlainStep(name)

    def say(self, words: str) -> None:
        say(words)


class _PlainStep:
    """A line for every quarter where there are shares, else for every change of words."""

    def __init__(self, name: str) -> None:
        self._name, self._begun = name, time.monotonic()
        self._shown: str | int = ""

    def update(self, words: str, share: float | None = None) -> None:
        now = words if share is None else int(share * 4)
        if now != self._shown:
            self._shown = now
            at = f" ({share:.0%})" if share else ""
            say(f"  - {self._name}: {words}{at}")

    def done(self, words: str) -> None:
        say(f"  - {self._name}: {words} [{time.monotonic() - self._begun:.1f} s]")
