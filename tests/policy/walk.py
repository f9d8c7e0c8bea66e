"""What each right of the table lets people do, as calls: a probe tries one and says if it went.

Writes are dry runs with a right body, so that whoever may, gets 200, and a 422 is a mistake of
the probe. Lists are looked through for what lies in the place.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from backend.access.models import AccessRequest, AccessRequestPlace
from backend.accounts.models import SmartAccountRequest
from backend.core import clock
from backend.core.database import database
from backend.core.events import Acting, record
from backend.core.policy import Action
from backend.users.models import ExternalGroupGrant, UserGroup
from tests.accounts.world import HEADQUARTERS, company
from tests.orders.making import line_of, make_order
from tests.users.groups import group_of
from tests.virtual_accounts.world import SignedIn, Someone, World, make_world

# Both are leaves; roles of the walk are held in the first, and reach what will be nested in it.
MINE, ELSEWHERE = "Lab", "Americas"
DRY = {"Dry-Run": "true"}


@dataclass
class Ground:
    """The account, those who stand in it, and what there is to act upon, by place."""

    world: World
    roles: dict[str, Someone]
    outsider: Someone
    users: dict[str | None, Someone] = field(default_factory=dict)
    groups: dict[str | None, str] = field(default_factory=dict)
    requests: dict[str | None, str] = field(default_factory=dict)
    orders: dict[str | None, str] = field(default_factory=dict)
    newcomer: str = ""
    delegate: str = ""
    lookup_id: str = ""
    domain_request: str = ""
    company: str = ""


Probe = Callable[[Ground, Someone, str | None], Awaitable[bool]]
WHOLE: Sequence[str | None] = (None,)
PLACES: Sequence[str | None] = (MINE, ELSEWHERE)
PROBES: dict[Action, list[tuple[Probe, Sequence[str | None]]]] = {}


def probe(action: Action, places: Sequence[str | None]) -> Callable[[Probe], Probe]:
    """Register a way to use a right, in these places (None is the whole account)."""

    def register(function: Probe) -> Probe:
        PROBES.setdefault(action, []).append((function, places))
        return function

    return register


def went(answer: httpx.Response, *, also: Sequence[str] = ()) -> bool:
    """Whether the person may. Refusals are 403 and 404; `also` are problems of the state, which
    come after the person's rights have been looked at.
    """
    if answer.status_code in {403, 404}:
        return False
    if answer.status_code == 409 and answer.json()["type"].removeprefix("/problems/") in also:
        return True
    assert answer.status_code == 200, answer.text
    return True


async def dry(
    someone: Someone, method: str, path: str, body: Any = None, **query: Any
) -> httpx.Response:
    told = {} if body is None else {"json": body}
    return await someone.http.request(method, path, headers=DRY, params=query, **told)


async def found(someone: Someone, path: str, test: Callable[[dict[str, Any]], bool],
                **query: Any) -> bool:  # fmt: skip
    """Whether a list has such an item; who may not read the list has not found it."""
    answer = await someone.http.get(path, params={"limit": 200} | query)
    if answer.status_code in {403, 404}:
        return False
    assert answer.status_code == 200, answer.text
    return any(test(item) for item in answer.json()["items"])


async def make_ground(signed_in: SignedIn) -> Ground:
    """An SMB account, so that there is something to upgrade, with all that probes act upon."""
    owner = await company()
    world = await make_world(signed_in, domain=f"{owner.split('.')[0]}.smb", is_smb=True)
    people: dict[str, Someone] = {}
    for role in ("sa_admin", "sa_approver", "sa_user", "sa_viewer"):
        people[role] = await world.someone(role, organization=owner)
    for role in ("va_admin", "va_user", "va_viewer"):
        people[role] = await world.someone((role, [MINE]), nested=True, organization=owner)
    ground = Ground(world, people, await world.someone(), company=owner)
    ground.newcomer = (await world.someone()).email
    ground.delegate = people["sa_user"].email
    ground.users[None] = await world.someone("sa_viewer")
    for place in PLACES:
        await _fill(ground, str(place))
    await _ask_for_the_whole(ground)
    return ground


async def _fill(ground: Ground, place: str) -> None:
    """A user, a group, an event, a location and a request there."""
    world = ground.world
    user = await world.someone(("va_viewer", [place]))
    ground.users[place] = user
    group = await group_of(world, f"Group of {place}", "va_user", [place], user)
    ground.groups[place] = group.id
    asker = await world.someone()
    request = AccessRequest(
        smart_account_id=world.id, requester=asker.email, scope="virtual_accounts",
        role="va_user", named={world.ids[place]: place},
        expires_at=clock.now() + timedelta(days=30),
    )  # fmt: skip
    async with database().write() as session:
        session.add(request)
        await session.flush()
        session.add(AccessRequestPlace(request_id=request.id, virtual_account_id=world.ids[place]))
        await record(
            session, "test_walked", Acting(person=user.email), subject=place,
            text=f"Something in {place}", smart_account_id=world.id,
            virtual_accounts=[world.ids[place]],
        )  # fmt: skip
        row = (await world.rows())[place]
        row.location = f"Quay of {place}"
        await session.merge(row)
    ground.requests[place] = request.id
    ground.orders[place] = await make_order(
        line_of(world.id, world.ids[place]),
        line_of(world.id, world.ids[place], delivered=True, product=f"Licence of {place}"),
    )


async def _ask_for_the_whole(ground: Ground) -> None:
    world, asker = ground.world, await ground.world.someone()
    whole = AccessRequest(
        smart_account_id=world.id, requester=asker.email, scope="account", role="sa_viewer",
        expires_at=clock.now() + timedelta(days=30),
    )  # fmt: skip
    above = SmartAccountRequest(
        kind="create", status="pending_domain_approval", name="Below",
        domain=f"below.{world.domain}", requester=asker.email, headquarters=HEADQUARTERS,
        over_account_id=world.id,
    )  # fmt: skip
    other = await make_world(world.person)
    group = UserGroup(smart_account_id=other.id, name="Guests", role="va_user")
    ground.lookup_id = f"GRP-{world.id}"
    async with database().write() as session:
        session.add_all([whole, above, group])
        await session.flush()
        session.add(
            ExternalGroupGrant(
                lookup_id=ground.lookup_id, group_id=group.id, smart_account_id=world.id,
                requested_by=asker.email,
            )
        )  # fmt: skip
    ground.requests[None], ground.domain_request = whole.id, above.id


# --- The account ------------------------------------------------------------------------------


@probe(Action.VIEW_ACCOUNT, PLACES)
async def list_virtual_accounts(ground: Ground, who: Someone, place: str | None) -> bool:
    path = f"{ground.world.path}/virtual-accounts"
    return await found(who, path, lambda one: one["name"] == place)


@probe(Action.VIEW_ACCOUNT, PLACES)
async def list_locations(ground: Ground, who: Someone, place: str | None) -> bool:
    path = f"{ground.world.path}/locations"
    return await found(who, path, lambda one: one["name"] == f"Quay of {place}")


@probe(Action.EDIT_PROPERTIES, WHOLE)
async def update_smart_account(ground: Ground, who: Someone, _: str | None) -> bool:
    return went(await dry(who, "PATCH", ground.world.path, {"name": "New Name"}))


@probe(Action.EDIT_PROPERTIES, WHOLE)
async def set_account_policies(ground: Ground, who: Someone, _: str | None) -> bool:
    body = {"case_visibility": "all"}
    return went(await dry(who, "PUT", f"{ground.world.path}/policies", body))


@probe(Action.ACCEPT_LICENSING_NOTICE, WHOLE)
async def accept_licensing_notice(ground: Ground, who: Someone, _: str | None) -> bool:
    return went(await dry(who, "POST", f"{ground.world.path}/notices/smart-licensing/accept"))


@probe(Action.ACCEPT_ADMIN_NOTICE, WHOLE)
async def accept_admin_notice(ground: Ground, who: Someone, _: str | None) -> bool:
    return went(await dry(who, "POST", f"{ground.world.path}/notices/admin/accept"))


@probe(Action.UPGRADE, WHOLE)
async def upgrade_smart_account(ground: Ground, who: Someone, _: str | None) -> bool:
    body = {
        "name": "Standard", "domain": ground.company, "headquarters": HEADQUARTERS,
        "visibility": "unrestricted",
    }  # fmt: skip
    answer = await dry(who, "POST", f"{ground.world.path}/upgrade", body)
    return went(answer)


@probe(Action.DECIDE_DOMAIN_REQUESTS, WHOLE)
async def decline_account_request(ground: Ground, who: Someone, _: str | None) -> bool:
    path = f"/smart-account-requests/{ground.domain_request}/decline"
    return went(await dry(who, "POST", path, {}))


@probe(Action.READ_POLICIES, WHOLE)
async def get_account_policies(ground: Ground, who: Someone, _: str | None) -> bool:
    return went(await who.http.get(f"{ground.world.path}/policies"))


@probe(Action.READ_POLICIES, WHOLE)
async def list_access_rules(ground: Ground, who: Someone, _: str | None) -> bool:
    return went(await who.http.get(f"{ground.world.path}/access-rules"))


@probe(Action.EXPORT, PLACES)
async def export_locations(ground: Ground, who: Someone, place: str | None) -> bool:
    answer = await who.http.get(f"{ground.world.path}/locations.csv")
    return went(answer) and f"Quay of {place}" in answer.text


@probe(Action.NOTIFY_OTHERS, WHOLE)
async def list_recipients(ground: Ground, who: Someone, _: str | None) -> bool:
    return went(await who.http.get(f"{ground.world.path}/notification-recipients"))


@probe(Action.NOTIFY_OTHERS, WHOLE)
async def add_recipient(ground: Ground, who: Someone, _: str | None) -> bool:
    body = {"email": f"alerts@{ground.world.domain}"}
    path = f"{ground.world.path}/notification-recipients"
    return went(await who.http.post(path, json=body, headers=DRY))


@probe(Action.VIEW_EVENTS, PLACES)
async def list_events(ground: Ground, who: Someone, place: str | None) -> bool:
    path = f"{ground.world.path}/events"
    return await found(who, path, lambda one: one["text"] == f"Something in {place}")


@probe(Action.VIEW_EVENTS, PLACES)
async def export_events(ground: Ground, who: Someone, place: str | None) -> bool:
    answer = await who.http.get(f"{ground.world.path}/events.csv")
    return went(answer) and f"Something in {place}" in answer.text


# --- Virtual accounts -------------------------------------------------------------------------


@probe(Action.CREATE_TOP_VIRTUAL_ACCOUNT, WHOLE)
async def create_at_the_top(ground: Ground, who: Someone, _: str | None) -> bool:
    path = f"{ground.world.path}/virtual-accounts"
    return went(await dry(who, "POST", path, {"name": "New"}))


@probe(Action.CREATE_NESTED_VIRTUAL_ACCOUNT, PLACES)
async def create_nested(ground: Ground, who: Someone, place: str | None) -> bool:
    path = f"{ground.world.path}/virtual-accounts"
    return went(await dry(who, "POST", path, {"name": "New", "parent": place}))


@probe(Action.EDIT_VIRTUAL_ACCOUNT, PLACES)
async def update_virtual_account(ground: Ground, who: Someone, place: str | None) -> bool:
    path = f"{ground.world.path}/virtual-accounts/{place}"
    return went(await dry(who, "PATCH", path, {"name": "New", "access_level": "restricted"}))


@probe(Action.SET_DEFAULT_VIRTUAL_ACCOUNT, PLACES)
async def make_default(ground: Ground, who: Someone, place: str | None) -> bool:
    path = f"{ground.world.path}/virtual-accounts/{place}/make-default"
    return went(await dry(who, "POST", path))


@probe(Action.DELETE_VIRTUAL_ACCOUNT, PLACES)
async def delete_virtual_account(ground: Ground, who: Someone, place: str | None) -> bool:
    path = f"{ground.world.path}/virtual-accounts/{place}"
    return went(await dry(who, "DELETE", path), also=["still-needed"])


# --- Orders and licences ----------------------------------------------------------------------


@probe(Action.VIEW_ORDERS, PLACES)
async def list_orders(ground: Ground, who: Someone, place: str | None) -> bool:
    return await found(who, "/orders", lambda one: one["number"] == ground.orders[place])


@probe(Action.VIEW_ORDERS, PLACES)
async def get_order(ground: Ground, who: Someone, place: str | None) -> bool:
    return went(await who.http.get(f"/orders/{ground.orders[place]}"))


@probe(Action.LIST_LICENSES, PLACES)
async def list_licenses(ground: Ground, who: Someone, place: str | None) -> bool:
    path = f"{ground.world.path}/licenses"
    return await found(who, path, lambda one: one["product"] == f"Licence of {place}")


@probe(Action.TRANSFER_LICENSES, PLACES)
async def move_licenses(ground: Ground, who: Someone, place: str | None) -> bool:
    """What has arrived there: whoever may move it may also leave it where it is."""
    body = {
        "smart_account": ground.world.domain, "virtual_account": place, "lines": [2],
        "accept_terms": True,
    }  # fmt: skip
    path = f"/orders/{ground.orders[place]}/assignment"
    return went(await dry(who, "POST", path, body))


# --- Users and groups -------------------------------------------------------------------------


@probe(Action.LIST_USERS, PLACES)
async def list_users(ground: Ground, who: Someone, place: str | None) -> bool:
    path, user = f"{ground.world.path}/users", ground.users[place]
    return await found(who, path, lambda one: one["email"] == user.email)


@probe(Action.LIST_USERS, PLACES)
async def get_user_permissions(ground: Ground, who: Someone, place: str | None) -> bool:
    user = ground.users[place].email
    return went(await who.http.get(f"{ground.world.path}/users/{user}/permissions"))


@probe(Action.LIST_USERS, PLACES)
async def list_groups(ground: Ground, who: Someone, place: str | None) -> bool:
    path = f"{ground.world.path}/groups"
    return await found(who, path, lambda one: one["id"] == ground.groups[place])


@probe(Action.MANAGE_ACCOUNT_USERS, WHOLE)
async def add_to_the_account(ground: Ground, who: Someone, _: str | None) -> bool:
    body = {"email": ground.newcomer, "role": "sa_viewer"}
    return went(await dry(who, "POST", f"{ground.world.path}/users", body))


@probe(Action.MANAGE_ACCOUNT_USERS, WHOLE)
async def change_in_the_account(ground: Ground, who: Someone, _: str | None) -> bool:
    path = f"{ground.world.path}/users/{ground.users[None].email}"
    return went(await dry(who, "PATCH", path, {"role": "sa_user"}))


@probe(Action.MANAGE_ACCOUNT_USERS, WHOLE)
async def remove_from_the_account(ground: Ground, who: Someone, _: str | None) -> bool:
    return went(await dry(who, "DELETE", f"{ground.world.path}/users/{ground.users[None].email}"))


async def _in_bulk(ground: Ground, who: Someone, row: dict[str, Any]) -> bool:
    answer = await dry(who, "POST", f"{ground.world.path}/users/bulk", {"users": [row]})
    return went(answer) and answer.json()["results"][0]["status"] == "added"


@probe(Action.MANAGE_ACCOUNT_USERS, WHOLE)
async def add_many_to_the_account(ground: Ground, who: Someone, _: str | None) -> bool:
    return await _in_bulk(ground, who, {"email": ground.newcomer, "role": "sa_viewer"})


def _there(ground: Ground, place: str | None) -> dict[str, Any]:
    return {"email": ground.newcomer, "role": "va_viewer", "virtual_accounts": [place]}


@probe(Action.MANAGE_VIRTUAL_ACCOUNT_USERS, PLACES)
async def add_user(ground: Ground, who: Someone, place: str | None) -> bool:
    return went(await dry(who, "POST", f"{ground.world.path}/users", _there(ground, place)))


@probe(Action.MANAGE_VIRTUAL_ACCOUNT_USERS, PLACES)
async def add_users(ground: Ground, who: Someone, place: str | None) -> bool:
    return await _in_bulk(ground, who, _there(ground, place))


@probe(Action.MANAGE_VIRTUAL_ACCOUNT_USERS, PLACES)
async def change_user_role(ground: Ground, who: Someone, place: str | None) -> bool:
    path = f"{ground.world.path}/users/{ground.users[place].email}"
    return went(await dry(who, "PATCH", path, {"role": "va_user"}))


@probe(Action.MANAGE_VIRTUAL_ACCOUNT_USERS, PLACES)
async def remove_user(ground: Ground, who: Someone, place: str | None) -> bool:
    path = f"{ground.world.path}/users/{ground.users[place].email}"
    return went(await dry(who, "DELETE", path, virtual_accounts=place))


@probe(Action.MANAGE_GROUPS, PLACES)
async def create_group(ground: Ground, who: Someone, place: str | None) -> bool:
    body = {
        "name": "New", "members": [ground.newcomer], "role": "va_user",
        "virtual_accounts": [place],
    }  # fmt: skip
    return went(await dry(who, "POST", f"{ground.world.path}/groups", body))


@probe(Action.MANAGE_GROUPS, PLACES)
async def update_group(ground: Ground, who: Someone, place: str | None) -> bool:
    path = f"{ground.world.path}/groups/{ground.groups[place]}"
    return went(await dry(who, "PATCH", path, {"role": "va_viewer"}))


@probe(Action.MANAGE_GROUPS, PLACES)
async def delete_group(ground: Ground, who: Someone, place: str | None) -> bool:
    return went(await dry(who, "DELETE", f"{ground.world.path}/groups/{ground.groups[place]}"))


@probe(Action.MANAGE_GROUPS, PLACES)
async def send_group_message(ground: Ground, who: Someone, place: str | None) -> bool:
    path = f"{ground.world.path}/groups/{ground.groups[place]}/messages"
    return went(await dry(who, "POST", path, {"text": "Hello"}))


@probe(Action.MANAGE_GROUPS, PLACES)
async def request_group_access(ground: Ground, who: Someone, place: str | None) -> bool:
    path = f"{ground.world.path}/groups/{ground.groups[place]}/access-requests"
    return went(await dry(who, "POST", path, {"other_account": "contoso.example"}))


@probe(Action.GRANT_EXTERNAL_GROUP, WHOLE)
async def list_external_groups(ground: Ground, who: Someone, _: str | None) -> bool:
    path = f"{ground.world.path}/external-groups"
    return await found(who, path, lambda one: one["lookup_id"] == ground.lookup_id)


@probe(Action.GRANT_EXTERNAL_GROUP, WHOLE)
async def grant_external_group(ground: Ground, who: Someone, _: str | None) -> bool:
    body = {"lookup_id": ground.lookup_id, "role": "va_user", "virtual_accounts": [MINE]}
    return went(await dry(who, "POST", f"{ground.world.path}/external-groups", body))


@probe(Action.GRANT_EXTERNAL_GROUP, WHOLE)
async def revoke_external_group(ground: Ground, who: Someone, _: str | None) -> bool:
    path = f"{ground.world.path}/external-groups/{ground.lookup_id}"
    return went(await dry(who, "DELETE", path))


# --- Requests for access ----------------------------------------------------------------------


@probe(Action.SEE_ACCESS_REQUESTS, [None, MINE, ELSEWHERE])
async def get_access_request(ground: Ground, who: Someone, place: str | None) -> bool:
    return went(await who.http.get(f"/access-requests/{ground.requests[place]}"))


@probe(Action.SEE_ACCESS_REQUESTS, [None, MINE, ELSEWHERE])
async def list_access_requests(ground: Ground, who: Someone, place: str | None) -> bool:
    request = ground.requests[place]
    return await found(who, "/access-requests", lambda one: one["id"] == request)


@probe(Action.DECIDE_ACCESS_REQUESTS, [None, MINE, ELSEWHERE])
async def approve_access_request(ground: Ground, who: Someone, place: str | None) -> bool:
    return went(await dry(who, "POST", f"/access-requests/{ground.requests[place]}/approve", {}))


@probe(Action.DECIDE_ACCESS_REQUESTS, [None, MINE, ELSEWHERE])
async def decline_access_request(ground: Ground, who: Someone, place: str | None) -> bool:
    return went(await dry(who, "POST", f"/access-requests/{ground.requests[place]}/decline", {}))


@probe(Action.CONFIGURE_AUTOMATION, WHOLE)
async def create_access_rule(ground: Ground, who: Someone, _: str | None) -> bool:
    path = f"{ground.world.path}/access-rules"
    return went(await dry(who, "POST", path, {"action": "decline"}))


@probe(Action.CONFIGURE_AUTOMATION, WHOLE)
async def simulate_access_rules(ground: Ground, who: Someone, _: str | None) -> bool:
    path = f"{ground.world.path}/access-rules/simulate"
    return went(await who.http.post(path, json={"action": "decline"}))


@probe(Action.DELEGATE_APPROVAL, [None, MINE, ELSEWHERE])
async def delegate_approvals(ground: Ground, who: Someone, place: str | None) -> bool:
    body: dict[str, Any] = {
        "delegate": ground.delegate, "scope": "virtual_accounts" if place else "account",
        "ends": (clock.now() + timedelta(days=5)).isoformat(),
    }  # fmt: skip
    if place:
        body["virtual_accounts"] = [place]
    return went(await dry(who, "POST", f"{ground.world.path}/approval-delegations", body))
