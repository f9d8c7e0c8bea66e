"""Schemathesis over the whole API, in process: whatever the document allows, and what it doesn't,
gets a documented answer and never a crash.
"""

import asyncio
import warnings
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import HypothesisDeprecationWarning, HypothesisException
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from backend.core import jobs
from backend.core.database import database
from tests.api.conftest import Known, known_of
from tests.conftest import SignIn, client_of

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
]  # fmt: skip
# A stream never ends in process; the clock is everybody's.
LEFT_OUT = {"/api/v1/conversations/{conversation_id}/stream", "/api/v1/demo/clock"}
EXAMPLES = 10
# A mail is bytes; what is in them is tried in `tests/notifications/test_inbound.py`.
schemathesis.serializer.alias("message/rfc822", "application/octet-stream")
# Generating and calling in one thread beside the app's: what the library thinks of that.
QUIET = settings(
    max_examples=EXAMPLES, derandomize=True, database=None, deadline=None,
    phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")
@pytest.mark.parametrize("email", ["nadia@northwind.example", "lee@support.example"])
def test_that_every_answer_is_documented_and_nothing_crashes(
    app: FastAPI, loop: asyncio.AbstractEventLoop, sign_in: SignIn, email: str
) -> None:
    schema = schemathesis.openapi.from_dict(app.openapi())
    headers = loop.run_until_complete(sign_in(email))
    nadia = client_of(app, headers=loop.run_until_complete(sign_in("nadia@northwind.example")))
    nadia.base_url = httpx.URL("http://product.test/api/v1")
    known = loop.run_until_complete(known_of(nadia))
    caller = client_of(app, headers=headers)
    failures: dict[str, str] = {}
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path in LEFT_OUT:
            continue
        takes_something = operation.body or list(operation.iter_parameters())
        for mode in GenerationMode if takes_something else [GenerationMode.POSITIVE]:
            try:
                _explore(operation, mode, loop, caller, known)
            except (FailureGroup, HypothesisException) as exc:
                failures[f"{operation.label} ({mode.value})"] = str(exc)[:1500]
    for client in (nadia, caller):
        loop.run_until_complete(client.aclose())
    assert loop.run_until_complete(jobs.drained(database(), 60))
    assert not failures, "\n\n".join(f"{name}: {said}" for name, said in failures.items())


def _explore(
    operation: Any, mode: GenerationMode, loop: asyncio.AbstractEventLoop,
    caller: httpx.AsyncClient, known: Known,
) -> None:  # fmt: skip
    count = 0

    @QUIET
    @given(case=operation.as_strategy(generation_mode=mode))
    def explore(case: Any) -> None:
        nonlocal count
        count += 1
        if count % 2 and case.path_parameters:
            case.path_parameters = {
                name: known.places.get(name, value) for name, value in case.path_parameters.items()
            }
        response = loop.run_until_complete(_send(caller, case))
        case.validate_response(response, checks=CHECKS)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HypothesisDeprecationWarning)
        explore()


async def _send(caller: httpx.AsyncClient, case: Any) -> httpx.Response:
    """The request as it would go over the wire, sent to the app in this process."""
    told = case.as_transport_kwargs(base_url="http://product.test")
    told = {k: v for k, v in told.items() if k in requests.Request().__dict__ or k == "json"}
    wire = requests.Request(**told).prepare()
    assert wire.method
    assert wire.url
    return await caller.request(
        wire.method, wire.url, content=wire.body,  # type: ignore[arg-type]
        headers={k: v for k, v in wire.headers.items() if k.lower() != "authorization"},
    )  # fmt: skip
