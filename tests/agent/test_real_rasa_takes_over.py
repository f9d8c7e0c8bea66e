"""The model fails in the middle of a conversation, and a real Rasa goes on with the facts."""

from pathlib import Path

from tests.agent.scripted_model import Says, ScriptedModel, text
from tests.product import Product


def test_that_facts_told_to_the_agent_are_on_rasas_card(tmp_path: Path) -> None:
    with (
        ScriptedModel() as model,
        Product(tmp_path, environment={"OPENAI_BASE_URL": model.url}) as product,
    ):
        nadia = product.client("nadia@northwind.example")
        nadia.begin()
        model.steps(text("What should it be about?"), text("When would suit you?"))
        nadia.say("I need training on CLC for 12 people")
        nadia.say("topics: how orders get assigned")
        model.steps(Says(status=500))
        asked = nadia.say("next Tuesday 3pm")
        assert {reply["engine"] for reply in asked} == {"rasa"}
        assert not any(reply["proposal"] for reply in asked)
        card = nadia.say("create a case")[-1]["proposal"]
        told = card["arguments"]
        assert (told["portal"], told["attendees"]) == ("clc", 12)
        assert told["topics"] == ["how orders get assigned"]
        assert [window["start"][-5:] for window in told["windows"]] == ["15:00"]
        assert nadia.cases() == []
        assert nadia.settle(card["id"]).status_code == 200
        assert len(nadia.cases()) == 1
