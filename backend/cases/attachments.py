"""Files of a case: checked by their content, kept under `STATE_DIR/files`."""

from pathlib import Path, PurePosixPath

from fastapi import UploadFile
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import service
from backend.cases.models import Attachment
from backend.cases.schemas import CaseAnswer
from backend.core.database import is_dry_run
from backend.core.events import Acting
from backend.core.fields import clean
from backend.core.identity import Person
from backend.core.problems import FieldError, Problem, invalid
from backend.core.settings import settings

LARGEST = 10 * 1024 * 1024
_SIGNATURES = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"PK\x03\x04": "application/zip",
}


def kind_of(content: bytes) -> str | None:
    """The media type by what the bytes are, not by what the sender says; None if not allowed."""
    for signature, media_type in _SIGNATURES.items():
        if content.startswith(signature):
            return media_type
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return "text/plain" if "\x00" not in text else None


async def attach(
    session: AsyncSession, person: Person, acting: Acting, number: str, file: UploadFile
) -> CaseAnswer:
    """Store a file with the case; the bytes come before the row: a file without a row
    is harmless, a row without its file is a loss.
    """
    case = await service.find_to_change(session, person, number)
    service.require_requester_or_desk(person, case)
    service.require_open(case)
    content = await file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise Problem(
            413,
            "too-large",
            "This file is too large",
            "It has more than 10 MB.",
            "Send a smaller file, or share a link in a note.",
        )
    media_type = kind_of(content)
    if media_type is None or not content:
        raise invalid(
            [
                FieldError(
                    field="file",
                    code="type",
                    message="This file can’t be attached. PDF, PNG, JPEG, ZIP and plain text can.",
                )
            ]
        )
    name = str(clean(PurePosixPath((file.filename or "file").replace("\\", "/")).name))[:200]
    row = Attachment(
        case_number=case.number, filename=name or "file", content_type=media_type, size=len(content)
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
        _store(settings().state_dir / "files" / row.id, content)
    return await service.answer(
        session, case, person, service.receipt_for(case, "File attached", ("File", row.filename))
    )


def _store(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
