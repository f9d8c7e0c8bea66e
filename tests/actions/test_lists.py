"""Several of many: what the control that ticks them off sends is taken as it is."""

import pytest

from actions.training import TrainingForm
from tests.actions.talk import StandInApi, Talk

# Names as administrators give them to virtual accounts.
OPTIONS = {
    "va1": "EMEA, North", "va2": 'The "new" lab', "va3": "On-Prem; old", "va4": "Oslo",
    "va5": "Monday", "va6": "Cancel", "va7": "and Partners",
}  # fmt: skip


@pytest.fixture
async def talk(api: StandInApi) -> Talk:
    """The question for topics, narrowed to these options."""
    talk = Talk(TrainingForm(), api, time_zone="Europe/Oslo", language="en")
    await talk.say("a training on CLC", "open_training_case", portal="clc", kind="training")
    assert talk.asked == "topics"
    talk.slots["form_memory"] = {"narrowed": "topics", "options": OPTIONS}
    return talk


@pytest.mark.parametrize(
    ("said", "chosen"),
    [
        ('"EMEA, North", Oslo', ["va1", "va4"]),
        ('"The ""new"" lab", "On-Prem; old"', ["va2", "va3"]),
        ("va1,va4", ["va1", "va4"]),
        ("oslo , Oslo,va4", ["va4"]),
        ("and Partners", ["va7"]),
        ('"EMEA, North"', ["va1"]),
        # One's own words beside them: only what is in quotation marks keeps its commas.
        ('"EMEA, North", something else', ["va1", "something else"]),
        ('the "big" move, Oslo', ['"big" move', "va4"]),
    ],
)
async def test_that_names_with_commas_and_quotation_marks_survive(
    talk: Talk, said: str, chosen: list[str]
) -> None:
    await talk.say(said)
    assert talk.slots["topics"] == chosen


@pytest.mark.parametrize(
    ("said", "intent", "chosen"),
    [("Cancel", "cancel", ["va6"]), ("Oslo, Monday", "inform", ["va4", "va5"])],
)
async def test_that_what_was_ticked_off_is_no_command_and_no_date(
    talk: Talk, said: str, intent: str, chosen: list[str]
) -> None:
    await talk.say(said, intent)
    assert talk.slots["topics"] == chosen
    assert talk.asked == "windows"
    assert "windows" not in {k for k, v in talk.slots.items() if v}


async def test_that_one_name_of_the_list_and_more_words_are_understood_as_before(
    talk: Talk,
) -> None:
    replies = await talk.say("cancel it please", "cancel")
    assert talk.asked is None
    assert replies
