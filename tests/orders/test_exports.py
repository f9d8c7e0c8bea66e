"""Downloads of orders: what is in them, who gets them, and when they go."""

import csv
import io
import os
import zipfile
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from sqlmodel import col, func, select

from backend.core import clock, jobs
from backend.core.database import Database, database, use_database
from backend.core.migrations import migrate
from backend.core.settings import Settings, settings
from backend.demo.many_orders import add_orders, manager
from backend.orders import export_tables, exports
from backend.orders.export_tables import HEADS, MEDIA_TYPES, Cell, TableFile, table_file
from backend.orders.models import OrderExport, OrderExportPart
from backend.partners.models import OrderFulfillmentManager
from tests.access.company import Company
from tests.conftest import fresh_database
from tests.orders.making import line_of, make_order

Ahead = Callable[..., None]
FORMULA = '=HYPERLINK("https://evil.example","a")'
NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


async def ordered(client: httpx.AsyncClient, kind: str = "csv", **filters: Any) -> dict[str, Any]:
    """A download, once its job is done."""
    answer = await client.post("/order-exports", json={"format": kind, "filters": filters})
    assert answer.status_code == 202, answer.text
    assert await jobs.drained(database(), 60)
    shown = await client.get(f"/order-exports/{answer.json()['id']}")
    return shown.raise_for_status().json()


async def fetched(client: httpx.AsyncClient, export: dict[str, Any]) -> bytes:
    answer = await client.get(f"/order-exports/{export['id']}/file")
    assert answer.status_code == 200, answer.text
    assert len(answer.content) == export["size"] == int(answer.headers["content-length"])
    name = f"orders-{export['created_at'][:10]}.{export['format']}"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    return answer.content


async def rows(
    client: httpx.AsyncClient, kind: str = "csv", **filters: Any
) -> list[dict[str, str]]:
    export = await ordered(client, kind, **filters)
    assert export["status"] == "ready", export
    content = await fetched(client, export)
    return in_csv(content) if kind == "csv" else in_workbook(content)


def in_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def in_workbook(content: bytes) -> list[dict[str, str]]:
    """The rows of the only sheet, read as Excel would."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - ours
    assert not list(sheet.iter(f"{NAMESPACE}f")), "there is a formula"
    table = [
        {_column(cell): _text(cell) for cell in row.iter(f"{NAMESPACE}c")}
        for row in sheet.iter(f"{NAMESPACE}row")
    ]
    heads = table[0]
    return [{name: row.get(at, "") for at, name in heads.items()} for row in table[1:]]


def _column(cell: ElementTree.Element) -> str:
    return cell.attrib["r"].rstrip("0123456789")


def _text(cell: ElementTree.Element) -> str:
    return "".join(one.text or "" for one in cell.iter() if one.tag[len(NAMESPACE) :] in {"t", "v"})


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_that_there_is_a_row_for_each_line_of_what_the_person_sees(
    company: Company, kind: str
) -> None:
    nora, contact = await company.client("nora"), company.email("nora")
    first = await make_order(line_of(), line_of(product="Örn – 光", quantity=7), contact=contact)
    second = await make_order(line_of(company.id, company.places["Americas"]), contact=contact)
    await make_order(contact="somebody@elsewhere.example")
    found = await rows(nora, kind)
    assert list(found[0]) == list(HEADS)
    assert [(row["Order"], row["Line"]) for row in found] == [
        (second, "1"), (first, "1"), (first, "2"),
    ]  # fmt: skip
    on, _, other = found
    assert (on["Smart Account"], on["Virtual account"]) == (company.domain, "Americas")
    assert (other["Product"], other["Quantity"]) == ("Örn – 光", "7")
    assert other["Why it waits"] == "No Smart Account on the order"
    assert contact in other["Who acts"]
    assert other["Assignment"] == "unassigned"
    assert contact in other["Fulfillment Contact"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
async def test_that_no_cell_is_calculated(company: Company, kind: str, begin: str) -> None:
    typed = begin + FORMULA
    await make_order(
        line_of(product=typed, sku=typed), contact=company.email("nora"), end_customer=typed,
        customer_order_number=typed,
    )  # fmt: skip
    (row,) = await rows(await company.client("nora"), kind)
    for name in ("Product", "SKU", "End customer", "Customer's order number"):
        # A workbook says itself what is text; CSV can't.
        expected = f"'{typed}" if kind == "csv" else typed.replace("\r", "_x000D_")
        assert row[name].replace("\r", "_x000D_") == expected.replace("\r", "_x000D_")


async def test_that_it_is_narrowed_as_the_list_is(company: Company) -> None:
    nora, contact = await company.client("nora"), company.email("nora")
    place = company.places["Americas"]
    late = await make_order(contact=contact, end_customer="Blue Yonder")
    await make_order(line_of(company.id, place, delivered=True), contact=contact)
    asked: list[dict[str, Any]] = [
        {}, {"delayed": True}, {"delayed": False}, {"assignment": "unassigned"},
        {"assignment": "assigned"}, {"status": "booked"}, {"status": "closed"}, {"q": late},
        {"q": "blue yonder"}, {"q": "nothing"},
    ]  # fmt: skip
    for filters in asked:
        listed = (await nora.get("/orders", params=filters)).json()["items"]
        written = [row["Order"] for row in await rows(nora, **filters)]
        assert list(dict.fromkeys(written)) == [order["number"] for order in listed], filters


async def test_that_progress_is_told_and_no_file_before_it_is_ready(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    nora = await company.client("nora")
    for _ in range(3):
        await make_order(contact=company.email("nora"))
    seen: list[Any] = []
    heads = exports.presentation.heads

    async def looked_at(*args: Any) -> Any:
        (export,) = seen[:1]
        seen.append((await nora.get(f"/order-exports/{export}")).json())
        seen.append(await nora.get(f"/order-exports/{export}/file"))
        return await heads(*args)

    monkeypatch.setattr(exports, "ORDERS_AT_ONCE", 1)
    monkeypatch.setattr(exports, "TELL_SECONDS", -1)
    monkeypatch.setattr(exports.presentation, "heads", looked_at)
    async with database().read() as session:
        before = (await session.exec(select(func.count()).select_from(OrderExport))).one()
    tried = await nora.post("/order-exports", json={"format": "csv"}, headers={"Dry-Run": "true"})
    assert (tried.status_code, tried.json()["id"]) == (200, None)
    async with database().read() as session:
        assert (await session.exec(select(func.count()).select_from(OrderExport))).one() == before
    answer = await nora.post("/order-exports", json={"format": "csv"})
    assert answer.status_code == 202
    assert answer.json()["receipt"]["title"] == "The download is being prepared"
    seen.append(answer.json()["id"])
    assert await jobs.drained(database(), 20)
    looks, files = seen[1::2], seen[2::2]
    assert [(look["status"], look["done"], look["total"]) for look in looks] == [
        ("running", 0, 3), ("running", 1, 3), ("running", 2, 3),
    ]  # fmt: skip
    assert {file.status_code for file in files} == {409}
    assert "1 of 3 orders" in files[1].json()["detail"]
    ready = (await nora.get(f"/order-exports/{seen[0]}")).json()
    assert (ready["status"], ready["done"], ready["total"]) == ("ready", 3, 3)


async def test_that_nobody_else_finds_it(company: Company) -> None:
    nora, others = await company.client("nora"), await company.client("ada")
    await make_order(contact=company.email("nora"))
    export = await ordered(nora)
    for path in ("", "/file"):
        theirs = await others.get(f"/order-exports/{export['id']}{path}")
        none = await others.get(f"/order-exports/{'0' * 43}{path}")
        assert (theirs.status_code, none.status_code) == (404, 404)
        assert theirs.json() == none.json()


async def test_that_it_goes_after_a_day(company: Company, clock_ahead: Ahead) -> None:
    nora = await company.client("nora")
    export = await ordered(nora)
    clock_ahead(hours=23, minutes=59)
    await exports.remove_old_order_exports()
    assert await fetched(nora, export)
    clock_ahead(minutes=2)
    for path in ("", "/file"):
        gone = await nora.get(f"/order-exports/{export['id']}{path}")
        assert (gone.status_code, "24 hours" in gone.json()["hint"]) == (404, True)
    await exports.remove_old_order_exports()
    async with database().read() as session:
        parts = select(func.count()).where(col(OrderExportPart.export_id) == export["id"])
        assert (await session.exec(parts)).one() == 0
        assert await session.get(OrderExport, export["id"]) is None


@pytest.mark.parametrize(("crashes", "status"), [(1, "ready"), (9, "failed")])
async def test_that_what_was_broken_off_is_begun_anew_once(
    company: Company, monkeypatch: pytest.MonkeyPatch, crashes: int, status: str
) -> None:
    await make_order(contact=company.email("nora"))
    nora, calls = await company.client("nora"), []
    keep = exports._keep

    async def broken(*args: Any) -> None:
        calls.append(args)
        await keep(*args)
        if len(calls) <= crashes:
            async with database().write() as session:
                row = await session.get_one(OrderExport, args[0].id)
                row.status = "running"
            raise RuntimeError("the power went off")

    monkeypatch.setattr(exports, "_keep", broken)
    export = await ordered(nora)
    assert (export["status"], len(calls)) == (status, 2)
    if status == "ready":
        assert len(in_csv(await fetched(nora, export))) == 2
    else:
        assert "broken off twice" in export["problem"]
        refused = await nora.get(f"/order-exports/{export['id']}/file")
        assert (refused.status_code, refused.json()["title"]) == (409, "This download failed")
    assert not list((settings().state_dir / "order-exports").iterdir())


async def test_that_a_long_file_comes_in_parts(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PART_BYTES", 100)
    for _ in range(3):
        await make_order(contact=company.email("nora"))
    assert len(await rows(await company.client("nora"))) == 6


async def test_that_a_sheet_that_can_t_hold_it_all_is_said(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_tables, "MOST_ROWS", 3)
    nora = await company.client("nora")
    for _ in range(2):
        await make_order(contact=company.email("nora"))
    export = await ordered(nora, "xlsx")
    assert (export["status"], "Ask for CSV" in export["problem"]) == ("failed", True)
    assert len(await rows(nora, "csv")) == 4


async def test_that_nobody_has_too_many(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST_KEPT", 2)
    nora = await company.client("nora")
    await ordered(nora)
    await ordered(nora)
    refused = await nora.post("/order-exports", json={"format": "csv"})
    assert (refused.status_code, refused.json()["title"]) == (
        409,
        "You have many downloads already",
    )
    monkeypatch.setattr(exports, "MOST_UNDER_WAY", 0)
    refused = await nora.post("/order-exports", json={"format": "csv"})
    assert refused.json()["title"] == "Your other downloads are not ready yet"


@pytest.mark.parametrize(
    "body",
    [{}, {"format": "pdf"}, {"format": "csv", "filters": {"status": "lost"}},
     {"format": "csv", "filters": {"who": "me"}}, {"format": "csv", "filters": {"q": "x" * 201}}],
)  # fmt: skip
async def test_that_what_makes_no_sense_is_refused(company: Company, body: dict[str, Any]) -> None:
    answer = await (await company.client("nora")).post("/order-exports", json=body)
    assert answer.status_code == 422


@pytest.fixture
async def big(tmp_path: Path) -> AsyncIterator[Database]:
    """A database of its own with 5,000 orders, all of one manager's partners."""
    with fresh_database("sqlite", tmp_path) as url:
        db = Database(Settings(database_url=url).database)
        before = database()
        try:
            use_database(db)
            await migrate(db)
            async for _ in add_orders(db, 5_000):
                pass
            async with db.write() as session:
                session.add_all(
                    OrderFulfillmentManager(
                        partner_domain=f"partner{other}.many.example",
                        person=manager("partner0.many.example"),
                    )
                    for other in range(1, 5)
                )
            yield db
        finally:
            use_database(before)
            await db.dispose()


class Watched:
    """Files, with how much memory the process has while they are written, in MB."""

    def __init__(self, *files: TableFile) -> None:
        self.files, self.resident, self.rows = files, list[float](), 0

    def write(self, some: Sequence[Sequence[Cell]]) -> None:
        for file in self.files:
            file.write(some)
        self.rows += len(some)
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        self.resident.append(pages * os.sysconf("SC_PAGE_SIZE") / 2**20)

    def close(self) -> None:
        for file in self.files:
            file.close()


async def test_that_memory_does_not_grow_with_the_orders(big: Database, tmp_path: Path) -> None:
    export = OrderExport(
        person=manager("partner0.many.example"), format="csv", expires_at=clock.now()
    )
    files = Watched(*(table_file(kind, tmp_path / f"orders.{kind}") for kind in MEDIA_TYPES))
    done = await exports._write(export, files)
    files.close()
    assert files.rows == 3 * done > 14_000
    begun = max(files.resident[:20])
    assert max(files.resident) - begun < 20, (begun, max(files.resident))


def test_that_memory_does_not_grow_with_100_000_lines(tmp_path: Path) -> None:
    files = Watched(*(table_file(kind, tmp_path / f"orders.{kind}") for kind in MEDIA_TYPES))
    now = clock.now()
    for block in range(100):
        files.write([[f"Product {block} {at}", "Switch", at, now] for at in range(1000)])
    files.close()
    assert files.rows == 100_000
    assert files.resident[-1] - files.resident[4] < 10, files.resident
