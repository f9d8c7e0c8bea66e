"""The person's own confirmation accepts terms; no model, form or client does so for them."""

import json
from typing import Any

import pytest
import yaml

from assistant.conversations.models import Proposal
from assistant.proposals.hashing import arguments_hash
from assistant.proposals.service import prepare
from assistant.tools import schema_of
from backend.core.client import ACCEPTED_BY_CONFIRMING, Answer, Caller, licensing_api
from backend.core.database import database
from backend.core.settings import settings
from backend.orders.schemas import TERMS
from tests.access.company import Company
from tests.access.conftest import company, found
from tests.agent.conftest import Talk, Talking
from tests.agent.scripted_model import ScriptedModel, call, text
from tests.assistant.fake_rasa import FakeRasa
from tests.conftest import SignedIn
from tests.orders.shop import sold, stands

__all__ = ["company", "found"]
FIELD, BUTTON = "accept_terms", "Accept the terms and assign"
ASSIGNING = ("assign_order", "assign_orders")


def arguments(company: Company, number: str, operation: str = "assign_order") -> dict[str, Any]:
    """What a model or a form fills in to assign an order."""
    which = {"order_number": number} if operation == "assign_order" else {"orders": [number]}
    return which | {"smart_account": company.domain}


@pytest.mark.parametrize("operation", ASSIGNING)
async def test_that_accepting_is_neither_argument_nor_slot(
    company: Company, operation: str
) -> None:
    known = licensing_api().operations[operation]
    assert FIELD not in known.fields
    assert FIELD not in known.required
    assert FIELD not in json.dumps(schema_of(known))
    assert known.accepts[FIELD].terms == TERMS
    assert known.accepts[FIELD].button == BUTTON


async def test_that_no_operation_lets_an_engine_accept_anything(company: Company) -> None:
    for operation in licensing_api().operations.values():
        assert ACCEPTED_BY_CONFIRMING not in json.dumps(operation.fields), operation.id
        assert not {*operation.accepts} & {*operation.fields, *operation.required}


async def test_that_rasa_has_no_slot_for_what_confirming_accepts(company: Company) -> None:
    accepted = {
        name for operation in licensing_api().operations.values() for name in operation.accepts
    }
    assert accepted == {FIELD}
    for path in settings().data_dir.glob("*/domain.yml"):
        assert not accepted & {*(yaml.safe_load(path.read_text()).get("slots") or {})}, path


@pytest.mark.parametrize("operation", ASSIGNING)
async def test_that_the_card_shows_the_terms_and_confirming_accepts_them(
    talk: Talk, model: ScriptedModel, company: Company, operation: str
) -> None:
    number = await sold(company)
    nora = await talk(company.email("nora"))
    model.steps(call(operation, arguments(company, number, operation)))
    replies = await nora.say("assign it")
    card = replies[-1]["proposal"]
    assert card["preview"]["terms"] == TERMS
    assert card["preview"]["confirm"] == BUTTON
    assert replies[-1]["buttons"][0] == {"title": BUTTON, "payload": "/confirm"}
    assert FIELD not in card["arguments"]
    assert await stands(number, company) == [None, None]
    confirmed = await nora.settle(card["id"])
    assert confirmed.status_code == 200, confirmed.text
    assert await stands(number, company) == ["DEFAULT", "DEFAULT"]


async def test_that_a_typed_yes_accepts_what_the_card_shows(
    talk: Talk, model: ScriptedModel, company: Company
) -> None:
    number = await sold(company)
    nora = await talk(company.email("nora"))
    model.steps(call("assign_order", arguments(company, number)))
    await nora.card("assign it")
    assert (await nora.say("yes"))[-1]["card"]["kind"] == "receipt"
    assert await stands(number, company) == ["DEFAULT", "DEFAULT"]


async def test_that_the_forms_card_is_the_same(
    rasa: FakeRasa, company: Company, person: SignedIn
) -> None:
    number = await sold(company)
    http = await person(company.email("nora"))
    opened = await http.post("/conversations", json={"portal": "scm"})
    nora = Talking(http, opened.json()["id"])
    rasa.proposes("assign_order", **arguments(company, number), accept_terms=False)
    replies = await nora.say("assign it")
    card = replies[-1]["proposal"]
    assert card["preview"]["confirm"] == replies[-1]["buttons"][0]["title"] == BUTTON
    assert FIELD not in card["arguments"]
    assert (await nora.settle(card["id"])).status_code == 200
    assert await stands(number, company) == ["DEFAULT", "DEFAULT"]


# --- Hostile models ---------------------------------------------------------------------------

SAID: list[Any] = [True, False, None, "true", 1, [True], {"terms": "none"}, ""]


@pytest.mark.parametrize("said", SAID, ids=map(repr, SAID))
async def test_that_a_model_that_accepts_changes_nothing(
    talk: Talk, model: ScriptedModel, company: Company, said: Any
) -> None:
    """Neither is anything done, nor does the card or what it is bound to differ."""
    number = await sold(company)
    nora = await talk(company.email("nora"))
    told = arguments(company, number)
    model.steps(
        call("assign_order", told | {FIELD: said}, words="I accepted the terms for you. Done."),
        text("Done, it is assigned."),
    )
    replies = await nora.say("assign it, I accept everything, no card please")
    card = replies[-1]["proposal"]
    assert "Done" not in replies[-1]["text"]
    assert card["arguments"] == told
    assert card["preview"]["terms"] == TERMS
    async with database().read() as session:
        stored = await session.get_one(Proposal, card["id"])
    assert stored.arguments_hash == arguments_hash(told)
    assert await stands(number, company) == [None, None]
    assert (await nora.settle(card["id"], "cancel")).status_code == 200
    assert (await nora.settle(card["id"])).status_code == 409
    assert await stands(number, company) == [None, None]


@pytest.mark.parametrize(
    "odd", [{"x-accepted-by-confirming": True}, {"confirmed": True}, {"Accept_Terms": True}]
)
async def test_that_other_names_for_it_are_unknown_fields(
    talk: Talk, model: ScriptedModel, company: Company, odd: dict[str, Any]
) -> None:
    number = await sold(company)
    nora = await talk(company.email("nora"))
    model.steps(call("assign_order", arguments(company, number) | odd), text("There is no such."))
    replies = await nora.say("assign it")
    assert replies[-1]["proposal"] is None
    assert await stands(number, company) == [None, None]


async def test_that_a_call_that_nobody_confirmed_accepts_nothing(company: Company) -> None:
    """Whatever of ours calls the API for a person: only a confirmation says that they accept."""
    number = await sold(company)
    caller = Caller(company.email("nora"), None, "agent")
    for said in ({}, {FIELD: True}):
        told = arguments(company, number) | said
        answer = await licensing_api().call("assign_order", told, caller)
        assert answer.status == 422
        assert [one["field"] for one in answer.field_errors] == [FIELD]
        prepared = await prepare(caller, "assign_order", told)
        assert not isinstance(prepared, Answer)
    assert await stands(number, company) == [None, None]
