"""Groups as rows, for tests that are not about making them."""

from collections.abc import Sequence

from backend.core import clock
from backend.core.database import database
from backend.users.models import (
    ExternalGroupGrant,
    ExternalGroupPlace,
    UserGroup,
    UserGroupMember,
    UserGroupPlace,
)
from tests.virtual_accounts.world import Someone, World


async def group_of(
    world: World, name: str, role: str, places: Sequence[str], *members: Someone
) -> UserGroup:
    """A group of the account with this role in these virtual accounts."""
    group = UserGroup(smart_account_id=world.id, name=name, role=role)
    async with database().write() as session:
        session.add(group)
        await session.flush()
        for place in places:
            session.add(UserGroupPlace(group_id=group.id, virtual_account_id=world.ids[place]))
        for member in members:
            session.add(UserGroupMember(group_id=group.id, person=member.email))
    return group


async def external_group(
    owner: World, world: World, name: str, role: str, places: Sequence[str], *members: Someone
) -> ExternalGroupGrant:
    """A group of another account that has a role in this one."""
    group = await group_of(owner, name, "va_viewer", ["Oslo"], *members)
    grant = ExternalGroupGrant(
        lookup_id=f"T{group.id[:12]}", group_id=group.id, smart_account_id=world.id,
        requested_by=members[0].email, role=role, granted_by=members[0].email,
        granted_at=clock.now(),
    )  # fmt: skip
    async with database().write() as session:
        session.add(grant)
        await session.flush()
        for place in places:
            session.add(ExternalGroupPlace(grant_id=grant.id, virtual_account_id=world.ids[place]))
    return grant
