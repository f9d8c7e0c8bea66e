"""Portal names that need a word: names of two things, of none, of none that we train on."""

from difflib import get_close_matches

from actions.sheet import Sheet, Values
from actions.turn import Turn, button
from actions.wording import say


def hear_portal(turn: Turn, sheet: Sheet, heard: Values) -> bool:
    """Take out of `heard` what is no portal yet, and note what to say and to offer instead.

    Returns whether the portal now has to be asked for, whatever else the message says.
    """
    asked = sheet.question("portal").metadata
    group, value = turn.value("portal_group"), heard.get("portal")
    if "portal" not in sheet.order:  # a detail there: what is unclear is left out
        if value not in sheet.question("portal").options:
            heard.pop("portal", None)
        return False
    if value is None and group is not None:
        found = asked["groups"][group]
        sheet.narrow("portal", found["options"], found["text"])
    elif value in asked["not_ours"]:
        heard.pop("portal")
        sheet.values.pop("portal", None)
        sheet.notes.append(str(asked["not_ours"][value]))
        sheet.narrow("portal", None)
        sheet.offers.append(button(say("utter_way_out_case"), "open_case"))
    elif value is not None:
        sheet.narrow("portal", None)
        return False
    elif (unknown := turn.value("unknown_portal")) is not None:
        note_unknown(str(unknown), sheet)
    else:
        return False
    sheet.memory.changing = "portal"
    return True


def note_unknown(said: str, sheet: Sheet) -> None:
    """A name that we don't know: say so, and offer those that come closest."""
    question = sheet.question("portal")
    sheet.notes.append(str(question.metadata["unknown"]).format(said=said[:60]))
    sheet.narrow("portal", nearest(said, question.options))


def nearest(said: str, options: dict[str, str], count: int = 4) -> dict[str, str]:
    """The options whose value or title resembles what was said, the nearest first."""
    names = {value.lower(): value for value in options}
    for value, title in options.items():
        for part in title.replace("(", "|").replace(")", "").split("|"):
            names[part.strip().lower()] = value
    close = get_close_matches(said.lower(), names, n=12, cutoff=0.0)
    ordered = list(dict.fromkeys(names[name] for name in close))
    return {value: options[value] for value in ordered[:count]}
