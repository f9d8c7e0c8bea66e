"""Whether what somebody has, or has asked for, is already as much as what they ask for now."""

from collections.abc import Iterable

from backend.core.policy import MATRIX, Reach, Role
from backend.users.models import SA_ROLES
from backend.users.rights import Held


def includes(own: Role, other: Role) -> bool:
    """Whether a role allows all that another one does, as far as that one reaches.

    Read from the permission matrix: an SA User can do what a VA User can, an SA Approver cannot.
    """
    return all(
        own in row and (row[own] is Reach.ALL or row[other] is Reach.OWN)
        for row in MATRIX.values()
        if other in row
    )


def holder(
    roles: Iterable[Held], role: Role, place: str | None, *, include_nested: bool
) -> Held | None:
    """The role held that includes the wanted one in this virtual account (by id), or on the whole
    account for None.
    """
    for one in roles:
        everywhere = one.role in SA_ROLES
        reached = one.deep if include_nested else one.places
        if includes(one.role, role) and (everywhere or place in reached):
            return one
    return None
