"""Nobody reaches what is not theirs: made from the document, so new calls are covered too."""

import re
from typing import Any

import httpx
import pytest

from backend.core.tokens import mint_session
from tests.api.conftest import Known
from tests.conftest import SignedIn

Routes = list[tuple[str, str, dict[str, Any]]]
OPEN_TO_ALL = {
    ("POST", "/api/v1/auth/demo"), ("POST", "/api/v1/auth/sign-out"),
    ("GET", "/api/v1/demo/people"), ("GET", "/api/v1/demo/outbox"), ("POST", "/api/v1/demo/clock"),
}  # fmt: skip
SAFE = ("GET", "HEAD")
# Told by machines with tokens of their own: to them, all people are nobody.
BY_MACHINES = ("/api/v1/commerce/", "/api/v1/mail/")
# Whoever names an account's exact domain finds it, and hears who administers it.
OPEN_BY_NAME = {
    "/api/v1/smart-accounts/{smart_account}",
    "/api/v1/smart-accounts/{smart_account}/administrators",
    "/api/v1/smart-accounts/{smart_account}/available-virtual-accounts",
}


def filled(path: str, places: dict[str, str]) -> str:
    """A path with things that are there in its places."""
    unknown = set(re.findall(r"{(\w+)}", path)) - places.keys()
    assert not unknown, f"say in `Known.places` what {unknown} of {path} can be"
    return re.sub(r"{(\w+)}", lambda match: places[match[1]], path)


async def call(
    client: httpx.AsyncClient, method: str, path: str, route: dict[str, Any], **headers: str
) -> httpx.Response:
    """Call a route with a body that may be wrong: who may not come in is not told so."""
    content = route.get("requestBody", {}).get("content", {})
    body: dict[str, Any] = {}
    if "multipart/form-data" in content:
        body = {"files": {"file": ("a.txt", b"x", "text/plain")}}
    elif content:
        body = {"json": {}}
    url = f"http://product.test{path}"
    return await client.request(method, url, headers=headers, **body)


async def test_that_without_a_token_nothing_is_there_but_the_way_in(
    client: httpx.AsyncClient, routes: Routes, known: Known
) -> None:
    for method, path, route in routes:
        if (method, path) in OPEN_TO_ALL:
            continue
        answer = await call(client, method, filled(path, known.places), route)
        assert answer.status_code == 401, (method, path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


STRANGERS = [
    "carla@contoso.example", "nadia@northwind.example", "petra@fabrikam.example",
    "cyra@support.example",
]  # fmt: skip


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_that_strangers_find_nothing_under_any_path_of_others(
    routes: Routes, known: Known, person: SignedIn, stranger: str
) -> None:
    someone = await person(stranger)
    before = (await known.owner.get(f"/cases/{known.places['case_number']}")).json()
    checked = 0
    for method, path, route in routes:
        if "{" not in path or (method in SAFE and path in OPEN_BY_NAME):
            continue
        answer = await call(someone, method, filled(path, known.places), route)
        refusals = {403, 404, 422} if route.get("requestBody") else {403, 404}
        refusals = {401} if path.startswith(BY_MACHINES) else refusals
        assert answer.status_code in refusals, (method, path, answer.status_code)
        assert known.owner.email.split("@")[0] not in answer.text  # type: ignore[attr-defined]
        checked += 1
    assert checked > 15
    assert (await known.owner.get(f"/cases/{known.places['case_number']}")).json() == before


BODIES: dict[str, dict[str, Any]] = {
    "schedule": {"start": "2030-01-07T10:00", "end": "2030-01-07T11:00"},
    "replies": {"text": "x"}, "notes": {"text": "x"}, "cancel": {}, "": {"severity": 1},
    "messages": {"client_message_id": "k", "text": "x"}, "feedback": {"thumb": "up"},
    "delegations": {"email": "a@nobody.example"}, "shares": {"emails": ["a@nobody.example"]},
    "order-fulfillment-managers": {"email": "a@nobody.example"},
    "assignment": {"smart_account": "contoso.example", "accept_terms": True}, "follow": {},
    "provisioning-mail": {}, "provisioning-contact": {"email": "a@contoso.example"},
}  # fmt: skip
# Where the last part of the path does not tell.
BODY_OF: dict[str, dict[str, Any]] = {
    "/api/v1/smart-account-requests/{request_id}": {"customer_emails": ["a@nobody.example"]},
    "/api/v1/desk/views/{view_id}": {"name": "Mine"},
    "/api/v1/smart-accounts/{smart_account}/users/{email}": {"role": "sa_user"},
    "/api/v1/smart-accounts/{smart_account}/groups/{group}/messages": {"text": "x"},
    "/api/v1/canned-replies/{reply_id}": {"name": "x", "text": "x"},
}


@pytest.mark.parametrize("last", BODIES)
async def test_that_also_with_a_right_body_strangers_get_404(
    routes: Routes, known: Known, person: SignedIn, last: str
) -> None:
    carla = await person("carla@contoso.example")
    called = 0
    for method, path, _ in routes:
        ends = path.endswith(f"/{last}") if last else path.endswith("}")
        elsewhere = "proposal" in path or path.startswith(BY_MACHINES)
        if "{" not in path or method in SAFE or not ends or elsewhere:
            continue
        url = f"http://product.test{filled(path, known.places)}"
        # A change that names nothing is right for everything below an account.
        below = path.startswith("/api/v1/smart-accounts/")
        body = BODY_OF.get(path, {} if below else BODIES[last])
        answer = await carla.request(method, url, json=body)
        assert answer.status_code == 404, (method, path, answer.text)
        called += 1
    assert called


async def test_that_a_token_for_mcp_is_refused_by_every_write(
    client: httpx.AsyncClient, routes: Routes, known: Known
) -> None:
    minted = (await known.owner.post("/auth/mcp-token")).json()["access_token"]
    before = (await known.owner.get(f"/cases/{known.places['case_number']}")).json()
    for method, path, route in routes:
        if method in SAFE or (method, path) in OPEN_TO_ALL:
            continue
        answer = await call(
            client, method, filled(path, known.places), route, Authorization=f"Bearer {minted}"
        )
        refusal = 401 if path.startswith(BY_MACHINES) else 403
        assert answer.status_code == refusal, (method, path, answer.text)
    assert (await known.owner.get(f"/cases/{known.places['case_number']}")).json() == before


async def test_that_somebody_whose_record_is_gone_is_nobody(
    client: httpx.AsyncClient, routes: Routes, known: Known
) -> None:
    token = f"Bearer {mint_session('gone@northwind.example')}"
    for method, path, route in routes:
        if (method, path) in OPEN_TO_ALL:
            continue
        answer = await call(client, method, filled(path, known.places), route, Authorization=token)
        assert answer.status_code == 401, (method, path)
