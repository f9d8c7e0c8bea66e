import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from backend.core import fields
from backend.core.wording import name_of, say_field_error, shown


def read(kind: object, value: object) -> object:
    return TypeAdapter(kind).validate_python(value)


def wrong(kind: object, value: object) -> str:
    """The sentence with which a value is refused."""
    with pytest.raises(ValidationError) as refused:
        read(kind, value)
    return say_field_error("field", refused.value.errors()[0])


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        (" Ana@Contoso.EXAMPLE ", "ana@contoso.example"),
        ("first.last+tag@sub.domain.example", "first.last+tag@sub.domain.example"),
        ("o'neil@contoso.example", "o'neil@contoso.example"),
    ],
)
def test_that_addresses_are_kept_in_one_spelling(given_: str, kept: str) -> None:
    assert read(fields.Email, given_) == kept


@pytest.mark.parametrize(
    "address",
    [
        "nadia", "nadia@", "@northwind.example", "na dia@northwind.example", "a@b", "a@b.c",
        "a@-b.example", "a@b-.example", "a@b..example", "a@b@c.example", "a,b@c.example",
        "Nadia <nadia@northwind.example>", f"{'x' * 65}@northwind.example",
        f"a@{'b' * 64}.example", f"a@{'bc.' * 90}example", "a@b.example\nbcc: c@d.example",
    ],
)  # fmt: skip
def test_that_what_is_no_address_is_refused_with_an_example(address: str) -> None:
    said = wrong(fields.Email, address)
    assert "is not an e-mail address. It looks like name@company.example." in said


@pytest.mark.parametrize(
    ("given_", "kept"),
    [("EN", "en"), ("pt-br", "pt-BR"), ("de", "de"), ("zh-hant-tw", "zh-hant-TW"), ("nb", "nb")],
)
def test_that_language_codes_are_kept_in_one_spelling(given_: str, kept: str) -> None:
    assert read(fields.Language, given_) == kept


@pytest.mark.parametrize("code", ["", "german language", "e", "d3", "de_DE", "de-", "engl"])
def test_that_what_is_no_language_code_is_refused(code: str) -> None:
    assert "Use one like en, de or pt-BR." in wrong(fields.Language, code)


@pytest.mark.parametrize("phone", ["+47 555 01 23", "(503) 555-0112", "030/2312 50 80", "112233"])
def test_that_phone_numbers_are_taken_as_people_write_them(phone: str) -> None:
    assert read(fields.Phone, phone) == phone


@pytest.mark.parametrize("phone", ["", "call me", "12345", "+47-----------1", "++47 555 01 23",
                                   "1" * 41, "0800 CALL NOW"])  # fmt: skip
def test_that_what_is_no_phone_number_is_refused_with_an_example(phone: str) -> None:
    assert "like +47 555 01 000." in wrong(fields.Phone, phone)


@pytest.mark.parametrize("zone", ["Europe/Oslo", "America/Argentina/Buenos_Aires", "UTC"])
def test_that_iana_zones_are_known(zone: str) -> None:
    assert read(fields.TimeZone, zone) == zone


@pytest.mark.parametrize("zone", ["", "Oslo", "CET+1", "europe/oslo", "../../etc/passwd", "/UTC",
                                  "GMT+25", "x" * 300])  # fmt: skip
def test_that_other_zones_are_refused_with_an_example(zone: str) -> None:
    assert "Use one like Europe/Berlin." in wrong(fields.TimeZone, zone)


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("C-500123", "C-500123"), ("c500123", "C-500123"), ("C 500123", "C-500123"),
        ("case 500123", "C-500123"), ("Case #C-500123", "C-500123"), (" 500123 ", "C-500123"),
        ("case: 500123", "C-500123"), ("C-1234", "C-1234"), ("order 4100001", "order 4100001"),
        ("", ""), ("x" * 90, "x" * 40),
    ],
)  # fmt: skip
def test_that_case_numbers_are_understood_as_people_say_them(said: str, number: str) -> None:
    assert fields.normal_case_number(said) == number


@given(st.text(max_size=60))
def test_that_cleaned_text_has_no_control_characters_and_stays_clean(text: str) -> None:
    cleaned = fields.clean(text)
    assert not [c for c in cleaned if c not in "\n\t" and unicodedata.category(c) in {"Cc", "Cs"}]
    assert cleaned == cleaned.strip()
    assert fields.clean(cleaned) == cleaned
    cleaned.encode()


def test_that_cleaning_keeps_lines_tabs_and_markup_as_they_are() -> None:
    assert fields.clean("  a\tb\nc <b>d</b> *e* \x00\x1b[31m ") == "a\tb\nc <b>d</b> *e* [31m"
    assert fields.clean(None) is None
    assert fields.clean(7) == 7


def test_that_a_text_of_control_characters_alone_is_too_short() -> None:
    assert wrong(fields.ShortText, "\x00\x07 ") == "field is too short: at least 1."


def test_that_values_are_read_back_quoted_and_shortened() -> None:
    assert shown("a\nb") == "“a b”"
    assert shown("x" * 61) == f"“{'x' * 60}…”"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("attendee_emails.2", "attendee e-mails, number 3"),
        ("time_zone", "time zone"),
        ("windows.0.start", "windows, number 1, start"),
    ],
)
def test_that_a_field_is_named_in_words(path: str, words: str) -> None:
    assert name_of(path) == words


@pytest.mark.parametrize("kind", [fields.ShortText, fields.Topic])
def test_that_a_title_is_one_line(kind: object) -> None:
    said = "Order\r\n stuck\u2028Bcc: all@northwind.example\t now"
    assert read(kind, said) == "Order stuck Bcc: all@northwind.example now"
