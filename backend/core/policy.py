"""Who may do what: the one table of rights, used to allow, to filter and to explain.

Account rights are the permission matrix of the field (role × action × scope): `ALL` means the
whole Smart Account, `OWN` only the virtual accounts in which the role is held. Desk rights are
the support agents'. Nothing else in the product decides about rights.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from backend.core.identity import Person


class Role(StrEnum):
    """Roles in a Smart Account, rising (`RANK`)."""

    VA_VIEWER = "va_viewer"
    SA_VIEWER = "sa_viewer"
    VA_USER = "va_user"
    SA_USER = "sa_user"
    VA_ADMIN = "va_admin"
    SA_APPROVER = "sa_approver"
    SA_ADMIN = "sa_admin"


RANK = {role: rank for rank, role in enumerate(Role)}
ROLE_NAMES = {
    Role.SA_ADMIN: "SA Administrator",
    Role.SA_APPROVER: "SA Approver",
    Role.SA_USER: "SA User",
    Role.SA_VIEWER: "SA Viewer",
    Role.VA_ADMIN: "VA Administrator",
    Role.VA_USER: "VA User",
    Role.VA_VIEWER: "VA Viewer",
}


class Reach(StrEnum):
    """How far a role's right goes."""

    ALL = "all"
    OWN = "own"


class Action(StrEnum):
    """What roles in an account are about."""

    VIEW_ACCOUNT = "view_account"
    EDIT_PROPERTIES = "edit_properties"
    ACCEPT_LICENSING_NOTICE = "accept_licensing_notice"
    ACCEPT_ADMIN_NOTICE = "accept_admin_notice"
    CREATE_TOP_VIRTUAL_ACCOUNT = "create_top_virtual_account"
    CREATE_NESTED_VIRTUAL_ACCOUNT = "create_nested_virtual_account"
    EDIT_VIRTUAL_ACCOUNT = "edit_virtual_account"
    SET_DEFAULT_VIRTUAL_ACCOUNT = "set_default_virtual_account"
    DELETE_VIRTUAL_ACCOUNT = "delete_virtual_account"
    MANAGE_ACCOUNT_USERS = "manage_account_users"
    MANAGE_VIRTUAL_ACCOUNT_USERS = "manage_virtual_account_users"
    MANAGE_GROUPS = "manage_groups"
    GRANT_EXTERNAL_GROUP = "grant_external_group"
    DECIDE_ACCESS_REQUESTS = "decide_access_requests"
    CONFIGURE_AUTOMATION = "configure_automation"
    DELEGATE_APPROVAL = "delegate_approval"
    TRANSFER_LICENSES = "transfer_licenses"
    CREATE_TOKEN = "create_token"  # noqa: S105 - a right's name
    VIEW_ORDERS = "view_orders"
    NOTIFY_OTHERS = "notify_others"
    VIEW_EVENTS = "view_events"
    SEE_ACCESS_REQUESTS = "see_access_requests"
    READ_POLICIES = "read_policies"
    LIST_USERS = "list_users"
    LIST_LICENSES = "list_licenses"
    UPGRADE = "upgrade"
    DECIDE_DOMAIN_REQUESTS = "decide_domain_requests"
    EXPORT = "export"


def _reaches(
    admin: str, approver: str, user: str, viewer: str, va_admin: str, va_user: str, va_viewer: str
) -> dict[Role, Reach]:
    marks = dict(
        zip(
            (
                Role.SA_ADMIN,
                Role.SA_APPROVER,
                Role.SA_USER,
                Role.SA_VIEWER,
                Role.VA_ADMIN,
                Role.VA_USER,
                Role.VA_VIEWER,
            ),
            (admin, approver, user, viewer, va_admin, va_user, va_viewer),
            strict=True,
        )
    )
    reach = {"Y": Reach.ALL, "V": Reach.OWN}
    return {role: reach[mark] for role, mark in marks.items() if mark in reach}


# One row an action, in the order admin, approver, user, viewer | VA admin, VA user, VA viewer.
MATRIX: dict[Action, dict[Role, Reach]] = {
    Action.VIEW_ACCOUNT: _reaches(*"YYYYVVV"),
    Action.EDIT_PROPERTIES: _reaches(*"Y------"),
    Action.ACCEPT_LICENSING_NOTICE: _reaches(*"YY-----"),
    Action.ACCEPT_ADMIN_NOTICE: _reaches(*"Y------"),
    Action.CREATE_TOP_VIRTUAL_ACCOUNT: _reaches(*"Y------"),
    Action.CREATE_NESTED_VIRTUAL_ACCOUNT: _reaches(*"Y---V--"),
    Action.EDIT_VIRTUAL_ACCOUNT: _reaches(*"Y---V--"),
    Action.SET_DEFAULT_VIRTUAL_ACCOUNT: _reaches(*"Y------"),
    Action.DELETE_VIRTUAL_ACCOUNT: _reaches(*"Y------"),
    Action.MANAGE_ACCOUNT_USERS: _reaches(*"Y------"),
    Action.MANAGE_VIRTUAL_ACCOUNT_USERS: _reaches(*"Y---V--"),
    Action.MANAGE_GROUPS: _reaches(*"Y---V--"),
    Action.GRANT_EXTERNAL_GROUP: _reaches(*"Y------"),
    Action.DECIDE_ACCESS_REQUESTS: _reaches(*"Y---V--"),
    Action.CONFIGURE_AUTOMATION: _reaches(*"Y------"),
    Action.DELEGATE_APPROVAL: _reaches(*"Y---V--"),
    Action.TRANSFER_LICENSES: _reaches(*"Y-Y-VV-"),
    Action.CREATE_TOKEN: _reaches(*"Y-Y-VV-"),
    Action.VIEW_ORDERS: _reaches(*"Y-YYVVV"),
    Action.NOTIFY_OTHERS: _reaches(*"Y------"),
    Action.VIEW_EVENTS: _reaches(*"YYYYVVV"),
    Action.SEE_ACCESS_REQUESTS: _reaches(*"Y-Y-V--"),
    Action.READ_POLICIES: _reaches(*"Y------"),
    Action.LIST_USERS: _reaches(*"YYYYVVV"),
    Action.LIST_LICENSES: _reaches(*"Y-YYVVV"),
    Action.UPGRADE: _reaches(*"Y------"),
    Action.DECIDE_DOMAIN_REQUESTS: _reaches(*"Y------"),
    Action.EXPORT: _reaches(*"Y---V--"),
}


@dataclass(frozen=True)
class Grant:
    """One role somebody holds in an account; `virtual_accounts` are ids, empty for SA roles."""

    role: Role
    virtual_accounts: frozenset[str] = field(default_factory=frozenset)


def allowed(grants: Iterable[Grant], action: Action, virtual_account: str | None = None) -> bool:
    """Whether the union of these grants allows the action, there or on the whole account."""
    row = MATRIX[action]
    return any(
        row.get(grant.role) is Reach.ALL
        or (row.get(grant.role) is Reach.OWN and virtual_account in grant.virtual_accounts)
        for grant in grants
    )


def roles_for(action: Action, reach: Reach | None = None) -> list[Role]:
    """The roles that have the right, to filter lists with (`reach` narrows it)."""
    return [r for r, far in MATRIX[action].items() if reach is None or far is reach]


def explain(action: Action, deciders: Iterable[str] = ()) -> str:
    """“Only an SA Administrator can do this: Nadia …”, for a refusal."""
    names = [ROLE_NAMES[role] for role in roles_for(action)]
    people = ", ".join(deciders)
    who = " or ".join(([", ".join(names[:-1])] if names[:-1] else []) + names[-1:])
    return f"Only {_article(who)} {who} can do this" + (f": {people}." if people else ".")


def _article(word: str) -> str:
    return "an" if word[:2] == "SA" or word[:1] in "aeiou" else "a"


class DeskAction(StrEnum):
    """What support people do."""

    WORK_CASES = "work_cases"
    TAKE_OVER = "take_over"
    SHARE_VIEWS = "share_views"
    DECIDE_ACCOUNT_REQUESTS = "decide_account_requests"
    SEE_STATISTICS = "see_statistics"
    REVIEW = "review"
    EXPORT_TRAINING_DATA = "export_training_data"


DESK: dict[DeskAction, frozenset[str]] = {
    DeskAction.WORK_CASES: frozenset({"agent", "lead"}),
    DeskAction.TAKE_OVER: frozenset({"agent", "lead"}),
    DeskAction.SHARE_VIEWS: frozenset({"lead"}),
    DeskAction.DECIDE_ACCOUNT_REQUESTS: frozenset({"approver"}),
    DeskAction.SEE_STATISTICS: frozenset({"agent", "lead"}),
    DeskAction.REVIEW: frozenset({"agent", "lead"}),
    DeskAction.EXPORT_TRAINING_DATA: frozenset({"lead"}),
}


def desk_allows(person: Person, action: DeskAction, queue: str | None = None) -> bool:
    """Whether a support person may do this, in this queue where one is named."""
    has_role = person.is_support and (person.desk_role or "") in DESK[action]
    return has_role and (queue is None or queue in person.desk_queues)
