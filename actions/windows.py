"""Preferred times out of a message: several in one sentence, in parts, or as a correction."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from actions.dates import Moment, UnreadableDate, moment_of, read_moment

Window = dict[str, Any]


@dataclass
class Heard:
    """What a message said about times.

    `moments` are complete; `partial` lacks its day or its time and is to be asked for;
    `wrong` says what does not exist, in the person's words.
    """

    moments: list[Moment] = field(default_factory=list)
    partial: Moment | None = None
    wrong: list[str] = field(default_factory=list)


def hear(said: list[str], now: datetime, *, present: list[Window], begun: Moment | None) -> Heard:
    """Read the windows of one message.

    `now` is aware, in the person's zone. `begun` is a window of which one half is known
    already. A lone part ("Wednesday instead", "make it 4pm") changes the one present window.
    """
    heard = Heard()
    week = _week_of(present)
    moments: list[Moment] = []
    for words in said:
        try:
            moments.append(read_moment(words, now, week))
        except UnreadableDate as exc:
            heard.wrong.append(str(exc))
    for moment in _completed(_joined(moments)):
        whole = moment
        if begun is not None and begun.length and not (whole.end or whole.length):
            whole = replace(whole, length=begun.length)
        if not whole.complete and begun is not None:
            whole = whole.merged(begun)
        if not whole.complete and len(present) == 1:
            whole = whole.merged(moment_of(present[0]))
        if whole.complete:
            heard.moments.append(whole)
        else:
            heard.partial = whole
    return heard


def _week_of(present: list[Window]) -> date | None:
    return moment_of(present[0]).day if len(present) == 1 else None


def _joined(moments: list[Moment]) -> list[Moment]:
    """Join a day and a time that stand side by side: "3pm New York time on Friday"."""
    joined: list[Moment] = []
    for moment in moments:
        last = joined[-1] if joined else None
        halves = last and {last.day is None, moment.day is None} == {True, False}
        if last and halves and (last.begin is None) != (moment.begin is None):
            joined[-1] = last.merged(moment)
        else:
            joined.append(moment)
    return joined


def _completed(moments: list[Moment]) -> list[Moment]:
    """Fill halves: "Tuesday or Wednesday at 3pm" is one time on two days."""
    clocks = [moment for moment in moments if moment.begin is not None]
    done: list[Moment] = []
    for index, moment in enumerate(moments):
        whole = moment
        if whole.begin is None and clocks:
            after = next((m for m in moments[index:] if m.begin is not None), clocks[-1])
            whole = whole.merged(Moment("", begin=after.begin, end=after.end, length=after.length))
        if whole.day is None and done:
            whole = whole.merged(Moment("", day=done[-1].day, weekday=done[-1].weekday))
        done.append(whole)
    return done
