"""Tells words about the form ("back", "skip") and interruptions from answers."""

import re

from actions.answers import answer
from actions.sheet import CHANGE, LEAVE, Sheet
from actions.turn import Turn

# Handled by the form itself.
COMMANDS = frozenset(
    {
        "cancel",
        "go_back",
        "skip",
        "help",
        "ask_why",
        "summarise",
        "repeat",
        "change",
        "open_another",
    }
)
# Answered by their rules; the form then asks again.
INTERRUPTIONS = frozenset({
    "greet", "goodbye", "thanks", "small_talk", "bot_challenge", "abuse", "other_language",
    "out_of_scope", "talk_to_person", "case_status", "list_cases", "get_support", "list_users",
    "show_permissions", "list_groups",
    "account_request_status", "upgrade_status", "show_account", "locations", "account_events",
    "order_status", "explain_delay", "list_orders", "order_summary", "find_license",
    "order_people", "why_visible", "list_ofm", "show_notifications", "list_recipients",
})  # fmt: skip
# Questions about people: that they name one of the options does not make them an answer.
ABOUT_PEOPLE = frozenset({"list_users", "show_permissions", "list_groups"})
# After these nobody needs to see the card again.
SOCIAL = frozenset({"greet", "goodbye", "thanks", "small_talk", "bot_challenge", "abuse"})
# What interrupts even a free-text question, when it is short and clear.
CLEAR = frozenset({"greet", "goodbye", "thanks", "bot_challenge", "abuse", "talk_to_person"})
# … and these, when they are said as a wish: "my cases", not "how cases are handled".
WISHES = frozenset({
    "create_case", "open_training_case", "request_training", "reschedule_training", "cancel_case",
    "list_cases", "case_status", "add_note", "get_support", "talk_to_person",
    "account_request_status", "upgrade_status", "show_account", "locations", "account_events",
    "list_orders", "order_summary",
})  # fmt: skip
_WISH = re.compile(
    r"^\W*(?:(?:please|pls|ok|okay|no|so|and|just|now|sorry|wait|actually)\b[ ,]*)*(?:"
    r"(?:i|we)(?:'d| would| want| need|'ll| will| have)|can (?:you|i|we)|could (?:you|i|we)|let me"
    r"|(?:show |list |see )?(?:me )?(?:all )?(?:of )?(?:my|our) "
    r"|(?:create|open|raise|log|file|make|start|submit|get|contact|talk|speak|chat|connect|call"
    r"|cancel|withdraw|close|reschedule|move|postpone|book|request|arrange|schedule|add|need|want"
    r"|new (?:case|ticket|training)|status)\b)",
    re.IGNORECASE,
)
_HOW = re.compile(
    r"^\W*(?:(?:and|but|so|ok|hi|hello|hey|sorry|please|tell me|can you tell me|i wonder"
    r"|could you explain|do you know|explain)\b[ ,]*)*"
    r"(?:how (?:do|does|did|can|could|would|should|is|are|to|will|long|many|much|often|deep)|where"
    r"|what(?:'?s| is| are| does| do| happens| kind| format| columns| else)"
    r"|which (?:role|format)"
    r"|who(?:'?s| is)? (?:can|may|allowed|decides|is allowed)|why"
    r"|when (?:do|does|can|is|are|will))\b",
    re.IGNORECASE,
)
_NONE = re.compile(
    r"\W*(?:(?:no|nope|nah|none|nothing|not? needed|no need|no one|nobody|no thanks?(?: you)?)"
    r"(?: (?:reason|reasons|thanks?|thank you|please|needed|really|special|for it|at all|of them))*"
    r"[\W]*)+",
    re.IGNORECASE,
)
_WHY = re.compile(
    r"\W*(?:(?:but|and|ok|okay|hm+|sorry|wait)\b\W*)*why"
    r"(?: (?:is that|that|this|do you (?:ask|need (?:it|this|that|to know)|want to know)))?\W*",
    re.IGNORECASE,
)
SHORT_WORDS = 6
WISH_WORDS = 8
NAME_WORDS = 2


def asks_how(turn: Turn) -> bool:
    """Whether a sentence wants to know how something is done rather than have it done."""
    return not turn.is_payload and _HOW.match(turn.text) is not None


def asks_something(turn: Turn, sheet: Sheet) -> bool:
    """Whether a message interrupts as a question; a story that ends in one is still an answer."""
    if not _takes_any_words(sheet):
        return turn.asks_something
    short = len(turn.text.split()) <= SHORT_WORDS
    return turn.asks_something and (short or turn.begins_as_question)


def command_of(
    turn: Turn, sheet: Sheet, own: frozenset[str], also_cancels: frozenset[str]
) -> str | None:
    """The command in a message, if it is one.

    `own` intents begin this form, `also_cancels` mean cancelling while it is filled in.
    """
    if turn.is_payload:
        if turn.intent in COMMANDS:
            return turn.intent
        later = turn.value("wish") is not None  # the next one, when this is done
        return "repeat" if turn.intent in own and (later or not turn.facts) else None
    if turn.intent == "affirm" and sheet.asked == CHANGE:
        return "repeat"
    if _WHY.fullmatch(turn.text):
        return "ask_why"
    means = not _takes_any_words(sheet) or wishes(turn, sheet)
    if turn.intent in also_cancels and turn.value("case_number") is None and _is_plain(turn):
        return "cancel" if means else None
    if turn.intent == "create_case" and turn.intent in own and means:
        return "repeat"
    if wants_none(turn, sheet):
        return "skip"
    if turn.intent not in COMMANDS or turn.intent == "open_another":
        return None
    if sheet.asked == LEAVE and turn.intent != "cancel":
        return None
    return turn.intent if _clear(turn, sheet) else None


def wants_none(turn: Turn, sheet: Sheet) -> bool:
    """Whether a question that need not be answered gets "no" or "none" for an answer."""
    asked = str(sheet.asked)
    if sheet.asked is None or sheet.is_required(asked) or sheet.kind(asked) == "confirm":
        return False
    return not turn.facts and _NONE.fullmatch(turn.text) is not None


def interrupts(turn: Turn, sheet: Sheet, own: frozenset[str]) -> bool:
    """Whether a message is for a rule to answer, not for the form."""
    if turn.intent not in INTERRUPTIONS or turn.intent in own:
        return False
    if turn.is_payload:
        return True
    if turn.intent == "out_of_scope" and len(turn.text.split()) <= NAME_WORDS:
        return False  # a name that nobody knows is a wrong answer, not another subject
    asked = str(sheet.asked)
    if _takes_any_words(sheet):
        return (turn.intent in CLEAR and _clear(turn, sheet)) or wishes(turn, sheet)
    if turn.intent in CLEAR:
        return turn.confidence >= 0.5
    if turn.intent in ABOUT_PEOPLE and turn.asks_something:
        return turn.confidence >= 0.5
    taken = turn.confidence < 0.8 and answer(turn, sheet, asked) is not None
    return turn.confidence >= 0.5 and not taken


def wishes(turn: Turn, sheet: Sheet) -> bool:
    """Whether a few clear words want something: a command even where any words would do."""
    sure = turn.intent in WISHES and turn.confidence >= 0.8
    short = len(turn.text.split()) <= (SHORT_WORDS if _is_verbatim(sheet) else WISH_WORDS)
    shaped = turn.begins_as_question or _WISH.match(turn.text) is not None
    return turn.is_payload or (sure and short and shaped and not _insists(turn, sheet))


def _is_verbatim(sheet: Sheet) -> bool:
    return sheet.question(str(sheet.asked)).verbatim


def _insists(turn: Turn, sheet: Sheet) -> bool:
    """Who writes the same again where a text is asked for means it as the text."""
    skips = turn.intent == "skip" and not sheet.is_required(str(sheet.asked))
    return _is_verbatim(sheet) and turn.said_again and not skips


def _clear(turn: Turn, sheet: Sheet) -> bool:
    """Surer and shorter where any words would be an answer."""
    if _takes_any_words(sheet):
        return turn.confidence >= 0.8 and _is_plain(turn) and not _insists(turn, sheet)
    return turn.confidence >= 0.45


def _takes_any_words(sheet: Sheet) -> bool:
    return sheet.takes_any_words(str(sheet.asked))


def _is_plain(turn: Turn) -> bool:
    return len(turn.text.split()) <= SHORT_WORDS
