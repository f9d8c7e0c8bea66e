"""What of a model's words a person gets to see, whole or while they grow."""

from assistant.engines.agent.claims import claims, sentences
from assistant.engines.agent.grounds import Grounds
from assistant.engines.agent.leaks import recited, without_secrets
from assistant.engines.agent.markup import plain_markup, readable_text
from assistant.engines.agent.turn import AgentTurn
from assistant.wording import say

# An answer is shorter; whatever is longer is not worth the time to look through it.
MOST_CHARACTERS = 10_000


def presentable(turn: AgentTurn, text: str, *, growing: bool = False) -> str:
    """The words without claims, recited instructions, secrets and markup that is not ours.

    That something was taken out is said, once the words are whole (not while `growing`).
    """
    grounds = Grounds.of(turn)
    shown = plain_markup(without_secrets(readable_text(text[:MOST_CHARACTERS])), grounds)
    secret = recited(shown)
    kept, notes, at = [], dict[str, None](), 0
    for sentence in sentences(shown):
        begin, at = at, at + len(sentence)
        if any(start < at and begin < end for start, end in secret):
            notes[say("instructions_kept")] = None
        elif claims(sentence, grounds):
            notes[say("nothing_done")] = None
        else:
            kept.append(sentence)
    said = "".join(kept).strip()
    if growing:
        return said
    return "\n\n".join([*([said] if said else []), *notes]) or say("nothing_to_show")
