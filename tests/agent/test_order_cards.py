"""What the agent read about orders comes as the same card that Rasa's actions show."""

from backend.core.cards import card_of
from tests.agent.conftest import Talk
from tests.agent.scripted_model import ScriptedModel, call, text

FIONA = "fiona@northwind.example"


async def test_that_an_order_that_was_read_is_shown(talk: Talk, model: ScriptedModel) -> None:
    fiona = await talk(FIONA)
    model.steps(call("get_order", {"order_number": "81000005"}), text("Here it is."))
    (reply,) = await fiona.say("where is order 81000005?")
    order = (await fiona.http.get("/orders/4100005")).json()
    assert reply["card"] == card_of("get_order", order)


async def test_that_why_it_waits_is_added_to_the_order(talk: Talk, model: ScriptedModel) -> None:
    fiona = await talk(FIONA)
    one = {"order_number": "4100005"}
    model.steps(call("explain_order_delay", one), text("Nobody is named."))
    (reply,) = await fiona.say("why does 4100005 wait?")
    assert reply["card"]["order"]["delays"][0]["code"] == "PROV_CONTACT_MISSING"
    assert "timeline" not in reply["card"]["order"]
    model.steps(
        call("get_order", one), call("explain_order_delay", one), text("Nobody is named yet.")
    )
    (reply,) = await fiona.say("and where is it?")
    assert reply["card"]["order"]["timeline"]
    assert reply["card"]["order"]["delays"][0]["code"] == "PROV_CONTACT_MISSING"


async def test_that_the_last_thing_read_is_what_is_shown(talk: Talk, model: ScriptedModel) -> None:
    fiona = await talk(FIONA)
    model.steps(
        call("get_order", {"order_number": "4100005"}), call("list_orders", {"limit": 5}),
        call("get_me", {}), text("Those five."),
    )  # fmt: skip
    (reply,) = await fiona.say("which orders are there?")
    assert reply["card"]["kind"] == "orders"
    assert len(reply["card"]["orders"]) == 5
    assert reply["card"]["goes_on"] is True


async def test_that_an_order_that_is_not_there_has_no_card(
    talk: Talk, model: ScriptedModel
) -> None:
    fiona = await talk(FIONA)
    model.steps(call("get_order", {"order_number": "4100023"}), text("I can’t find it."))
    (reply,) = await fiona.say("where is order 4100023?")
    assert reply["card"] is None
