"""The matrix walk: whatever the table of rights says of a role, the calls do, and nothing else."""

import pytest

from backend.core.database import database
from backend.core.policy import MATRIX, Action, Grant, Role, allowed
from backend.users.models import UserGroupMember
from tests.policy.walk import MINE, PROBES, Ground
from tests.users.groups import group_of
from tests.virtual_accounts.world import Someone

# Rights whose calls do not exist yet. One that gets its call has to get its probe.
NO_CALL_YET = {Action.CREATE_TOKEN}
WALK = [
    pytest.param(action, number, id=f"{action.value}-{function.__name__}")
    for action, probes in PROBES.items()
    for number, (function, _) in enumerate(probes)
]


def test_that_every_right_is_walked() -> None:
    assert PROBES.keys() | NO_CALL_YET == MATRIX.keys()
    assert PROBES.keys().isdisjoint(NO_CALL_YET)


async def outcome(ground: Ground, action: Action, number: int, who: Someone) -> dict[str, bool]:
    probe, places = PROBES[action][number]
    return {str(place): await probe(ground, who, place) for place in places}


@pytest.mark.parametrize(("action", "number"), WALK)
async def test_that_each_role_may_what_the_table_says_and_where(
    ground: Ground, action: Action, number: int
) -> None:
    _, places = PROBES[action][number]
    walked, table = {}, {}
    for role, who in ground.roles.items():
        held = frozenset({MINE}) if role.startswith("va_") else frozenset[str]()
        grants = [Grant(Role(role), held)]
        walked[role] = await outcome(ground, action, number, who)
        table[role] = {str(place): allowed(grants, action, place) for place in places}
    assert walked == table
    assert not any((await outcome(ground, action, number, ground.outsider)).values())


async def test_that_a_role_through_a_group_is_as_good(ground: Ground) -> None:
    """All but delegating: a group's role reaches its places, and not what will be nested there."""
    members: dict[Role, Someone] = {}
    for role in (Role.VA_ADMIN, Role.VA_USER, Role.VA_VIEWER):
        members[role] = await ground.world.someone()
        await group_of(ground.world, f"Walkers {role}", role, [MINE], members[role])
    for action, probes in PROBES.items():
        if action is Action.DELEGATE_APPROVAL:
            continue
        for number, (function, places) in enumerate(probes):
            for role, who in members.items():
                grants = [Grant(role, frozenset({MINE}))]
                table = {str(place): allowed(grants, action, place) for place in places}
                walked = await outcome(ground, action, number, who)
                assert walked == table, (action, function.__name__, role)


async def test_that_the_union_of_two_roles_counts(ground: Ground) -> None:
    both = await ground.world.someone("sa_viewer", ("va_admin", [MINE]), nested=True)
    grants = [Grant(Role.SA_VIEWER), Grant(Role.VA_ADMIN, frozenset({MINE}))]
    for action, probes in PROBES.items():
        for number, (function, places) in enumerate(probes):
            table = {str(place): allowed(grants, action, place) for place in places}
            walked = await outcome(ground, action, number, both)
            assert walked == table, (action, function.__name__)


async def test_that_whoever_leaves_the_group_loses_the_right(ground: Ground) -> None:
    who = await ground.world.someone()
    group = await group_of(ground.world, "Leavers", "va_admin", [MINE], who)
    assert (await outcome(ground, Action.EDIT_VIRTUAL_ACCOUNT, 0, who))[MINE]
    async with database().write() as session:
        row = await session.get_one(UserGroupMember, (group.id, who.email))
        await session.delete(row)
    assert not (await outcome(ground, Action.EDIT_VIRTUAL_ACCOUNT, 0, who))[MINE]
