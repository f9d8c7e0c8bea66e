"""What a card for one account knows does not go to another."""

from typing import Any, cast

import pytest

from actions.account_settings import ChangeAccountForm
from actions.accounts import AccountForm
from actions.sheet import Memory, Sheet
from actions.turn import Turn
from actions.virtual_accounts import ChangeVirtualAccountForm
from tests.actions.talk import StandInApi


def a_sheet(api: StandInApi, form: type[AccountForm], **values: Any) -> Sheet:
    memory = Memory(allowed=True)
    return Sheet(form.form, api.operations[form.operation], form.asks, values, memory, "change")


@pytest.fixture
def turn() -> Turn:
    return cast("Turn", None)


def test_that_the_headquarters_of_one_account_stay_there(api: StandInApi, turn: Turn) -> None:
    form = ChangeAccountForm()
    sheet = a_sheet(api, ChangeAccountForm, smart_account="northwind.example",
                    **{"headquarters.street": "Street 1"})  # fmt: skip
    form._fill(sheet, {"headquarters.organization": "Northwind", "headquarters.street": "Old 2"})
    form._keep(turn, sheet, {"smart_account": "contoso.example"})
    assert sheet.values == {
        "smart_account": "contoso.example", "headquarters.street": "Street 1",
    }  # fmt: skip
    assert not sheet.memory.allowed


def test_that_a_virtual_account_of_one_account_stays_there(api: StandInApi, turn: Turn) -> None:
    sheet = a_sheet(api, ChangeVirtualAccountForm, smart_account="northwind.example",
                    virtual_account="Oslo", parent="EMEA", name="Norway")  # fmt: skip
    ChangeVirtualAccountForm()._keep(turn, sheet, {"smart_account": "contoso.example"})
    assert sheet.values == {"smart_account": "contoso.example", "name": "Norway"}


def test_that_the_same_account_once_more_changes_nothing(api: StandInApi, turn: Turn) -> None:
    sheet = a_sheet(api, ChangeVirtualAccountForm, smart_account="northwind.example",
                    virtual_account="Oslo")  # fmt: skip
    ChangeVirtualAccountForm()._keep(turn, sheet, {"smart_account": "northwind.example"})
    assert sheet.values["virtual_account"] == "Oslo"
    assert sheet.memory.allowed
