"""Users and groups as people speak of them."""

from typing import Any

import pytest

from actions.groups import named_groups, say_group
from actions.members import called, own_roles, titles_of
from actions.user_lists import join_roles, say_roles


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("remove bob from our account", "bob"),
        ("change the role of bob", "bob"),
        ("change bob's role", "bob"),
        ("add my new colleague lara to northwind", "lara"),
        ("what can bob do?", "bob"),
        ("is bob a user of our account", "bob"),
        ("give viewer access", None),
        ("add a user", None),
        ("i want to change somebody's role", None),
        ("add bob@contoso.example as viewer", None),
        ("remove everybody", None),
    ],
)
def test_what_stands_where_a_name_would(words: str, name: str | None) -> None:
    assert called(words) == name


def test_that_known_words_are_no_names() -> None:
    assert called("remove oslo from vik", frozenset({"oslo"})) is None


def role(name: str, *places: str, nested: bool = False, group: str | None = None) -> dict[str, Any]:
    return {
        "role": name, "virtual_accounts": [*places], "group": group,
        "include_nested": [*places] if nested else [],
    }  # fmt: skip


VERA = {
    "name": "Vera Solgaard", "email": "vera@northwind.example",
    "roles": [role("va_admin", "EMEA", nested=True), role("sa_viewer"),
              role("va_user", "Americas", "APAC", group="Operations")],
}  # fmt: skip


def test_that_roles_are_said_with_where_and_through_what() -> None:
    assert say_roles(VERA) == [
        "VA Administrator of EMEA with what is nested in it",
        "SA Viewer of the entire account",
        "VA User of Americas, APAC, through the group Operations",
    ]
    assert join_roles(["one", "other"]) == "one and other"
    assert [one["role"] for one in own_roles(VERA)] == ["va_admin", "sa_viewer"]


def test_that_many_people_are_no_choice() -> None:
    assert titles_of([VERA]) == {"vera@northwind.example": "Vera Solgaard (vera@northwind.example)"}
    assert titles_of([VERA] * 26) is None


def test_that_groups_are_found_by_their_names() -> None:
    groups = [
        {"name": "Operations", "role": "va_user", "virtual_accounts": ["Americas"],
         "members": [VERA]},
        {"name": "Night shift", "role": "va_viewer", "virtual_accounts": [], "members": []},
    ]  # fmt: skip
    assert named_groups("take vik out of the night-shift group", groups) == [groups[1]]
    assert named_groups("delete a group", groups) == []
    assert say_group(groups[0]) == (
        "Operations: VA User of Americas, for Vera Solgaard (vera@northwind.example)"
    )
