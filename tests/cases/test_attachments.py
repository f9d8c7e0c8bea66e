"""Files of a case: taken for what they are, by whom they may be."""

from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import httpx
import pytest
import pytest_asyncio

from backend.cases import attachments
from backend.core.files import LARGEST, download, kind_of
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


@pytest_asyncio.fixture(loop_scope="session")
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
        ("Bericht Größe.txt", "Bericht Größe.txt"), ("x" * 300 + ".txt", "x" * 200),
        ("..", "file"), (" . ", "file"),
    ],
)  # fmt: skip
async def test_that_a_name_cannot_lead_anywhere(
    owner: httpx.AsyncClient, given: str, kept: str
) -> None:
    before = stored()
    answer = await attach(owner, owner.number, given, b"hello")
    assert answer.status_code == 201, answer.text
    shown = answer.json()["thread"][-1]["text"]
    assert "/" not in shown
    assert shown == kept
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


# --- Taking it out again ----------------------------------------------------------------------


def file_of(answer: httpx.Response) -> str:
    """Where the file that was just attached is."""
    body = answer.raise_for_status().json()
    return f"/cases/{body['number']}/attachments/{body['thread'][-1]['details']['attachment']}"


async def test_that_requester_and_desk_get_a_file_as_it_was_sent(
    owner: httpx.AsyncClient, person: SignedIn
) -> None:
    for name, content, kind in (
        ("screen.png", PNG, "image/png"), ("page.html", b"<script>1</script>", "text/plain"),
        ("logs.zip", zipped(), "application/zip"),
    ):  # fmt: skip
        path = file_of(await attach(owner, owner.number, name, content, "text/html"))
        for someone in (owner, await person("lee@support.example")):
            got = await someone.get(path)
            assert got.status_code == 200
            assert got.content == content
            assert got.headers["content-type"].split(";")[0] == kind
            assert got.headers["content-disposition"].startswith(f'attachment; filename="{name}"')
            assert got.headers["x-content-type-options"] == "nosniff"
            assert "sandbox" in got.headers["content-security-policy"]
            assert got.headers["cache-control"] == "private, no-store"


def test_that_a_name_cannot_break_out_of_its_header() -> None:
    sent = download('a"; x=1; Größe ✓.txt', "text/plain", b"hello")
    assert sent.headers["content-disposition"] == (
        'attachment; filename="a\'; x=1; Gr??e ?.txt"; '
        "filename*=UTF-8''a%22%3B%20x%3D1%3B%20Gr%C3%B6%C3%9Fe%20%E2%9C%93.txt"
    )


async def test_that_a_file_is_seen_by_whoever_sees_its_case_and_by_nobody_else(
    owner: httpx.AsyncClient, newcomer: Newcomer, person: SignedIn
) -> None:
    path = file_of(await attach(owner, owner.number, "a.txt", b"hello"))
    other = await newcomer()
    elsewhere = (await other.post("/cases", json=CASE)).json()["number"]
    own = file_of(await attach(other, elsewhere, "b.txt", b"of somebody else"))
    for someone in (other, await person("carla@contoso.example")):
        assert (await someone.get(path)).status_code == 404
    # Not by way of one's own case, and not what does not exist.
    assert (await other.get(f"/cases/{elsewhere}/attachments/{path[-32:]}")).status_code == 404
    assert (await owner.get(f"{path[:-32]}{own[-32:]}")).status_code == 404
    assert (await owner.get(f"{path[:-32]}{'0' * 32}")).status_code == 404


async def test_that_a_lost_file_is_said_to_be_lost(owner: httpx.AsyncClient) -> None:
    path = file_of(await attach(owner, owner.number, "a.txt", b"hello"))
    (settings().state_dir / "files" / path[-32:]).unlink()
    answer = await owner.get(path)
    assert answer.status_code == 404
    assert "no longer on the disk" in answer.json()["detail"]


async def test_that_the_files_of_a_case_are_limited_in_sum(
    owner: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "MOST_A_CASE", 3 * 1024 * 1024)
    large = b"x" * (2 * 1024 * 1024)
    assert (await attach(owner, owner.number, "a.txt", large)).status_code == 201
    before = stored()
    refused = await attach(owner, owner.number, "b.txt", large)
    assert refused.status_code == 413
    told = refused.json()["detail"]
    assert "3 MB" in told
    assert "has 2.0 MB, and this file 2.0 MB" in told
    assert stored() == before
    assert (await attach(owner, owner.number, "c.txt", b"x" * 1024 * 1024)).status_code == 201
    other = (await owner.post("/cases", json=CASE)).json()["number"]
    assert (await attach(owner, other, "d.txt", large)).status_code == 201


async def test_that_text_in_another_encoding_is_told_how_to_be_saved(
    owner: httpx.AsyncClient,
) -> None:
    answer = await attach(owner, owner.number, "people.csv", "Größe;1".encode("latin-1"))
    assert answer.status_code == 422
    assert "UTF-8" in answer.json()["errors"][0]["message"]
