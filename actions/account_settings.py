"""What is set for a Smart Account: accept its notices, change its properties and its policies."""

import re
from typing import Any, ClassVar

from rasa_sdk.events import EventType

from actions import cards
from actions.accounts import AccountForm, Entry
from actions.inside import read_all
from actions.negations import EXCEPTION, clauses, denials
from actions.new_accounts import ADDRESS, ORGANIZATION, AddressForm, as_name
from actions.people import named_people
from actions.questions import ask
from actions.sheet import CHANGE, Sheet, Values
from actions.spoken import level_said, new_name
from actions.turn import Turn, button
from actions.wording import metadata, say
from backend.core.client import Answer

CITY, COUNTRY = "headquarters.city", "headquarters.country"
POLICIES = ("enforce_license_policies", "block_overuse", "restrict_export_controlled_tokens")
# What a sentence wants to change, when it gives no value yet.
_WANTED = {
    "name": re.compile(r"\brename|\bname\b", re.IGNORECASE),
    "visibility": re.compile(r"\bvisib|\bsearch", re.IGNORECASE),
    "headquarters.street": re.compile(
        r"\bheadquarter|\baddress\b|\bmoved\b|\bhead office\b", re.IGNORECASE
    ),
    "primary_contact": re.compile(r"\bcontact\b", re.IGNORECASE),
}
_FORBIDS = re.compile(
    r"\b(?:block|restrict|forbid|prevent|prohibit|refuse|disallow|protect)\w*", re.IGNORECASE
)
_PERMITS = re.compile(
    r"\b(?:allow(?:s|ed|ing)?|permit\w*|let|possible|unblock\w*|unrestrict\w*)\b", re.IGNORECASE
)
_STOPS = re.compile(r"\b(?:stop|stopped|end|cease)\b", re.IGNORECASE)
_OFF = re.compile(
    r"\b(?:(?:turn|switch)(?:ed)?(?: \w+)? off|disable[ds]?|deactivate[ds]?|lift|remove)\b",
    re.IGNORECASE,
)
_ON = re.compile(
    r"\b(?:enforc\w*|enabled?|(?:turn|switch)(?:ed)?(?: \w+)? on|activate[ds]?)\b", re.IGNORECASE
)
_ASKS = re.compile(r"^\W*(?:is|are|what|which|who|do|does|how|show)\b|\?\s*$", re.IGNORECASE)
_ABOUT = {
    "block_overuse": re.compile(r"\bover-?us\w*", re.IGNORECASE),
    "restrict_export_controlled_tokens": re.compile(r"\bexport\b|\btokens?\b", re.IGNORECASE),
    "enforce_license_policies": re.compile(
        r"\b(?:enforce|enforcing)\b|\b(?:licen[cs]e )?polic\w+", re.IGNORECASE
    ),
}
_CASES = re.compile(r"\bcases?\b", re.IGNORECASE)
_SEERS = {
    "all": re.compile(
        r"\ball members\b|\beveryone\b|\beverybody\b|\ball of us\b|\bto all\b", re.IGNORECASE
    ),
    "admins": re.compile(r"\badmin\w*", re.IGNORECASE),
    "owner": re.compile(
        r"\bowner\w*|\bnobody\b|\bopened (?:it|them)\b|\brequester\b", re.IGNORECASE
    ),
}
_BOTH = re.compile(r"\b(?:both|all)\b", re.IGNORECASE)


class NoticeForm(AccountForm):
    """Accepts one of an account's two notices, whose text stands before the card."""

    form = "notice_form"
    operation = "accept_notice"
    asks = ("smart_account", "notice")
    begins = frozenset({"accept_notice"})
    inside = frozenset({"notice"})
    subject = "a notice of a Smart Account"

    async def accounts(self, turn: Turn) -> list[Entry]:
        """Those with an open notice."""
        return [one for one in await super().accounts(turn) if await _open(turn, one["domain"])]

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Which account, then which notice."""
        await super().understand(turn, sheet, heard)
        if "notice" not in heard and sheet.asked in {None, CHANGE, "notice"}:
            if re.search(r"\badmin", turn.words, re.IGNORECASE):
                heard["notice"] = "admin"
            elif re.search(r"\blicen[cs]", turn.words, re.IGNORECASE):
                heard["notice"] = "smart-licensing"
        if sheet.asked is None and _BOTH.search(turn.words):
            sheet.memory.kept["both"] = True

    async def options_of(self, slot: str, turn: Turn, sheet: Sheet) -> dict[str, str] | None:
        """The notices that are open; of both, one after the other."""
        if slot != "notice":
            return await super().options_of(slot, turn, sheet)
        found = await _open(turn, str(sheet.values["smart_account"]))
        titles = {one["name"]: one["title"] for one in found}
        if sheet.memory.kept.get("both") and len(titles) > 1:
            sheet.notes.append(say("utter_notices_one_by_one"))
            return dict([*titles.items()][:1])
        return titles

    async def finish(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """What is accepted is read first."""
        account, name = str(sheet.values["smart_account"]), sheet.values["notice"]
        notices = (await _account(turn, account)).get("notices") or []
        notice = next((one for one in notices if one["name"] == name), None)
        if notice is not None:
            sheet.notes.append(f"**{notice['title']}**: {notice['text']}")
        return await super().finish(turn, sheet)


async def _account(turn: Turn, domain: str) -> dict[str, Any]:
    """The account as the person may see it; read once a turn."""
    key = f"account {domain}"
    if key not in turn.read:
        answer = await turn.call("get_smart_account", smart_account=domain)
        turn.read[key] = answer.body if answer.ok else {}
    found: dict[str, Any] = turn.read[key]
    return found


async def _open(turn: Turn, domain: str) -> list[dict[str, Any]]:
    """The notices of an account that nobody has accepted."""
    notices = (await _account(turn, domain)).get("notices") or []
    return [one for one in notices if not one["accepted"]]


class ChangeAccountForm(AddressForm, AccountForm):
    """Changes an account's name, search visibility, headquarters or primary contact."""

    form = "change_account_form"
    operation = "update_smart_account"
    asks = ("smart_account", "name", "visibility", *ADDRESS, "primary_contact")
    takes = frozenset({ORGANIZATION})
    begins = frozenset({"change_account"})
    hears: ClassVar[dict[str, str]] = {"email": "primary_contact"}
    strangers = False
    subject = "the properties of a Smart Account"

    async def may(self, turn: Turn, sheet: Sheet) -> Answer | None:
        """Only SA Administrators may."""
        account = await turn.call(
            self.operation, dry_run=True, smart_account=sheet.values["smart_account"],
            visibility="unrestricted",
        )  # fmt: skip
        return None if account.ok else account

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Which account, and what of it becomes what."""
        await super().understand(turn, sheet, heard)
        words = turn.words
        if sheet.asked in {None, CHANGE, "visibility"}:
            _hear_level(words, heard)
        if sheet.asked in {None, CHANGE}:
            _hear_name(words, heard)
            if not set(heard) - {"smart_account"}:
                wanted = [slot for slot, said in _WANTED.items() if said.search(words)]
                sheet.memory.kept["wanted"] = wanted[:1]
        account = heard.get("smart_account") or sheet.values.get("smart_account")
        about_contact = sheet.asked == "primary_contact" or _WANTED["primary_contact"].search(words)
        if account and about_contact and "primary_contact" not in heard:
            people = (await read_all(turn, "list_users", smart_account=str(account))).items
            named = named_people(turn, people)
            if len(named) == 1:
                heard["primary_contact"] = named[0]

    async def _check(self, turn: Turn, sheet: Sheet) -> tuple[set[str], dict[str, str]]:
        """The API takes headquarters as a whole."""
        self._drop_filled(sheet)
        account = sheet.values.get("smart_account")
        if account and {*ADDRESS} & {*sheet.values}:
            await self._keep_the_rest(turn, sheet, str(account))
        return await super()._check(turn, sheet)

    async def _keep_the_rest(self, turn: Turn, sheet: Sheet, account: str) -> None:
        """What is not said of the headquarters stays as it is; in another city, only the name."""
        present = (await _account(turn, account)).get("headquarters") or {}
        moved = sheet.values.get(CITY, present.get("city")) != present.get("city")
        rest = {
            f"headquarters.{part}": value
            for part, value in present.items()
            if value and (part == "organization" or not moved)
        }
        self._fill(sheet, rest)

    async def needs(self, slot: str, turn: Turn, sheet: Sheet) -> bool:  # noqa: ARG002
        """Only what the address still lacks is asked."""
        return slot in sheet.memory.missing

    async def finish(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """Propose it; when nothing is to change yet, ask what shall."""
        if set(sheet.values) - {"smart_account"}:
            return await super().finish(turn, sheet)
        wanted = sheet.memory.kept.pop("wanted", None)
        if wanted:
            sheet.memory.changing = wanted[0]
            return ask(turn, sheet, wanted[0])
        titles = {slot: sheet.question(slot).label for slot in _WANTED}
        sheet.narrow(CHANGE, titles, say("utter_change_what"))
        return ask(turn, sheet, CHANGE)


def _hear_level(words: str, heard: Values) -> None:
    """Whether the account is hidden; a word like "hidden" says its opposite after "not"."""
    level = level_said(words)
    if level or denials(words):
        heard.pop("visibility", None)
    if level:
        heard["visibility"] = level


def _hear_name(words: str, heard: Values) -> None:
    renamed = new_name(words)
    if renamed and not {"visibility", "primary_contact"} & {*heard}:
        heard["name"] = as_name(renamed[0])


class PoliciesForm(AccountForm):
    """Shows an account's licence policies and who sees its cases; sets them when that is said."""

    form = "policies_form"
    operation = "set_account_policies"
    asks = ("smart_account",)
    takes = frozenset({*POLICIES, "case_visibility"})
    begins = frozenset({"account_policies"})
    teaches = False
    strangers = False
    subject = "the policies of a Smart Account"

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Which account, and what shall be in force."""
        await super().understand(turn, sheet, heard)
        words = turn.words
        if sheet.asked in {None, CHANGE, "smart_account"} and not _ASKS.search(words):
            heard |= said_policies(words)

    async def may(self, turn: Turn, sheet: Sheet) -> Answer | None:
        """Whether the person may see them at all; a change is judged by its dry run."""
        answer = await turn.call(
            "get_account_policies", smart_account=sheet.values["smart_account"]
        )
        turn.read["policies"] = answer.body
        return None if answer.ok else answer

    async def finish(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """Propose the change, or show what is in force."""
        if set(sheet.values) - {"smart_account"}:
            return await super().finish(turn, sheet)
        account = str(sheet.values["smart_account"])
        if "policies" not in turn.read:
            await self.may(turn, sheet)
        _show_policies(turn, account)
        sheet.forget()
        return sheet.events(None)


def said_policies(words: str) -> Values:
    """What a sentence wants of the policies: {"block_overuse": True}; nothing of an exception."""
    if EXCEPTION.search(words):
        return {}
    if _CASES.search(words):
        seers = {
            who
            for clause in clauses(words)
            for who, said in _SEERS.items()
            if said.search(clause) and not denials(clause)
        }
        return {"case_visibility": seers.pop()} if len(seers) == 1 else {}
    wanted: Values = {}
    for clause in clauses(words):
        about = next((name for name, said in _ABOUT.items() if said.search(clause)), None)
        in_force = _in_force(clause, switch=about == "enforce_license_policies")
        if about is not None and in_force is not None:
            wanted[about] = in_force
    return wanted


def _in_force(clause: str, *, switch: bool) -> bool | None:
    """Whether a policy shall hold: "don't allow overuse", "stop blocking it"; None when it is not
    clear. A `switch` is turned on and off itself; of others it is said what they forbid.
    """
    flips = denials(clause) + len(_OFF.findall(clause))
    stops = len(_STOPS.findall(clause))
    forbids, permits = len(_FORBIDS.findall(clause)), len(_PERMITS.findall(clause))
    if forbids + permits == 1:
        return bool(forbids) != bool((flips + stops) % 2)
    if forbids or permits:
        return None
    if switch:
        turned = flips + stops + len(_ON.findall(clause))
        return (flips + stops) % 2 == 0 if turned else None
    return True if stops == 1 and not flips else None  # "stop overuse"


def _show_policies(turn: Turn, account: str) -> None:
    body = turn.read["policies"]
    states = metadata("utter_policies", "states")
    rows = [
        {"policy": one["title"], "state": states["on" if one["in_force"] else "off"],
         "text": one["text"]}
        for one in body["effects"]
    ]  # fmt: skip
    seers = metadata("utter_policies", "case_visibility")
    rows.append({**metadata("utter_policies", "cases"), "state": seers[body["case_visibility"]]})
    ways = metadata("utter_policies", "ways")
    turn.reply(
        say("utter_policies", account=account, cases=seers[body["case_visibility"]]),
        card=cards.table(say("utter_policies_title", account=account), "utter_policies", rows),
        buttons=[
            button(title, "account_policies", smart_account=account, wish=title)
            for title in (ways[name]["off" if body[name] else "on"] for name in POLICIES)
        ],
    )
