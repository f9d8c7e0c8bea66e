"""Companies for the tests about orders."""

from tests.access.conftest import company, found

__all__ = ["company", "found"]
