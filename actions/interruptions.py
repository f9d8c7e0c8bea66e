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


def command_of(turn: Turn, sheet: Sheet) -> str | None:
    """The command in a message, if it is one."""
    if turn.is_payload:
        if turn.intent in COMMANDS:
            return turn.intent
        return "repeat" if turn.intent == "create_case" else None
    if turn.intent == "affirm" and sheet.asked == CHANGE:
        return "repeat"
    if turn.intent == "cancel_case" and turn.value("case_number") is None and _is_plain(turn):
        return "cancel"  # "cancel my training" in the middle of asking for one
    if turn.intent == "create_case" and sheet.kind(str(sheet.asked)) not in {"text", "choices"}:
        return "repeat"
    if turn.intent not in COMMANDS or turn.intent == "open_another":
        return None
    if sheet.asked == LEAVE and turn.intent != "cancel":
        return None
    return turn.intent if _clear(turn, sheet) else None


def interrupts(turn: Turn, sheet: Sheet, begins: frozenset[str]) -> bool:
    """Whether a message is for a rule to answer, not for the form."""
    if turn.intent not in INTERRUPTIONS or turn.intent in begins:
        return False
    if turn.is_payload:
        return True
    asked = str(sheet.asked)
    if sheet.kind(asked) in {"text", "choices"}:
        return turn.intent in CLEAR and _clear(turn, sheet)
    if turn.intent in CLEAR:
        return turn.confidence >= 0.5
    taken = turn.confidence < 0.8 and answer(turn, sheet, asked) is not None
    return turn.confidence >= 0.5 and not taken


def _clear(turn: Turn, sheet: Sheet) -> bool:
    """Surer and shorter where any words would be an answer."""
    if sheet.kind(str(sheet.asked)) in {"text", "choices"}:
        return turn.confidence >= 0.8 and _is_plain(turn)
    return turn.confidence >= 0.45


def _is_plain(turn: Turn) -> bool:
    return len(turn.text.split()) <= SHORT_WORDS
