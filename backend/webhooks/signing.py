"""Secrets of endpoints: made, sealed at rest, and used to sign (Standard Webhooks, `v1`)."""

import base64
import secrets
from datetime import UTC, datetime
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from standardwebhooks import Webhook

from backend.core import clock
from backend.core.settings import settings
from backend.webhooks.models import WebhookDelivery, WebhookEndpoint

# The specification asks for 24 to 64 random bytes.
SECRET_BYTES = 32
PREFIX = "whsec_"


class SecretLost(RuntimeError):
    """A secret was sealed with another SECRET_KEY: nobody can read it any more."""


def new_secret() -> str:
    """A secret as receivers are given it: `whsec_` and base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


@lru_cache
def _box(key: str) -> Fernet:
    """What seals with this SECRET_KEY. The key of the box is derived, so that a sealed secret
    says nothing of the key that signs sessions.
    """
    derived = HKDF(SHA256(), 32, salt=None, info=b"secrets of webhooks").derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def seal(secret: str) -> str:
    """The secret as the database keeps it."""
    return _box(settings().secret_key.get_secret_value()).encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """The secret again; raises `SecretLost`."""
    try:
        return _box(settings().secret_key.get_secret_value()).decrypt(sealed.encode()).decode()
    except InvalidToken as exc:
        raise SecretLost("SECRET_KEY is another one than when the secret was made") from exc


def signed_headers(endpoint: WebhookEndpoint, delivery: WebhookDelivery) -> dict[str, str]:
    """The three headers of the specification. While a rotation is under way there are two
    signatures, so that a receiver may change its secret whenever it likes.

    The time is real time and not the demo's moved clock: receivers compare it with their own.
    """
    at = datetime.now(UTC)
    sealed = [endpoint.secret]
    if (
        endpoint.old_secret
        and endpoint.old_secret_until
        and endpoint.old_secret_until > clock.now()
    ):
        sealed.append(endpoint.old_secret)
    signatures = [Webhook(unseal(one)).sign(delivery.id, at, delivery.body) for one in sealed]
    return {
        "webhook-id": delivery.id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
