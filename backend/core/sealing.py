"""What is kept only to be given again to whom it was given, so that nobody reads it in the table.

Answers to writes can carry what opens something, such as the link of a delegation: of that, the
database has nothing that can be read without `SECRET_KEY`.
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from backend.core.settings import settings


class Unreadable(ValueError):
    """It was sealed with another `SECRET_KEY`, or was changed since."""


def seal(text: str) -> str:
    """The text, encrypted and signed (Fernet) with a key of this purpose alone."""
    return _fernet(settings().secret_key.get_secret_value()).encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text as it was. Raises `Unreadable`."""
    try:
        return _fernet(settings().secret_key.get_secret_value()).decrypt(sealed).decode()
    except InvalidToken as exc:
        raise Unreadable("sealed with another key") from exc


@lru_cache(maxsize=4)
def _fernet(secret: str) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"answers kept to be repeated")
    return Fernet(base64.urlsafe_b64encode(key.derive(secret.encode())))
