"""Asking for a Smart Account: for one's own company, for a customer, or by upgrading an SMB one.

Whether the domain is free is asked of the API first: where it is taken, access helps instead.
"""

import re
from string import capwords
from typing import Any, ClassVar

from rasa_sdk.events import EventType

from actions.accounts import PLAIN_WORDS, AccountForm, Entry, search
from actions.addresses import FIELDS, read_address, read_part
from actions.forms import OperationForm
from actions.sheet import CHANGE, Sheet, Values
from actions.turn import Turn, button
from actions.wording import buttons, say
from backend.core.client import Answer
from backend.core.wording import for_people

ADDRESS = tuple(f"headquarters.{field}" for field in FIELDS)
# Those that are asked for; a region is taken where it is said.
PARTS = tuple(f"headquarters.{field}" for field in ("street", "postal_code", "city", "country"))
ORGANIZATION = "headquarters.organization"
STREET = "headquarters.street"
SMB = ".smb"
LONGEST_NAME = 6  # words
# Complete but for what was said, so that the API's answer is about the domain.
_COMPLETE: dict[str, Any] = {
    "name": "New Smart Account", "visibility": "unrestricted", "authority": "nominee",
    "nominee_email": "somebody@company.example", "customer_emails": ["somebody@company.example"],
    "headquarters": {"organization": "Company", "street": "Street 1", "city": "City",
                     "postal_code": "1000", "country": "NO"},
}  # fmt: skip
_END = (
    r"(?=\s*[,.;!?](?:\s|$)|\s+(?:with|for|at|in|on|and|under|restricted|unrestricted|please|pls"
    r"|domain|headquarter\w*|needs?|wants?|has|so|now|today|because|contact|visible)\b|$)"
)
_SAID_NAMES = (
    re.compile(
        r"\b(?:called|named|(?:the |its )?name(?:d as| is|:)|by the name of)\s+"
        rf"(?P<name>[\"“'].+?[\"”']|\S.*?){_END}",
        re.IGNORECASE,
    ),
    re.compile(rf"\b(?:customers?|client|on behalf of)\s+(?P<name>\S.*?){_END}", re.IGNORECASE),
    re.compile(rf"\bsmart account\s+(?P<name>\S.*?){_END}", re.IGNORECASE),
    re.compile(r"\bfor\s+(?P<name>[A-Z][\w&'’-]*(?:\s+(?:[A-Z][\w&'’-]*|&))*)"),
)
_NO_NAMES = PLAIN_WORDS | {
    "admin", "client", "doesn", "for", "in", "instead", "needs", "ours", "restricted", "under",
    "unrestricted", "up", "upgrade", "with", "yet",
}  # fmt: skip
_NAME_LEAD = re.compile(
    r"^\W*(?:(?:please|just|call it|name it|it'?s|it is|it should be|it shall be|the name is"
    r"|named|called|named it)\b[ :,]*)+",
    re.IGNORECASE,
)
_ADDRESS_SAID = re.compile(
    r"\b(?:headquarters?|hq|head office|seat|address|based|located|office)\b"
    r"(?:\s+(?:is|are|at|in|to|of))*[\s:]*(?P<address>[^\s,].*?)(?:(?<=\w{4})[.;!?]\s|$)",
    re.IGNORECASE | re.DOTALL,
)
_ADDRESS_LEAD = re.compile(
    r"^\W*(?:(?:it'?s|we are|at|in|our|the|address|headquarters|is|are)\b[ :,]*)+", re.IGNORECASE
)
_UNKNOWN = re.compile(
    r"\b(?:don'?t know|do not know|no idea|not sure|later|unknown)\b", re.IGNORECASE
)
_ONLY_ADDRESS = re.compile(
    r"\W*(?:(?:and|also|plus|add|invite|please|or)\W+)*\S+@\S+?(?:\W+(?:too|as well|please))*\W*",
    re.IGNORECASE,
)
_ADD_ME = re.compile(r",? or tell the assistant “[^”]*”")
_MYSELF = re.compile(
    r"\b(?:i am|i'?m) (?:authori[sz]ed|allowed)|\bi (?:can|may) (?:speak|sign|decide|authori[sz]e)"
    r"|\bon my own authority|\bmy ?self\b|^\W*(?:me|i do|i|self|yes|it'?s me)\W*$",
    re.IGNORECASE,
)
_SOMEBODY = re.compile(
    r"\bnominee\b|\b(?:some(?:body|one) else|my (?:boss|manager|colleague)|another person)\b"
    r"|\bi(?:'m| am) not (?:authori[sz]ed|allowed)|\bi (?:can't|cannot|may not)\b",
    re.IGNORECASE,
)


def said_name(words: str) -> str | None:
    """What a new account shall be called, if a sentence says so."""
    for pattern in _SAID_NAMES:
        for match in pattern.finditer(words):
            name = match["name"].strip(" \"“”'.")
            first = re.split(r"[\s']", name.lower())[0] if name else ""
            fits = 0 < len(name.split()) <= LONGEST_NAME and not {".", "@"} & {*name}
            if fits and first not in _NO_NAMES:
                return as_name(name)
    return None


def as_name(said: str) -> str:
    """An answer without the words around it; a name all in small letters gets capitals."""
    name = _NAME_LEAD.sub("", said).strip(" \"“”'.!")
    return capwords(name) if name.islower() else name


def hear_address(words: str) -> Values:
    """The address in a sentence that names the headquarters; empty when there is none."""
    match = _ADDRESS_SAID.search(words)
    parts = read_address(match["address"]) if match else {}
    return {f"headquarters.{part}": said for part, said in parts.items()} if len(parts) > 1 else {}


class AddressForm(OperationForm):
    """For headquarters: on one line or part by part, in the first sentence or later."""

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Read the headquarters, and the name of what is asked for."""
        await super().understand(turn, sheet, heard)
        if sheet.asked in {None, CHANGE} and not turn.is_payload:
            heard |= hear_address(turn.words)

    def _read(self, turn: Turn, sheet: Sheet, asked: str, heard: Values) -> bool:
        """Take an answer as it stands: a postal code has no letters, a line has several parts."""
        name, _, field = asked.partition(".")
        text = turn.text.strip(" .!")
        if name == "headquarters" and _UNKNOWN.search(text):
            return False
        if name == "headquarters" and re.search(r"\w", text):
            said = _ADDRESS_LEAD.sub("", text)
            parts = read_address(said) if asked == STREET else read_part(field, said)
            heard |= {f"{name}.{part}": value for part, value in parts.items()}
            return False
        open_portal = super()._read(turn, sheet, asked, heard)
        if asked == "name" and asked in heard:
            heard[asked] = as_name(str(heard[asked]))
        return open_portal


class NewAccountForm(AddressForm):
    """For what ends in a request for a Smart Account; a domain that is taken is said at once."""

    early = True
    teaches = True
    subject = "a Smart Account"

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """What the first sentence calls it, and where it is."""
        await super().understand(turn, sheet, heard)
        if sheet.asked is None and "name" not in sheet.values and (name := said_name(turn.words)):
            heard.setdefault("name", name)
        if ORGANIZATION in heard:
            sheet.memory.kept["organization"] = True

    async def _check(self, turn: Turn, sheet: Sheet) -> tuple[set[str], dict[str, str]]:
        """Beside what is missing or wrong: whether the domain can be had at all."""
        self._complete(sheet)
        missing, wrong = await super()._check(turn, sheet)
        answer, sheet.refusal = sheet.refusal, None
        if answer is None and (missing or wrong) and not sheet.operation.path_parameters:
            answer = await self._about_domain(turn, sheet)
        if answer is None:
            return missing, wrong
        said = _said(answer)
        if _is(answer, "domain-taken", "domain-asked-for"):
            said = _ADD_ME.sub("", said)
            said = said if said[:1].isupper() else say("utter_the_domain", said=said)
            sheet.offers += await self._instead(turn, sheet)
            return missing, wrong | {"domain": said}
        if answer.status == 403 and "authority" in self._slots:
            sheet.offers.append(_for_customer(sheet, sheet.values.get("domain")))
            return missing, wrong | {"authority": said}
        for error in answer.field_errors:
            if error["field"] == "domain" and error["code"] == "missing":
                missing = missing | {"domain"}
            elif error["field"] == "domain":
                wrong = wrong | {"domain": for_people(str(error["message"]))}
        sheet.refusal = None if answer.field_errors else answer
        return missing, wrong

    def _complete(self, sheet: Sheet) -> None:
        """The company is called like its account, unless it is said otherwise."""
        said = sheet.memory.kept.get("organization") and ORGANIZATION in sheet.values
        if ORGANIZATION not in self._slots or said:
            return
        required = "headquarters" in sheet.operation.required
        if "name" in sheet.values and (required or STREET in sheet.values):
            sheet.values[ORGANIZATION] = sheet.values["name"]

    async def _about_domain(self, turn: Turn, sheet: Sheet) -> Answer | None:
        """What the API says of the domain while other things are still unknown."""
        fields = {key: _COMPLETE[key] for key in _COMPLETE if key in sheet.operation.fields}
        fields |= {key: sheet.values[key] for key in ("domain",) if key in sheet.values}
        if {*sheet.operation.required} - {*fields}:
            return None
        answer = await turn.call(self.operation, dry_run=True, **fields)
        return None if answer.ok else answer

    async def _instead(self, turn: Turn, sheet: Sheet) -> list[dict[str, str]]:
        """What helps where a domain has its account already."""
        me = await turn.call("get_me")
        domain = str(sheet.values.get("domain") or str(me.body.get("email")).rpartition("@")[2])
        found: list[Entry] = await search(turn, domain)
        entry = next((one for one in found if one["domain"] == domain), None)
        ways = []
        if entry and entry["relation"] == "access":
            ways = [button(say("utter_way_show_account"), "show_account", smart_account=domain)]
        elif entry and entry["status"] == "active":
            ways = [button(say("utter_way_request"), "request_access", smart_account=domain)]
        if me.body.get("kind") == "partner" and self.operation == "create_smart_account":
            ways.append(_for_customer(sheet, None))
        return ways

    async def refused(self, turn: Turn, sheet: Sheet, answer: Answer) -> list[EventType]:
        """One that was asked for already can be looked at or taken back."""
        if _is(answer, "already-asked-for"):
            sheet.offers += buttons("utter_account_requested_already")
        return await super().refused(turn, sheet, answer)


class CreateAccountForm(NewAccountForm):
    """Asks for a Smart Account of one's own company."""

    form = "create_account_form"
    operation = "create_smart_account"
    asks = ("name", "domain", *PARTS, "visibility", "authority", "nominee_email")
    takes = frozenset({"note", ORGANIZATION, "headquarters.region"})
    begins = frozenset({"create_account"})
    hears: ClassVar[dict[str, str]] = {"email": "nominee_email"}

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Who speaks for the company; whoever is named to accept it is a nominee."""
        await super().understand(turn, sheet, heard)
        if "nominee_email" in heard or (
            sheet.asked in {None, CHANGE, "authority"} and _SOMEBODY.search(turn.words)
        ):
            heard.setdefault("authority", "nominee")
        elif sheet.asked in {None, CHANGE, "authority"} and _MYSELF.search(turn.words):
            heard.setdefault("authority", "self")
        if (heard.get("authority") or sheet.values.get("authority")) == "self":
            sheet.values.pop("nominee_email", None)

    async def needs(self, slot: str, turn: Turn, sheet: Sheet) -> bool:
        """The company's name is offered for the account's; nominees only where there is one."""
        if slot == "name" and (offer := await _own_company(turn)):
            sheet.offers.append(offer)
        return await super().needs(slot, turn, sheet)


class CustomerAccountForm(NewAccountForm):
    """Asks for a Smart Account for a customer, who is invited to accept it."""

    form = "customer_account_form"
    operation = "request_smart_account_for_customer"
    asks = ("name", "domain", "customer_emails", "note_to_customer")
    optional = frozenset({"note_to_customer"})
    takes = frozenset({"note_to_approver", ORGANIZATION, *ADDRESS})
    begins = frozenset({"request_account_for_customer"})
    hears: ClassVar[dict[str, str]] = {"email": "customer_emails"}
    subject = "a Smart Account for a customer"

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """The domain of those who are invited is the customer's, when no other is said."""
        await super().understand(turn, sheet, heard)
        emails = heard.get("customer_emails") or []
        domains = {str(email).rpartition("@")[2] for email in emails if "@" in str(email)}
        if len(domains) == 1 and "domain" not in {*heard, *sheet.values}:
            heard["domain"] = domains.pop()
        if sheet.asked == "note_to_customer" and _ONLY_ADDRESS.fullmatch(turn.text):
            heard["customer_emails"] = turn.values("email")  # one more to invite, not the note
            sheet.judged.add("note_to_customer")


class UpgradeForm(NewAccountForm, AccountForm):
    """Makes an SMB account a standard one."""

    form = "upgrade_form"
    operation = "upgrade_smart_account"
    asks = ("smart_account", "name", "domain", *PARTS, "visibility")
    takes = frozenset({ORGANIZATION, "headquarters.region"})
    begins = frozenset({"upgrade_account"})
    inside = frozenset({"domain"})
    subject = "the upgrade of an SMB account"

    async def accounts(self, turn: Turn) -> list[Entry]:
        """Only SMB accounts can be upgraded."""
        return [one for one in await super().accounts(turn) if one["domain"].endswith(SMB)]

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Of two domains the one that ends in .smb is the account, the other its new one."""
        domains = [str(value) for value in turn.values("domain")]
        new = [domain for domain in domains if not domain.endswith(SMB)]
        old = [domain for domain in domains if domain.endswith(SMB)]
        heard.pop("domain", None)
        mine = {one["domain"] for one in await self.accounts(turn)}
        if new:
            heard["domain"] = new[-1]
        if old or (new and len(mine) == 1):
            heard.setdefault("smart_account", (old or [*mine])[-1])
        await super().understand(turn, sheet, heard)
        if sheet.asked is None:
            heard.pop("name", None)  # the account keeps its name

    async def may(self, turn: Turn, sheet: Sheet) -> Answer | None:
        """The API's banner where it is not possible; a taken domain can still be another one."""
        account = str(sheet.values["smart_account"])
        answer = await turn.call("get_upgrade_eligibility", smart_account=account)
        if not answer.ok:
            return answer
        reasons = {reason["code"] for reason in answer.body["reasons"]}
        banner = answer.body["banner"]
        if reasons - {"domain_taken"}:
            sheet.offers += ways_of(banner, account)
            return Answer(409, {"detail": f"{banner['title']}. {banner['text']}"})
        sheet.notes.append(banner["text"])
        await self._as_it_is(turn, sheet, account)
        return None

    async def _as_it_is(self, turn: Turn, sheet: Sheet, account: str) -> None:
        """Name, headquarters and visibility stay, unless something else is said."""
        known = await turn.call("get_smart_account", smart_account=account)
        present = known.body.get("headquarters") or {}
        if not {*ADDRESS} & {*sheet.values}:
            self._fill(sheet, {f"headquarters.{k}": v for k, v in present.items() if v})
            sheet.memory.kept["organization"] = True
        properties = {slot: known.body.get(slot) for slot in ("name", "visibility")}
        self._fill(sheet, {slot: said for slot, said in properties.items() if said})


def ways_of(banner: dict[str, Any], account: str) -> list[dict[str, str]]:
    """The button of an upgrade banner."""
    intents = {"update_me": "change_my_email", "upgrade_smart_account": "upgrade_account",
               "get_account_request": "account_request_status",
               "request_access": "request_access",
               "list_administrators": "find_administrator"}  # fmt: skip
    intent = intents.get(str(banner["action"]))
    if intent is None:
        return []
    facts = (
        {"smart_account": account} if intent in {"upgrade_account", "find_administrator"} else {}
    )
    return [button(say(f"utter_way_{intent}"), intent, **facts)]


def _for_customer(sheet: Sheet, domain: str | None) -> dict[str, str]:
    """The button that asks for it in a customer's name, with what is known already."""
    facts = {"domain": domain} if domain else {}
    if name := sheet.values.get("name"):
        facts["wish"] = f'called "{name}"'
    return button(say("utter_way_for_customer"), "request_account_for_customer", **facts)


async def _own_company(turn: Turn) -> dict[str, str] | None:
    """A button with the name of the person's organisation."""
    me = await turn.call("get_me")
    name = me.body.get("organization")
    return button(str(name), "answer", slot="name", value=name) if name else None


def _is(answer: Answer, *types: str) -> bool:
    return str(answer.body.get("type", "")).endswith(types)


def _said(answer: Answer) -> str:
    words = (answer.body.get("detail"), answer.body.get("hint"))
    return for_people(" ".join(str(one) for one in words if one))
