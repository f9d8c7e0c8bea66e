"""How a form speaks: the next question, what was wrong with an answer, the ways out."""

from rasa_sdk.events import EventType, SlotSet

from actions.dates import Moment
from actions.sheet import CHANGE, Sheet
from actions.turn import Turn, button
from actions.wording import buttons, say

PATIENCE = 2  # failed answers to one question until ways out are offered


def ask(turn: Turn, sheet: Sheet, slot: str) -> list[EventType]:
    """Say what is to be said and ask for `slot`, in one reply."""
    if slot != sheet.asked:
        sheet.memory.failed.pop(slot, None)
    sheet.asked = slot
    text = "\n\n".join([*sheet.notes, sheet.text_of(slot)])
    turn.reply(text, ask=sheet.ask(slot), buttons=sheet.offers)
    return sheet.events(slot)


def ask_partial(turn: Turn, sheet: Sheet, partial: Moment) -> list[EventType]:
    """One half of a window is known: ask for the other."""
    if partial.day is None and partial.begin is None:  # only how long it is to last
        return ask(turn, sheet, "windows")
    more = sheet.question("windows").metadata
    if partial.day is not None:
        day = f"{partial.day:%A}, {partial.day.day} {partial.day:%B}"
        text = str(more["at_what_time"]).format(day=day)
    else:
        text = str(more["on_which_day"]).format(time=f"{partial.begin:%H:%M}")
    turn.reply("\n\n".join([*sheet.notes, text]), ask=sheet.ask("windows"))
    return sheet.events("windows")


def failed(turn: Turn, sheet: Sheet, reason: str, slot: str | None = None) -> list[EventType]:
    """An answer that could not be taken: why, what would do, and in the end a way out."""
    slot = slot or str(sheet.asked)
    times = sheet.memory.failed.get(slot, 0) + 1
    sheet.memory.failed[slot] = times
    question = sheet.question(slot)
    text = [*sheet.notes, reason[:1].upper() + reason[1:]]
    ways = list(sheet.offers)
    if times >= PATIENCE and reason == say("utter_form_not_understood"):
        text[-1] = reason if times % 2 == 0 else say("utter_form_still_not_understood")
        text.append(question.why if times == PATIENCE else "")
    text.append(sheet.text_of(slot))
    if question.examples:
        text[-1] += " " + say("utter_form_examples", examples=_listed(question.examples))
    if times >= PATIENCE:
        text.append(say("utter_form_stuck"))
        ways += ways_out(sheet, slot)
    sheet.asked = slot
    turn.reply("\n\n".join(filter(None, text)), ask=sheet.ask(slot), buttons=ways)
    return sheet.events(slot)


def ways_out(sheet: Sheet, slot: str) -> list[dict[str, str]]:
    """Skip (where possible), cancel, a person."""
    ways = [] if sheet.is_required(slot) else [button(say("utter_way_out_skip"), "skip")]
    return [
        *ways,
        button(say("utter_way_out_cancel"), "cancel"),
        button(say("utter_way_out_person"), "talk_to_person"),
    ]


def cancelled(turn: Turn, sheet: Sheet) -> list[EventType]:
    """Forget everything, and say so."""
    turn.reply(say("utter_form_cancelled"), buttons=buttons("utter_form_cancelled"))
    sheet.forget()
    return [*sheet.events(None), SlotSet("task", None)]


def so_far(turn: Turn, sheet: Sheet) -> list[EventType]:
    """What the person has said until now, then the open question."""
    lines = sheet.summary()
    if lines:
        sheet.notes.append("\n".join([say("utter_form_so_far"), *lines]))
    else:
        sheet.notes.append(say("utter_form_nothing_so_far"))
    return ask(turn, sheet, str(sheet.asked))


def help_with(turn: Turn, sheet: Sheet) -> list[EventType]:
    """What the open question is for, how to answer it, and what else can be said."""
    question = sheet.question(str(sheet.asked))
    if question.why:
        sheet.notes.append(question.why)
    if question.examples:
        sheet.notes.append(say("utter_form_examples", examples=_listed(question.examples)))
    sheet.notes.append(say("utter_form_help"))
    return ask(turn, sheet, str(sheet.asked))


def _listed(examples: tuple[str, ...]) -> str:
    return " · ".join(f'"{example}"' for example in examples)


__all__ = [
    "CHANGE",
    "ask",
    "ask_partial",
    "cancelled",
    "failed",
    "help_with",
    "so_far",
    "ways_out",
]
