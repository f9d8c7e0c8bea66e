"""How often lists ask the database, and how it answers: neither grows with what is in them."""

from typing import Any

import pytest

from backend.accounts.repository import BY_DOMAIN
from backend.core.database import database
from backend.core.events import Acting, record
from backend.core.identity import Person
from backend.core.policy import Role
from backend.users import repository
from backend.users.models import (
    ExternalGroupGrant,
    Membership,
    MembershipPlace,
    UserGroup,
    UserGroupMember,
    UserGroupPlace,
)
from backend.users.rights import holding
from backend.virtual_accounts.models import VirtualAccount
from tests.access.statements import counted, plan, whole_tables
from tests.conftest import SignedIn
from tests.users.test_bulk import crowd
from tests.virtual_accounts.world import Someone, World, make_world

FEW, MANY = 3, 60


async def fill(world: World, other: World, count: int) -> None:
    """So many of everything: users with places, groups, virtual accounts, events."""
    emails = await crowd(world, count)
    async with database().write() as session:
        for number, email in enumerate(emails):
            place = VirtualAccount(
                smart_account_id=world.id, name=f"Shop {number}", parent_id=world.ids["EMEA"]
            )
            member = Membership(smart_account_id=world.id, person=email, role=Role.VA_USER)
            group = UserGroup(smart_account_id=world.id, name=f"Group {number}", role="va_viewer")
            foreign = UserGroup(smart_account_id=other.id, name=f"Guests {number}", role="va_user")
            session.add_all([place, member, group, foreign])
            await session.flush()
            session.add_all(
                [
                    MembershipPlace(membership_id=member.id, virtual_account_id=place.id),
                    MembershipPlace(
                        membership_id=member.id, virtual_account_id=world.ids["EMEA"],
                        include_nested=True,
                    ),
                    UserGroupMember(group_id=group.id, person=email),
                    UserGroupPlace(group_id=group.id, virtual_account_id=world.ids["EMEA"]),
                    UserGroupMember(group_id=foreign.id, person=email),
                    ExternalGroupGrant(
                        lookup_id=f"{number}-{world.id}", group_id=foreign.id,
                        smart_account_id=world.id, requested_by=email,
                    ),
                ]
            )  # fmt: skip
            await record(
                session, "test_counted", Acting(person=email), subject="x", text="y",
                smart_account_id=world.id, virtual_accounts=[world.ids["EMEA"]],
            )  # fmt: skip


async def asked(someone: Someone, path: str, **query: Any) -> tuple[int, int]:
    """How many items a list has, and how many statements it took."""
    with counted() as statements:
        page = await someone.get(path, limit=200, **query)
    return len(page["items"]), len(statements)


LISTS = ["virtual-accounts", "users", "groups", "external-groups", "events"]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("role", ["sa_admin", "va_admin"])
async def test_that_a_list_asks_as_often_for_many_as_for_few(
    person: SignedIn, path: str, role: str
) -> None:
    if (path, role) == ("external-groups", "va_admin"):
        return
    seen = {}
    for count in (FEW, MANY):
        world, other = await make_world(person), await make_world(person)
        own: Any = (role, ["EMEA"]) if role == "va_admin" else role
        someone = await world.someone(own, nested=True)
        await fill(world, other, count)
        seen[count] = await asked(someone, f"{world.path}/{path}")
    assert seen[FEW][0] >= FEW
    assert seen[MANY][0] >= MANY
    assert seen[MANY][1] == seen[FEW][1]
    assert seen[MANY][1] <= 12


@pytest.mark.parametrize("query", [{"q": "Number"}, {"role": "va_user"},
                                   {"virtual_account": "Oslo"}])  # fmt: skip
async def test_that_filters_do_not_change_that(person: SignedIn, query: dict[str, str]) -> None:
    seen = {}
    for count in (FEW, MANY):
        world, other = await make_world(person), await make_world(person)
        admin = await world.someone("sa_admin")
        await fill(world, other, count)
        seen[count] = await asked(admin, f"{world.path}/users", **query)
    assert (seen[FEW][0], seen[MANY][0]) == (FEW, MANY)
    assert seen[MANY][1] == seen[FEW][1]


@pytest.mark.parametrize("of", ["everybody", "a role", "some places"])
async def test_that_no_list_of_users_reads_a_whole_table(world: World, of: str) -> None:
    where = repository.Where([world.ids["Oslo"]], [world.ids["EMEA"]])
    statement = repository.users_of(
        world.id, role=Role.VA_USER if of == "a role" else None,
        where=where if of == "some places" else None,
    )  # fmt: skip
    told = await plan(statement)
    assert whole_tables(told) == [], told


@pytest.mark.parametrize("what", ["the account", "the roles"])
async def test_that_asking_for_permission_reads_no_whole_table(world: World, what: str) -> None:
    if what == "the account":
        statement: Any = BY_DOMAIN.params(domain=world.domain)
    else:
        given = {"accounts": [world.id], "persons": ["somebody"]}
        statement = holding(frozenset(given)).params(given)
    told = await plan(statement)
    assert whole_tables(told) == [], told


@pytest.mark.parametrize("count", [1, 40])
async def test_that_adding_people_reads_as_often_for_one_as_for_many(
    world: World, count: int
) -> None:
    """Writing takes its rows; what is read before is read at once."""
    admin = await world.someone("sa_admin")
    emails = await crowd(world, 40)
    rows = [
        {"email": email, "role": "va_user", "virtual_accounts": ["Oslo"]}
        for email in emails[:count]
    ]
    with counted() as statements:
        answer = await admin.http.post(f"{world.path}/users/bulk", json={"users": rows})
    assert answer.json()["added"] == count
    reads = [one for one in statements if one.lstrip().upper().startswith("SELECT")]
    assert len(reads) <= 30, reads


async def test_that_somebody_without_a_name_for_small_letters_is_paged_too(world: World) -> None:
    """Signs whose small form differs between databases and languages break no page."""
    admin = await world.someone("sa_admin", name="Zz")
    for number, name in enumerate(["İstanbul", "ÅSE", "åse", "ẞ", "straße", "𝔄", "Æ"]):
        async with database().write() as session:
            email = f"odd{number}@{world.domain}"
            session.add(
                Person(
                    id=email, email=email, name=name, kind="customer",
                    organization_domain=world.domain,
                )
            )  # fmt: skip
            await session.flush()
            session.add(Membership(smart_account_id=world.id, person=email, role="sa_user"))
    whole = await admin.items(f"{world.path}/users")
    for limit in (1, 2, 3):
        assert await admin.items(f"{world.path}/users", limit=limit) == whole
    assert len(whole) == 8
