"""A form that asks for a file, with what the conversation passes on of one."""

from typing import Any, ClassVar

import pytest

from actions import sheet, wording
from actions.forms import OperationForm
from actions.wording import Question
from backend.core.client import Answer, Operation
from tests.actions.talk import StandInApi, Talk

LIST = "identifier,scope,role\nnora@northwind.example,account,sa_user\n"
REFERENCE = "file:0123/people.csv"
ADD_USERS = Operation(
    id="add_users", method="POST", path="/smart-accounts/{smart_account}/users/bulk", summary="",
    description="", fields={"smart_account": {"type": "string"}, "csv": {"type": "string"}},
    required=["smart_account"], path_parameters=["smart_account"],
    media_types=frozenset({"application/json", "text/csv"}),
)  # fmt: skip


READ_FILE = Operation(
    id="read_file", method="GET", path="/conversations/{conversation_id}/files/{file_id}",
    summary="", description="", fields={}, required=[],
)  # fmt: skip


class AddsPeople(OperationForm):
    """The smallest form that asks for a file. Its instances have names, so that it is none of
    the product's forms.
    """

    operation = "add_users"
    asks: ClassVar[tuple[str, ...]] = ("smart_account", "csv")
    optional: ClassVar[frozenset[str]] = frozenset({"csv"})


@pytest.fixture
def talk(api: StandInApi, monkeypatch: pytest.MonkeyPatch) -> Talk:
    """The form in an API that has the operation; what it sends of a file is kept in `uploads`."""

    def question(form: str, slot: str) -> Question:
        if slot != "csv":
            return wording.question(form, slot)
        more = {"kind": "file", "accept": [".csv"], "max": 262_144}
        return Question("Drop the list here.", "People", metadata=more)

    monkeypatch.setattr(sheet, "question", question)
    api.operations = api.operations | {"add_users": ADD_USERS, "read_file": READ_FILE}
    api.answers["read_file"] = {"filename": "people.csv", "text": LIST, "problem": None}
    api.answers["add_users"] = {"results": []}
    really, uploads = api.call, []

    async def call(operation: str, arguments: dict[str, Any], *rest: Any, **more: Any) -> Answer:
        uploads.append(more.pop("upload", None))
        return await really(operation, arguments, *rest, **more)

    monkeypatch.setattr(api, "call", call)
    form = AddsPeople()
    form.form = "add_people_form"  # type: ignore[misc]
    talk = Talk(form, api)
    talk.uploads = uploads  # type: ignore[attr-defined]
    return talk


async def asked(talk: Talk) -> list[dict[str, Any]]:
    return await talk.say("add people", "add_users", smart_account="northwind.example")


async def test_that_it_asks_for_a_file_of_its_kind(talk: Talk) -> None:
    [reply] = await asked(talk)
    assert reply["ask"] == {
        "slot": "csv", "kind": "file", "required": False, "accept": [".csv"], "max": 262_144,
    }  # fmt: skip


async def test_that_a_dropped_file_is_tried_and_proposed_by_its_name(talk: Talk) -> None:
    await asked(talk)
    replies = await talk.say("/inform", "inform", 1.0, file=REFERENCE)
    assert replies[-1]["propose"] == {
        "operation": "add_users",
        "arguments": {"smart_account": "northwind.example", "csv": REFERENCE},
    }
    reads = [(o, a) for o, a, _ in talk.api.calls if o == "read_file"]
    assert reads[-1][1] == {"conversation_id": "conversation", "file_id": "0123"}
    upload = talk.uploads[-1]  # type: ignore[attr-defined]
    assert (upload.media_type, upload.content.decode()) == ("text/csv", LIST)
    tried = [arguments for operation, arguments, _ in talk.api.calls if operation == "add_users"]
    assert tried[-1] == {"smart_account": "northwind.example"}


async def test_that_a_file_no_list_can_be_read_from_is_asked_for_again(talk: Talk) -> None:
    await asked(talk)
    talk.api.answers["read_file"] = {"filename": "x.csv", "text": None, "problem": "It is empty."}
    [reply] = await talk.say("/inform", "inform", 1.0, file=REFERENCE)
    assert "It is empty." in reply["text"]
    assert reply["ask"]["kind"] == "file"
    talk.api.answers["read_file"] = Answer(404, {"detail": "There is no such file."})
    [reply] = await talk.say("/inform", "inform", 1.0, file=REFERENCE)
    assert "There is no such file." in reply["text"]


async def test_that_people_read_the_files_name(talk: Talk) -> None:
    await asked(talk)
    await talk.say("/inform", "inform", 1.0, file=REFERENCE)
    [reply] = await talk.say("what do you have so far?", "summarise")
    assert "people.csv" in reply["text"]
    assert "0123" not in reply["text"]
