"""Medians and ratios, printed the same way everywhere."""

from statistics import median

from rich.console import Console
from rich.table import Table


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def compare(
    console: Console,
    title: str,
    rows: list[tuple[str, list[float], list[float], float, float]],
    names: tuple[str, str],
) -> None:
    """A table of `(what, baseline seconds, our seconds, limit of median, limit of p95)`."""
    table = Table(title=title, title_justify="left")
    for head in ("", f"{names[0]} median", f"{names[1]} median", "ratio", "at most", "p95 ratio",
                 "at most", "n"):  # fmt: skip
        table.add_column(head, justify="left" if not head else "right")
    for what, base, ours, most, most_p95 in rows:
        ratio = median(ours) / median(base)
        ratio95 = percentile(ours, 0.95) / percentile(base, 0.95)
        table.add_row(
            what,
            f"{median(base) * 1000:.1f} ms",
            f"{median(ours) * 1000:.1f} ms",
            f"{ratio:.2f}×",
            f"{most}×",
            f"{ratio95:.2f}×",
            f"{most_p95}×",
            str(len(ours)),
        )
    console.print(table)
