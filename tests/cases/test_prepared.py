"""Canned replies and macros: filled in before they are sent, done whole or not at all."""

import uuid

import httpx
import pytest
import pytest_asyncio
from pydantic import ValidationError

from backend.cases.canned import Prepared, prepared
from tests.cases.desk import CYRA, LEE, MIA, MO, events_of, open_case, seen, wrong
from tests.conftest import NORTHWIND, Newcomer, SignedIn


@pytest_asyncio.fixture(loop_scope="session")
async def lee(person: SignedIn) -> httpx.AsyncClient:
    return await person(LEE)


@pytest_asyncio.fixture(loop_scope="session")
async def asker(newcomer: Newcomer) -> httpx.AsyncClient:
    return await newcomer(roles=((NORTHWIND, "sa_user"),), name="Ada Askwell")


async def keep(lee: httpx.AsyncClient, text: str) -> str:
    """The id of a new canned reply."""
    body = {"name": f"Reply {uuid.uuid4().hex[:8]}", "text": text}
    answer = await lee.post("/canned-replies", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_that_variables_are_filled_in_by_the_case(
    asker: httpx.AsyncClient, lee: httpx.AsyncClient
) -> None:
    number = await open_case(
        asker, order_number="4100001", smart_account="northwind.example", portal="clc"
    )
    reply = await keep(
        lee,
        "Hello {{requester.first_name}} ({{ requester.name }}, {{requester.email}}), "
        "{{case.number}} “{{case.title}}” in {{case.queue}} about {{case.order_number}}, "
        "{{case.smart_account}},"
        " {{case.portal}}. {{agent.first_name}} {{agent.name}}",
    )
    filled = (await lee.get(f"/cases/{number}/canned-replies/{reply}")).json()["text"]
    assert "{{" not in filled
    email = asker.email  # type: ignore[attr-defined]
    assert filled.startswith(
        f"Hello Ada (Ada Askwell, {email}), {number} “Order is stuck” in Orders"
    )
    assert filled.endswith("Lee Lee Castellwyn")


async def test_that_an_unknown_variable_is_refused_by_name_when_it_is_kept(
    lee: httpx.AsyncClient,
) -> None:
    body = {"name": "x", "text": "Hello {{requester.nickname}}"}
    status, field, message = wrong(await lee.post("/canned-replies", json=body))
    assert (status, field) == (422, "text")
    assert "{{requester.nickname}}" in message
    assert "requester.first_name" in message


async def test_that_a_variable_without_a_value_is_refused_by_name_before_sending(
    asker: httpx.AsyncClient, lee: httpx.AsyncClient
) -> None:
    number = await open_case(asker)
    status, _, message = wrong(await lee.get(f"/cases/{number}/canned-replies/order-checked"))
    assert status == 422
    assert message.startswith("{{case.order_number}} has no value here")
    answer = await lee.post(f"/cases/{number}/replies", json={"text": "See {{case.order_number}}"})
    assert wrong(answer)[0] == 422
    assert "{{case.order_number}}" in wrong(answer)[2]
    ok = await lee.post(f"/cases/{number}/replies", json={"text": "Use {{ item.name }} in Jinja"})
    assert ok.status_code == 200, "what is none of our variables is just text"


async def test_that_the_desk_keeps_changes_and_drops_its_own_replies_and_nobody_else(
    lee: httpx.AsyncClient, person: SignedIn, newcomer: Newcomer
) -> None:
    reply = await keep(lee, "One")
    mo = await person(MO)
    body = {"name": f"Renamed {reply[:6]}", "text": "Two"}
    assert (await mo.put(f"/canned-replies/{reply}", json=body)).status_code == 200
    again = await lee.post("/canned-replies", json=body)
    assert again.status_code == 409
    shipped = {"name": "x", "text": "y"}
    assert (await lee.put("/canned-replies/solved", json=shipped)).status_code == 404
    named = await lee.post("/canned-replies", json={"name": "solved, please CONFIRM", "text": "x"})
    assert named.status_code == 409
    items = {one["id"]: one for one in (await lee.get("/canned-replies")).json()["items"]}
    assert (items[reply]["text"], items[reply]["shipped"]) == ("Two", False)
    assert items["solved"]["shipped"]
    for stranger in (await newcomer(), await person(CYRA)):
        assert (await stranger.get("/canned-replies")).status_code == 403
        assert (await stranger.post("/canned-replies", json=shipped)).status_code == 403
        assert (await stranger.delete(f"/canned-replies/{reply}")).status_code == 404
    assert (await mo.delete(f"/canned-replies/{reply}")).status_code == 200
    assert (await mo.delete(f"/canned-replies/{reply}")).status_code == 404


async def test_that_a_macro_does_all_it_says(
    asker: httpx.AsyncClient, lee: httpx.AsyncClient
) -> None:
    number = await open_case(asker)
    answer = await lee.post(f"/cases/{number}/macros", json={"macro": "ask-order-number"})
    assert answer.status_code == 200, answer.text
    case = await seen(lee, number)
    assert (case["status"], case["assignee"]["email"]) == ("customer_pending", LEE)
    assert case["tags"] == ["needs order number"]
    assert "Hello Ada" in case["thread"][-3]["text"] or "Hello Ada" in str(case["thread"])
    assert (await seen(asker, number))["tags"] == [], "the requester reads no tags"
    events = await events_of(number)
    assert {"case_replied", "case_tagged", "case_updated", "case_macro_run"} <= set(events)


async def test_that_a_macro_sends_its_answer_as_the_agent_has_changed_it(
    asker: httpx.AsyncClient, lee: httpx.AsyncClient
) -> None:
    number = await open_case(asker)
    body = {"macro": "solve", "text": "Done, {{requester.first_name}}!"}
    await lee.post(f"/cases/{number}/macros", json=body)
    case = await seen(asker, number)
    assert case["status"] == "closed"
    assert [e["text"] for e in case["thread"] if e["type"] == "reply"] == ["Done, Ada!"]


async def test_that_a_macro_is_refused_whole_when_one_step_is(
    asker: httpx.AsyncClient, lee: httpx.AsyncClient, person: SignedIn
) -> None:
    number = await open_case(asker)
    path = f"/cases/{number}/macros"
    for body, status in [
        ({"macro": "solve", "text": "See {{case.order_number}}"}, 422),
        ({"macro": "solve", "text": "See {{case.colour}}"}, 422),
        ({"macro": "urgent-orders", "text": "It sends none"}, 422),
        ({"macro": "nothing"}, 404),
    ]:
        assert (await lee.post(path, json=body)).status_code == status, body
    dry = await lee.post(path, json={"macro": "solve"}, headers={"Dry-Run": "true"})
    assert dry.json()["status"] == "closed"
    await lee.patch(f"/cases/{number}", json={"status": "closed"})
    answer = await lee.post(path, json={"macro": "take-and-tell"})
    assert answer.status_code == 409, "it would take a case that has ended"
    case = await seen(lee, number)
    assert (case["assignee"], case["tags"]) == (None, [])
    assert [e["type"] for e in case["thread"]] == ["opened", "status"]
    licensing = await open_case(asker, category="ea")
    mia = await person(MIA)
    elsewhere = await mia.post(f"/cases/{licensing}/macros", json={"macro": "solve"})
    assert elsewhere.status_code == 404
    assert (await asker.post(path, json={"macro": "solve"})).status_code == 403


async def test_that_a_macro_may_move_the_case_last(
    asker: httpx.AsyncClient, lee: httpx.AsyncClient
) -> None:
    number = await open_case(asker, category="ea")
    answer = await lee.post(f"/cases/{number}/macros", json={"macro": "urgent-orders"})
    assert answer.status_code == 200, answer.text
    case = await seen(lee, number)
    assert (case["queue"], case["severity"], case["tags"]) == ("orders", 2, ["production"])
    assert "Raised by Lee Castellwyn" in str(case["thread"])


async def test_that_tags_are_the_desks_own_words(
    asker: httpx.AsyncClient, lee: httpx.AsyncClient
) -> None:
    number = await open_case(asker)
    path = f"/cases/{number}/tags"
    for _ in range(2):
        assert (await lee.put(path, json={"tags": [" Feed ", "a  b"]})).status_code == 200
    assert (await seen(lee, number))["tags"] == ["a b", "feed"]
    assert (await events_of(number)).count("case_tagged") == 1
    for tags in (["a,b"], [""], ["x" * 41], [f"t{i}" for i in range(21)]):
        assert (await lee.put(path, json={"tags": tags})).status_code == 422, tags
    assert (await asker.put(path, json={"tags": ["x"]})).status_code == 403
    await lee.put(path, json={"tags": []})
    assert (await seen(lee, number))["tags"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"replies": {"x": {"name": "X", "text": "{{case.colour}}"}}},
        {"macros": {"x": {"name": "X", "reply": "nowhere"}}},
        {"macros": {"x": {"name": "X", "queue": "nowhere"}}},
        {"macros": {"x": {"name": "X", "assignee": "somebody"}}},
        {"macros": {"solved": {"name": "X"}}},
        {"macros": {"x": {"name": "X", "colour": "red"}}},
    ],
    ids=str,
)
def test_that_a_file_that_names_what_does_not_exist_is_refused(change: dict[str, object]) -> None:
    file = prepared().model_dump()
    Prepared.model_validate(file)
    with pytest.raises(ValidationError):
        Prepared.model_validate(file | change)
