"""Links in mails that work without signing in: what they may do is signed into them."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence

from backend.core.settings import settings

LONGEST = 1500


def sign(purpose: str, parts: Sequence[str]) -> str:
    """A URL-safe token for these texts; it counts for this purpose only, and for ever."""
    said = base64.urlsafe_b64encode(json.dumps([*parts]).encode()).decode().rstrip("=")
    return f"{said}.{_signature(purpose, said)}"


def read(purpose: str, token: str) -> list[str] | None:
    """The texts of a token that `sign` made for this purpose; None for any other."""
    said, _, signature = token[:LONGEST].partition(".")
    if not hmac.compare_digest(signature.encode(), _signature(purpose, said).encode()):
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)))
    except (ValueError, binascii.Error):  # pragma: no cover - we signed it
        return None
    return [str(part) for part in parts]


def _signature(purpose: str, said: str) -> str:
    secret = settings().secret_key.get_secret_value().encode()
    made = hmac.digest(secret, f"{purpose}:{said}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(made).decode().rstrip("=")
