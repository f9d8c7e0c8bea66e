"""Companies of one's own, as the tests of access requests have them."""

from tests.access.conftest import company, found

__all__ = ["company", "found"]
