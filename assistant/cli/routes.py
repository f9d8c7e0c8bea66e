"""`ask-licensing routes`: the API's operations as a table, read from its own description."""

from typing import Any

from rich.table import Table

from backend.core.client import Operation, operations_of


def table(words: str = "") -> Table:
    """Every operation whose id, path or summary contains `words`."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("operation", "method", "path", "what it does"):
        shown.add_column(column, overflow="fold")
    for operation in sorted(operations_of(_document()).values(), key=_place):
        row = (operation.id, operation.method, operation.path, _does(operation))
        if words.casefold() in " ".join(row).casefold():
            shown.add_row(*row)
    return shown


def _document() -> dict[str, Any]:
    """The description of this very code: nothing has to run for it."""
    from assistant.main import create_app

    document: dict[str, Any] = create_app().openapi()
    return document


def _place(operation: Operation) -> tuple[str, str]:
    return operation.path, operation.method


def _does(operation: Operation) -> str:
    """The first sentence of what the route says about itself."""
    words = " ".join((operation.description or operation.summary).split())
    return words.split(". ")[0].rstrip(".") + "."
