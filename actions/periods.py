"""A time between two days as people say it: "until Friday", "from Monday for two weeks"."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from actions.dates import UnreadableDate, read_moment

_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
           "eight": 8, "ten": 10, "twelve": 12}  # fmt: skip
_COUNT = rf"(?P<count>\d+|{'|'.join(_COUNTS)})"
_FOR = re.compile(rf"\bfor (?:the next )?{_COUNT} (?P<unit>day|week|month)s?\b", re.IGNORECASE)
_WEEK = re.compile(r"\b(?P<which>this|next|the coming) week\b", re.IGNORECASE)
_END_OF = re.compile(
    r"\b(?:the )?end of (?P<which>this|next|the|the next)?\s*(?P<unit>week|month|year)\b",
    re.IGNORECASE,
)
_END = r"(?P<until>.+?)(?=$|[,.;!?]|\s(?:uma|and|he|she|let|because|please|for|in|on behalf)\b)"
_FROM = re.compile(
    r"\b(?:from|starting(?: on)?|beginning(?: on)?|as of|between)\s+(?P<start>.+?)"
    r"(?=\s+(?:to|until|till|til|through|and|for|on)\b|\s*[-–]\s|[,.;!?]|$)",
    re.IGNORECASE,
)
_UNTIL = re.compile(
    rf"(?:\b(?:until|till|til|through|to|by|up to|and)\s+|\s[-–]\s*)(?:the )?{_END}", re.IGNORECASE
)
_IN_MONTH = re.compile(
    r"\b(?:in|during|all|throughout) (?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?"
    r"|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"
    r"(?: (?P<year>20\d\d))?",
    re.IGNORECASE,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBER = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?\.?$")


@dataclass(frozen=True)
class Period:
    """What is known of a period; the end is its last day."""

    start: date | None = None
    end: date | None = None


def read_period(said: str, now: datetime) -> Period:
    """Read the first and the last day; what is not said is None. `now` is in the person's zone.

    A lone day, as an answer to "until when?", is the end.
    """
    today = now.date()
    if month := _IN_MONTH.search(said):
        return _whole_month(month, today)
    start = _first_day(said, now)
    lasting = _FOR.search(said)
    if lasting:
        begin = start or today
        return Period(start, _after(begin, lasting["count"], lasting["unit"].lower()))
    end_of = _END_OF.search(said)
    if end_of:
        return Period(start, _end_of(end_of, today))
    week = _WEEK.search(said)
    until = _last_day(said, now)
    if until is None and week:
        monday = today - timedelta(days=today.weekday())
        if week["which"].lower() == "this":
            return Period(None, monday + timedelta(days=6))
        return Period(monday + timedelta(days=7), monday + timedelta(days=13))
    if start and until and timedelta() < start - until < timedelta(days=7):
        until += timedelta(days=7)  # "Monday to Friday": the Friday after that Monday
    return Period(start, until or (None if start else _day(said, now)))


def _whole_month(match: re.Match[str], today: date) -> Period:
    """Of "in December" its first day, or today, to its last."""
    month = _MONTHS.index(match["month"][:3].lower()) + 1
    year = int(match["year"] or today.year + (month < today.month))
    first = date(year, month, 1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return Period(first if first > today else None, last)


def _first_day(said: str, now: datetime) -> date | None:
    match = _FROM.search(said)
    if match is None:
        return None
    words, until = match["start"], _UNTIL.search(said, match.end())
    alone = _NUMBER.fullmatch(words.strip())
    if alone and until and (last := _day(until["until"], now)):
        day = int(alone[1])  # "from 1 to 14 December"
        return last.replace(day=day) if day <= last.day else None
    return _day(words, now)


def _last_day(said: str, now: datetime) -> date | None:
    found = [_day(match["until"], now) for match in _UNTIL.finditer(said)]
    return next((day for day in reversed(found) if day), None)


def _day(words: str, now: datetime) -> date | None:
    """The first few words that are a day."""
    parts = words.split()
    for count in range(min(len(parts), 5), 0, -1):
        for first in range(min(len(parts) - count, 1) + 1):
            try:
                day = read_moment(" ".join(parts[first : first + count]).strip(",.;!?"), now).day
            except UnreadableDate:
                continue
            if day is not None:
                return day
    return None


def _after(begin: date, count: str, unit: str) -> date:
    number = int(count) if count.isdigit() else _COUNTS[count.lower()]
    if unit == "month":
        return begin + timedelta(days=30 * number)
    return begin + timedelta(days=number * (7 if unit == "week" else 1))


def _end_of(match: re.Match[str], today: date) -> date:
    later = "next" in (match["which"] or "").lower()
    unit = match["unit"].lower()
    if unit == "week":
        return today + timedelta(days=6 - today.weekday() + (7 if later else 0))
    if unit == "year":
        return date(today.year + later, 12, 31)
    first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    if later:
        first = (first + timedelta(days=32)).replace(day=1)
    return first - timedelta(days=1)
