"""What a model is told of when the API is large: little, what it needs, and a way to the rest."""

import json
import time
from statistics import median

import httpx
import pytest

from assistant.engines.agent.prompt import template
from assistant.engines.agent.toolbox import (
    ALWAYS,
    CHARACTERS_A_TOKEN,
    FIND,
    Need,
    Toolbox,
    room_beside,
)
from assistant.tools import offered, readable
from backend.core.client import Answer, LicensingApi
from backend.core.identity import Person
from backend.knowledge.embedding import sentence_embedding
from tests.agent.many_operations import document, wishes

ROOM = room_beside(template())
CUSTOMER = Person(id="c", email="c@c.example", name="C", kind="customer", organization_domain="c")
PARTNER = Person(id="p", email="p@p.example", name="P", kind="partner", organization_domain="p")
AGENT = Person(
    id="a", email="a@a.example", name="A", kind="support", organization_domain="a",
    desk_role="agent", desk_queues=["lea"],
)  # fmt: skip
MILLISECONDS = 10
MOST_TOKENS = 3000


@pytest.fixture(scope="module")
def box() -> Toolbox:
    """A toolbox of a large API that compares by meaning."""
    made = Toolbox(LicensingApi(httpx.AsyncClient(), document()))
    made.learn(sentence_embedding())
    return made


def names(specs: list[dict[str, object]]) -> list[str]:
    return [spec["function"]["name"] for spec in specs]  # type: ignore[index]


def described(specs: list[dict[str, object]]) -> str:
    """What `find_tools` says of the others."""
    return str(specs[-1]["function"]["description"])  # type: ignore[index]


def needed(turns: list[str], **more: object) -> Need:
    return Need(turns[::-1], portal="clc", **more)  # type: ignore[arg-type]


def test_that_the_api_is_large(box: Toolbox) -> None:
    assert len(offered(box.api, CUSTOMER)) > 60
    assert sum(box.sizes.values()) > 3 * ROOM


@pytest.mark.parametrize("person", [CUSTOMER, PARTNER, AGENT], ids=lambda person: person.kind)
def test_that_prompt_and_tools_stay_small(box: Toolbox, person: Person) -> None:
    for _, turns in wishes():
        specs = box.offer(person, needed(turns), ROOM)
        tokens = (len(template()) + len(json.dumps(specs))) / CHARACTERS_A_TOKEN
        assert tokens <= MOST_TOKENS, turns
        assert {*ALWAYS, FIND} <= set(names(specs))
        assert len(specs) >= 9, turns


@pytest.mark.parametrize(("room", "share"), [(1.0, 0.97), (0.7, 0.88)])
def test_that_what_is_needed_is_among_the_tools_nearly_always(
    box: Toolbox, room: float, share: float
) -> None:
    """Also with less room, as if the operations were described at greater length."""
    missed = []
    for wanted, turns in wishes():
        person = PARTNER if "fulfillment_manager" in wanted else CUSTOMER
        if wanted not in names(box.offer(person, needed(turns), int(ROOM * room))):
            missed.append((wanted, turns))
    assert len(missed) <= (1 - share) * len(wishes()), missed


def test_that_every_operation_that_may_be_offered_is_a_tool_or_named(box: Toolbox) -> None:
    for person in (CUSTOMER, PARTNER, AGENT):
        specs = box.offer(person, needed(["hello"]), ROOM)
        told = {*names(specs), *described(specs).split(": ")[1].split(", ")} - {FIND}
        assert told == {operation.id for operation in offered(box.api, person)}
    assert "claim_case" not in {operation.id for operation in offered(box.api, CUSTOMER)}
    assert "list_order_fulfillment_managers" not in described(
        box.offer(CUSTOMER, needed(["hello"]), ROOM)
    )


def test_that_tools_are_found_by_name_and_by_what_they_do(box: Toolbox) -> None:
    assert box.find(CUSTOMER, "list_events")[0] == "list_events"
    assert box.find(CUSTOMER, "I need delete_group and list_groups")[:2] == [
        "list_groups", "delete_group",
    ]  # fmt: skip
    assert "explain_order_delay" in box.find(CUSTOMER, "find out why an order hangs")
    assert len(box.find(CUSTOMER, "")) > 0
    assert "claim_case" not in box.find(CUSTOMER, "claim_case")


def test_that_what_was_found_and_what_was_called_before_is_offered(box: Toolbox) -> None:
    specs = box.offer(
        CUSTOMER, needed(["next Tuesday"], found=["list_events"], called=["create_group"]), ROOM
    )
    assert {"list_events", "create_group"} <= set(names(specs))


def test_that_the_choice_is_always_the_same(box: Toolbox) -> None:
    again = Toolbox(box.api)
    again.learn(sentence_embedding())
    for _, turns in wishes()[::10]:
        assert json.dumps(box.offer(CUSTOMER, needed(turns), ROOM)) == json.dumps(
            again.offer(CUSTOMER, needed(turns), ROOM)
        )


def test_that_words_alone_do_until_the_meaning_is_learnt(box: Toolbox) -> None:
    early = Toolbox(box.api)
    specs = early.offer(CUSTOMER, needed(["why is my order delayed?"]), ROOM)
    assert "explain_order_delay" in names(specs)


def test_that_the_choice_takes_little_time(box: Toolbox) -> None:
    took = []
    for _, turns in wishes():
        for number in range(len(turns)):
            started = time.thread_time()
            box.offer(CUSTOMER, needed(turns[: number + 1]), ROOM)
            took.append((time.thread_time() - started) * 1000)
    assert median(took) <= MILLISECONDS


def test_that_a_small_api_is_told_whole() -> None:
    whole = document()
    few = {path: whole["paths"][path] for path in ("/me", "/cases", "/knowledge", "/webinars")}
    box = Toolbox(LicensingApi(httpx.AsyncClient(), {"paths": few}))
    assert names(box.offer(CUSTOMER, needed(["hello"]), ROOM)) == list(box.specs)


def test_that_who_can_decide_is_told_of_one_request_and_not_of_many() -> None:
    request = {"id": "1", "status": "pending", "deciders": [{"name": "Nadia", "email": "n@x"}]}
    assert "Nadia" in readable(Answer(200, request))
    many = readable(Answer(200, {"items": [request, request]}))
    assert "pending" in many
    assert "Nadia" not in many
