"""The calls about downloads of orders."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import StreamingResponse

from backend.core.auth import CurrentPerson
from backend.core.events import ActingDep
from backend.core.problems import RESPONSES
from backend.core.unit_of_work import WRITE_HEADERS, SessionDep, UnitOfWorkRoute
from backend.orders import exports
from backend.orders.export_tables import MEDIA_TYPES
from backend.orders.schemas import ExportOrders, OrderExportAnswer, OrderExportPublic

router = APIRouter(
    prefix="/order-exports", tags=["orders"], route_class=UnitOfWorkRoute, responses=RESPONSES
)
DRY_RUN: dict[int | str, dict[str, Any]] = {
    200: {"model": OrderExportAnswer, "description": "A dry run: what would happen"}
}
FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file",
        "content": {
            kind.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
            for kind in MEDIA_TYPES.values()
        },
    }
}
ExportId = Annotated[str, Path(max_length=64, description="The id of the download")]


@router.post(
    "",
    operation_id="create_order_export",
    status_code=202,
    dependencies=WRITE_HEADERS,
    responses=DRY_RUN,
)
async def create_order_export(
    body: ExportOrders, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> OrderExportAnswer:
    """Prepare a download of the orders you see, or of some of them, as CSV or for Excel: a row for
    each line, with why the order waits. It is kept for 24 hours.
    """
    return await exports.create(session, person, acting, body)


@router.get("/{export_id}", operation_id="get_order_export")
async def get_order_export(
    export_id: ExportId, person: CurrentPerson, session: SessionDep
) -> OrderExportPublic:
    """Show how far a download of orders is, and until when it is kept."""
    return await exports.show(session, person, export_id)


@router.get("/{export_id}/file", response_class=StreamingResponse, responses=FILE)
async def download_order_export(
    export_id: ExportId, person: CurrentPerson, session: SessionDep
) -> StreamingResponse:
    """Save a download of orders that is ready."""
    return await exports.download(session, person, export_id)
