"""When the engine was guessing: what the desk is shown as unsure, and looks through."""

from collections.abc import Sequence
from typing import Any

# Below this confidence, or this close to the runner-up, the engine was guessing.
UNSURE_BELOW = 0.6
UNSURE_GAP = 0.15
FALLBACK = "nlu_fallback"
MOST_GUESSES = 5


def guesses(why: dict[str, Any]) -> list[dict[str, Any]]:
    """What the engine thought of, `{name, confidence}`, best first, the fallback not among them."""
    ranking = why.get("ranking") or ([why["intent"]] if why.get("intent") else [])
    named = [one for one in ranking if one.get("name") not in {None, FALLBACK}]
    return [
        {"name": str(one["name"])[:60], "confidence": round(float(one.get("confidence") or 0), 4)}
        for one in named[:MOST_GUESSES]
    ]


def unsure(ranked: Sequence[dict[str, Any]]) -> bool:
    """Whether the best of these is doubtful by itself, or too close to the next."""
    best, second = (float(one["confidence"]) for one in [*ranked[:2], *_NOTHING][:2])
    return best < UNSURE_BELOW or best - second < UNSURE_GAP


_NOTHING = ({"confidence": 0.0}, {"confidence": 0.0})
