"""Files that people send: what they are by their bytes, and where these are kept."""

from pathlib import Path, PurePosixPath
from urllib.parse import quote

from fastapi import Response, UploadFile

from backend.core.fields import one_line
from backend.core.problems import FieldError, Problem, invalid
from backend.core.settings import settings

LARGEST = 10 * 1024 * 1024
LONGEST_NAME = 200
_SIGNATURES = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"PK\x03\x04": "application/zip",
}
_TEXT_ENDINGS = (".csv", ".txt", ".log", ".md", ".tsv")
# A browser must not run what is in a file; `nosniff` stands on every answer anyway.
_HARMLESS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
}


def kind_of(content: bytes) -> str | None:
    """The media type by what the bytes are, not by what the sender says; None if not allowed."""
    for signature, media_type in _SIGNATURES.items():
        if content.startswith(signature):
            return media_type
    return "text/plain" if text_of(content) is not None else None


def text_of(content: bytes) -> str | None:
    """The text in UTF-8, without a byte order mark; None when it is none."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return text if "\x00" not in text else None


def name_of(given: str | None) -> str:
    """A file's own name: no folder in it, one line, never empty."""
    name = str(one_line(PurePosixPath((given or "").replace("\\", "/")).name))
    return name[:LONGEST_NAME].strip() if name.strip(". ") else "file"


async def received(file: UploadFile) -> tuple[str, str, bytes]:
    """Name, media type and bytes of an upload; a `Problem` that says what is wrong with it."""
    name = name_of(file.filename)
    content = await file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise Problem(
            413,
            "too-large",
            "This file is too large",
            f"“{name}” has more than 10 MB.",
            "Send a smaller file, or share a link in words.",
        )
    media_type = kind_of(content)
    if not content or media_type is None:
        raise invalid([FieldError(field="file", code="type", message=_why_not(name, content))])
    return name, media_type, content


def _why_not(name: str, content: bytes) -> str:
    if not content:
        return f"“{name}” is empty, so there is nothing to keep. Send a file with something in it."
    if name.lower().endswith(_TEXT_ENDINGS):
        return (
            f"“{name}” is not text in UTF-8. Save it again with that encoding (in spreadsheets: "
            "“CSV UTF-8”) and send it once more."
        )
    return f"“{name}” can’t be kept. PDF, PNG, JPEG, ZIP, CSV and plain text can."


_REFERENCE = "file:"


def reference(file_id: str, name: str) -> str:
    """What stands for a file's content in a slot or in the arguments of a call: its id for us,
    its name for people.
    """
    return f"{_REFERENCE}{file_id}/{name}"


def referred(value: object) -> tuple[str, str] | None:
    """Id and name of the file that a value stands for; None for any other value."""
    if not isinstance(value, str) or not value.startswith(_REFERENCE):
        return None
    file_id, _, name = value.removeprefix(_REFERENCE).partition("/")
    return file_id, name


def _path(file_id: str) -> Path:
    return settings().state_dir / "files" / file_id


def keep(file_id: str, content: bytes) -> None:
    """Write the bytes. They come before the row: a file without a row is harmless, a row without
    its file is a loss.
    """
    path = _path(file_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def kept(file_id: str, name: str) -> bytes:
    """The bytes that were kept; a 404 `Problem` when the disk has lost them."""
    try:
        return _path(file_id).read_bytes()
    except FileNotFoundError as exc:
        raise Problem(
            404,
            "file-lost",
            "This file is gone",
            f"“{name}” is listed, but no longer on the disk of this system.",
            "Ask whoever sent it to send it again.",
        ) from exc


def download(name: str, media_type: str, content: bytes) -> Response:
    """A file to be saved: never shown in place, never run, whatever is in it."""
    plain = name.encode("ascii", "replace").decode().replace('"', "'").replace("\\", "_")
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    kind = "text/plain; charset=utf-8" if media_type == "text/plain" else media_type
    return Response(
        content, media_type=kind, headers={**_HARMLESS, "Content-Disposition": disposition}
    )
