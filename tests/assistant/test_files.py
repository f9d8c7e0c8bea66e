"""Files in the chat: kept, read by their own person alone, passed on to whoever asks for them."""

import json
from typing import Any

import httpx
import pytest

from assistant.conversations.files import MOST_ROWS, ChatFile
from backend.core.client import Answer, LicensingApi, Operation, licensing_api
from backend.core.settings import settings
from tests.assistant.conftest import Begin, Talk
from tests.assistant.fake_rasa import FakeRasa
from tests.conftest import SignedIn

PEOPLE = "identifier,scope,role,virtual_accounts\nnora@northwind.example,account,sa_user,\n"
CASE = {"category": "other", "title": "With a file", "description": "See attached"}
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


async def put(talk: Talk, name: str, content: bytes | str) -> httpx.Response:
    """Upload a file into a conversation."""
    bytes_ = content.encode() if isinstance(content, str) else content
    return await talk.person.post(f"{talk.path}/files", files={"file": (name, bytes_)})


async def drop(talk: Talk, name: str, content: bytes | str) -> dict[str, Any]:
    """Upload a file and send it as a message; the one reply."""
    stored = (await put(talk, name, content)).raise_for_status().json()
    answer = await talk.send(file_id=stored["file_id"])
    [reply] = answer.raise_for_status().json()["replies"]
    return dict(reply)


def titles(reply: dict[str, Any]) -> list[str]:
    return [button["title"] for button in reply["buttons"]]


# --- Kept and read ----------------------------------------------------------------------------


async def test_that_a_list_is_read_without_its_mark_by_its_person(talk: Talk) -> None:
    stored = (await put(talk, "../people.csv", "\ufeff" + PEOPLE)).json()
    assert (stored["filename"], stored["size"]) == ("people.csv", len(PEOPLE) + 3)
    read = await talk.person.get(f"{talk.path}/files/{stored['file_id']}")
    assert read.json() == {
        "file_id": stored["file_id"], "filename": "people.csv", "size": len(PEOPLE) + 3,
        "media_type": "text/csv", "rows": 1, "text": PEOPLE, "problem": None,
    }  # fmt: skip


async def test_that_a_file_is_read_only_in_its_own_conversation(
    talk: Talk, begin: Begin, person: SignedIn
) -> None:
    file_id = (await put(talk, "people.csv", PEOPLE)).json()["file_id"]
    other = await begin(talk.person)
    assert (await talk.person.get(f"{other.path}/files/{file_id}")).status_code == 404
    assert (await other.send(file_id=file_id)).status_code == 422
    for email in ("carla@contoso.example", "lee@support.example"):
        stranger = await person(email)
        assert (await stranger.get(f"{talk.path}/files/{file_id}")).status_code == 404
    assert (await talk.person.get(f"{talk.path}/files/{'0' * 32}")).status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "status", "told"),
    [
        ("a.txt", b"", 422, "empty"),
        ("a.txt", b"x" * (10 * 1024 * 1024 + 1), 413, "more than 10 MB"),
        ("people.csv", "Größe;1".encode("latin-1"), 422, "UTF-8"),
        ("people.csv", PEOPLE.encode("utf-16"), 422, "UTF-8"),
        ("program.exe", b"MZ\x90\x00\x03", 422, "PDF, PNG, JPEG, ZIP"),
    ],
    ids=["empty", "huge", "latin-1", "utf-16", "program"],
)
async def test_that_what_cannot_be_kept_is_refused_with_the_reason(
    talk: Talk, name: str, content: bytes, status: int, told: str
) -> None:
    answer = await put(talk, name, content)
    assert answer.status_code == status
    assert told in answer.text


def file(content: str, name: str = "people.csv") -> ChatFile:
    return ChatFile("0" * 32, name, content.encode())


@pytest.mark.parametrize(
    ("content", "rows", "people"),
    [
        (PEOPLE, 1, True), (PEOPLE.replace(",", ";"), 1, True),
        ("a@x.example\n\n  \nb@x.example\n", 2, True), ("E-Mail\nnora\n", 1, True),
        ("order,amount\n4100001,3\n", 2, False), ("", 0, False), ("\n\n", 0, False),
        ('"a@x.example","x\ny"\r\n"b@x.example","=1+1"\r\n', 2, True),
    ],
)  # fmt: skip
def test_that_rows_are_counted_as_people_see_them(content: str, rows: int, people: bool) -> None:
    assert file(content).row_count == rows
    assert file(content).lists_people is people


def test_that_a_list_too_long_for_one_step_says_how_long_it_is() -> None:
    line = "nora@northwind.example,account,sa_user,\n"
    head = PEOPLE.splitlines(keepends=True)[0]
    assert file(head + line * MOST_ROWS).text is not None
    too_many = file(head + line * (MOST_ROWS + 1))
    assert too_many.text is None
    assert "501 rows; 500 is the most" in str(too_many.problem)
    too_large = file(head + line.replace("account", "x" * 2000) * 200)
    assert "397 KB" in str(too_large.problem)
    assert "no CSV file" in str(file(PEOPLE, "people.txt").problem)
    assert "no rows" in str(file(head).problem)


# --- What it is for ---------------------------------------------------------------------------


async def test_that_without_an_open_case_one_is_offered(rasa: FakeRasa, talk: Talk) -> None:
    reply = await drop(talk, "screen.png", PNG)
    assert "“screen.png”" in reply["text"]
    assert titles(reply) == ["Open a case"]
    assert (await talk.transcript())[1]["text"] == "screen.png"
    assert rasa.turns == []


async def test_that_a_file_is_attached_to_a_case_by_a_card_and_once(
    rasa: FakeRasa, talk: Talk, begin: Begin
) -> None:
    number = (await talk.person.post("/cases", json=CASE)).json()["number"]
    reply = await drop(talk, "screen ü.png", PNG)
    assert titles(reply) == [f"Attach it to {number}"]
    [card] = await talk.press(reply["buttons"][0]["payload"])
    preview = card["proposal"]["preview"]
    assert preview["title"] == "Attach this file"
    assert {"label": "File", "value": "screen ü.png"} in preview["lines"]
    thread = (await talk.person.get(f"/cases/{number}")).json()["thread"]
    assert [entry["type"] for entry in thread] == ["opened"]

    for _ in range(2):
        settled = await talk.settle(card["proposal"])
        assert settled.status_code == 200, settled.text
        assert settled.json()["receipt"]["reference"] == number
    thread = (await talk.person.get(f"/cases/{number}")).json()["thread"]
    assert [entry["type"] for entry in thread] == ["opened", "attachment"]
    path = f"/cases/{number}/attachments/{thread[-1]['details']['attachment']}"
    assert (await talk.person.get(path)).content == PNG
    assert rasa.turns == []
    # The offer is of this conversation, and so is the file.
    elsewhere = await begin(talk.person)
    [refused] = await elsewhere.press(reply["buttons"][0]["payload"])
    assert refused["proposal"] is None


async def test_that_a_file_the_disk_has_lost_is_said_to_be_gone(rasa: FakeRasa, talk: Talk) -> None:
    await talk.person.post("/cases", json=CASE)
    stored = (await put(talk, "a.txt", "hello")).json()
    [reply] = (await talk.send(file_id=stored["file_id"])).json()["replies"]
    (settings().state_dir / "files" / stored["file_id"]).unlink()
    [told] = await talk.press(reply["buttons"][0]["payload"])
    assert "no longer on the disk" in told["text"]
    assert told["proposal"] is None


async def test_that_the_case_just_talked_about_comes_first(
    rasa: FakeRasa, talk: Talk, person: SignedIn
) -> None:
    older = (await talk.person.post("/cases", json=CASE)).json()["number"]
    newer = (await talk.person.post("/cases", json=CASE)).json()["number"]
    rasa.says({"text": "It is being worked on.",
               "case": {"number": older, "title": "x", "status": "new"}})  # fmt: skip
    await talk.say("how is my case?")
    reply = await drop(talk, "a.txt", "hello")
    assert titles(reply) == [f"Attach it to {older}", f"Attach it to {newer}"]


async def test_that_an_open_question_stays_open(rasa: FakeRasa, talk: Talk) -> None:
    ask = {"slot": "topics", "kind": "choices", "required": True, "options": []}
    rasa.says({"text": "What should it cover?", "ask": ask})
    await talk.say("training please")
    reply = await drop(talk, "agenda.txt", "Roles")
    assert "But first: What should it cover?" in reply["text"]
    assert reply["ask"] == ask
    assert len(rasa.turns) == 1


async def test_that_a_form_that_asks_for_a_file_gets_it(rasa: FakeRasa, talk: Talk) -> None:
    rasa.says({"text": "Which people?", "ask": {"slot": "users", "kind": "file", "required": True}})
    await talk.say("add people")
    rasa.says({"text": "I have them."})
    reply = await drop(talk, "people.csv", PEOPLE)
    assert reply["text"] == "I have them."
    turn = rasa.turns[-1]
    file_id = turn["metadata"]["file"]["file_id"]
    assert turn["metadata"]["file"]["filename"] == "people.csv"
    assert json.loads(turn["payload"].removeprefix("/inform")) == {
        "file": f"file:{file_id}/people.csv"
    }
    assert turn["metadata"]["person"] == talk.email


# --- Lists of people --------------------------------------------------------------------------


@pytest.fixture
def adding(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """An API that lists accounts and takes lists of people; what it was sent of the latter.

    Only these two operations are made up, until the API has them.
    """
    operations = dict(licensing_api().operations)
    operations["add_users"] = Operation(
        id="add_users", method="POST", path="/api/v1/smart-accounts/{smart_account}/users/bulk",
        summary="Add people", description="", fields={"smart_account": {}, "users": {}},
        required=[], path_parameters=["smart_account"], media_types=frozenset({"text/csv"}),
    )  # fmt: skip
    operations["list_directory"] = Operation(
        id="list_directory", method="GET", path="/directory", summary="", description="",
        fields={}, required=[],
    )  # fmt: skip
    monkeypatch.setattr(licensing_api(), "operations", operations)
    sent: list[dict[str, Any]] = []
    really = LicensingApi.call

    async def call(
        self: LicensingApi, operation: str, arguments: dict[str, Any], *rest: Any, **options: Any
    ) -> Answer:
        if operation == "list_directory":
            entry = {"name": "Northwind Networks", "domain": "northwind.example"}
            return Answer(200, {"items": [
                entry | {"relation": "access", "roles": ["sa_admin"]},
                {"name": "Contoso", "domain": "contoso.example", "relation": "access",
                 "roles": ["va_user"]},
                {"name": "Subsea", "domain": "subsea.example", "relation": "domain", "roles": []},
            ]})  # fmt: skip
        if operation != "add_users":
            return await really(self, operation, arguments, *rest, **options)
        sent.append({"arguments": arguments, **options})
        rows = [
            {"row": 1, "identifier": "nora@northwind.example", "status": "added", "detail": "x"},
            {"row": 2, "identifier": "nobody@", "status": "failed", "detail": "No address"},
        ]  # fmt: skip
        return Answer(200, {"results": rows, "receipt": {"title": "People added", "lines": []}})

    monkeypatch.setattr(LicensingApi, "call", call)
    return sent


async def test_that_a_list_of_people_is_offered_for_accounts_one_manages(
    rasa: FakeRasa, talk: Talk, adding: list[dict[str, Any]]
) -> None:
    reply = await drop(talk, "people.csv", PEOPLE)
    assert "with 1 row" in reply["text"]
    assert titles(reply) == ["Add these people to Northwind Networks"]
    await talk.press(reply["buttons"][0]["payload"])
    facts = json.loads(rasa.turns[-1]["payload"].removeprefix("/add_users"))
    assert facts["smart_account"] == "northwind.example"
    assert facts["file"].startswith("file:")
    too_long = await drop(talk, "all.csv", PEOPLE + "a@x.example\n" * MOST_ROWS)
    assert "501 rows" in too_long["text"]
    assert not any(title.startswith("Add these") for title in titles(too_long))


async def test_that_the_list_goes_with_the_call_and_the_card_shows_each_row(
    rasa: FakeRasa, talk: Talk, adding: list[dict[str, Any]]
) -> None:
    stored = (await put(talk, "people.csv", PEOPLE)).json()
    named = f"file:{stored['file_id']}/people.csv"
    rasa.proposes("add_users", smart_account="northwind.example", users=named)
    [reply] = await talk.say("add them")
    preview = reply["proposal"]["preview"]
    assert preview["note"] == "1 of 2 would be done. 1 can’t be done: the table says why."
    assert [column["label"] for column in preview["table"]["columns"]] == [
        "Person", "Result", "Why", "Row",
    ]  # fmt: skip
    assert preview["table"]["rows"][1] == {
        "identifier": "nobody@", "status": "failed", "detail": "No address", "row": "2",
    }  # fmt: skip
    settled = (await talk.settle(reply["proposal"])).json()
    card = settled["replies"][0]["card"]
    assert card["table"] == preview["table"]
    assert "1 of 2 are done." in settled["replies"][0]["text"]
    for call, dry_run in zip(adding, (True, False), strict=True):
        assert call["arguments"] == {"smart_account": "northwind.example"}
        assert call["upload"].content.decode() == PEOPLE
        assert call["upload"].media_type == "text/csv"
        assert call.get("dry_run", False) is dry_run


@pytest.mark.parametrize("whose", ["another conversation's", "nobody's", "no list"])
async def test_that_only_lists_of_this_conversation_are_taken(
    rasa: FakeRasa, talk: Talk, begin: Begin, adding: list[dict[str, Any]], whose: str
) -> None:
    other = await begin() if whose == "another conversation's" else talk
    content: bytes | str = PNG if whose == "no list" else PEOPLE
    stored = (await put(other, "people.csv", content)).json()
    file_id = "0" * 32 if whose == "nobody's" else stored["file_id"]
    rasa.proposes("add_users", smart_account="northwind.example", users=f"file:{file_id}/x.csv")
    [reply] = await talk.say("add them")
    assert reply["proposal"] is None
    assert "can’t be done" in reply["text"]
    assert adding == []


async def test_that_a_list_of_which_nothing_can_be_done_is_shown_and_not_proposed(
    rasa: FakeRasa, talk: Talk, adding: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"row": 1, "identifier": "a@x.example", "status": "skipped", "detail": "Has it"}]

    async def call(*_: Any, **__: Any) -> Answer:
        return Answer(200, {"results": rows, "warnings": ["x"]})

    monkeypatch.setattr(LicensingApi, "call", call)
    rasa.proposes("add_users", smart_account="northwind.example", users=[{"email": "a@x.example"}])
    [reply] = await talk.say("add them")
    assert reply["proposal"] is None
    assert "None of these 1" in reply["text"]
    assert reply["card"]["kind"] == "table"
    assert reply["card"]["rows"][0]["detail"] == "Has it"


async def test_that_checks_and_warnings_of_a_dry_run_reach_the_card(
    rasa: FakeRasa, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = LicensingApi.call

    async def call(self: LicensingApi, *arguments: Any, **options: Any) -> Answer:
        answer = await really(self, *arguments, **options)
        told = {"checks": ["You may do this."], "warnings": ["It can’t be undone."]}
        return Answer(answer.status, answer.body | told)

    monkeypatch.setattr(LicensingApi, "call", call)
    rasa.proposes("open_case", **CASE)
    [reply] = await talk.say("please")
    preview = reply["proposal"]["preview"]
    assert preview["checks"] == ["You may do this."]
    assert preview["warnings"] == ["It can’t be undone."]
    assert "table" not in preview


async def test_that_a_person_on_the_desk_gets_files_without_an_engine(
    rasa: FakeRasa, talk: Talk, person: SignedIn
) -> None:
    lee = await person("lee@support.example")
    await lee.post(f"{talk.path}/take-over")
    stored = (await put(talk, "screen.png", PNG)).json()
    answer = await talk.send(file_id=stored["file_id"])
    assert answer.json()["replies"] == []
    assert (await talk.transcript())[-1]["text"] == "screen.png"
