"""The case form, and forms about one of my cases."""

from actions.cases import CancelCaseForm, CaseForm, NoteForm
from backend.core.client import Answer
from tests.actions.talk import StandInApi, Talk


def case(number: str, kind: str = "support", status: str = "new") -> dict[str, str]:
    return {"number": number, "title": f"Case {number}", "kind": kind, "status": status}


async def test_that_a_told_problem_is_the_title_and_names_the_category(api: StandInApi) -> None:
    talk = Talk(CaseForm(), api)
    await talk.say("open a case because my licence is missing", "open_case")
    assert talk.slots["title"] == "My licence is missing"
    assert talk.slots["category"] == "smart_licensing"
    assert talk.asked == "description"


async def test_that_an_unclear_problem_is_asked_about(api: StandInApi) -> None:
    talk = Talk(CaseForm(), api)
    replies = await talk.say("I have a problem", "open_case")
    assert talk.asked == "category"
    assert len(replies[0]["ask"]["options"]) == 9


async def test_that_severity_one_and_two_need_a_phone_and_say_to_call(api: StandInApi) -> None:
    talk = Talk(CaseForm(), api)
    await talk.say("my licence is missing", "open_case")
    await talk.say("20 bought, 15 there")
    assert talk.asked == "severity"
    replies = await talk.say("2")
    assert talk.asked == "phone"
    assert "call" in replies[0]["text"]
    assert replies[0]["ask"]["required"] is True
    replies = await talk.say("+47 555 01 000")
    assert replies[-1]["propose"]["arguments"]["severity"] == 2


async def test_that_severity_three_is_the_default_when_skipped(api: StandInApi) -> None:
    talk = Talk(CaseForm(), api)
    await talk.say("my licence is missing", "open_case")
    await talk.say("20 bought, 15 there")
    replies = await talk.say("skip", "skip")
    assert "severity" not in replies[-1]["propose"]["arguments"]


async def test_that_a_yes_is_no_description(api: StandInApi) -> None:
    talk = Talk(CaseForm(), api)
    await talk.say("my licence is missing", "open_case")
    await talk.say("yes", "affirm")
    assert talk.asked == "description"


async def test_that_the_only_open_case_is_taken(api: StandInApi) -> None:
    api.answers["list_cases"] = {"items": [case("C-500001"), case("C-500002", status="closed")]}
    talk = Talk(NoteForm(), api)
    replies = await talk.say("add a note to my case: call me before noon", "add_note")
    assert replies[-1]["propose"]["arguments"] == {
        "case_number": "C-500001",
        "text": "call me before noon",
    }


async def test_that_several_open_cases_are_a_choice(api: StandInApi) -> None:
    api.answers["list_cases"] = {"items": [case("C-500001"), case("C-500002", "training")]}
    talk = Talk(CancelCaseForm(), api)
    replies = await talk.say("cancel my case", "cancel_case")
    assert [o["value"] for o in replies[0]["ask"]["options"]] == ["C-500001", "C-500002"]
    replies = await talk.press("case_number", "C-500002")
    assert replies[-1]["propose"]["arguments"] == {"case_number": "C-500002"}


async def test_that_no_open_case_ends_it_with_a_word(api: StandInApi) -> None:
    talk = Talk(CancelCaseForm(), api)
    replies = await talk.say("cancel my case", "cancel_case")
    assert "no open case" in replies[0]["text"]
    assert talk.asked is None


async def test_that_a_case_of_somebody_else_is_refused(api: StandInApi) -> None:
    api.answers["cancel_case"] = Answer(404, {"detail": "There is no case C-599999."})
    talk = Talk(CancelCaseForm(), api)
    replies = await talk.say("cancel C-599999", "cancel_case")
    assert "C-599999" in replies[0]["text"]
    assert talk.asked == "case_number"
