"""The training form, message by message, without Rasa."""

from typing import Any

import pytest

from actions.training import SelfServeForm, TrainingForm
from tests.actions.talk import StandInApi, Talk

PROFILE = {"language": "en", "time_zone": "Europe/Berlin", "phone": "+47 555 01 000"}


@pytest.fixture
def talk(api: StandInApi) -> Talk:
    api.answers["get_me"] = PROFILE
    return Talk(TrainingForm(), api, time_zone="Europe/Berlin", language="en")


async def begun(talk: Talk) -> Talk:
    await talk.say(
        "open a training case for CLC", "open_training_case", kind="training", portal="clc"
    )
    return talk


async def test_that_it_asks_only_for_what_was_not_said(talk: Talk) -> None:
    await talk.say(
        "open a training case for CLC for 12 people on 10 December 3pm, in German",
        "open_training_case",
        kind="training",
        portal="clc",
        language="de",
    )
    assert talk.asked == "topics"
    replies = await talk.say("how orders get assigned")
    proposed = replies[-1]["propose"]
    assert proposed["operation"] == "create_training_engagement"
    assert proposed["arguments"] == {
        "kind": "training",
        "portal": "clc",
        "topics": ["how orders get assigned"],
        "windows": [{"start": "2026-12-10T15:00"}],
        "attendees": 12,
        "language": "de",
        "time_zone": "Europe/Berlin",
        "phone": "+47 555 01 000",
    }


async def test_that_every_question_has_one_ask_in_the_contracts_shape(talk: Talk) -> None:
    replies = await talk.say("/create_case", "create_case", 1.0)
    asks = [reply["ask"] for reply in replies if "ask" in reply]
    assert len(asks) == 1
    assert asks[0]["slot"] == "kind"
    assert asks[0]["kind"] == "choice"
    assert asks[0]["required"] is True
    assert asks[0]["options"][0] == {
        "value": "training",
        "title": "Training",
        "payload": '/answer{"slot":"kind","value":"training"}',
    }


async def test_the_order_of_questions_without_a_profile(api: StandInApi) -> None:
    talk = Talk(TrainingForm(), api)
    asked = []
    await talk.say("/create_case", "create_case", 1.0)
    for answer, facts in [
        ("demo", {"kind": "demo"}), ("cssm", {"portal": "cssm"}), ("transfers, tokens", {}),
        ("2026-12-10T15:00", {}), ("12", {}), ("German", {"language": "de"}),
        ("Berlin", {"city": "Europe/Berlin"}),
    ]:  # fmt: skip
        asked.append(talk.asked)
        await talk.say(answer, **facts)
    asked.append(talk.asked)
    assert asked == [
        "kind",
        "portal",
        "topics",
        "windows",
        "attendees",
        "language",
        "time_zone",
        "phone",
    ]
    replies = await talk.say("skip", "skip")
    assert "phone" not in replies[-1]["propose"]["arguments"]


async def test_that_a_required_question_is_not_skipped_and_says_why(talk: Talk) -> None:
    await begun(talk)
    replies = await talk.say("skip", "skip")
    assert talk.asked == "topics"
    assert "needed" in replies[0]["text"]


async def test_that_corrections_fill_other_slots_and_the_question_stays(talk: Talk) -> None:
    await begun(talk)
    await talk.say("no, CSSM", portal="cssm")
    replies = await talk.say("make it 15 people")
    assert talk.slots["portal"] == "cssm"
    assert talk.slots["attendees"] == 15
    assert talk.asked == "topics"
    assert "15" in replies[0]["text"]


async def test_that_a_topic_may_name_a_portal_without_changing_it(talk: Talk) -> None:
    await begun(talk)
    await talk.say("moving licences from CSSM", portal="cssm")
    assert talk.slots["portal"] == "clc"
    assert talk.slots["topics"] == ["moving licences from CSSM"]


async def test_that_a_question_interrupts_free_text_and_a_topic_does_not(talk: Talk) -> None:
    talk.api.answers["search_knowledge"] = {
        "items": [
            {
                "title": "Virtual accounts",
                "url": "https://help.example/va",
                "excerpt": "A virtual account is a part of a Smart Account.",
                "kind": "article",
            }
        ]
    }
    await begun(talk)
    replies = await talk.say("what is a virtual account?", "ask_knowledge")
    assert replies[0]["sources"] == [
        {"title": "Virtual accounts", "url": "https://help.example/va"}
    ]
    assert replies[1]["ask"]["slot"] == "topics"
    await talk.say("how orders get assigned", "ask_knowledge")
    assert talk.slots["topics"] == ["how orders get assigned"]


@pytest.mark.parametrize("text", ["0", "101", "-5", "lots"])
async def test_that_a_wrong_number_is_asked_again_with_the_reason(talk: Talk, text: str) -> None:
    await begun(talk)
    await talk.say("user groups")
    await talk.say("10 December 10:00")
    replies = await talk.say(text)
    assert talk.asked == "attendees"
    assert replies[0]["ask"]["kind"] == "number"
    assert talk.slots.get("attendees") is None
    assert talk.slots["topics"] == ["user groups"]


async def test_that_after_two_failures_there_is_a_way_out(talk: Talk) -> None:
    await begun(talk)
    await talk.say("user groups")
    first = await talk.say("whenever you like")
    second = await talk.say("no idea when really", "small_talk", 0.3)
    assert not first[0].get("buttons")
    payloads = [button["payload"] for button in second[0]["buttons"]]
    assert payloads == ["/cancel", "/talk_to_person"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("yesterday 3pm", "in the past"),
        ("Saturday 5 December 10:00", "weekend"),
        ("tomorrow 10:00", "Thursday, 26 November 2026"),
        ("2027-12-01T10:00", "too far"),
        ("2026-12-10T12:00 to 10:00", "not after"),
        ("31 February 10:00", "31 February"),
    ],
)
async def test_that_a_wrong_window_says_what_is_wrong(talk: Talk, said: str, reason: str) -> None:
    await begun(talk)
    await talk.say("user groups")
    replies = await talk.say(said)
    assert reason in replies[0]["text"]
    assert replies[0]["ask"]["slot"] == "windows"
    assert not talk.slots.get("windows")


async def test_that_of_three_windows_the_good_ones_are_kept(talk: Talk) -> None:
    await begun(talk)
    await talk.say("user groups")
    replies = await talk.say("9 December 10am, Saturday 12 December 2pm, 10 December 3pm")
    starts = [window["start"] for window in talk.slots["windows"]]
    assert starts == ["2026-12-09T10:00", "2026-12-10T15:00"]
    assert "weekend" in replies[0]["text"]
    assert talk.asked == "attendees"


async def test_that_a_weekday_that_is_too_soon_is_taken_a_week_later_and_said(talk: Talk) -> None:
    await begun(talk)
    await talk.say("user groups")
    replies = await talk.say("tuesday 3pm")
    assert talk.slots["windows"] == [{"start": "2026-12-01T15:00"}]
    assert "Tuesday, 1 December 2026" in replies[0]["text"]


async def test_that_only_the_facts_of_a_question_are_taken_where_words_are_asked(
    talk: Talk,
) -> None:
    await begun(talk)
    await talk.say("can we do monday 14 december at 3pm?")
    assert talk.asked == "topics"
    assert not talk.slots.get("topics")
    assert talk.slots["windows"] == [{"start": "2026-12-14T15:00"}]


async def test_that_what_is_to_change_may_be_named_in_ones_own_words(talk: Talk) -> None:
    await complete(talk)
    await talk.say("the date should be different", "reschedule_training")
    assert talk.asked == "windows"
    await talk.say("I want to change the number of people", "change")
    assert talk.asked == "attendees"


async def test_that_half_a_window_is_asked_to_the_end(talk: Talk) -> None:
    await begun(talk)
    await talk.say("user groups")
    replies = await talk.say("10 December")
    assert "At what time" in replies[0]["text"]
    await talk.say("3pm")
    assert talk.slots["windows"] == [{"start": "2026-12-10T15:00"}]


async def test_back_summary_and_cancel(talk: Talk) -> None:
    await begun(talk)
    await talk.say("user groups")
    await talk.say("back", "go_back")
    assert talk.asked == "topics"
    replies = await talk.say("what did I say so far", "summarise")
    assert "License Central" in replies[0]["text"]
    replies = await talk.say("cancel", "cancel")
    assert "nothing was sent" in replies[0]["text"]
    assert talk.asked is None
    assert talk.slots["portal"] is None


async def test_that_it_stays_open_for_changes_after_the_card(talk: Talk) -> None:
    await complete(talk)
    assert talk.asked == "change"
    replies = await talk.say("make it 15 people")
    assert replies[-1]["propose"]["arguments"]["attendees"] == 15
    replies = await talk.say("/change", "change", 1.0)
    values = [option["value"] for option in replies[0]["ask"]["options"]]
    assert values[:3] == ["kind", "portal", "topics"]
    await talk.press("change", "attendees")
    assert talk.asked == "attendees"
    replies = await talk.say("7")
    assert replies[-1]["propose"]["arguments"]["attendees"] == 7


async def test_that_another_one_is_proposed_only_when_asked_for(talk: Talk) -> None:
    replies = await complete(talk)
    assert "open_another" not in replies[-1]["propose"]["arguments"]
    replies = await talk.say("/open_another", "open_another", 1.0)
    assert replies[-1]["propose"]["arguments"]["open_another"] is True


async def complete(talk: Talk) -> list[dict[str, Any]]:
    await begun(talk)
    await talk.say("user groups")
    await talk.say("10 December 3pm")
    return await talk.say("12")


async def test_that_the_form_leaves_to_the_rules_what_is_not_for_it(talk: Talk) -> None:
    await begun(talk)
    await talk.say("user groups")
    assert await talk.say("hello", "greet") == []
    assert talk.returned == []
    replies = await talk.say("hello", "greet", after="utter_greet")
    assert replies[0]["ask"]["slot"] == "windows"


async def test_that_another_wish_is_asked_about_and_keeps_what_was_said(talk: Talk) -> None:
    await begun(talk)
    await talk.say("user groups")
    replies = await talk.say("my licence is missing", "open_case")
    assert replies[0]["ask"]["kind"] == "confirm"
    await talk.say("no", "deny")
    assert talk.asked == "windows"
    await talk.say("my licence is missing", "open_case")
    await talk.say("yes", "affirm")
    assert talk.follow_up == "case_form"
    assert talk.slots["form_memory"]["said"] == "my licence is missing"
    assert talk.slots["form_memory"]["earlier"]["intent"]["name"] == "open_case"
    assert talk.slots["topics"] is None


async def test_that_an_ambiguous_name_is_asked_back(talk: Talk) -> None:
    replies = await talk.say(
        "open a training case for SSM",
        "open_training_case",
        portal_group="any_ssm",
        kind="training",
    )
    assert [o["value"] for o in replies[0]["ask"]["options"]] == ["cssm", "ssm_onprem"]
    await talk.say("on-prem", portal="ssm_onprem")
    assert talk.slots["portal"] == "ssm_onprem"


async def test_that_an_unknown_portal_gets_the_nearest_ones_offered(talk: Talk) -> None:
    replies = await talk.say(
        "training on Licence Registry portal",
        "open_training_case",
        kind="training",
        unknown_portal="Licence Registry",
    )
    assert "Licence Registry" in replies[0]["text"]
    assert replies[0]["ask"]["options"][0]["value"] == "lrp"


async def test_that_a_portal_we_do_not_train_on_is_said(talk: Talk) -> None:
    replies = await talk.say(
        "training on Partner Support Service",
        "open_training_case",
        kind="training",
        portal="partner_support_service",
    )
    assert "not a portal" in replies[0]["text"]
    assert {"title": "Open a case", "payload": "/open_case"} in replies[0]["buttons"]
    assert talk.asked == "portal"


async def test_that_self_serve_shows_links_and_keeps_what_was_said(api: StandInApi) -> None:
    api.answers["list_webinars"] = {
        "items": [
            {
                "title": "CLC in an hour",
                "starts_at": "2026-12-01T15:00:00Z",
                "duration_minutes": 60,
                "register_url": "https://webinars.example/clc",
                "portal": "clc",
                "language": "en",
            }
        ]
    }
    talk = Talk(SelfServeForm(), api, time_zone="Europe/Berlin")
    replies = await talk.say(
        "I need training on CLC for 12 people next Tuesday 3pm",
        "request_training",
        kind="training",
        portal="clc",
    )
    items = replies[0]["card"]["items"]
    assert items[0]["action"] == "Register"
    assert "16:00" in items[0]["detail"]
    assert replies[0]["buttons"] == [{"title": "Get Support", "payload": "/get_support"}]
    assert talk.slots["task"] == "training"
    assert talk.slots["attendees"] == 12
    assert talk.slots["windows"] == ["next Tuesday 3pm"]


async def test_that_the_person_of_the_channel_is_the_caller(talk: Talk) -> None:
    await begun(talk)
    assert {call[2].person for call in talk.api.calls} == {"nadia@northwind.example"}
    assert {call[2].via for call in talk.api.calls} == {"rasa"}
