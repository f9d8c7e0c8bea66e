"""Addresses on one line."""

import pytest

from actions.addresses import read_address


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        ("Storgata 5", ["Storgata 5", None, None, None, None]),
        ("Storgata 5, 0155 Oslo, Norway", ["Storgata 5", "Oslo", None, "0155", "NO"]),
        ("Storgata 5, 0155 Oslo, NO", ["Storgata 5", "Oslo", None, "0155", "NO"]),
        ("Storgata 5, floor 3, 0155 Oslo, norway",
         ["Storgata 5, floor 3", "Oslo", None, "0155", "NO"]),
        ("21 Fictional Trail, Denver, CO 80200, USA",
         ["21 Fictional Trail", "Denver", "CO", "80200", "US"]),
        ("21 Fictional Trail, Denver, CO, 80200",
         ["21 Fictional Trail", "Denver", "CO", "80200", "US"]),
        ("88 Mockingbird Lane, Seattle WA 98100",
         ["88 Mockingbird Lane", "Seattle", "WA", "98100", "US"]),
        ("9 Trial Terrace, Leeds LS1 1ZZ, UK",
         ["9 Trial Terrace", "Leeds", None, "LS1 1ZZ", "GB"]),
        ("Unter den Linden 1, 10117 Berlin Germany",
         ["Unter den Linden 1", "Berlin", None, "10117", "DE"]),
        ("Storgata 5, Oslo", ["Storgata 5", "Oslo", None, None, None]),
    ],
)  # fmt: skip
def test_that_an_address_is_taken_apart(said: str, parts: list[str | None]) -> None:
    found = read_address(said)
    assert [found.get(p) for p in ("street", "city", "region", "postal_code", "country")] == parts
