"""Forms, slots and wording against the API's document and Rasa's domain."""

import string
from typing import Any

import pytest
import yaml

from actions.dialogue import Dialogue, forms
from actions.server import executor
from actions.sheet import Memory, Sheet
from actions.wording import metadata, responses
from backend.core.settings import settings
from backend.knowledge.articles import load_articles
from tests.actions.talk import StandInApi

FOLDERS = sorted(settings().data_dir.glob("*/domain.yml"))
DOMAINS: list[dict[str, Any]] = [yaml.safe_load(file.read_text()) for file in FOLDERS]


def everything(key: str) -> list[str]:
    return [name for domain in DOMAINS for name in domain.get(key) or []]


@pytest.mark.parametrize("form", forms(), ids=lambda form: form.form)
def test_that_a_forms_slots_are_fields_of_its_operation_and_slots_of_rasa(
    form: type[Dialogue], api: StandInApi
) -> None:
    operation = api.operations[form.operation]
    slots = {*form.asks, *form.takes}
    sheet = Sheet(form.form, operation, form.asks, {}, Memory(), None)
    assert {slot for slot in slots if not sheet.schema(slot)} == form.parts
    assert slots <= {*everything("slots")}
    filled = {slot.split(".")[0] for slot in slots}
    assert {*operation.required} <= filled or form.form == "self_serve_form"


@pytest.mark.parametrize("form", forms(), ids=lambda form: form.form)
def test_that_every_question_has_words_and_titles_for_all_its_options(
    form: type[Dialogue], api: StandInApi
) -> None:
    operation = api.operations[form.operation]
    sheet = Sheet(form.form, operation, form.asks, {}, Memory(), None)
    for slot in form.asks:
        assert sheet.question(slot).text.endswith(("?", ".")), slot
        allowed = [str(value) for value in sheet.schema(slot).get("enum", ())]
        assert {*allowed} <= {*sheet.question(slot).options} or not allowed, slot


def test_that_no_slot_or_response_is_named_in_two_places() -> None:
    for key in ("slots", "responses", "intents", "forms", "actions"):
        names = everything(key)
        assert len(names) == len(set(names)), key


def test_that_rasa_asks_nothing_by_itself() -> None:
    assert not [name for name in everything("responses") if name.startswith("utter_ask_")]


def test_that_every_action_of_the_domain_is_served_and_the_other_way_round() -> None:
    served = {action.name for action in executor().list_actions()}
    assert served == {*everything("actions")}


def test_that_every_form_has_its_validate_action() -> None:
    assert {form.form for form in forms()} == {*everything("forms")}


def test_that_buttons_send_intents_that_exist() -> None:
    for name, response in responses().items():
        for button in response.get("buttons") or []:
            intent = button["payload"].lstrip("/").split("{")[0]
            assert intent in everything("intents"), name


def test_that_places_in_texts_are_well_formed() -> None:
    for name, response in responses().items():
        assert list(string.Formatter().parse(response["text"])), name


def test_that_what_an_article_explains_can_be_done_with_one_press() -> None:
    ways = metadata("utter_answer", "ways")
    named = {one.operation for one in load_articles(settings().data_dir / "knowledge")}
    assert named - {None} <= {*ways}, "an article's operation has no button"
    assert {way["intent"] for way in ways.values()} <= {*everything("intents")}
