"""CSV that a spreadsheet opens as what it says, whatever people have typed into it."""

import csv
import io
from collections.abc import AsyncIterator, Iterable

from fastapi.responses import StreamingResponse

# A cell that begins like this is calculated when the file is opened.
FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")
# Without it Excel reads UTF-8 as something else.
MARK = "\ufeff"


def harmless(cell: object) -> str:
    """The cell as text; an apostrophe before what would be a formula."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA_BEGINS) else text


def line(cells: Iterable[object]) -> str:
    """One line of the file."""
    out = io.StringIO()
    csv.writer(out).writerow([harmless(cell) for cell in cells])
    return out.getvalue()


def as_csv(
    filename: str, heads: Iterable[str], rows: AsyncIterator[Iterable[object]]
) -> StreamingResponse:
    """Answer a table as a download, line by line as the rows come."""

    async def lines() -> AsyncIterator[str]:
        yield MARK + line(heads)
        async for row in rows:
            yield line(row)

    return StreamingResponse(
        lines(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )
