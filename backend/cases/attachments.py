"""Files of a case: checked by their content, limited in sum, seen by whoever sees the case."""

from fastapi import Response, UploadFile
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import presentation, repository, service
from backend.cases.models import Attachment, Case
from backend.cases.schemas import CaseAnswer
from backend.core import files
from backend.core.database import is_dry_run
from backend.core.events import Acting
from backend.core.identity import Person
from backend.core.problems import Problem, not_found

MOST_A_CASE = 50 * 1024 * 1024
_MEGABYTE = 1024 * 1024


async def attach(
    session: AsyncSession, person: Person, acting: Acting, number: str, file: UploadFile
) -> CaseAnswer:
    """Store a file with the case."""
    case = await service.find_to_change(session, person, number)
    service.require_requester_or_desk(person, case)
    service.require_open(case)
    name, media_type, content = await files.received(file)
    await _require_room(session, case.number, len(content))
    row = Attachment(
        case_number=case.number, filename=name, content_type=media_type, size=len(content)
    )
    session.add(row)
    await service.add_entry(
        session,
        case,
        "attachment",
        person.id,
        row.filename,
        attachment=row.id,
        size=row.size,
        content_type=media_type,
    )
    await service.note_event(session, "case_attachment", case, acting, f"File: {row.filename}")
    if not is_dry_run(session):
        files.keep(row.id, content)
    return await service.answer(
        session, case, person, service.receipt_for(case, "File attached", ("File", row.filename))
    )


async def _require_room(session: AsyncSession, number: str, size: int) -> None:
    """413 when the case would hold more than it may; its row is locked, so two can't pass."""
    there = await repository.attached_bytes(session, number)
    if there + size <= MOST_A_CASE:
        return
    raise Problem(
        413,
        "case-full",
        "This case holds no more files",
        f"All files of a case together may have {MOST_A_CASE // _MEGABYTE} MB; case {number} has "
        f"{there / _MEGABYTE:.1f} MB, and this file {size / _MEGABYTE:.1f} MB.",
        "Send a smaller file, or share a link in a note.",
    )


async def _belongs(session: AsyncSession, person: Person, row: Attachment, case: Case) -> bool:
    """Whether it is a file of the case, or of one merged into it whose thread the person reads."""
    if row.case_number == case.number:
        return True
    return presentation.reads_all(person, case) and row.case_number in await repository.merged_into(
        session, case.number
    )


async def download(
    session: AsyncSession, person: Person, number: str, attachment_id: str
) -> Response:
    """A file of a case, for whoever may see the case; 404 for everybody else."""
    case = await service.find(session, person, number)
    row = await session.get(Attachment, attachment_id)
    if row is None or not await _belongs(session, person, row, case):
        raise not_found(
            f"file of that id in case {case.number}",
            "The case's thread lists its files: look there for `details.attachment`.",
        )
    return files.download(row.filename, row.content_type, files.kept(row.id, row.filename))
