"""The table of rights, written out a second time from the field's matrix."""

import pytest

from backend.core.identity import Person
from backend.core.policy import (
    DESK,
    MATRIX,
    Action,
    DeskAction,
    Grant,
    Reach,
    Role,
    allowed,
    desk_allows,
    explain,
    roles_for,
)

COLUMNS = ["sa_admin", "sa_approver", "sa_user", "sa_viewer", "va_admin", "va_user", "va_viewer"]
# Y: in the whole account, V: only within own virtual accounts, -: not.
TABLE = """
view_account                   Y Y Y Y V V V
edit_properties                Y - - - - - -
accept_licensing_notice        Y Y - - - - -
accept_admin_notice            Y - - - - - -
create_top_virtual_account     Y - - - - - -
create_nested_virtual_account  Y - - - V - -
edit_virtual_account           Y - - - V - -
set_default_virtual_account    Y - - - - - -
delete_virtual_account         Y - - - - - -
manage_account_users           Y - - - - - -
manage_virtual_account_users   Y - - - V - -
manage_groups                  Y - - - V - -
grant_external_group           Y - - - - - -
decide_access_requests         Y - - - V - -
configure_automation           Y - - - - - -
delegate_approval              Y - - - V - -
transfer_licenses              Y - Y - V V -
create_token                   Y - Y - V V -
view_orders                    Y - Y Y V V V
notify_others                  Y - - - - - -
view_events                    Y Y Y Y V V V
see_access_requests            Y - Y - V - -
read_policies                  Y - - - - - -
list_users                     Y Y Y Y V V V
list_licenses                  Y - Y Y V V V
upgrade                        Y - - - - - -
decide_domain_requests         Y - - - - - -
export                         Y - - - V - -
"""
ROWS = {line.split()[0]: line.split()[1:] for line in TABLE.strip().splitlines()}
CELLS = [
    (action, role, mark)
    for action, marks in ROWS.items()
    for role, mark in zip(COLUMNS, marks, strict=True)
]
MINE, ELSEWHERE = "va-mine", "va-elsewhere"


def test_that_the_table_knows_every_action_and_no_other() -> None:
    assert {action.value for action in Action} == set(ROWS)
    assert set(MATRIX) == set(Action)


@pytest.mark.parametrize(("action", "role", "mark"), CELLS)
def test_that_a_role_may_do_what_its_cell_says_and_where(action: str, role: str, mark: str) -> None:
    grants = [Grant(Role(role), frozenset({MINE}))]
    there, other, whole = (
        allowed(grants, Action(action), place) for place in (MINE, ELSEWHERE, None)
    )
    assert (there, other, whole) == {
        "Y": (True, True, True), "V": (True, False, False), "-": (False, False, False),
    }[mark]  # fmt: skip


def test_that_rights_of_several_roles_add_up() -> None:
    grants = [Grant(Role.SA_VIEWER), Grant(Role.VA_ADMIN, frozenset({MINE}))]
    assert allowed(grants, Action.LIST_USERS)
    assert allowed(grants, Action.MANAGE_VIRTUAL_ACCOUNT_USERS, MINE)
    assert not allowed(grants, Action.MANAGE_VIRTUAL_ACCOUNT_USERS, ELSEWHERE)
    assert not allowed(grants, Action.MANAGE_ACCOUNT_USERS)


def test_that_without_a_role_nothing_is_allowed() -> None:
    assert not any(allowed([], action, MINE) for action in Action)


def test_that_filters_name_the_same_roles_as_the_table() -> None:
    for action, marks in ROWS.items():
        wanted = [c for c, m in zip(COLUMNS, marks, strict=True) if m != "-"]
        whole = [c for c, m in zip(COLUMNS, marks, strict=True) if m == "Y"]
        assert sorted(roles_for(Action(action))) == sorted(wanted)
        assert sorted(roles_for(Action(action), Reach.ALL)) == sorted(whole)


def test_that_roles_rise_as_the_contract_says() -> None:
    assert [role.value for role in Role] == (
        ["va_viewer", "sa_viewer", "va_user", "sa_user", "va_admin", "sa_approver", "sa_admin"]
    )


def test_that_a_refusal_names_who_can_do_it() -> None:
    assert explain(Action.EDIT_PROPERTIES, ["Nadia Fjordheim (nadia@northwind.example)"]) == (
        "Only an SA Administrator can do this: Nadia Fjordheim (nadia@northwind.example)."
    )
    assert explain(Action.DECIDE_ACCESS_REQUESTS) == (
        "Only an SA Administrator or VA Administrator can do this."
    )


@pytest.mark.parametrize(
    ("kind", "desk_role", "action", "may"),
    [
        ("support", "agent", DeskAction.WORK_CASES, True),
        ("support", "lead", DeskAction.WORK_CASES, True),
        ("support", "approver", DeskAction.WORK_CASES, False),
        ("support", "agent", DeskAction.TAKE_OVER, True),
        ("support", "lead", DeskAction.TAKE_OVER, True),
        ("support", "approver", DeskAction.TAKE_OVER, False),
        ("support", "approver", DeskAction.DECIDE_ACCOUNT_REQUESTS, True),
        ("support", "agent", DeskAction.DECIDE_ACCOUNT_REQUESTS, False),
        ("support", "lead", DeskAction.DECIDE_ACCOUNT_REQUESTS, False),
        ("support", None, DeskAction.WORK_CASES, False),
        ("customer", "agent", DeskAction.WORK_CASES, False),
    ],
)
def test_that_desk_rights_belong_to_desk_roles_of_support_people(
    kind: str, desk_role: str | None, action: DeskAction, may: bool
) -> None:
    person = Person(
        id="x", email="x@support.example", name="X", kind=kind, desk_role=desk_role,
        organization_domain="support.example", desk_queues=["lea"],
    )  # fmt: skip
    assert desk_allows(person, action) is may
    assert desk_allows(person, action, "lea") is may
    assert desk_allows(person, action, "orders") is False
    assert set(DESK) == set(DeskAction)
