"""Identifiers: unguessable, URL-safe, without meaning."""

import secrets
import uuid


def new_id() -> str:
    """32 hexadecimal digits, for rows that people never read out."""
    return uuid.uuid4().hex


def new_secret_id() -> str:
    """43 URL-safe characters, where knowing the id must be worth nothing to a guesser."""
    return secrets.token_urlsafe(32)
