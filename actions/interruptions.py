"""Tells words about the form ("back", "skip") and interruptions from answers."""

from actions.answers import answer
from actions.sheet import CHANGE, LEAVE, Sheet
from actions.turn import Turn

# Handled by the form itself.
COMMANDS = frozenset(
    {"cancel", "go_back", "skip", "help", "summarise", "repeat", "change", "open_another"}
)
# Answered by their rules; the form then asks again.
INTERRUPTIONS = frozenset({
    "greet", "goodbye", "thanks", "small_talk", "bot_challenge", "abuse", "other_language",
    "out_of_scope", "talk_to_person", "case_status", "list_cases", "get_support",
})  # fmt: skip
# After these nobody needs to see the card again.
SOCIAL = frozenset({"greet", "goodbye", "thanks", "small_talk", "bot_challenge", "abuse"})
# What interrupts even a free-text question, when it is short and clear.
CLEAR = frozenset({"greet", "goodbye", "thanks", "bot_challenge", "abuse", "talk_to_person"})
SHORT_WORDS = 6
NAME_WORDS = 2


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
        return "repeat" if turn.intent in own and not turn.facts else None
    if turn.intent == "affirm" and sheet.asked == CHANGE:
        return "repeat"
    if turn.intent in also_cancels and turn.value("case_number") is None and _is_plain(turn):
        return "cancel"
    if turn.intent == "create_case" and turn.intent in own and not _takes_any_words(sheet):
        return "repeat"
    if turn.intent not in COMMANDS or turn.intent == "open_another":
        return None
    if sheet.asked == LEAVE and turn.intent != "cancel":
        return None
    return turn.intent if _clear(turn, sheet) else None


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
        return turn.intent in CLEAR and _clear(turn, sheet)
    if turn.intent in CLEAR:
        return turn.confidence >= 0.5
    taken = turn.confidence < 0.8 and answer(turn, sheet, asked) is not None
    return turn.confidence >= 0.5 and not taken


def _clear(turn: Turn, sheet: Sheet) -> bool:
    """Surer and shorter where any words would be an answer."""
    if _takes_any_words(sheet):
        return turn.confidence >= 0.8 and _is_plain(turn)
    return turn.confidence >= 0.45


def _takes_any_words(sheet: Sheet) -> bool:
    return sheet.kind(str(sheet.asked)) in {"text", "choices"}


def _is_plain(turn: Turn) -> bool:
    return len(turn.text.split()) <= SHORT_WORDS
