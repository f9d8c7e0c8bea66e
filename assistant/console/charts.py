"""Charts as plain SVG: where each bar stands is computed here, the templates only draw.

No script and no inline style: sizes are attributes, colours are classes of the style sheet. Beside
every chart stand its numbers, so that nobody needs the picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 520, 170
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 12, 28
TICKS = 4
MOST_LABELS = 6
GAP = 0.28  # of a day's room


@dataclass(frozen=True)
class Bar:
    """One bar with what it says; `series` is 0 for the first."""

    series: int
    x: float
    y: float
    width: float
    height: float
    words: str


@dataclass(frozen=True)
class Mark:
    """A label at a place of an axis."""

    at: float
    words: str


@dataclass(frozen=True)
class DayChart:
    """Bars for each day, one or several beside each other."""

    bars: list[Bar]
    ticks: list[Mark]
    days: list[Mark]
    names: list[str]
    rows: list[tuple[str, list[int]]]
    empty: bool

    width, height = WIDTH, HEIGHT
    left, right, base = LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM


def by_day(days: Sequence[date], series: dict[str, Sequence[int]]) -> DayChart:
    """A chart of counts by day; `series` has a name for each list of counts."""
    highest = max((count for counts in series.values() for count in counts), default=0)
    top = nice(highest)
    room = (WIDTH - LEFT - RIGHT) / max(1, len(days))
    width = room * (1 - GAP) / max(1, len(series))
    tall = HEIGHT - TOP - BOTTOM
    bars = []
    for number, (name, counts) in enumerate(series.items()):
        for place, (day, count) in enumerate(zip(days, counts, strict=True)):
            height = tall * count / top
            x = LEFT + room * place + room * GAP / 2 + width * number
            words = f"{short(day)}: {count} {name.lower()}"
            if count:
                bars.append(
                    Bar(number, *_rounded(x, HEIGHT - BOTTOM - height, width, height), words)
                )
    every = -(-len(days) // MOST_LABELS)
    return DayChart(
        bars=bars,
        ticks=[
            Mark(round(HEIGHT - BOTTOM - tall * step / TICKS, 1), str(top * step // TICKS))
            for step in range(TICKS + 1)
        ],
        days=[
            Mark(round(LEFT + room * (place + 0.5), 1), short(day))
            for place, day in enumerate(days)
            if (len(days) - 1 - place) % every == 0
        ],
        names=list(series),
        rows=[
            (short(day), [counts[place] for counts in series.values()])
            for place, day in enumerate(days)
        ],
        empty=highest == 0,
    )


def _rounded(*numbers: float) -> tuple[float, float, float, float]:
    x, y, width, height = (round(number, 2) for number in numbers)
    return x, y, width, height


def nice(highest: int) -> int:
    """The next of 4, 8, 20, 40, 80, 200 …: round, and in four whole steps."""
    scale = 1
    while True:
        for step in (4, 8, 20):
            if step * scale >= highest:
                return step * scale
        scale *= 10


def short(day: date) -> str:
    """`24 Nov`."""
    return f"{day.day} {day:%b}"
