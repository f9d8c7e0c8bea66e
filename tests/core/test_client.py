"""Arguments of a call can't lead to another route than the operation's own."""

import json
from typing import Any

import httpx
import pytest

from backend.core.client import Acceptance, Caller, LicensingApi, Upload, operations_of

DOCUMENT: dict[str, Any] = {
    "paths": {
        "/cases/{case_number}/notes": {
            "get": {
                "operationId": "read_notes",
                "parameters": [
                    {"in": "path", "name": "case_number", "schema": {"type": "string"}},
                    {"in": "query", "name": "q", "schema": {"type": "string"}},
                ],
            }
        },
        "/files": {
            "post": {
                "operationId": "keep_file",
                "requestBody": {
                    "content": {
                        "multipart/form-data": {"schema": {"$ref": "#/components/schemas/Body"}}
                    }
                },
            }
        },
        "/lists/{list_id}": {
            "post": {
                "operationId": "add_rows",
                "parameters": [{"in": "path", "name": "list_id", "schema": {"type": "string"}}],
                "requestBody": {"content": {"application/json": {}, "text/csv": {}}},
            }
        },
        "/lists/{list_id}/trial": {
            "post": {
                "operationId": "try_rows",
                "x-only-reads": True,
                "parameters": [{"in": "path", "name": "list_id", "schema": {"type": "string"}}],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Rows"}}
                    }
                },
            }
        },
        "/agreements": {
            "post": {
                "operationId": "agree",
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Agreement"}}
                    }
                },
            }
        },
    },
    "components": {
        "schemas": {
            "Agreement": {
                "required": ["name", "agreed"],
                "properties": {
                    "name": {"type": "string"},
                    "agreed": {
                        "type": "boolean",
                        "x-accepted-by-confirming": {"terms": "All of it.", "button": "Agree"},
                    },
                },
            },
            "Body": {"properties": {"paper": {"type": "string"}}},
            "Rows": {"properties": {"rows": {"type": "array"}}},
        }
    },
}


@pytest.mark.parametrize(
    ("given", "reached"),
    [
        ("C-500001", "C-500001"), ("../me", "-"), ("a/b", "-"), (".", "-"), ("..", "-"), ("", "-"),
        (None, "-"), ("a?b=c", "a%3Fb%3Dc"), ("a#b", "a%23b"), ("..%2Fme", "..%252Fme"),
        ("{case_number}", "%7Bcase_number%7D"),
    ],
)  # fmt: skip
async def test_that_a_path_argument_stays_one_part_of_the_path(
    given: str | None, reached: str
) -> None:
    [seen] = await sent("read_notes", {"case_number": given, "q": "x"})
    assert seen.url.raw_path == f"/cases/{reached}/notes?q=x".encode()


async def test_that_a_file_is_sent_in_a_form_and_twice_in_the_same_words() -> None:
    file = Upload('a"b ü.txt', "text/plain", b"hello")
    first, second = await sent("keep_file", {}, {}, upload=file)
    assert b'name="paper"' in first.content
    assert b"hello" in first.content
    assert first.content == second.content
    assert first.headers["content-type"] == second.headers["content-type"]


async def test_that_a_file_is_the_body_where_the_operation_takes_its_kind() -> None:
    file = Upload("people.csv", "text/csv", b"a,b\r\n")
    [seen] = await sent("add_rows", {"list_id": "x"}, upload=file)
    assert (seen.url.path, seen.content) == ("/lists/x", b"a,b\r\n")
    assert seen.headers["content-type"] == "text/csv"


async def sent(operation: str, *calls: dict[str, Any], **options: Any) -> list[httpx.Request]:
    """The requests of these calls, each with its arguments."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    async with httpx.AsyncClient(
        transport=httpx.MockTransport(answer), base_url="http://api.test"
    ) as http:
        api = LicensingApi(http, DOCUMENT)
        for arguments in calls:
            await api.call(operation, arguments, Caller("p"), **options)
    return seen


async def test_that_a_call_that_only_reads_is_no_write_and_yet_has_its_body() -> None:
    operation = operations_of(DOCUMENT)["try_rows"]
    assert (operation.writes, operation.has_body) == (False, True)
    assert operations_of(DOCUMENT)["add_rows"].writes
    [seen] = await sent("try_rows", {"list_id": "1", "rows": ["a"]})
    assert json.loads(seen.content) == {"rows": ["a"]}


def test_that_what_confirming_accepts_is_no_field_to_fill_in() -> None:
    operation = operations_of(DOCUMENT)["agree"]
    assert (list(operation.fields), operation.required) == (["name"], ["name"])
    assert operation.accepts == {"agreed": Acceptance("All of it.", "Agree")}


@pytest.mark.parametrize(
    ("options", "body"),
    [
        ({}, {"name": "x"}),
        ({"confirmed": True}, {"name": "x", "agreed": True}),
        ({"dry_run": True}, {"name": "x", "agreed": True}),
    ],
)
@pytest.mark.parametrize("said", [{}, {"agreed": True}, {"agreed": False}])
async def test_that_only_a_confirmation_accepts_whatever_the_arguments_say(
    options: dict[str, Any], body: dict[str, Any], said: dict[str, Any]
) -> None:
    [seen] = await sent("agree", {"name": "x"} | said, **options)
    assert json.loads(seen.content) == body
