"""Rules for incoming requests, said in words: what they would do is shown before they are saved."""

import re
from typing import Any, ClassVar

from rasa_sdk.events import EventType

from actions import cards
from actions.accounts import AccountForm, find_accounts, related
from actions.base import CustomAction
from actions.inside import read_all
from actions.negations import is_left_out, is_negated
from actions.people import named_people
from actions.requests import Item
from actions.sheet import CHANGE, Sheet, Values
from actions.turn import Turn, button
from actions.wording import buttons, metadata, say
from backend.core.client import Answer
from backend.core.wording import for_people

_ROUTE = re.compile(
    r"\b(?:rout(?:e|es|ed|ing)|forward|pass(?:ed)? on|(?:go|goes|be sent) to)\b"
    r"|^\W*(?:please\W+)?send\b",
    re.IGNORECASE,
)
_SEND = re.compile(r"\bsen[dt]\b", re.IGNORECASE)
_DECLINE = re.compile(
    r"\b(?:declin|reject|refus|den(?:y|ies|ied)|turn(?:ed)? down|block|keep out)\w*", re.IGNORECASE
)
_APPROVE = re.compile(
    r"\bauto-?\s?app?rov\w*|\b(?:approv\w*|accept\w*|grant\w*|let|allow\w*|get in"
    r"|without (?:an? )?(?:approval|asking)|may be|be let)\b",
    re.IGNORECASE,
)
_WHO = {
    "internal": re.compile(
        r"\b(?:our|own|same|the account'?s?) (?:own )?(?:e-?mail )?domain\b|\bour own\b"
        r"|\b(?:own|our) (?:people|company|colleagues|employees|staff)\b"
        r"|\b(?:internal|colleagues|employees|our domain)\b",
        re.IGNORECASE,
    ),
    "partner": re.compile(r"\bpartners?\b|\bresellers?\b", re.IGNORECASE),
    "other": re.compile(
        r"\b(?:other|outside|foreign|unknown) (?:domains?|compan(?:y|ies)|people)\b|\bexternal\b"
        r"|\bfrom (?:elsewhere|outside)\b|\bstrangers\b",
        re.IGNORECASE,
    ),
}
_REASON = re.compile(
    r"\b(?:(?:with|for|giving) the reason|reason(?: is)?|because(?: of)?)\b[\s:]*(?P<reason>\S.*)$",
    re.IGNORECASE | re.DOTALL,
)
_BELOW = re.compile(r"\b(?:sub-?domains?|and (?:everything )?below|\*\.)", re.IGNORECASE)
_GRANTED = re.compile(r"\b(?:as|become)\s+(?:an?\s+)?$", re.IGNORECASE)
_FIRST = re.compile(r"\b(?:first (?:place|rule|of all)|at the top|before (?:all|the) others)\b",
                    re.IGNORECASE)  # fmt: skip
_NUMBER = re.compile(
    r"\b(?:rule|number|no\.?|#)\s*(?P<digits>\d{1,2})\b"
    r"|\b(?P<word>first|second|third|fourth|fifth|last)\b",
    re.IGNORECASE,
)
_WORDS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1}


class RuleForm(AccountForm):
    """Adds a rule that approves, declines or routes incoming requests."""

    form = "rule_form"
    operation = "create_access_rule"
    asks = ("smart_account", "action", "match.requester", "match.roles_up_to", "route_to", "reason")
    optional = frozenset({"match.requester", "match.roles_up_to", "reason"})
    takes = frozenset({"match.domains", "match.scope", "role", "position"})
    begins = frozenset({"create_rule"})
    hears: ClassVar[dict[str, str]] = {
        "email": "route_to", "role": "match.roles_up_to", "scope": "match.scope",
    }  # fmt: skip
    subject = "an access rule"

    async def may(self, turn: Turn, sheet: Sheet) -> Answer | None:
        """Only SA Administrators may; the list of rules is refused to all others."""
        account = sheet.values.get("smart_account")
        if account is None:
            return None
        answer = await turn.call(
            self.operation, dry_run=True, smart_account=account, action="decline"
        )
        return None if answer.ok or answer.field_errors else answer

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Read the rule out of the sentence."""
        domains = [str(value) for value in turn.values("domain")]
        if sheet.asked is None and domains:
            await self._own_account(turn, domains, heard)
        else:
            await super().understand(turn, sheet, heard)
        if sheet.asked == "reason":
            return
        words = _REASON.sub("", turn.words)
        if sheet.asked in {None, CHANGE}:
            if action := _action_of(words):
                heard["action"] = action
            if _FIRST.search(words):
                heard["position"] = 1
        self._hear_who(sheet, heard, words, domains)
        self._hear_roles(turn, heard)
        await self._hear_person(turn, sheet, heard)

    def _hear_who(self, sheet: Sheet, heard: Values, words: str, domains: list[str]) -> None:
        """Whose requests it is about. A rule cannot say whose it is not: then that is asked."""
        named = [domain for domain in domains if domain != heard.get("smart_account")]
        said = [(one, words.lower().find(one)) for one in named]
        said += [(who, hit.start()) for who, one in _WHO.items() if (hit := one.search(words))]
        if any(is_left_out(words, max(start, 0)) for _, start in said):
            sheet.notes.append(say("utter_rule_exception"))
            sheet.memory.kept["who"] = True
            if sheet.asked == CHANGE:
                sheet.memory.changing = "match.requester"
        elif named:
            below = "*." if _BELOW.search(words) else ""
            heard["match.domains"] = [f"{below}{domain}" for domain in named]
        elif said:
            heard["match.requester"] = said[0][0]

    async def _hear_person(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """To whom requests are passed on, by name: one of the account's users."""
        routes = "route" in {heard.get("action"), sheet.values.get("action")}
        account = heard.get("smart_account") or sheet.values.get("smart_account")
        if not routes or "route_to" in heard or account is None:
            return
        users = await read_all(turn, "list_users", pages=1, smart_account=account)
        named = named_people(turn, users.items)
        if len(named) == 1:
            heard["route_to"] = named[0]

    async def _own_account(self, turn: Turn, domains: list[str], heard: Values) -> None:
        """A domain after "in" or "for" is the account's, if it is one; else of those who ask."""
        own = {entry["domain"] for entry in await self.accounts(turn)}
        for domain in domains:
            before = turn.words[: max(turn.words.lower().find(domain), 0)]
            if domain in own and re.search(r"\b(?:in|rules? (?:for|of)|account)\s+$", before):
                heard["smart_account"] = domain
                return
        recalled = turn.recall.get("smart_account")
        likely = recalled if recalled in own else next(iter(own), None)
        if likely and (len(own) == 1 or likely == recalled):
            heard["smart_account"] = likely

    def _hear_roles(self, turn: Turn, heard: Values) -> None:
        """The role asked for ("viewers", "up to VA User"), and the one granted ("as VA User")."""
        heard.pop("match.roles_up_to", None)
        for fact in turn.facts:
            if fact.entity not in {"role", "role_level"} or is_left_out(turn.text, fact.start):
                continue
            role = fact.value if fact.entity == "role" else f"sa_{fact.value}"
            granted = _GRANTED.search(turn.text[: fact.start]) is not None
            heard["role" if granted else "match.roles_up_to"] = role
        if heard.get("action") == "decline":
            heard.pop("role", None)

    async def prepare(self, turn: Turn, sheet: Sheet, said: str) -> None:
        """A reason given with it: "… with the reason no partners"."""
        match = _REASON.search(said)
        if match and not turn.is_payload:
            sheet.values.setdefault("reason", match["reason"].strip(' .!"')[:500])

    async def needs(self, slot: str, turn: Turn, sheet: Sheet) -> bool:  # noqa: ARG002
        """Whom and which role is asked only when nothing of it was said."""
        action = sheet.values.get("action")
        if slot == "match.requester":
            told = any(name.startswith("match.") for name in sheet.values)
            return not told or "who" in sheet.memory.kept
        if slot == "match.roles_up_to":
            return action == "approve" and "role" not in sheet.values
        return action == "decline" if slot == "reason" else True

    async def options_of(self, slot: str, turn: Turn, sheet: Sheet) -> dict[str, str] | None:
        """The roles that a rule may be about."""
        if slot == "match.roles_up_to":
            titles = sheet.question(slot).options
            return {role: title for role, title in titles.items() if role not in _NEVER}
        return await super().options_of(slot, turn, sheet)

    async def finish(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """What the rule would do now, and would have done, stands before the card."""
        arguments = sheet.arguments()
        answer = await turn.call("simulate_access_rules", dry_run=True, **arguments)
        if answer.ok:
            place = sheet.values.get("position") or len(answer.body["rules"])
            sheet.notes.append(_say_simulation(answer.body, int(place)))
        return await super().finish(turn, sheet)


_NEVER = frozenset({"sa_admin", "sa_approver"})


def _action_of(words: str) -> str | None:
    """What the rule does; "decline" wins over the "let" of another clause. A verb that is denied
    says only what it does not do.
    """
    named = (("route", _ROUTE), ("decline", _DECLINE), ("approve", _APPROVE), ("route", _SEND))
    found = [(action, hit.start()) for action, said in named for hit in said.finditer(words)]
    if any(is_negated(words, start) for _, start in found):
        return None
    return found[0][0] if found else None


def _say_simulation(body: dict[str, Any], place: int) -> str:
    """How many of the requests that wait, and of those decided, the rule at this place would
    settle.
    """
    tried: list[Item] = body["items"]
    waiting = [one for one in tried if one["status"] == "pending"]
    decided = [one for one in tried if one["status"] != "pending"]
    settled = [one for one in waiting if one["rule_position"] == place]
    said = [say("utter_rule_would_none")]
    if waiting:
        said = [say("utter_rule_would", count=len(settled), all=len(waiting))]
        said += [f"- {one['text']}" for one in settled[:5]]
    if decided:
        before = sum(1 for one in decided if one["rule_position"] == place)
        said.append(say("utter_rule_would_have", count=before, all=len(decided)))
    return "\n".join(said)


async def rules_of(turn: Turn, smart_account: str) -> Answer:
    """The account's rules in their order; read once a turn."""
    key = f"rules {smart_account}"
    if key not in turn.read:
        turn.read[key] = await turn.call("list_access_rules", smart_account=smart_account)
    answer: Answer = turn.read[key]
    return answer


class DeleteRuleForm(AccountForm):
    """Deletes one of an account's rules."""

    form = "delete_rule_form"
    operation = "delete_access_rule"
    asks = ("smart_account", "rule_id")
    begins = frozenset({"delete_rule"})
    subject = "an access rule"

    async def understand(self, turn: Turn, sheet: Sheet, heard: Values) -> None:
        """Which rule is meant: by its number, or by what it says."""
        if sheet.asked == "rule_id":
            await self._which(turn, sheet, heard, str(sheet.values["smart_account"]))
            return
        likely = [one["domain"] for one in await self.accounts(turn)]
        if not turn.values("domain"):  # else it is one that the rule is about
            await super().understand(turn, sheet, heard)
        elif len(likely) == 1:
            heard.setdefault("smart_account", likely[0])
        account = heard.get("smart_account") or sheet.values.get("smart_account")
        if account and "rule_id" not in heard:
            await self._which(turn, sheet, heard, str(account))

    async def _which(self, turn: Turn, sheet: Sheet, heard: Values, account: str) -> None:
        answer = await rules_of(turn, account)
        rules: list[Item] = list(answer.body.get("items") or []) if answer.ok else []
        number = _NUMBER.search(turn.words)
        if number:
            place = _WORDS[number["word"].lower()] if number["word"] else int(number["digits"]) - 1
            if -len(rules) <= place < len(rules):
                heard["rule_id"] = rules[place]["id"]
            elif rules:
                sheet.notes.append(say("utter_rule_unknown", count=len(rules)))
            return
        fitting = [rule for rule in rules if _fits(turn, rule)]
        if len(fitting) == 1:
            heard["rule_id"] = fitting[0]["id"]

    async def options_of(self, slot: str, turn: Turn, sheet: Sheet) -> dict[str, str] | None:
        """The rules to choose from."""
        if slot != "rule_id":
            return await super().options_of(slot, turn, sheet)
        answer = await rules_of(turn, str(sheet.values["smart_account"]))
        if not answer.ok:
            sheet.refusal = answer
        return {
            rule["id"]: f"{rule['position']}. {rule['text']}"
            for rule in answer.body.get("items") or []
        }


def _fits(turn: Turn, rule: Item) -> bool:
    """Whether a rule is about what the words name: a domain, partners, a role, what it does."""
    match = rule["match"]
    domains = {str(one).removeprefix("*.") for one in match.get("domains") or ()}
    named = {str(value) for value in turn.values("domain")}
    if named:
        return bool(named & domains)
    who = next((who for who, said in _WHO.items() if said.search(turn.words)), None)
    if who is not None:
        return bool(match.get("requester") == who)
    role, level = turn.value("role"), turn.value("role_level")
    if role or level:
        about = str(match.get("roles_up_to") or rule.get("role") or "")
        return about == role if role else about.endswith(f"_{level}")
    action = _action_of(turn.words)
    return action is not None and bool(rule["action"] == action)


class ShowRules(CustomAction):
    """An account's rules as a table."""

    action = "action_show_rules"

    async def act(self, turn: Turn) -> list[EventType]:
        """Of the account named, else of each in which the person may look."""
        found = await find_accounts(turn, turn.words, everywhere=False)
        mine = found.entries or [one for one in await related(turn) if one["relation"] == "access"]
        said = False
        refused: Answer | None = None
        for entry in mine[:3]:
            answer = await rules_of(turn, entry["domain"])
            if answer.ok:
                _show_rules(turn, entry, list(answer.body["items"]))
                turn.remember(smart_account=entry["domain"])
                said = True
            refused = refused or answer
        if said:
            return []
        if refused is None:
            turn.reply(say("utter_no_account"), buttons=buttons("utter_no_account"))
        else:
            turn.reply(for_people(str(refused.body.get("detail", ""))))
        return []


def _show_rules(turn: Turn, entry: Item, rules: list[Item]) -> None:
    name, domain = entry["name"], entry["domain"]
    if not rules:
        turn.reply(say("utter_rules_none", account=name), buttons=buttons("utter_rules_none"))
        return
    titles = metadata("utter_rules", "actions")
    rows = [{**rule, "action": titles[rule["action"]]} for rule in rules]
    lines = [f"{rule['position']}. {rule['text']}" for rule in rules]
    ways = [
        button(say("utter_way_delete_rule", position=rule["position"]), "delete_rule",
               rule_id=rule["id"], smart_account=domain)
        for rule in rules[:5]
    ]  # fmt: skip
    card = cards.table(say("utter_rules_title", account=name), "utter_rules", rows)
    turn.reply("\n".join([say("utter_rules", account=name), *lines]), card=card, buttons=ways)
