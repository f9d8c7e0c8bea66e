"""The calls by which the case system tells of our cases and fetches their files."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response, Security
from fastapi.security import HTTPBearer

from backend.cases.models import Attachment
from backend.core import files
from backend.core.fields import CaseNumber
from backend.core.machines import read_at_most, require_token
from backend.core.problems import RESPONSES, not_found
from backend.core.settings import settings
from backend.core.unit_of_work import SessionDep, UnitOfWorkRoute
from backend.webhooks import updates
from backend.webhooks.update_schemas import CaseUpdate, UpdateAnswer

LARGEST_MESSAGE = 64 * 1024
case_system_token = HTTPBearer(
    auto_error=False, scheme_name="CaseSystemToken",
    description="CASE_SYSTEM_TOKEN: what the case system shows; no person's token will do",
)  # fmt: skip


class CaseSystemRoute(UnitOfWorkRoute):
    """Looks at the token before anything is read, and reads no more than a message may have."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the transaction's handler: who is refused begins none."""
        endpoint = super().get_route_handler()

        async def handle(request: Request) -> Response:
            require_token(
                request, settings().case_system_token, of="the case system",
                named="CASE_SYSTEM_TOKEN",
            )  # fmt: skip
            await read_at_most(
                request, LARGEST_MESSAGE, what="A message about a case",
                hint="Send long texts in several notes.",
            )  # fmt: skip
            return await endpoint(request)

        return handle


router = APIRouter(
    prefix="/case-system", tags=["case_system"], route_class=CaseSystemRoute, responses=RESPONSES,
    dependencies=[Security(case_system_token)],
)  # fmt: skip
Number = Annotated[CaseNumber, Path(description="Our number of the case, like C-500123")]


@router.put("/cases/{case_number}", operation_id="put_case_update")
async def put_case_update(
    case_number: Number, body: CaseUpdate, session: SessionDep
) -> UpdateAnswer:
    """Tell how a case of ours stands in the case system, and what was said about it there. The
    same event_id counts once; messages may come in any order. For the case system, with a token
    of its own.
    """
    return await updates.put(session, case_number, body)


@router.get(
    "/cases/{case_number}/attachments/{attachment_id}",
    operation_id="fetch_case_attachment",
    response_class=Response,
    responses={200: {"content": {"*/*": {}}, "description": "The file, of its own type"}},
)
async def fetch_case_attachment(
    case_number: Number,
    attachment_id: Annotated[str, Path(max_length=32, description="From a message about the case")],
    session: SessionDep,
) -> Response:
    """Save a file of a case that a message named. For the case system, with its own token."""
    row = await session.get(Attachment, attachment_id)
    if row is None or row.case_number != case_number:
        raise not_found(
            f"file of that id in case {case_number}", "The messages about a case list its files."
        )
    return files.download(row.filename, row.content_type, files.kept(row.id, row.filename))
