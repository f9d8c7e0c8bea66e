from datetime import timedelta

import jwt
import pytest

from backend.core.client import Caller
from backend.core.settings import settings
from backend.core.tokens import InvalidToken, mint, mint_internal, mint_session, verify

NADIA = "nadia@northwind.example"
HOUR = timedelta(hours=1)


def forged(key: str | None = None, algorithm: str = "HS256", **changes: object) -> str:
    """A token like ours, with something wrong about it."""
    good = jwt.decode(mint_session(NADIA), options={"verify_signature": False})
    payload = {k: v for k, v in (good | changes).items() if v is not None}
    return jwt.encode(payload, key or settings().secret_key.get_secret_value(), algorithm)


def test_that_a_session_token_names_its_person_and_the_api() -> None:
    claims = verify(mint_session(NADIA))
    assert (claims.person, claims.audience, claims.via) == (NADIA, "api", "rest")


def test_that_an_internal_token_carries_the_conversation_and_the_face_for_a_minute() -> None:
    token = mint_internal(Caller(NADIA, "talk-1", "rasa"))
    claims = verify(token)
    assert (claims.audience, claims.conversation, claims.via) == ("internal", "talk-1", "rasa")
    payload = jwt.decode(token, options={"verify_signature": False})
    assert payload["exp"] - payload["iat"] == 60


def test_that_the_untouched_copy_is_good() -> None:
    assert verify(forged()).person == NADIA


@pytest.mark.parametrize(
    "token",
    [
        lambda: forged(key="another secret that is quite long enough"),
        lambda: forged(key="another secret that is long enough for the longer hash, which "
                       "wants sixty-four", algorithm="HS512"),
        lambda: jwt.encode({"sub": NADIA, "aud": "api", "exp": 9999999999}, "", "none"),
        lambda: mint(NADIA, "api", -HOUR),
        lambda: forged(aud="somebody-else"),
        lambda: forged(aud=None),
        lambda: forged(exp=None),
        lambda: forged(sub=None),
        lambda: mint_session(NADIA)[:-4] + "AAAA",
        lambda: "not.a.token",
        lambda: "",
    ],
    ids=["other key", "other algorithm", "unsigned", "expired", "other audience", "no audience",
         "no expiry", "nobody", "cut", "rubbish", "empty"],
)  # fmt: skip
def test_that_a_forged_or_expired_token_is_refused(token: object) -> None:
    with pytest.raises(InvalidToken):
        verify(token())  # type: ignore[operator]
