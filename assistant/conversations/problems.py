"""Refusals that every call about conversations shares."""

from backend.core.problems import Problem, not_found


def no_conversation() -> Problem:
    """404, the same for one that does not exist and one that is somebody else's."""
    return not_found("conversation of that id", "Start one with POST /api/v1/conversations.")
