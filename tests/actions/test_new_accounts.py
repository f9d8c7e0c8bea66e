"""Names of new accounts, and who is invited after a change."""

import pytest

from actions.account_requests import replaced
from actions.account_settings import said_policies
from actions.new_accounts import said_name


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("new smart account named blue yonder, unrestricted", "Blue Yonder"),
        ("create smart account adventure works with the domain adventure.example",
         "Adventure Works"),
        ("request a smart account for my customer adventure works, anna@adventure.example",
         "Adventure Works"),
        ("create a smart account for Fourth Coffee", "Fourth Coffee"),
        ('open a smart account called "Smith & Sons"', "Smith & Sons"),
        ("new smart account called wendy's diner", "Wendy's Diner"),
        ("create a smart account for my company", None),
        ("we need a smart account", None),
        ("my customer has no smart account, please request one", None),
        ("our customer needs a smart account", None),
        ("new smart account for adventure.example", None),
        ("new smart account please", None),
    ],
)  # fmt: skip
def test_that_the_name_is_found_in_the_wish(said: str, name: str | None) -> None:
    assert said_name(said) == name


WILL, JANE, WANDA = "will@wingtip.example", "jane@wingtip.example", "wanda@wingtip.example"


@pytest.mark.parametrize(
    ("present", "named", "words", "after"),
    [
        ([WILL], [WILL, WANDA], f"replace {WILL} with {WANDA}", [WANDA]),
        ([WILL], [WANDA], f"invite {WANDA} instead of will", [WANDA]),
        ([WILL, JANE], [WANDA], f"use {WANDA} instead of will", [JANE, WANDA]),
        ([WILL, JANE], [WANDA], WANDA, [WANDA]),
        ([WILL, JANE], [WANDA], f"add {WANDA} instead of will", [JANE, WANDA]),
        ([WILL], [WANDA], f"also invite {WANDA}", [WILL, WANDA]),
    ],
)
def test_that_a_sentence_says_who_is_invited_afterwards(
    present: list[str], named: list[str], words: str, after: list[str]
) -> None:
    assert replaced(present, named, words) == after


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("block overuse", {"block_overuse": True}),
        ("stop blocking overuse", {"block_overuse": False}),
        ("allow overuse again", {"block_overuse": False}),
        ("forbid export-controlled tokens", {"restrict_export_controlled_tokens": True}),
        ("allow export controlled tokens", {"restrict_export_controlled_tokens": False}),
        ("enforce licence policies", {"enforce_license_policies": True}),
        ("turn off the licence policy", {"enforce_license_policies": False}),
        ("only admins should see the cases", {"case_visibility": "admins"}),
        ("set case visibility to owner", {"case_visibility": "owner"}),
        ("everyone in the account should see our cases", {"case_visibility": "all"}),
        ("show our policies", {}),
        ("don't allow overuse", {"block_overuse": True}),
        ("stop overuse", {"block_overuse": True}),
        ("overuse should no longer be possible", {"block_overuse": True}),
        ("don't block overuse", {"block_overuse": False}),
        ("turn off overuse", {}),
        ("do not permit export controlled tokens", {"restrict_export_controlled_tokens": True}),
        ("turn off blocking overuse", {"block_overuse": False}),
        ("don't turn off the licence policy", {"enforce_license_policies": True}),
        ("stop enforcing the licence policy", {"enforce_license_policies": False}),
        ("block overuse but don't restrict export tokens",
         {"block_overuse": True, "restrict_export_controlled_tokens": False}),
        ("only admins should see our cases, not all members", {"case_visibility": "admins"}),
        ("don't let all members see our cases", {}),
        ("everyone except the owner should see our cases", {}),
    ],
)  # fmt: skip
def test_that_policies_are_read_from_words(said: str, wanted: dict[str, object]) -> None:
    assert said_policies(said) == wanted
