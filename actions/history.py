"""What happened in a Smart Account: who, what, when; by time and by name as people say them."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rasa_sdk.events import EventType

from actions import cards
from actions.accounts import Entry, title_of
from actions.base import CustomAction
from actions.dates import UnreadableDate, read_moment
from actions.inside import accounts_meant, nodes_of, read_all, say_no_account, say_refused
from actions.names import find_names
from actions.people import named_people, spellings_of
from actions.turn import Turn, button
from actions.wording import metadata, say
from backend.core import clock

SHOWN, SAID = 50, 5
_DAY = (
    r"(?:on )?(?P<{name}>(?:last )?(?:\d{{4}}-\d\d-\d\d|\w+day"
    r"|(?:the )?\d{{1,2}}(?:st|nd|rd|th)?\.?(?: of)? [a-z]{{3,9}}"
    r"|[a-z]{{3,9}} \d{{1,2}})(?: \d{{4}})?)\b"
)
_LAST = re.compile(
    r"\b(?:last|past|previous)\s+(?:(?P<count>\d+|two|three|four|five|six|seven|eight|nine|ten"
    r"|twelve|few|couple of)\s+)?"
    r"(?P<unit>day|week|month|year)s?\b",
    re.IGNORECASE,
)
_THIS = re.compile(r"\bthis (?P<unit>week|month|year)\b", re.IGNORECASE)
_TODAY = re.compile(r"\b(?P<day>today|yesterday)\b", re.IGNORECASE)
_FROM = re.compile(
    rf"\b(?:from|between)\s+{_DAY.format(name='a')}\s*(?:to|until|till|and|-|–)\s*"
    rf"{_DAY.format(name='b')}",
    re.IGNORECASE,
)
_SINCE = re.compile(rf"\b(?:since|after|from)\s+{_DAY.format(name='a')}", re.IGNORECASE)
_ON = re.compile(rf"\b{_DAY.format(name='a')}", re.IGNORECASE)
_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
           "nine": 9, "ten": 10, "twelve": 12, "few": 3, "couple of": 2}  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = re.compile(
    r"\b(?P<how>in|during|of|since|from|before|until|till)\s+"
    rf"(?:last\s+|early\s+)?(?P<month>{'|'.join(_MONTHS)})[a-z]{{0,6}}\b(?:\s+(?P<year>20\d\d))?(?!\s*\d)",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    rf"\b(?P<how>before|until|till|up to)\s+(?P<a>today|yesterday|{_DAY.format(name='b')})",
    re.IGNORECASE,
)
# That a time is meant, which nothing above may have read.
_TIMELY = re.compile(
    r"\b(?:since|until|till|before|after|between|during|ago|(?:last|past|previous)\s+(?!\w+ed\b)"
    r"|days?|weeks?|months?|years?|hours?|minutes?|morning|evening|quarter|summer|winter|spring"
    r"|autumn)\b",
    re.IGNORECASE,
)
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_DID = re.compile(r"\b(?:did|has|have|by)\s+(?P<name>\w+)", re.IGNORECASE)


@dataclass(frozen=True)
class Past:
    """From one day to another, both included; None is open."""

    since: date | None = None
    until: date | None = None

    def moments(self, zone: ZoneInfo) -> tuple[str | None, str | None]:
        """Its begin and its end in ISO 8601, as the days are counted in this zone."""

        def of(day: date | None, at: time) -> str | None:
            return datetime.combine(day, at, zone).isoformat() if day is not None else None

        return of(self.since, time.min), of(self.until, time.max)


def read_past(said: str, today: date) -> Past:
    """The days that a sentence about what has happened means; "last week" is the last seven."""
    if match := _FROM.search(said):
        first, last = _day(match["a"], today), _day(match["b"], today)
        return Past(min(first, last), max(first, last)) if first and last else Past(first, last)
    if match := _BEFORE.search(said):
        begin, until = _SINCE.search(said), _day(match["a"], today)
        if until and match["how"].lower() == "before":
            until -= timedelta(days=1)
        return Past(_day(begin["a"], today) if begin else None, until)
    if match := _TODAY.search(said):
        day = today - timedelta(days=match["day"].lower() == "yesterday")
        return Past(day, day)
    if match := _SINCE.search(said):
        return Past(_day(match["a"], today))
    if match := _MONTH.search(said):
        return _month(match, today)
    if match := _THIS.search(said):
        return Past(_begin(match["unit"].lower(), today))
    if match := _LAST.search(said):
        count = match["count"] or "1"
        number = int(count) if count.isdigit() else _COUNTS[count.lower()]
        return Past(today - timedelta(days=number * _DAYS[match["unit"].lower()]))
    if (match := _ON.search(said)) and (one := _day(match["a"], today)):
        return Past(one, one)
    return Past()


def is_unread(said: str, past: Past) -> bool:
    """Whether a time seems to be meant that was not understood."""
    return past == Past() and _TIMELY.search(said) is not None


def _month(match: re.Match[str], today: date) -> Past:
    """A month that has been, or from or until one."""
    number = _MONTHS.index(match["month"].lower()) + 1
    year = int(match["year"] or today.year - (number > today.month))
    first = date(year, number, 1)
    last = date(year + number // 12, number % 12 + 1, 1) - timedelta(days=1)
    how = match["how"].lower()
    if how in {"since", "from"}:
        return Past(first)
    if how == "before":
        return Past(None, first - timedelta(days=1))
    return Past(None, last) if how in {"until", "till"} else Past(first, last)


def _begin(unit: str, today: date) -> date:
    if unit == "week":
        return today - timedelta(days=today.weekday())
    return today.replace(day=1) if unit == "month" else today.replace(day=1, month=1)


def _day(words: str, today: date) -> date | None:
    """A day that has been: a weekday is the last one, a date without a year not a coming one."""
    if words.lower() in {"today", "yesterday"}:
        return today - timedelta(days=words.lower() == "yesterday")
    words = re.sub(
        r"^(?:last|the) |(?<=\d)(?:st|nd|rd|th)\b| of\b", "", words.strip(), flags=re.IGNORECASE
    )
    try:
        day = read_moment(words, datetime.combine(today, datetime.min.time(), ZoneInfo("UTC"))).day
    except UnreadableDate:
        return None
    if day is None or day <= today:
        return day
    if words.lower().endswith("day"):
        return day - timedelta(days=7 * ((day - today).days // 7 + 1))
    return day.replace(year=day.year - 1)


class AccountEvents(CustomAction):
    """The history of an account."""

    action = "action_account_events"

    async def act(self, turn: Turn) -> list[EventType]:
        """A card of what happened in the account that is meant; of several, which one is asked."""
        entries = await accounts_meant(turn)
        if not entries:
            say_no_account(turn)
        elif len(entries) > 1:
            ways = [
                button(title_of(one), "account_events", smart_account=one["domain"],
                       wish=turn.words)
                for one in entries
            ]  # fmt: skip
            turn.reply(say("utter_events_which"), buttons=ways)
        else:
            await _show(turn, entries[0])
        return []


async def _show(turn: Turn, entry: Entry) -> None:
    zone = ZoneInfo(str(turn.metadata.get("time_zone") or "UTC"))
    past = read_past(turn.words, clock.now().astimezone(zone).date())
    people = (await read_all(turn, "list_users", smart_account=entry["domain"])).items
    named = named_people(turn, people)
    doer = await _doer(turn, people, named)
    since, until = past.moments(zone)
    narrowed: dict[str, Any] = {"since": since, "until": until, "actor": doer}
    listed = await read_all(turn, "list_events", smart_account=entry["domain"], **narrowed)
    if listed.refusal is not None:
        say_refused(turn, entry, listed.refusal)
        return
    turn.remember(smart_account=entry["domain"])
    about = await _about(turn, entry, people, [one for one in named if one != doer])
    found = [one for one in listed.items if not about or _is_about(one, about)]
    if is_unread(turn.words, past):
        turn.reply(say("utter_events_unread"))
    if not found:
        ways = [
            button(say("utter_way_all_events"), "account_events", smart_account=entry["domain"])
        ]
        response = "utter_events_none_newest" if listed.more else "utter_events_none"
        text = say(response, account=title_of(entry), count=len(listed.items))
        turn.reply(text, buttons=ways)
        return
    rows = [_row(one, zone) for one in found[:SHOWN]]
    lines = [f"- {row['at']}: {row['text']}" for row in rows[:SAID]]
    text = say("utter_events", account=title_of(entry), count=_count(len(found), listed.more))
    title = say("utter_events_title", account=entry["name"])
    turn.reply("\n".join([text, *lines]), card=cards.table(title, "utter_events", rows))


def _count(found: int, more: bool) -> str:
    """How many there are, or of how many the newest are shown."""
    if found <= SHOWN and not more:
        return str(found)
    response = "more" if more else "all"
    return str(metadata("utter_events", response)).format(shown=min(found, SHOWN), count=found)


async def _doer(turn: Turn, people: list[dict[str, Any]], named: list[str]) -> str | None:
    """Whose doings are wanted: "what did nadia change"."""
    match = _DID.search(turn.words)
    if match is None:
        return None
    meant = spellings_of(people).get(match["name"].lower()) or []
    return next((email for email in meant if email in named), None)


async def _about(
    turn: Turn, entry: Entry, people: list[dict[str, Any]], named: list[str]
) -> list[str]:
    """Names that an event has to be about: people, virtual accounts."""
    names = [str(one["name"]) for one in people if one["email"] in named]
    nodes = {str(node["name"]): str(node["name"]) for node in await nodes_of(turn, entry["domain"])}
    return [*named, *names, *(hit.value for hit in find_names(turn.words, nodes))]


def _is_about(event: dict[str, Any], names: list[str]) -> bool:
    said = f"{event['text']} {event['subject']}".lower()
    return any(name.lower() in said for name in names)


def _row(event: dict[str, Any], zone: ZoneInfo) -> dict[str, str]:
    at = datetime.fromisoformat(event["at"]).astimezone(zone)
    rule = event.get("rule")
    instead = event.get("on_behalf_of")
    who = str(event["actor"]["name"])
    if instead:
        who = str(metadata("utter_events", "instead")).format(who=who, whom=instead["name"])
    if rule:
        who = str(metadata("utter_events", "rule")).format(rule=rule)
    return {"at": f"{at.day} {at:%B %Y, %H:%M}", "text": str(event["text"]), "who": who}
