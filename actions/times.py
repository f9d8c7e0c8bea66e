"""Preferred times in a form: words become windows, wrong ones are told apart from good ones."""

from datetime import datetime
from zoneinfo import ZoneInfo

from actions import answers
from actions.dates import Moment, UnreadableDate, read_moment, say_window
from actions.sheet import Sheet, Values
from actions.turn import Turn
from actions.windows import hear
from actions.wording import say
from backend.core import clock


def now_of(turn: Turn, sheet: Sheet) -> datetime:
    """The present moment in the zone that times are meant in."""
    zone = sheet.values.get("time_zone") or turn.metadata.get("time_zone") or "UTC"
    try:
        return clock.now().astimezone(ZoneInfo(zone))
    except (ValueError, LookupError):
        return clock.now()


def hear_windows(turn: Turn, sheet: Sheet, heard: Values) -> Moment | None:
    """Turn `heard["windows"]`, words, into windows, in place; a half one is returned."""
    said = heard.pop("windows", None)
    if said is None:
        return None
    words = [said] if isinstance(said, str) else said
    if words and isinstance(words[0], dict):
        heard["windows"] = words
        return None
    if "time_zone" in heard:
        sheet.values["time_zone"] = heard["time_zone"]
    now = now_of(turn, sheet)
    present = sheet.values.get("windows") or []
    begun = _begun(sheet, now)
    result = hear(words, now, present=present, begun=begun)
    sheet.notes += result.wrong
    if result.wrong and not result.moments and result.partial is None:
        return begun  # the half that was right is still waiting for the other
    sheet.memory.begun = result.partial.said if result.partial else None
    if not result.moments:
        return result.partial
    windows = [moment.window() for moment in result.moments]
    adds = answers.ADDS.search(turn.text) is not None or (
        begun is not None and bool(present) and sheet.memory.changing != "windows"
    )
    heard["windows"] = [*present, *windows] if adds else windows
    sheet.weekdays = {m.window()["start"]: m for m in result.moments if m.weekday}
    return result.partial


def _begun(sheet: Sheet, now: datetime) -> Moment | None:
    """The window of which one half was said before."""
    if sheet.memory.begun is None:
        return None
    try:
        return read_moment(sheet.memory.begun, now)
    except UnreadableDate:
        return None


async def right_windows(turn: Turn, sheet: Sheet, wrong: dict[str, str]) -> dict[str, str]:
    """Keep the good ones of several windows, in `sheet`; what remains wrong is returned.

    A weekday that would be too soon is taken as next week's, and that is said.
    """
    zone = sheet.values.get("time_zone") or turn.metadata.get("time_zone") or "UTC"
    good, said = [], []
    for window in sheet.values["windows"]:
        refused = await _refused(window, zone, turn, sheet)
        weekday = sheet.weekdays.get(window["start"])
        if refused and weekday is not None:
            later = weekday.later().window()
            if not await _refused(later, zone, turn, sheet):
                shown = say_window(later, zone)
                sheet.notes.append(f"{refused} {say('utter_form_week_later', window=shown)}")
                good.append(later)
                continue
        if refused:
            said.append(refused)
        else:
            good.append(window)
    if not good:
        return {**wrong, "windows": " ".join(dict.fromkeys(said)) or wrong["windows"]}
    if good == sheet.values["windows"]:
        return wrong
    sheet.values["windows"] = good
    sheet.notes += said
    return {slot: text for slot, text in wrong.items() if slot != "windows"}


async def _refused(window: Values, zone: str, turn: Turn, sheet: Sheet) -> str:
    """Why the API refuses one window; empty when it takes it."""
    paths = sheet.operation.path_parameters
    given = {name: sheet.values[name] for name in paths if name in sheet.values}
    answer = await turn.call(
        sheet.operation.id, dry_run=True, **given, windows=[window], time_zone=zone
    )
    messages = [
        error["message"] for error in answer.field_errors if error["field"].startswith("windows")
    ]
    return " ".join(dict.fromkeys(messages))
