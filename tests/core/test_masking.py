"""What is hidden in people's words, and above all what is not."""

import random
import string
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.masking import CARD, KEY, PASSWORD, _luhn, has_hidden, mask

CARDS = [
    "4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "5500005555555559",
    "378282246310005", "3782 822463 10005", "6011 1111 1111 1117", "2223003122003222",
    "30569309025904", "3530111333300000",
]  # fmt: skip
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJlLXRoYXQtaXMtbG9uZw"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc\n-----END RSA PRIVATE KEY-----"
KEYS = [
    "AKIAIOSFODNN7EXAMPLE", f"ghp_{'a1B2' * 9}", f"sk-proj-{'x7' * 15}", f"xoxb-{'1234567890'}-abc",
    TOKEN, PEM, f"whsec_{'QUJD' * 8}", f"AIza{'Sy9' * 11}Ab", f"glpat-{'k9' * 10}",
]  # fmt: skip


@pytest.mark.parametrize("card", CARDS)
def test_that_card_numbers_are_hidden(card: str) -> None:
    told = mask(f"Please bill {card}, thanks.")
    assert (told.text, told.found) == ("Please bill [card number hidden], thanks.", (CARD,))


@pytest.mark.parametrize("key", KEYS)
def test_that_keys_are_hidden(key: str) -> None:
    told = mask(f"It is {key} and it fails")
    assert (told.text, told.found) == ("It is [key hidden] and it fails", (KEY,))


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("my password is hunter2", "my password is [password hidden]"),
        ("My password is: hunter", "My password is: [password hidden]"),
        ("password=Summer!2027.", "password=[password hidden]."),
        ("pwd: abc", "pwd: [password hidden]"),
        ("the password for cssm is “open sesame”, ok?",
         "the password for cssm is “[password hidden]”, ok?"),
        ("passphrase was 12345, sorry", "passphrase was [password hidden], sorry"),
        ("https://me:s3cret@host.example/x", "https://me:[password hidden]@host.example/x"),
        ("api key: 9f8e7d6c5b4a39281706", "api key: [key hidden]"),
        ("Registration token = ZGF0YTEyMzQ1Njc4OTA%3D", "Registration token = [key hidden]"),
        ("Authorization: Bearer abcdefghij0123456789xyz", "Authorization: Bearer [key hidden]"),
    ],
)  # fmt: skip
def test_that_what_is_said_to_be_secret_is_hidden(said: str, kept: str) -> None:
    assert mask(said).text == kept


@pytest.mark.parametrize(
    "said",
    [
        "My password is wrong.", "the password is not working", "My password was reset yesterday",
        "password is expired, what now?", "I forgot my password", "Where is the password page?",
        "Order 4100005 and 81000005 are stuck", "case C-500123", "PAK 3A4F8B7C9D2",
        "serial FOC1234X0AB, SN: JAE21330ABC", "call +47 555 01 000 or +1 (408) 555-0100",
        "+4915112345678901", "version 17.12.4 at 10.20.30.40", "How do I get a registration token?",
        "the token is missing in the account", "our product instance needs the key soon",
        "2027-03-08T10:00 to 2027-03-08T11:00", "4111111111111112", "0000 0000 0000 0000",
        "order number 123456789012345678", "id 5f0c7e2a-1234-4abc-9def-001122334455",
        "token is 5f0c7e2a-1234-4abc-9def-001122334455", "who@company.example",
        "https://host.example:8443/path", "quantity 1000000000000",
    ],
)  # fmt: skip
def test_that_ordinary_words_and_numbers_stay(said: str) -> None:
    assert mask(said).text == said


NUMBERS = st.one_of(
    st.integers(10**6, 10**8 - 1).map(str),
    st.integers(500_000, 999_999_999).map(lambda n: f"C-{n}"),
    st.uuids().map(str),
    st.uuids().map(lambda one: uuid.UUID(str(one)).hex),
    st.text(string.ascii_uppercase + string.digits, min_size=11, max_size=11),
    st.integers(0, 9999).map(lambda n: f"FOC{n:04d}X0AB"),
    st.integers(10**8, 10**10).map(lambda n: f"+47 {n // 10**6} {n % 10**6}"),
    st.integers(10**9, 10**14 - 1).map(lambda n: f"+{n}"),
)  # fmt: skip


@given(st.lists(NUMBERS, min_size=1, max_size=4), st.sampled_from([" ", ", ", "\n", " and "]))
def test_that_no_number_of_ours_is_ever_hidden(numbers: list[str], between: str) -> None:
    said = f"About {between.join(numbers)}."
    assert mask(said).text == said


@given(st.text(max_size=400))
def test_that_masking_twice_changes_nothing_more(text: str) -> None:
    once = mask(text)
    assert mask(once.text) == type(once)(once.text)
    assert bool(once.found) <= has_hidden(once.text)


@given(st.integers(0, 2**32), st.sampled_from(["", " ", "-"]))
def test_that_every_right_card_is_hidden(seed: int, between: str) -> None:
    dice = random.Random(seed)
    begin = "4" + "".join(dice.choices(string.digits, k=14))
    card = next(begin + last for last in string.digits if _luhn(begin + last))
    written = between.join(card[i : i + 4] for i in range(0, 16, 4))
    assert mask(f"a {written} b").text == "a [card number hidden] b"


@given(st.text("abc \n:=\"'-pwd1_.@/", max_size=3000))
def test_that_no_text_takes_long(text: str) -> None:
    mask(text * 3)
    assert PASSWORD == "password"
