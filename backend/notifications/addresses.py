"""Signed addresses at `REPLY_DOMAIN`: for answers to a case, and for reports about one mail.

What stands before the @ proves that we wrote it, and for whom: a case’s address counts only for
its requester, and guessing one is guessing 100 bits. Upper and lower case are alike, because some
mail servers change them.
"""

import base64
import hashlib
import hmac
import re

from backend.core.settings import settings

_TOKEN_BYTES = 13
_CASE = re.compile(r"case\+(?P<number>\d{1,12})\.(?P<token>[a-z2-7]{20})")
_INVITATION = re.compile(r"invitation\+(?P<number>\d{1,12})\.(?P<token>[a-z2-7]{20})")
_BOUNCE = re.compile(r"bounce\+(?P<mail>[0-9a-f]{32})\.(?P<token>[a-z2-7]{20})")
_PREFIX = "C-"


def _token(told: str) -> str:
    secret = settings().secret_key.get_secret_value().encode()
    digest = hmac.digest(secret, f"mail-address:{told}".encode(), hashlib.sha256)
    return base64.b32encode(digest[:_TOKEN_BYTES]).decode().lower()[:20]


def _at_home(local: str) -> str | None:
    domain = settings().reply_domain
    return f"{local}@{domain}" if domain else None


def reply_address(case_number: str, person_id: str) -> str | None:
    """Where this person’s answers to the case go; None without `REPLY_DOMAIN`."""
    token = _token(f"case:{case_number}:{person_id}")
    return _at_home(f"case+{case_number.removeprefix(_PREFIX)}.{token}")


def invitation_address(case_number: str) -> str | None:
    """Where calendars answer invitations of this case; the same for all who are invited."""
    token = _token(f"invitation:{case_number}")
    return _at_home(f"invitation+{case_number.removeprefix(_PREFIX)}.{token}")


def bounce_address(mail_id: str) -> str | None:
    """Where servers report what became of this mail; None without `REPLY_DOMAIN`."""
    return _at_home(f"bounce+{mail_id}.{_token(f'mail:{mail_id}')}")


def _local_part(address: str) -> str | None:
    local, _, domain = address.strip().lower().rpartition("@")
    home = settings().reply_domain
    return local if home and domain == home.lower() else None


def case_named(address: str) -> str | None:
    """The number of the case that the address claims to be for; nothing is proved yet."""
    match = _CASE.fullmatch(_local_part(address) or "")
    return f"{_PREFIX}{match['number']}" if match else None


def is_reply_address(address: str, case_number: str, person_id: str) -> bool:
    """Whether we wrote this address for this case and person."""
    wanted = reply_address(case_number, person_id)
    return wanted is not None and hmac.compare_digest(address.strip().lower(), wanted.lower())


def invitation_named(address: str) -> str | None:
    """The case whose invitations are answered at this address; None unless we wrote it."""
    match = _INVITATION.fullmatch(_local_part(address) or "")
    if match is None:
        return None
    number = f"{_PREFIX}{match['number']}"
    right = hmac.compare_digest(match["token"], _token(f"invitation:{number}"))
    return number if right else None


def mail_named(address: str) -> str | None:
    """The id of the mail whose bounces go to this address; None unless we wrote it."""
    match = _BOUNCE.fullmatch(_local_part(address) or "")
    if match is None:
        return None
    right = hmac.compare_digest(match["token"], _token(f"mail:{match['mail']}"))
    return match["mail"] if right else None
