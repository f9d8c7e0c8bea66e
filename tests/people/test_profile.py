"""One's own profile: what it shows, what may be changed, and what follows from it."""

from typing import Any

import httpx
import pytest
from sqlmodel import select

from backend.core.database import database
from backend.core.events import Event
from tests.conftest import CONTOSO, NORTHWIND, Newcomer, SignedIn


async def changed(someone: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await someone.patch("/me", json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.parametrize(
    ("email", "kind", "organization", "roles"),
    [
        ("nadia@northwind.example", "customer", "Northwind Networks",
         {("northwind.example", "sa_admin")}),
        ("nick@northwind.example", "customer", "Northwind Networks",
         {("northwind.example", "sa_user"), ("contoso.example", "va_user")}),
        ("pia@fabrikam.example", "partner", "Fabrikam Partners",
         {("fabrikam.example", "sa_admin")}),
        ("olivia@fabrikam.example", "partner", "Fabrikam Partners", {(None, "ofm")}),
        ("nora@northwind.example", "customer", "Northwind Networks", set()),
        ("lee@support.example", "support", "Licensing Support", set()),
    ],
)  # fmt: skip
async def test_that_a_profile_says_who_one_is(
    person: SignedIn,
    email: str,
    kind: str,
    organization: str,
    roles: set[tuple[str | None, str]],
) -> None:
    me = (await (await person(email)).get("/me")).json()
    assert (me["email"], me["kind"], me["organization"]) == (email, kind, organization)
    assert {(r["smart_account"], r["role"]) for r in me["roles"]} == roles
    assert (me["desk"] is not None) is (kind == "support")


async def test_that_virtual_account_roles_name_their_places(person: SignedIn) -> None:
    me = (await (await person("colin@contoso.example")).get("/me")).json()
    [role] = me["roles"]
    assert role["virtual_accounts"] == [f"Store-0{n}" for n in range(1, 6)]


async def test_that_several_roles_are_all_shown(newcomer: Newcomer) -> None:
    someone = await newcomer(roles=((NORTHWIND, "sa_user"), (CONTOSO, "sa_viewer")))
    me = (await someone.get("/me")).json()
    assert [(r["smart_account"], r["role"]) for r in me["roles"]] == [
        ("contoso.example", "sa_viewer"), ("northwind.example", "sa_user"),
    ]  # fmt: skip


async def test_that_the_desk_knows_its_queues(person: SignedIn) -> None:
    me = (await (await person("mia@support.example")).get("/me")).json()
    assert me["desk"] == {"role": "agent", "queues": ["lea", "orders"]}


async def test_that_only_what_is_named_changes(newcomer: Newcomer) -> None:
    someone = await newcomer(time_zone="Europe/Oslo")
    before = (await someone.get("/me")).json()
    told = await changed(someone, language="PT-br", phone="+55 11 5555 0100")
    assert told.pop("receipt") == {
        "title": "Profile saved", "reference": None,
        "lines": [{"label": "Phone", "value": "+55 11 5555 0100"},
                  {"label": "Language", "value": "pt-BR"}],
    }  # fmt: skip
    assert told == before | {"language": "pt-BR", "phone": "+55 11 5555 0100"}
    assert (await someone.get("/me")).json() == told


async def test_that_null_removes_a_phone(newcomer: Newcomer) -> None:
    someone = await newcomer(phone="+47 555 01 00")
    told = await changed(someone, phone=None)
    assert told["phone"] is None
    assert {"label": "Phone", "value": "removed"} in told["receipt"]["lines"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"), ({"name": None}, "name"), ({"name": "x" * 151}, "name"),
        ({"phone": "call me"}, "phone"), ({"language": "German"}, "language"),
        ({"time_zone": "Oslo"}, "time_zone"), ({"address": "Oslo"}, "address"),
        ({"email": "northwind.example"}, "email"), ({"roles": []}, "roles"),
        ({"kind": "support"}, "kind"), ({"desk_role": "lead"}, "desk_role"),
    ],
    ids=str,
)  # fmt: skip
async def test_that_a_wrong_change_is_refused_and_nothing_changes(
    newcomer: Newcomer, body: dict[str, Any], field: str
) -> None:
    someone = await newcomer()
    before = (await someone.get("/me")).json()
    answer = await someone.patch("/me", json={"language": "de"} | body)
    assert answer.status_code == 422
    assert [e["field"] for e in answer.json()["errors"]] == [field]
    assert (await someone.get("/me")).json() == before


async def test_that_a_dry_run_changes_nothing_and_a_change_is_an_event(newcomer: Newcomer) -> None:
    someone = await newcomer()
    tried = await someone.patch("/me", json={"language": "de"}, headers={"Dry-Run": "true"})
    assert tried.json()["language"] == "de"
    assert (await someone.get("/me")).json()["language"] is None
    await changed(someone, language="de")
    async with database().read() as session:
        email = someone.email  # type: ignore[attr-defined]
        events = (await session.exec(select(Event).where(Event.subject == email))).all()
    assert [(e.type, e.actor, e.text) for e in events] == [
        ("profile_changed", email, "Profile changed: Language"),
    ]
