"""Names of accounts, virtual accounts and people in what somebody wrote."""

import pytest

from actions.names import choose, find_names, nearest

PLACES = ["DEFAULT", "EMEA", "Oslo", "Oslo-Lab", "APAC", "Americas"]
STORES = ["DEFAULT", *(f"Store-{number:02}" for number in range(1, 31))]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("add me to Northwind as VA user for Oslo and Americas", ["Oslo", "Americas"]),
        ("oslo lab", ["Oslo-Lab"]),
        ("Oslo-Lab and oslo", ["Oslo-Lab", "Oslo"]),
        ("oslo@northwind.example or oslo.example", []),
        ("only amercias please", ["Americas"]),
        ("also some access", []),
        ("all but not EMEA", []),
    ],
)
def test_that_names_are_found_as_people_write_them(text: str, meant: list[str]) -> None:
    assert choose(text, PLACES).meant == meant


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("store 1", 1), ("store1 and store 2", 2), ("Store-01 to Store-26", 26),
        ("stores", 0), ("store-31", 0), ("Store-01, Store-02 - Store-05 and Store-09", 6),
        ("only store 1 to 25", 25), ("stores 1, 2 and 7", 3), ("store-03 and 4 to 6, not 5", 4),
        ("store 1 until 12 december", 1), ("store-01, 40 and Store-02", 2),
    ],
)  # fmt: skip
def test_that_numbers_count_and_ranges_are_filled(text: str, count: int) -> None:
    assert len(choose(text, STORES).meant) == count


def test_that_what_is_denied_is_told_apart() -> None:
    said = choose("not Oslo or EMEA, only Americas", PLACES)
    assert (said.meant, said.denied) == (["Americas"], ["Oslo", "EMEA"])


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("for Bergen and Oslo", ["Bergen"]),
        ("Oslo, Bergen and Americas", ["Bergen"]),
        ("Oslo and Americas please", []),
        ("EMEA and everything nested in it", []),
        ("as VA user for Oslo, I manage the licences", []),
    ],
)
def test_that_words_beside_a_name_may_be_names_that_there_are_not(
    text: str, unknown: list[str]
) -> None:
    assert choose(text, PLACES).unknown == unknown


def test_that_a_number_too_high_is_a_name_that_there_is_not() -> None:
    said = choose("store-40 and store 2", STORES)
    assert (said.meant, said.unknown) == (["Store-02"], ["store-40"])


def test_that_the_nearest_names_are_offered() -> None:
    assert nearest("Oslu", PLACES)[0] == "Oslo"
    assert nearest("zzz", PLACES) == []


def test_that_a_misspelt_name_is_marked() -> None:
    (hit,) = find_names("join contso please", {"contoso": "contoso.example"})
    assert (hit.value, hit.exact) == ("contoso.example", False)
