"""Files of a case: taken for what they are, by whom they may be."""

from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import httpx
import pytest

from backend.cases.attachments import LARGEST, kind_of
from backend.core.settings import settings
from tests.conftest import Newcomer, SignedIn

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20
CASE = {"category": "other", "title": "With a file", "description": "See attached"}


def zipped() -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w") as file:
        file.writestr("log.txt", "hello")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7 ...", "application/pdf"), (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (zipped(), "application/zip"), (b"a,b\n1,2\n", "text/plain"),
        ("Größe ✓".encode(), "text/plain"), ("\ufeffBOM".encode(), "text/plain"),
        (b"MZ\x90\x00\x03\x00", None), (b"\x7fELF\x02\x01\x01\x00", None), (b"\xff\xfe\x00h", None),
        (b"GIF89a\x01\x00", None), (bytes(range(256)), None),
    ],
)  # fmt: skip
def test_that_a_file_is_known_by_its_content(content: bytes, kind: str | None) -> None:
    assert kind_of(content) == kind


@pytest.fixture
async def owner(newcomer: Newcomer) -> httpx.AsyncClient:
    someone = await newcomer()
    someone.number = (await someone.post("/cases", json=CASE)).json()["number"]
    return someone


async def attach(
    someone: httpx.AsyncClient, number: str, name: str, content: bytes,
    kind: str = "application/octet-stream", **more: Any,
) -> httpx.Response:  # fmt: skip
    return await someone.post(
        f"/cases/{number}/attachments", files={"file": (name, content, kind)}, **more
    )


def stored() -> set[Path]:
    folder = settings().state_dir / "files"
    return set(folder.iterdir()) if folder.exists() else set()


async def test_that_a_file_is_kept_byte_by_byte_and_shown_in_the_thread(
    owner: httpx.AsyncClient,
) -> None:
    before = stored()
    answer = await attach(owner, owner.number, "screen.png", PNG, "text/html")
    assert answer.status_code == 201
    entry = answer.json()["thread"][-1]
    assert (entry["type"], entry["text"]) == ("attachment", "screen.png")
    assert entry["details"]["content_type"] == "image/png"
    assert entry["details"]["size"] == len(PNG)
    [file] = stored() - before
    assert file.read_bytes() == PNG


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\temp\\evil.txt", "evil.txt"),
        ("Bericht Größe.txt", "Bericht Größe.txt"), ("x" * 300 + ".txt", "x" * 200), ("..", None),
    ],
)  # fmt: skip
async def test_that_a_name_cannot_lead_anywhere(
    owner: httpx.AsyncClient, given: str, kept: str | None
) -> None:
    before = stored()
    answer = await attach(owner, owner.number, given, b"hello")
    assert answer.status_code == 201, answer.text
    shown = answer.json()["thread"][-1]["text"]
    assert "/" not in shown
    assert shown == kept if kept else shown
    [file] = stored() - before
    assert file.parent == settings().state_dir / "files"


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"", 422), (b"MZ\x90\x00\x03", 422), (b"x" * (LARGEST + 1), 413)],
    ids=["empty", "program", "too large"],
)
async def test_that_other_files_are_refused_and_not_kept(
    owner: httpx.AsyncClient, content: bytes, status: int
) -> None:
    before = stored()
    answer = await attach(owner, owner.number, "report.pdf", content, "application/pdf")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert stored() == before


async def test_that_a_dry_run_keeps_nothing(owner: httpx.AsyncClient) -> None:
    before = stored()
    answer = await attach(owner, owner.number, "a.txt", b"hello", headers={"Dry-Run": "true"})
    assert answer.status_code == 200
    assert stored() == before


async def test_that_only_requester_and_desk_attach_and_only_while_it_is_open(
    owner: httpx.AsyncClient, person: SignedIn
) -> None:
    stranger, lee = await person("carla@contoso.example"), await person("lee@support.example")
    assert (await attach(stranger, owner.number, "a.txt", b"hello")).status_code == 404
    assert (await attach(lee, owner.number, "a.txt", b"hello")).status_code == 201
    await owner.post(f"/cases/{owner.number}/cancel", json={})
    before = stored()
    assert (await attach(owner, owner.number, "a.txt", b"hello")).status_code == 409
    assert stored() == before
