"""What a sentence takes away from somebody, and what it spares."""

import pytest

from actions.groups import Moved, who_moves
from actions.removals import chosen, corrected, is_negated, phrases, taken
from actions.user_lists import has_role

PATHS = {"Oslo": "EMEA / Oslo", "Bergen": "Bergen", "EMEA": "EMEA"}


@pytest.mark.parametrize(
    ("words", "held", "places"),
    [
        ("remove oslo and emea from vik", None, ["Oslo", "EMEA"]),
        ("remove Vik from Oslo, not Bergen", None, ["Oslo"]),
        ("remove Vik from Oslo but not from Bergen", None, ["Oslo"]),
        ("remove Vik from everything except Oslo", ["Oslo", "Bergen"], ["Bergen"]),
        ("remove Vik but he keeps his access to Oslo", ["Oslo", "Bergen"], ["Bergen"]),
        ("vik shouldn't see oslo any more", None, ["Oslo"]),
        ("remove vik only from oslo", None, ["Oslo"]),
        ("remove vik", ["Oslo"], []),
        # Not clear: nothing is taken, and it is asked.
        ("remove Vik from everything except Oslo", None, None),
        ("remove Vik from everything except Stockholm", ["Oslo"], None),
        ("remove Vik from EMEA, not Oslo", ["EMEA"], None),
        ("vik should only have oslo", None, None),
    ],
)
def test_what_is_taken_away(words: str, held: list[str] | None, places: list[str] | None) -> None:
    said = taken(words, PATHS, held)
    assert said.unclear == (places is None)
    assert said.places == (places or [])


@pytest.mark.parametrize(
    ("words", "present", "places"),
    [
        ("no, not Oslo, Bergen", ["Oslo"], ["Bergen"]),
        ("no, bergen", ["Oslo"], ["Bergen"]),
        ("not oslo", ["Oslo", "EMEA"], ["EMEA"]),
        ("not oslo", ["Oslo"], None),
        ("drop oslo", ["Oslo", "EMEA"], None),
    ],
)
def test_what_a_correction_leaves(words: str, present: list[str], places: list[str] | None) -> None:
    said = corrected(words, PATHS, present)
    assert said.unclear == (places is None)
    assert said.places == (places or [])


@pytest.mark.parametrize(
    ("words", "negated"),
    [
        ("don't remove vik", True),
        ("never take oslo away from vik", True),
        ("vik must not lose oslo", True),
        ("vik doesn't work here any more, remove him", False),
        ("remove vik, not uma", False),
    ],
)
def test_whether_nothing_is_to_be_taken(words: str, negated: bool) -> None:
    assert is_negated(words) is negated


def test_what_stands_where_a_place_would() -> None:
    assert phrases("revoke Vik's access to Stockholm") == ["Stockholm"]
    assert phrases("vik should no longer see stockholm") == ["stockholm"]
    assert phrases("take vik out of New York") == ["New York"]
    assert chosen("remove vik from oslo and stockholm", PATHS).unknown == ["stockholm"]


@pytest.mark.parametrize(
    ("words", "moved"),
    [
        ("add nick to the group", Moved(come=["nick"])),
        ("take vik out of the group", Moved(go=["vik"])),
        ("take vik into operations", Moved(come=["vik"])),
        ("remove uma from night shift and add vik", Moved(come=["vik"], go=["uma"])),
        ("replace vik with uma", Moved(come=["uma"], go=["vik"])),
        ("add vik instead of uma", Moved(come=["vik"], go=["uma"])),
        ("uma is no longer in operations", Moved(go=["uma"])),
        ("vik and uma", Moved(come=["vik", "uma"])),
        ("don't add vik", None),
        ("remove all but uma", None),
    ],
)
def test_who_comes_into_a_group_and_who_leaves(words: str, moved: Moved | None) -> None:
    assert who_moves(words, ["vik", "uma", "nick"]) == moved


def test_that_a_role_has_to_hold_at_the_place() -> None:
    def user(role: str, *places: str, nested: bool = False) -> dict[str, object]:
        one = {"role": role, "virtual_accounts": places, "include_nested": places if nested else ()}
        return {"roles": [{"role": "va_viewer", "virtual_accounts": ["Oslo"],
                           "include_nested": []}, one]}  # fmt: skip

    admins, oslo = frozenset({"va_admin", "sa_admin"}), "EMEA / Oslo"
    assert not has_role(user("va_admin", "EMEA"), admins, oslo)
    assert has_role(user("va_admin", "EMEA", nested=True), admins, oslo)
    assert has_role(user("sa_admin"), admins, oslo)
    assert has_role(user("va_admin", "EMEA"), admins, None)
