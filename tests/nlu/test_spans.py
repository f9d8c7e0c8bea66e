"""Facts in sentences: dates, numbers, addresses, topics, names."""

from typing import Any

import pytest

from assistant.nlu.lexicon import Lexicon
from assistant.nlu.rights import right_spans
from assistant.nlu.spans import find_spans, number_of
from assistant.nlu.topics import topic_spans, unknown_portal


def facts(text: str) -> list[tuple[str, Any]]:
    return [(span.entity, span.value) for span in find_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("for 12 people next Tuesday 3pm", [("attendees", 12), ("window", "next Tuesday 3pm")]),
        ("on saturday 10am for 200 people", [("window", "on saturday 10am"), ("attendees", 200)]),
        ("3pm on december 3rd for 2 hours", [("window", "3pm on december 3rd for 2 hours")]),
        ("2027-01-12T10:00, 2027-01-13T10:00 and 2027-01-14T10:00",
         [("window", f"2027-01-1{day}T10:00") for day in (2, 3, 4)]),
        ("2027-01-12T10:00 to 12:00", [("window", "2027-01-12T10:00 to 12:00")]),
        ("next Tuesday 3pm; Wednesday 4pm or Thursday at 10",
         [("window", "next Tuesday 3pm"), ("window", "Wednesday 4pm"),
          ("window", "Thursday at 10")]),
        ("on the 8th of December from 14:00 until 15:30",
         [("window", "on the 8th of December from 14:00 until 15:30")]),
        ("17 december 9 to 11", [("window", "17 december 9 to 11")]),
        ("8 december to 10 december", [("window", "8 december"), ("window", "10 december")]),
        ("31 February at 10:00", [("window", "31 February at 10:00")]),
        ("twenty five", [("number", 25)]),
        ("a dozen colleagues", [("attendees", 12)]),
        ("me and 3 colleagues", [("attendees", 4)]),
        ("just me", [("attendees", 1)]),
        ("-5", [("number", -5)]),
        ("c500123", [("case_number", "C-500123")]),
        ("status of case 500123", [("case_number", "C-500123")]),
        ("order 4100001 is stuck", [("order_number", "4100001")]),
        ("call me at +49 30 1234567", [("phone", "+49 30 1234567")]),
        ("Uma@Northwind.example.", [("email", "uma@northwind.example")]),
        ("sev 1", [("severity", 1)]),
        ("america/new_york", [("time_zone", "America/New_York")]),
        ("UTC+2", [("time_zone", "Etc/GMT-2")]),
        ("May I ask something about my account", []),
        ("lots", []),
    ],
)  # fmt: skip
def test_that_facts_are_found(text: str, expected: list[tuple[str, Any]]) -> None:
    assert facts(text) == expected


@pytest.mark.parametrize(
    ("said", "number"),
    [("12", 12), ("1,5", 1.5), ("a hundred and one", 101), ("two hundred", 200), ("dozen", 12),
     ("ninety-nine", 99), ("lots", None), ("", None)],
)  # fmt: skip
def test_that_numbers_are_read_in_digits_and_words(said: str, number: float | None) -> None:
    assert number_of(said) == number


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("training about user groups and order assignment", ["user groups", "order assignment"]),
        ("training on how to assign orders", ["how to assign orders"]),
        ("a session covering reservations, transfers, please", ["reservations", "transfers"]),
        ("training on CLC", []),
        ("tell me about it", []),
    ],
)
def test_that_topics_are_found_in_the_first_sentence(text: str, topics: list[str]) -> None:
    assert [span.value for span in topic_spans(text, find_spans(text))] == topics


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("I need training on XYZ", "XYZ"),
        ("training on the Frobnicator portal", "Frobnicator"),
        ("a demo of FooBar for 5 people", "FooBar"),
        ("training on smart accounts", None),
        ("training for my team", None),
    ],
)
def test_that_a_name_in_a_portals_place_is_noticed(text: str, name: str | None) -> None:
    found = unknown_portal(text, find_spans(text))
    assert (found.value if found else None) == name


PORTALS = Lexicon(
    "portal",
    {"clc": "clc", "license central": "clc", "cssm": "cssm", "smart software manager": "cssm",
     "lc": "clc", "satellite": "ssm_onprem"},
    fuzzy=True, cased=frozenset({"lc"}),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "portal"),
    [
        ("training on CLC", "clc"), ("the LC portal", "clc"), ("lc circuits", None),
        ("licence centrel", "clc"), ("smart sofware manger", "cssm"), ("csms", "cssm"),
        ("cllc", "clc"), ("Smart-Software  Manager", "cssm"), ("central heating", None),
        ("my case", None), ("calc", None), ("uma@clc.example", None),
    ],
)  # fmt: skip
def test_that_names_are_found_misspelt_too_and_not_everywhere(
    text: str, portal: str | None
) -> None:
    found = list(PORTALS.find(text))
    assert (found[0].value if found else None) == portal


@pytest.mark.parametrize(
    ("text", "domains"),
    [
        ("who is the admin of contoso.example?", ["contoso.example"]),
        ("Contoso.Example please", ["contoso.example"]),
        ("https://www.northwind.example/start", ["northwind.example"]),
        ("add bob@northwind.example to litware.example", ["litware.example"]),
        ("upgrade k3x9qz.smb to subsea.northwind.example",
         ["k3x9qz.smb", "subsea.northwind.example"]),
        ("access to bücher.example and xn--bcher-kva.example",
         ["bücher.example", "xn--bcher-kva.example"]),
        ("see users.csv, 3.5 or 12.3.2027 at 9.30 a.m., e.g. on Monday. Thanks", []),
    ],
)  # fmt: skip
def test_domains_and_what_only_looks_like_one(text: str, domains: list[str]) -> None:
    assert [value for kind, value in facts(text) if kind == "domain"] == domains


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("add bob as viewer", {("role_level", "viewer")}),
        ("make uma an administrator", {("role_level", "admin")}),
        ("demote omar to user", {("role_level", "user")}),
        ("admin rights for me", {("role_level", "admin")}),
        ("User", {("role_level", "user")}),
        ("auto-approve viewers from our own domain", {("role_level", "viewer")}),
        ("remind the admins that a user waits", set()),
        ("add a user", set()),
        ("EMEA and everything nested in it", {("include_nested", True)}),
        ("with what is below", {("include_nested", True)}),
        ("only this virtual account", {("include_nested", False)}),
        ("Oslo, but not what is nested", {("include_nested", False)}),
        ("only Americas", set()),
    ],
)
def test_what_is_said_of_rights(text: str, said: set[tuple[str, Any]]) -> None:
    assert {(span.entity, span.value) for span in right_spans(text)} == said
