"""Whatever goes wrong is answered as a problem, with a next step."""

import httpx
import pytest

from tests.conftest import SignedIn

PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/nothing/at/all", 404),
        ("DELETE", "/api/v1/me", 405),
        ("GET", "/api/v1/me", 401),
    ],
)
async def test_that_errors_of_the_framework_are_problems_too(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == PROBLEM
    told = answer.json()
    assert told["status"] == status
    assert all(told[name] for name in ("type", "title", "detail", "hint"))


@pytest.mark.parametrize("path", [
    "/cases/%00", "/cases/C-1%00", "/conversations/%00", "/conversations/a%00/messages",
    "/cases?queue=%00", "/cases?q=%00", "/cases?assignee=%00", "/cases?conversation=%00",
    "/knowledge?q=%00", "/cases/%FF", "/cases?q=%FF",
])  # fmt: skip
async def test_that_characters_no_database_takes_are_no_crash(person: SignedIn, path: str) -> None:
    lee = await person("lee@support.example")
    answer = await lee.get(path)
    assert answer.status_code in {200, 404, 422}
    if answer.status_code != 200:
        assert answer.headers["content-type"] == PROBLEM
