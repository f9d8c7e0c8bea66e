"""Dates and times as people say them, in their own time zone.

A window's words are taken apart here; what a calendar knows is left to `dateparser`. Which
days are allowed is the API's business.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import dateparser

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT = {
    "mon": 0, "tue": 1, "tues": 1, "tuseday": 1, "wed": 2, "weds": 2, "wendesday": 2,
    "wednsday": 2, "wedensday": 2, "thu": 3, "thur": 3, "thurs": 3, "thrusday": 3, "fri": 4,
    "sat": 5, "sun": 6,
} | {name: number for number, name in enumerate(DAYS)}  # fmt: skip
_PARTS = {"morning": time(9), "afternoon": time(14), "evening": time(17), "tonight": time(20)}
_TYPOS = {"tmrw": "tomorrow", "tomorow": "tomorrow", "tommorow": "tomorrow",
          "tommorrow": "tomorrow"}  # fmt: skip
_COUNTS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "half an": 0.5, "half a": 0.5,
    "an hour and a half": 1.5, "one and a half": 1.5,
}  # fmt: skip

_NTH = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
        "tenth")  # fmt: skip
_ISO = re.compile(
    r"(?P<day>\d{4}-\d{1,2}-\d{1,2})[T ](?P<time>\d{1,2}:\d{2})(?::\d{2}(?:\.\d+)?)?"
    r"(?P<zone>Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_CLOCK = r"(?:\d{1,2}(?:[:.]\d{2})?(?::\d{2})?\s*(?:[ap]\.?m\b\.?)?|\b(?:noon|midday|midnight)\b)"
_TO = r"\s*(?:-|–|—|/|to|until|till|til|and)\s*"
_MARKED = (
    r"(?:\d{1,2}[:.]\d{2}(?::\d{2})?\s*(?:[ap]\.?m\b\.?)?"
    r"|\d{1,2}\s*(?:[ap]\.?m\b\.?|o'?clock|h\b)|\b(?:noon|midday|midnight)\b)"
)
_RANGE = re.compile(
    rf"(?:\b(?:from|between)\s+)?(?<![\d/.-])(?P<a>{_CLOCK}){_TO}(?P<b>{_MARKED})"
    rf"|(?:\b(?:from|between)\s+)?(?P<c>{_MARKED}){_TO}(?P<d>{_CLOCK})(?![\d/-])"
    r"|\b(?:from|between)\s+(?P<e>\d{1,2})\s*(?:-|–|to|until|and)\s*(?P<f>\d{1,2})\b(?![/.:-])",
    re.IGNORECASE,
)
_BARE_RANGE = re.compile(r"(?<![\d/.:-])\b(?P<a>\d{1,2})\s*(?:-|–|to|until)\s*(?P<b>\d{1,2})$")
_SINGLE = re.compile(
    rf"(?:\b(?:at|around|from|by)\s+|@\s*)?(?P<t>{_MARKED})"
    r"|(?:\bat|@|\baround)\s*(?P<u>\d{1,2})\b",
    re.IGNORECASE,
)
_PART = re.compile(
    r"\b(?:in the |early |late )?(?P<part>morning|afternoon|evening|tonight)\b", re.IGNORECASE
)
_LASTING = re.compile(
    r"\b(?:for|make (?:it|that)|lasting|it lasts) "
    r"(?P<n>\d+(?:[.,]\d+)?|half an?|an hour and a half|one and a half|an?|one|two|three"
    r"|four)\s*(?P<unit>hours?|hrs?|h|minutes?|mins?)?\b",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(
    r"^(?:(?P<which>this|next|coming|last)\s+)*"
    r"(?P<day>[a-z]+day|mon|tues?|weds?|thur?s?|fri|sat|sun)"
    r"(?:\s+(?P<later>next week|in (?P<weeks>a|one|two|three|\d+) weeks?))?$"
)
_HOURS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
          "twelve")  # fmt: skip
_PAST = re.compile(
    r"\b(?:a )?(?P<part>half|quarter) (?P<to>past|to) "
    rf"(?P<hour>\d{{1,2}}|{'|'.join(_HOURS)})\b(?:\s*o'?clock)?"
)
_COUNT = r"(?:in )?(?P<weeks>an?|one|two|three|four|five|six|\d+) weeks?"
_WEEKS_AHEAD = re.compile(  # "in 2 weeks on Wednesday", "next week Wednesday"
    rf"(?:{_COUNT}|next week)(?: from (?:now|today))? (?:on )?(?:the )?(?P<day>[a-z]+)"
)
_WEEKS_FROM = re.compile(rf"{_COUNT} from (?:this |next )?(?P<day>[a-z]+)")


class UnreadableDate(ValueError):
    """The words name no day or time of the calendar; the text says which and why."""


@dataclass(frozen=True)
class Moment:
    """What was said of a window: a day, a begin, an end; each may be missing.

    `weekday` says that the day is only a weekday's name, which a later week would fit as well.
    `offset` is a zone written into the time ("…Z", "…+02:00").
    """

    said: str
    day: date | None = None
    begin: time | None = None
    end: time | None = None
    length: timedelta | None = None
    weekday: bool = False
    offset: str = ""

    @property
    def complete(self) -> bool:
        """Whether day and begin are both known."""
        return self.day is not None and self.begin is not None

    def merged(self, other: "Moment") -> "Moment":
        """Fill in from `other` what this moment lacks."""
        return replace(
            self,
            day=self.day or other.day,
            begin=self.begin or other.begin,
            end=self.end or (other.end if self.begin is None else None),
            length=self.length or (other.length if self.begin is None else None),
            weekday=self.weekday if self.day else other.weekday,
        )

    def later(self) -> "Moment":
        """The same weekday a week later."""
        if self.day is None:
            raise ValueError(f"{self.said!r} has no day")
        return replace(self, day=self.day + timedelta(days=7))

    def window(self) -> dict[str, str]:
        """As the API takes it: ISO 8601, without a zone unless one was written."""
        if self.day is None or self.begin is None:
            raise ValueError(f"{self.said!r} is half a window")
        start = datetime.combine(self.day, self.begin)
        window = {"start": start.isoformat(timespec="minutes") + self.offset}
        end = datetime.combine(self.day, self.end) if self.end else None
        if end is None and self.length:
            end = start + self.length
        if end is not None:
            window["end"] = end.isoformat(timespec="minutes") + self.offset
        return window


def read_moment(said: str, now: datetime, week_of: date | None = None) -> Moment:
    """Read one window's words relative to `now`, an aware time in the person's zone.

    `week_of`: a bare weekday means the one of that day's week (when correcting a window).
    Raises `UnreadableDate` for days and times that do not exist.
    """
    iso = list(_ISO.finditer(said))
    if iso:
        return _iso(said, iso)
    words = " ".join(_TYPOS.get(word, word) for word in said.lower().strip(" ,").split())
    words = re.sub(r"\b(\d{1,2})\.(\d{1,2})\.(?!\d)", r"\1/\2", words).rstrip(".")
    words = _PAST.sub(_past, words)
    words = re.sub(r"\b(?!20[2-9]\d)([01]\d|2[0-3])([0-5]\d)(?:h|hrs)?$", r"\1:\2", words)
    length, words = _take_length(words)
    begin, end, words = _take_time(words)
    day_words = re.sub(
        r"\b(?:on|at|the|of|in the|(?<!week )(?<!weeks )from|between)\b|[,@]", " ", words
    ).strip()
    day_words = " ".join(day_words.split())
    if not day_words:
        return Moment(said, begin=begin, end=end, length=length)
    day, weekday = _day(said, day_words, now, week_of)
    return Moment(said, day, begin, end, length, weekday)


def _past(match: re.Match[str]) -> str:
    """Half past nine as "9:30", a quarter to ten as "9:45"."""
    hour = int(match["hour"]) if match["hour"].isdigit() else _HOURS.index(match["hour"]) + 1
    minutes = {"half": 30, "quarter": 15}[match["part"]]
    if match["to"] == "to":
        hour, minutes = (hour - 1) % 24, 60 - minutes
    return f"{hour}:{minutes:02d}"


def _iso(said: str, found: list[re.Match[str]]) -> Moment:
    """ISO 8601, alone or as a range; the second half may be a time alone."""
    first = found[0]
    try:
        day = date(*map(int, first["day"].split("-")))
        begin = _clock(first["time"])
    except ValueError as exc:
        raise UnreadableDate(f'"{first.group()}" is not a day of the calendar.') from exc
    moment = Moment(said, day, begin, offset=first["zone"] or "")
    rest = said[first.end() :]
    if len(found) > 1:
        until = datetime.fromisoformat(f"{found[1]['day']}T{found[1]['time']}")
        return replace(moment, length=until - datetime.combine(day, begin))
    ending = re.search(r"(\d{1,2}[:.]\d{2})", rest)
    if ending:
        return replace(moment, end=_clock(ending[1]))
    return replace(moment, length=_take_length(rest.lower())[0])


def _take_length(words: str) -> tuple[timedelta | None, str]:
    match = _LASTING.search(words)
    if match is None or (not match["unit"] and "hour" not in match["n"]):
        return None, words
    said = match["n"].replace(",", ".")
    count = float(said) if said[0].isdigit() else _COUNTS[said]
    unit = match["unit"] or "hour"
    length = timedelta(minutes=count) if unit.startswith("m") else timedelta(hours=count)
    return length, words[: match.start()] + " " + words[match.end() :]


def _take_time(words: str) -> tuple[time | None, time | None, str]:
    """Begin and end out of the words, and the words that are left."""
    match = _RANGE.search(words)
    if match:
        first = match["a"] or match["c"] or match["e"]
        second = match["b"] or match["d"] or match["f"]
        end = _clock(second, like=first)
        begin = _clock(first, like=second)
        return begin, end, words[: match.start()] + " " + words[match.end() :]
    match = _BARE_RANGE.search(words)
    if match:
        begin, end = _clock(match["a"], like=match["b"]), _clock(match["b"], like=match["a"])
        return begin, end, words[: match.start()]
    match = _SINGLE.search(words)
    if match:
        rest = words[: match.start()] + " " + words[match.end() :]
        part = _PART.search(rest)
        begin = _clock(match["t"] or match["u"], evening=bool(part and part["part"] != "morning"))
        return begin, None, _PART.sub(" ", rest)
    match = _PART.search(words)
    if match:
        rest = words[: match.start()] + " " + words[match.end() :]
        return _PARTS[match["part"]], None, rest + (" today" if match["part"] == "tonight" else "")
    return None, None, words


def _clock(said: str, like: str = "", evening: bool = False) -> time:
    """A time of day; "3" beside "5 pm" is in the afternoon too."""
    text = said.lower().replace(".", "" if "m" in said.lower() and ":" not in said else ":")
    text = re.sub(r"\s+|o'?clock|h$|:$", "", text).rstrip(":")
    named = {"noon": time(12), "midday": time(12), "midnight": time(0)}
    if text in named:
        return named[text]
    match = re.fullmatch(r"(\d{1,2})(?::(\d{2}))?(?::\d{2})?([ap])?m?", text)
    if match is None:
        raise UnreadableDate(f'"{said}" is not a time of day.')
    hour, minute, half = int(match[1]), int(match[2] or 0), match[3]
    if half is None and like:
        other = re.search(r"([ap])\.?m\b", like.lower())
        half = other[1] if other else None
        if half == "p" and hour > int(re.findall(r"\d+", like)[0]) and hour < 12:
            half = "a"  # "10 to 1 pm" begins in the morning
    if half is None and evening and hour < 12:
        half = "p"
    if half is None and not evening and re.match(r"[1-6]\b", text):
        half = "p"  # nobody books a session for three in the night
    if half and not 1 <= hour <= 12:
        half = None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        return time(hour, minute)
    except ValueError as exc:
        raise UnreadableDate(f'"{said}" is not a time of day.') from exc


def _day(said: str, words: str, now: datetime, week_of: date | None) -> tuple[date, bool]:
    today = now.date()
    match = _WEEKDAY.match(words)
    if match and match["day"] in _SHORT:
        return _weekday(match, today, week_of), match["which"] not in {"this", "last"}
    weeks_ahead = _in_weeks(words, today)
    if weeks_ahead is not None:
        return weeks_ahead, False
    if words in {"next week", "next month"}:
        raise UnreadableDate(f'"{said}" is not one day yet. Name a day of it.')
    words = re.sub(r"^(?:[a-z]+day|mon|tues?|weds?|thur?s?|fri|sat|sun) (?=.*\d)", "", words)
    words = re.sub(r"\b(a|one|two|three) weeks? from (?:now|today)", r"in \1 weeks", words)
    words = re.sub(rf"^({'|'.join(_NTH)})\b", lambda m: str(_NTH.index(m[1]) + 1), words)
    ordinal = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)", words)
    if ordinal:
        return _day_of_month(said, int(ordinal[1]), today), False
    order = "MDY" if str(now.tzinfo).startswith(("America/", "US/")) else "DMY"
    if re.match(r"\d{4}-", words):
        order = "YMD"
    parsed = dateparser.parse(
        words,
        languages=["en"],
        settings={
            "RELATIVE_BASE": now.replace(tzinfo=None),
            "PREFER_DATES_FROM": "future",
            "DATE_ORDER": order,
            "PREFER_DAY_OF_MONTH": "first",
        },
    )
    if parsed is None:
        raise UnreadableDate(f'There is no "{said.strip()}" in the calendar.')
    return parsed.date(), False


def _in_weeks(words: str, today: date) -> date | None:
    """A weekday some weeks ahead: of that calendar week, or counted from the coming one."""
    ahead, counted = _WEEKS_AHEAD.fullmatch(words), _WEEKS_FROM.fullmatch(words)
    match = counted if counted and counted["day"] in _SHORT else ahead
    if match is None or match["day"] not in _SHORT:
        return None
    said, number = match["weeks"] or "1", _SHORT[match["day"]]
    weeks = timedelta(weeks=int(said) if said.isdigit() else int(_COUNTS[said]))
    if match is counted:
        return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1) + weeks
    return today + weeks + timedelta(days=number - today.weekday())


def _weekday(match: re.Match[str], today: date, week_of: date | None) -> date:
    """A weekday's name: the coming one; "next" is next calendar week's; or that of a week."""
    number = _SHORT[match["day"]]
    monday = today - timedelta(days=today.weekday())
    if match["which"] == "last":
        return monday + timedelta(days=number - (7 if number >= today.weekday() else 0))
    weeks = match["weeks"]
    if weeks:
        ahead = int(weeks) if weeks.isdigit() else int(_COUNTS.get(weeks, 1))
        return today + timedelta(days=(number - today.weekday()) % 7 + 7 * ahead)
    if match["which"] == "next" or match["later"]:
        return monday + timedelta(days=7 + number)
    if week_of is not None and match["which"] is None:
        return week_of + timedelta(days=number - week_of.weekday())
    return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)


def _day_of_month(said: str, day: int, today: date) -> date:
    """Find "the 14th": of this month if still to come, else of the next that has it."""
    month = today.replace(day=1)
    for _ in range(3):
        try:
            found = month.replace(day=day)
        except ValueError:
            found = None
        if found is not None and found > today:
            return found
        month = (month + timedelta(days=32)).replace(day=1)
    raise UnreadableDate(f'There is no "{said.strip()}" in the calendar.')


def say_window(window: dict[str, Any], zone: str) -> str:
    """Show it as "Tuesday, 1 December 2026, 15:00–16:00 (Europe/Berlin)"."""
    start = _in_zone(window["start"], zone)
    end = _in_zone(window["end"], zone) if window.get("end") else start + timedelta(hours=1)
    day = f"{start:%A}, {start.day} {start:%B %Y}"
    return f"{day}, {start:%H:%M}–{end:%H:%M} ({zone})"


def say_moment(said: str) -> str:
    """Show a day, or a day and a time, as "Friday, 4 December 2026"; other words as they are."""
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return said
    day = f"{moment:%A}, {moment.day} {moment:%B %Y}"
    return day if len(said) == len("2026-12-04") else f"{day}, {moment:%H:%M}"


def _in_zone(said: str, zone: str) -> datetime:
    moment = datetime.fromisoformat(said)
    return moment.astimezone(ZoneInfo(zone)) if moment.tzinfo else moment


def moment_of(window: dict[str, Any]) -> Moment:
    """A window as a moment again, to merge a correction into."""
    start = datetime.fromisoformat(window["start"])
    end = window.get("end")
    length = datetime.fromisoformat(end) - start if end else None
    return Moment("", start.date(), start.time(), length=length)
