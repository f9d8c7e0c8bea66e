"""The files of downloads: one row a line of an order, as CSV or as a workbook.

Rows go to the disk as they come, so that a file of any length takes the same memory. In a
workbook what people have typed is stored as text, which is never calculated; in CSV, which does
not know text from formulas, an apostrophe stands before what would be one.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from backend.core.tables import MARK, line
from backend.orders.schemas import Assignment, OrderPublic

Cell = str | int | datetime | None
HEADS = {
    "Order": 12, "Web order": 12, "Customer's order number": 22, "Type": 13, "Status": 18,
    "Assignment": 20, "Why it waits": 44, "Who acts": 50, "Next step": 50, "Waits since": 18,
    "Partner": 22, "End customer": 28, "Country": 8, "Fulfillment Contact": 40, "Placed": 18,
    "Booked": 18, "Line": 6, "SKU": 18, "Product": 34, "Quantity": 9, "Kind": 13,
    "Provisioning": 28, "Provisioning contact": 34, "Smart Account": 26, "Account name": 26,
    "Virtual account": 22, "Delivered": 18, "Subscription": 20, "Ends": 18,
}  # fmt: skip
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# What a sheet holds, without its head.
MOST_ROWS = 1_048_575
_NOWHERE = Assignment(smart_account=None, name=None, virtual_account=None)


class TooLong(ValueError):
    """There are more rows than a file of this format can hold."""


def rows_of(order: OrderPublic) -> Iterator[list[Cell]]:
    """A row for each line of an order, as whoever asked may see it."""
    contact, waits = order.fulfillment_contact, order.delays
    head: list[Cell] = [
        order.number, order.web_order_number, order.customer_order_number, order.type,
        order.status, order.assignment_status.value, "; ".join(one.title for one in waits),
        "; ".join(dict.fromkeys(one.who for one in waits)),
        "; ".join(dict.fromkeys(one.next_step for one in waits)),
        min((one.since for one in waits), default=None),
        order.partner.name if order.partner else None, order.end_customer, order.country,
        f"{contact.name} <{contact.email}>" if contact else None, order.placed_at, order.booked_at,
    ]  # fmt: skip
    for one in order.lines:
        on = one.assignment or _NOWHERE
        yield [
            *head, one.number, one.sku, one.product, one.quantity, one.kind, one.provisioning,
            one.provisioning_contact, on.smart_account, on.name,
            on.virtual_account, one.delivered_at, one.subscription_id, one.ends_at,
        ]  # fmt: skip


class TableFile(Protocol):
    """A file that rows are written to, begun with its head; it is whole once it is closed."""

    def write(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Add rows. Raises `TooLong`."""

    def close(self) -> None:
        """End it."""


class CsvFile:
    """CSV in UTF-8, moments in ISO 8601."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._file.write(MARK + line(HEADS))

    def write(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Add rows."""
        for row in rows:
            self._file.write(line(c.isoformat() if isinstance(c, datetime) else c for c in row))

    def close(self) -> None:
        """End it."""
        self._file.close()


class XlsxFile:
    """A workbook whose rows are written at once and forgotten; moments in UTC."""

    def __init__(self, path: Path) -> None:
        import xlsxwriter  # only when somebody wants one: it takes time and memory to load

        self._book = xlsxwriter.Workbook(
            path, {"constant_memory": True, "tmpdir": str(path.parent)}
        )
        self._sheet = self._book.add_worksheet("Orders")
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        bold = self._book.add_format({"bold": True})
        self._sheet.freeze_panes(1, 1)
        for at, width in enumerate(HEADS.values()):
            self._sheet.set_column(at, at, width)
        for at, name in enumerate(HEADS):
            self._sheet.write_string(0, at, name, bold)
        self._written = 0

    def write(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Add rows. Raises `TooLong`."""
        for row in rows:
            if self._written >= MOST_ROWS:
                raise TooLong
            self._written += 1
            for at, cell in enumerate(row):
                self._put(at, cell)

    def close(self) -> None:
        """Put its parts together."""
        self._sheet.autofilter(0, 0, self._written, len(HEADS) - 1)
        self._book.close()

    def _put(self, at: int, cell: Cell) -> None:
        if isinstance(cell, datetime):
            self._sheet.write_datetime(self._written, at, cell.replace(tzinfo=None), self._moment)
        elif isinstance(cell, int):
            self._sheet.write_number(self._written, at, cell)
        elif cell:
            self._sheet.write_string(self._written, at, cell)


def table_file(kind: str, path: Path) -> TableFile:
    """A file of this format at this path."""
    return CsvFile(path) if kind == "csv" else XlsxFile(path)
