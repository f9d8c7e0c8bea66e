"""Arguments of a call can't lead to another route than the operation's own."""

from typing import Any

import httpx
import pytest

from backend.core.client import Caller, LicensingApi

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
        }
    }
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
    seen: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url)
        return httpx.Response(200, json={})

    async with httpx.AsyncClient(
        transport=httpx.MockTransport(answer), base_url="http://api.test"
    ) as http:
        api = LicensingApi(http, DOCUMENT)
        await api.call("read_notes", {"case_number": given, "q": "x"}, Caller("p"))
    assert seen[0].raw_path == f"/cases/{reached}/notes?q=x".encode()
