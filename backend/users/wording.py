"""Roles and actions in words, for receipts, events, mails and reasons."""

from collections.abc import Mapping

from backend.core.policy import ROLE_NAMES, Action, Role

ACTION_NAMES = {
    Action.VIEW_ACCOUNT: "See the account and its virtual accounts",
    Action.EDIT_PROPERTIES: "Change the account’s properties, visibility and headquarters",
    Action.ACCEPT_LICENSING_NOTICE: "Accept the Smart Licensing Notice",
    Action.ACCEPT_ADMIN_NOTICE: "Accept the Smart Account Admin Notice",
    Action.CREATE_TOP_VIRTUAL_ACCOUNT: "Create virtual accounts at the top level",
    Action.CREATE_NESTED_VIRTUAL_ACCOUNT: "Create nested virtual accounts",
    Action.EDIT_VIRTUAL_ACCOUNT: "Rename, move, restrict and describe virtual accounts",
    Action.SET_DEFAULT_VIRTUAL_ACCOUNT: "Set the default virtual account",
    Action.DELETE_VIRTUAL_ACCOUNT: "Delete virtual accounts",
    Action.MANAGE_ACCOUNT_USERS: "Add, change and remove users of the entire account",
    Action.MANAGE_VIRTUAL_ACCOUNT_USERS: "Add, change and remove users of virtual accounts",
    Action.MANAGE_GROUPS: "Manage user groups",
    Action.GRANT_EXTERNAL_GROUP: "Give a role to a group of another account",
    Action.DECIDE_ACCESS_REQUESTS: "Decide access requests",
    Action.CONFIGURE_AUTOMATION: "Set the rules that decide access requests",
    Action.DELEGATE_APPROVAL: "Let somebody else decide access requests",
    Action.TRANSFER_LICENSES: "Move licences and devices between virtual accounts",
    Action.CREATE_TOKEN: "Create registration tokens",
    Action.VIEW_ORDERS: "See the orders",
    Action.NOTIFY_OTHERS: "Set further recipients of notifications",
    Action.VIEW_EVENTS: "Read and export the event history",
    Action.SEE_ACCESS_REQUESTS: "See pending access requests",
    Action.READ_POLICIES: "Read policies, rules and delegations",
    Action.LIST_USERS: "See the users and what they may do",
    Action.LIST_LICENSES: "See the licences",
    Action.UPGRADE: "Upgrade the account to a standard one",
    Action.DECIDE_DOMAIN_REQUESTS: "Decide requests for accounts above or below the domain",
    Action.EXPORT: "Export users and locations",
}


def say_role(role: Role, places: Mapping[str, bool]) -> str:
    """“VA User of EMEA with what is nested in it, and Oslo”; `places` are names."""
    if not places:
        return f"{ROLE_NAMES[role]} of the entire account"
    named = [
        f"{name} with what is nested in it" if nested else name
        for name, nested in sorted(places.items(), key=lambda item: item[0].casefold())
    ]
    listed = " and ".join([", ".join(named[:-1]), named[-1]] if named[1:] else named)
    return f"{ROLE_NAMES[role]} of {listed}"
