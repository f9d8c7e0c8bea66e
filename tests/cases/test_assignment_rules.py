"""Who gets a case by rule: the least loaded of those who can, and nobody beyond their room."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from backend.cases.rules import (
    AssignmentRule,
    AssignmentRules,
    Candidate,
    Hours,
    Skills,
    Wanted,
    assignment_rules,
    choose,
)

# A Monday, noon.
NOON = datetime(2027, 3, 8, 12, tzinfo=UTC)
RULE = AssignmentRule(name="All", queue="orders", active=True, skills=["language", "portal"])
ALWAYS = Hours.model_validate({"days": list(range(7)), "from": 0, "to": 24})
HOURS = st.builds(
    lambda days, start, length: Hours.model_validate(
        {"days": days, "from": start, "to": min(24, start + length)}
    ),
    st.lists(st.integers(0, 6), min_size=1, unique=True),
    st.integers(0, 23),
    st.integers(1, 24),
)
LANGUAGES, PORTALS = ["en", "de", "ja"], ["clc", "ccw"]


def skills(**more: object) -> Skills:
    return Skills.model_validate({"hours": ALWAYS, "capacity": 1000} | more)


CANDIDATES = st.lists(
    st.builds(
        Candidate,
        person=st.text("abcdef", min_size=1, max_size=3),
        skills=st.builds(
            Skills,
            languages=st.lists(st.sampled_from(LANGUAGES), unique=True),
            portals=st.lists(st.sampled_from(PORTALS), unique=True),
            capacity=st.integers(0, 8),
            hours=HOURS,
        ),
        time_zone=st.sampled_from([None, "Asia/Tokyo", "America/New_York"]),
        open_cases=st.integers(0, 9),
        takes_cases=st.booleans(),
        away_until=st.one_of(
            st.none(), st.integers(-48, 48).map(lambda h: NOON + timedelta(hours=h))
        ),
        last_given_at=st.one_of(
            st.none(), st.integers(-48, 0).map(lambda h: NOON + timedelta(hours=h))
        ),
    ),
    max_size=6,
    unique_by=lambda one: one.person,
)
WANTED = st.builds(
    Wanted,
    st.one_of(st.none(), st.sampled_from([*LANGUAGES, "en-GB", "fr"])),
    st.one_of(st.none(), st.sampled_from([*PORTALS, "pss"])),
)


@given(CANDIDATES, WANTED, st.randoms())
def test_that_the_least_loaded_who_can_gets_it_whatever_the_order(
    candidates: list[Candidate], wanted: Wanted, random: object
) -> None:
    chosen = choose(RULE, wanted, candidates, NOON)
    able = [one for one in candidates if one.can_take(RULE, wanted, NOON)]
    assert (chosen is None) == (not able)
    if chosen is not None:
        assert chosen.open_cases == min(one.open_cases for one in able)
        assert chosen.open_cases < chosen.skills.capacity
        assert chosen.takes_cases
        assert chosen.away_until is None or chosen.away_until <= NOON
    mixed = candidates[:]
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert choose(RULE, wanted, mixed, NOON) == chosen


@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=6),
    st.integers(1, 60),
    st.lists(st.integers(0, 20), min_size=6, max_size=6),
)
def test_that_work_is_levelled_and_nobody_is_overfilled(
    loads: list[int], cases: int, room: list[int]
) -> None:
    """However many come: who got any ends no more than one above whoever had room for more."""
    agents = {
        f"a{n}": Candidate(f"a{n}", skills(capacity=room[n]), None, load)
        for n, load in enumerate(loads)
    }
    given_to: Counter[str] = Counter()
    for number in range(cases):
        now = NOON + timedelta(minutes=number)
        chosen = choose(RULE, Wanted("en", None), agents.values(), now)
        if chosen is None:
            assert all(one.open_cases >= one.skills.capacity for one in agents.values())
            break
        given_to[chosen.person] += 1
        agents[chosen.person] = replace(chosen, open_cases=chosen.open_cases + 1, last_given_at=now)
    for one in agents.values():
        if given_to[one.person]:
            assert one.open_cases <= one.skills.capacity
            for other in agents.values():
                if other.open_cases < other.skills.capacity:
                    assert one.open_cases <= other.open_cases + 1


def test_that_equals_take_turns() -> None:
    """Whoever is done at once gets the next one only after all others had one."""
    agents = {name: Candidate(name, skills(), None, 0) for name in "abc"}
    order = []
    for number in range(9):
        now = NOON + timedelta(minutes=number)
        chosen = choose(RULE, Wanted(None, None), agents.values(), now)
        assert chosen is not None
        order.append(chosen.person)
        agents[chosen.person] = replace(chosen, last_given_at=now)
    assert order == list("abcabcabc")


@pytest.mark.parametrize(
    ("at", "zone", "there"),
    [
        ("2027-03-08T07:59+00:00", "UTC", False),
        ("2027-03-08T08:00+00:00", "UTC", True),
        ("2027-03-08T16:59+00:00", "UTC", True),
        ("2027-03-08T17:00+00:00", "UTC", False),
        ("2027-03-07T12:00+00:00", "UTC", False),
        # Sunday evening in London is Monday morning in Tokyo.
        ("2027-03-07T23:30+00:00", "Asia/Tokyo", True),
        ("2027-03-07T23:30+00:00", "Europe/London", False),
        # Clocks in New York go forward on 14 March 2027.
        ("2027-03-12T12:30+00:00", "America/New_York", False),
        ("2027-03-15T12:30+00:00", "America/New_York", True),
    ],
)
def test_that_hours_are_the_agents_own(at: str, zone: str, there: bool) -> None:
    hours = Hours.model_validate({"days": [0, 1, 2, 3, 4], "from": 8, "to": 17})
    assert hours.hold(datetime.fromisoformat(at), zone) is there


@pytest.mark.parametrize(
    ("own", "asked", "can"),
    [
        ([], "ja", True), (["en"], "en-GB", True), (["en"], "de", False), (["en"], None, True),
        (["en-GB"], "en", False), (["de", "ja"], "ja", True),
    ],
)  # fmt: skip
def test_that_languages_are_served_as_spoken(own: list[str], asked: str, can: bool) -> None:
    one = Candidate("a", skills(languages=own), None, 0)
    assert one.can_take(RULE, Wanted(asked, None), NOON) is can
    # A rule that does not ask for the language does not look at it.
    assert one.can_take(RULE.model_copy(update={"skills": []}), Wanted(asked, None), NOON)


def test_that_the_demo_world_gives_nothing_by_rule() -> None:
    assert assignment_rules().queues == []
    assert {rule.queue for rule in assignment_rules().rules} == {
        "lea", "accounts", "orders", "licensing",
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"rules": [{"name": "x", "queue": "nowhere"}]},
        {"rules": [{"name": "x", "queue": "orders", "skills": ["height"]}]},
        {"rules": [{"name": "x", "queue": "orders", "colour": "red"}]},
        {"agents": {"a@b.example": {"capacity": -1}}},
    ],
)
def test_that_a_wrong_file_is_refused(wrong: dict[str, object]) -> None:
    right = {"default": {"hours": {"days": [0], "from": 8, "to": 17}}}
    AssignmentRules.model_validate(right)
    with pytest.raises(ValidationError):
        AssignmentRules.model_validate(right | wrong)
