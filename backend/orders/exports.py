"""Downloads of lists of orders: asked for, written by a job, fetched by the same person, gone
after a day.

The job sees orders as that person does at that moment, page by page: who loses a right meanwhile
gets nothing more. A crash begins it anew once; after a second one it says that it failed.
"""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from fastapi.responses import StreamingResponse
from sqlalchemy import delete, func
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core import clock
from backend.core.database import database, lock_row
from backend.core.events import Acting, Event, record
from backend.core.identity import Person
from backend.core.jobs import job
from backend.core.problems import conflict, not_found
from backend.core.receipts import Line, Receipt
from backend.core.settings import settings
from backend.core.timers import timer
from backend.orders import presentation
from backend.orders.export_tables import MEDIA_TYPES, TableFile, TooLong, rows_of, table_file
from backend.orders.listing import Filters
from backend.orders.models import OrderExport, OrderExportPart
from backend.orders.schemas import (
    ExportOrders,
    OrderExportAnswer,
    OrderExportPublic,
    OrderFilters,
)
from backend.orders.visibility import page, seen, view_of

LIVES = timedelta(hours=24)
# Of one person: how many may be under way, and how many may be kept.
MOST_UNDER_WAY, MOST_KEPT = 3, 20
MOST_ATTEMPTS = 2
ORDERS_AT_ONCE, PART_BYTES, TELL_SECONDS = 100, 1024 * 1024, 0.5
UNFINISHED = ("queued", "running")
_FORMATS = {"csv": "CSV", "xlsx": "Excel"}


async def create(
    session: AsyncSession, person: Person, acting: Acting, body: ExportOrders
) -> OrderExportAnswer:
    """Begin a download. 409 while the person has too many already."""
    await lock_row(session, Person, person.id)
    alive = (
        await session.exec(
            select(OrderExport.status).where(
                OrderExport.person == person.id, col(OrderExport.expires_at) > clock.now()
            )
        )
    ).all()
    if sum(status in UNFINISHED for status in alive) >= MOST_UNDER_WAY:
        raise conflict(
            "downloads-under-way", "Your other downloads are not ready yet",
            f"{MOST_UNDER_WAY} of your downloads are being prepared.",
            "Wait until one of them is ready, and ask again.",
        )  # fmt: skip
    if len(alive) >= MOST_KEPT:
        raise conflict(
            "downloads-kept", "You have many downloads already",
            f"{MOST_KEPT} of your downloads of the last 24 hours are kept.",
            "Fetch one of them, or ask again when the oldest has expired.",
        )  # fmt: skip
    export = OrderExport(
        person=person.id, format=body.format,
        filters=body.filters.model_dump(mode="json", exclude_none=True),
        expires_at=clock.now() + LIVES,
    )  # fmt: skip
    session.add(export)
    await session.flush()
    await record(
        session, "order_export_requested", acting, subject=f"order export of {person.email}",
        text=f"{person.name} asked for orders as {_FORMATS[body.format]}",
        details={"export": export.id},
    )  # fmt: skip
    return OrderExportAnswer(**_public(export).model_dump(), receipt=_receipt(body))


def _receipt(body: ExportOrders) -> Receipt:
    wanted = body.filters
    lines = [Line(label="Format", value=_FORMATS[body.format])]
    if wanted.q:
        lines.append(Line(label="Found by", value=wanted.q))
    if wanted.delayed is not None:
        lines.append(Line(label="Delayed", value="Yes" if wanted.delayed else "No"))
    for label, value in (("Assignment", wanted.assignment), ("Status", wanted.status)):
        if value is not None:
            lines.append(Line(label=label, value=value.value.replace("_", " ")))
    if len(lines) == 1:
        lines.append(Line(label="Orders", value="All that you see"))
    return Receipt(title="The download is being prepared", lines=lines)


def _public(export: OrderExport) -> OrderExportPublic:
    return OrderExportPublic.model_validate(export.model_dump())


async def show(session: AsyncSession, person: Person, export_id: str) -> OrderExportPublic:
    """How far a download is. 404 for everybody but the person who asked for it."""
    return _public(await _own(session, person, export_id))


async def _own(session: AsyncSession, person: Person, export_id: str) -> OrderExport:
    export = await session.get(OrderExport, export_id)
    if export is None or export.person != person.id or export.expires_at <= clock.now():
        raise not_found(
            "download of that id",
            "Downloads go after 24 hours. Ask for it again: POST /api/v1/order-exports.",
        )
    return export


async def download(session: AsyncSession, person: Person, export_id: str) -> StreamingResponse:
    """The file, part by part. 409 while there is none."""
    export = await _own(session, person, export_id)
    if export.status == "failed":
        raise conflict(
            "download-failed", "This download failed", f"{export.problem}",
            "Ask for it again: POST /api/v1/order-exports.",
        )  # fmt: skip
    if export.status != "ready":
        told = f"{export.done:,} of {export.total:,} orders" if export.total else "Nothing yet"
        raise conflict(
            "download-not-ready", "This download is not ready yet", f"{told} is written.",
            f"Look at GET /api/v1/order-exports/{export.id} until its status is “ready”.",
        )  # fmt: skip
    name = f"orders-{export.created_at:%Y-%m-%d}.{export.format}"
    return StreamingResponse(
        _parts(export.id),
        media_type=MEDIA_TYPES[export.format],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Length": str(export.size),
            "Cache-Control": "private, no-store",
        },
    )


async def _parts(export_id: str) -> AsyncIterator[bytes]:
    number = 0
    while True:
        async with database().read() as session:
            part = await session.get(OrderExportPart, (export_id, number))
        if part is None:
            return
        yield part.content
        number += 1


@job("write_order_export", after=("order_export_requested",))
async def write_order_export(event_id: str) -> None:
    """Write the file that somebody asked for."""
    export = await _begun(event_id)
    if export is None:
        return
    folder = settings().state_dir / "order-exports" / export.id
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        path = folder / f"orders.{export.format}"
        file = table_file(export.format, path)
        try:
            done = await _write(export, file)
        finally:
            await asyncio.to_thread(file.close)
        await _keep(export, path, done)
    except TooLong:
        await _end(
            export, status="failed",
            problem="A sheet of Excel can’t hold so many lines. Ask for CSV, or for fewer orders.",
        )  # fmt: skip
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _begun(event_id: str) -> OrderExport | None:
    """The download, marked as begun; None when there is nothing to do (any more)."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        export_id = event.details["export"]
        await lock_row(session, OrderExport, export_id)
        export = await session.get(OrderExport, export_id)
        if export is None or export.status not in UNFINISHED:
            return None
        if export.attempts >= MOST_ATTEMPTS:
            export.status, export.finished_at = "failed", clock.now()
            export.problem = "It was broken off twice. Ask for it again, or for fewer orders."
            session.add(export)
            return None
        export.attempts += 1
        export.status, export.done = "running", 0
        session.add(export)
        await session.exec(
            delete(OrderExportPart).where(col(OrderExportPart.export_id) == export.id)
        )
        return export


async def _write(export: OrderExport, file: TableFile) -> int:
    """Put all orders into the file, newest first; returns how many there were."""
    wanted = _filters(export)
    await _tell(export, 0, await _count(export, wanted))
    done, cursor, told = 0, None, time.monotonic()
    while True:
        async with database().read() as session:
            view = await view_of(session, await session.get_one(Person, export.person))
            orders, cursor = await page(session, view, wanted.conditions(), cursor, ORDERS_AT_ONCE)
            heads = await presentation.heads(session, view, orders)
        await asyncio.to_thread(file.write, [row for order in heads for row in rows_of(order)])
        done += len(heads)
        if cursor is None:
            return done
        if time.monotonic() - told > TELL_SECONDS:
            await _tell(export, done)
            told = time.monotonic()


def _filters(export: OrderExport) -> Filters:
    told = OrderFilters.model_validate(export.filters)
    return Filters(
        q=told.q, assignment=told.assignment, delayed=told.delayed, status=told.status
    )  # fmt: skip


async def _count(export: OrderExport, wanted: Filters) -> int:
    async with database().read() as session:
        view = await view_of(session, await session.get_one(Person, export.person))
        numbers = seen(view, *wanted.conditions()).subquery().c.number
        return (await session.exec(select(func.count(func.distinct(numbers))))).one()


async def _tell(export: OrderExport, done: int, total: int | None = None) -> None:
    """Say how far it is."""
    more = {} if total is None else {"total": total}
    await _set(export, done=done, **more)


async def _keep(export: OrderExport, path: Path, done: int) -> None:
    """Put the whole file into the database, and say that it is ready."""
    size = 0
    with path.open("rb") as file:
        for number, content in enumerate(iter(lambda: file.read(PART_BYTES), b"")):
            async with database().write() as session:
                session.add(OrderExportPart(export_id=export.id, number=number, content=content))
            size += len(content)
    await _end(export, status="ready", done=done, total=done, size=size)


async def _end(export: OrderExport, **values: object) -> None:
    await _set(export, finished_at=clock.now(), **values)


async def _set(export: OrderExport, **values: object) -> None:
    async with database().write() as session:
        await session.exec(
            update(OrderExport).where(col(OrderExport.id) == export.id).values(**values)
        )


@timer("remove_old_order_exports")
async def remove_old_order_exports() -> None:
    """A download goes after a day, whether it was fetched or not; its parts go with it."""
    async with database().write() as session:
        await session.exec(delete(OrderExport).where(col(OrderExport.expires_at) <= clock.now()))
