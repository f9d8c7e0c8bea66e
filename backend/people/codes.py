"""Codes mailed to new addresses. None is stored: each follows from its row and our secret."""

import hashlib
import hmac

from backend.core.settings import settings
from backend.people.models import EmailCode

CODE_DIGITS = 6


def code_of(row: EmailCode) -> str:
    """The six digits that go with this row, as they are mailed."""
    secret = settings().secret_key.get_secret_value().encode()
    told = f"email-code:{row.id}:{row.person}:{row.email}".encode()
    number = int.from_bytes(hmac.digest(secret, told, hashlib.sha256))
    return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}}"


def is_code_of(said: str, row: EmailCode) -> bool:
    """Whether these are the row's digits, without telling by the time it takes."""
    return hmac.compare_digest(said.encode(), code_of(row).encode())
