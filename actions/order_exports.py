"""Lists of orders as a file: CSV or Excel, of all orders or of what was looked at."""

import re
from typing import ClassVar

from actions.forms import OperationForm
from actions.order_views import narrowed_by
from actions.sheet import Sheet, Values
from actions.turn import Turn

_EXCEL = re.compile(r"\b(?:excel|xlsx?|spread ?sheet|workbook|sheet)\b", re.IGNORECASE)
_CSV = re.compile(r"\bcsv\b|\bcomma\b", re.IGNORECASE)
_THIS = re.compile(r"\b(?:this|that|these|those|them|it|the)(?: list)?\b", re.IGNORECASE)


class ExportOrdersForm(OperationForm):
    """Downloads a list of orders."""

    form = "export_orders_form"
    operation = "create_order_export"
    asks = ("format",)
    takes = frozenset({"filters.q", "filters.delayed", "filters.assignment", "filters.status"})
    begins = frozenset({"export_orders"})
    repeats: ClassVar[frozenset[str]] = frozenset({"format"})
    early = True
    teaches = True
    subject = "a download of orders"

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Which kind of file, and which orders."""
        if _EXCEL.search(turn.words):
            heard["format"] = "xlsx"
        elif _CSV.search(turn.words):
            heard["format"] = "csv"
        filters = narrowed_by(turn)
        if not filters and sheet.asked is None and _THIS.search(turn.words):
            filters = (turn.recall.get("shown") or {}).get("filters") or {}
        heard |= {f"filters.{name}": value for name, value in filters.items()}
