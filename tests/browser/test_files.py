"""Files: dropped, chosen, on their way, refused, and in the end where they belong."""

from pathlib import Path

from playwright.sync_api import JSHandle, Page, Route, expect

from tests.browser.chat import TURN_MS, Chat
from tests.browser.conftest import Album, Visits
from tests.browser.inspection import Inspection
from tests.browser.told import tell
from tests.product import Product

PEOPLE = "identifier,scope,role,virtual_accounts\nnora@northwind.example,account,sa_user,\n"
DROPPED = """([name, text, type]) => {
  const dropped = new DataTransfer();
  dropped.items.add(new File([text], name, {type}));
  return dropped;
}"""
CSV_ONLY = {"slot": "csv", "kind": "file", "required": True, "accept": [".csv"], "max": 262_144}


def file(name: str, content: bytes, kind: str = "") -> dict[str, object]:
    return {"name": name, "buffer": content, "mimeType": kind}


def dragged(page: Page, name: str, text: str = PEOPLE, kind: str = "text/csv") -> JSHandle:
    return page.evaluate_handle(DROPPED, [name, text, kind])


def attach(chat: Chat, **given: object) -> None:
    """Choose a file with the clip beside the composer."""
    chat.widget.get_by_label("Attach a file").set_input_files(given)  # type: ignore[arg-type]


def hold_uploads(page: Page) -> list[Route]:
    """Let no upload arrive; those that were sent."""
    held: list[Route] = []
    page.route("**/conversations/*/files", lambda route: held.append(route))
    return held


def test_that_a_file_dropped_anywhere_becomes_part_of_a_case(
    come: Visits, quiet: Product, album: Album
) -> None:
    uma = come("uma@northwind.example").open()
    case = {"category": "orders", "title": "Order 4100001 hangs", "description": "See the list."}
    api = quiet.client("uma@northwind.example").http
    number = api.post("/cases", json=case).raise_for_status().json()["number"]

    scroller = uma.widget.get_by_role("region", name="Conversation")
    transfer = dragged(uma.page, "people <b>.csv")
    scroller.dispatch_event("dragenter", {"dataTransfer": transfer})
    expect(uma.widget.get_by_text("Drop it to send it")).to_be_visible()
    expect(uma.widget.locator(".dropping")).to_contain_text("10 MB at most")
    album.take(uma.page, "file-dropping")
    scroller.dispatch_event("drop", {"dataTransfer": transfer})
    expect(uma.widget.locator(".dropping")).to_have_count(0)
    expect(uma.messages.last).to_contain_text("with 1 row")
    uma.settle()
    assert uma.said("user") == ["people <b>.csv"]

    uma.press(f"Attach it to {number}")
    expect(uma.card).to_contain_text("people <b>.csv")
    album.take(uma.page, "file-card")
    assert uma.confirm() == number
    lee = come.desk("Lee Castellwyn")
    lee.goto(f"/console/cases/{number}")
    with lee.expect_download() as saving:
        lee.locator("#sec-thread").get_by_role("link", name="people <b>.csv").click()
    assert Path(saving.value.path()).read_text() == PEOPLE


def test_that_what_cannot_be_sent_is_said_before_it_is_tried(come: Visits, album: Album) -> None:
    vik = come("vik@northwind.example").open()
    sent = hold_uploads(vik.page)
    problem = vik.widget.locator(".upload .problem")
    attach(vik, **file("holiday.gif", b"GIF89a", "image/gif"))
    expect(problem).to_have_text(
        "holiday.gif can’t be sent. PDF, PNG, JPEG, ZIP, CSV and text can."
    )
    inspection = Inspection(vik.page, album, "file")
    inspection.look("refused")
    expect(vik.widget.get_by_role("button", name="Try again")).to_have_count(0)
    attach(vik, **file("film.pdf", b"x" * (10 * 1024 * 1024 + 1), "application/pdf"))
    expect(problem).to_contain_text("film.pdf has 10 MB; it may have 10 MB at most")
    attach(vik, **file("empty.txt", b"", "text/plain"))
    expect(problem).to_contain_text("empty.txt is empty")
    vik.widget.get_by_role("button", name="Remove").click()
    expect(vik.widget.locator(".upload")).to_have_count(0)
    assert sent == []
    assert inspection.found == {}


def test_that_the_servers_refusal_is_said_and_another_file_can_be_sent(come: Visits) -> None:
    vik = come("vik@northwind.example").open()
    attach(vik, **file("people.csv", "Größe;1".encode("latin-1"), "text/csv"))
    expect(vik.widget.locator(".upload .problem")).to_contain_text("UTF-8")
    attach(vik, **file("people.csv", PEOPLE.encode(), "text/csv"))
    expect(vik.widget.locator(".message.user[data-id]")).to_contain_text("people.csv")
    expect(vik.widget.locator(".upload")).to_have_count(0)


def test_that_a_file_on_its_way_shows_how_far_it_is_and_can_be_stopped(
    come: Visits, album: Album
) -> None:
    viola = come("viola@northwind.example").open()
    sent = hold_uploads(viola.page)
    attach(viola, **file("report with a rather long name 2026.pdf", b"%PDF-" + b"x" * 500_000))
    progress = viola.widget.get_by_role("progressbar")
    expect(progress).to_be_visible()
    expect(viola.widget.locator(".upload [role=status]")).to_contain_text("Sending report")
    inspection = Inspection(viola.page, album, "file")
    inspection.look("sending")
    viola.widget.get_by_role("button", name="Stop sending").click()
    expect(progress).to_have_count(0)
    assert viola.page.evaluate("document.activeElement.localName") == "ask-licensing"
    assert len(sent) == 1
    assert viola.said("user") == []
    assert inspection.found == {}


def test_that_a_file_that_did_not_arrive_is_sent_again(come: Visits) -> None:
    viola = come("viola@northwind.example").open()
    viola.page.route("**/conversations/*/files", lambda route: route.abort())
    attach(viola, **file("people.csv", PEOPLE.encode(), "text/csv"))
    expect(viola.widget.locator(".upload .problem")).to_contain_text("The file did not arrive.")
    viola.page.unroute("**/conversations/*/files")
    viola.widget.get_by_role("button", name="Try again").click()
    expect(viola.messages.last).to_contain_text("people.csv", timeout=TURN_MS)
    viola.settle()
    assert viola.said("user") == ["people.csv"]


def test_that_a_question_for_a_list_says_of_which_kind_and_takes_no_other(
    come: Visits, quiet: Product, album: Album
) -> None:
    nils = come("nils@northwind.example").open()
    tell(quiet, nils, "Drop the list of people here.", ask=CSV_ONLY)
    expect(nils.widget.locator("ask-licensing-file")).to_contain_text("At most 256 KB")
    inspection = Inspection(nils.page, album, "file")
    inspection.look("asked")
    choose = nils.widget.locator("ask-licensing-file input")
    sheet = file("people.xlsx", b"PK\x03\x04")
    choose.set_input_files(sheet)  # type: ignore[arg-type]
    expect(nils.widget.locator(".upload .problem")).to_contain_text("Save it as CSV there")
    choose.set_input_files(file("people.csv", PEOPLE.encode(), "text/csv"))  # type: ignore[arg-type]
    expect(nils.widget.locator(".message.user[data-id]")).to_contain_text("people.csv")
    assert inspection.found == {}
