"""Many people at once: lists, tables and files, each row for itself, all in one transaction."""

import asyncio
import time
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from backend.core.client import Caller, licensing_api
from backend.core.database import database
from backend.core.identity import Person
from tests.users.test_adding import add, mailed
from tests.users.test_changing import change, remove
from tests.virtual_accounts.world import Someone, World

HEADS = "identifier,scope,role,virtual_accounts"


async def as_csv(
    someone: Someone, world: World, content: str | bytes, **headers: str
) -> httpx.Response:
    body = content if isinstance(content, bytes) else content.encode()
    told = {"Content-Type": "text/csv"} | headers
    return await someone.http.post(f"{world.path}/users/bulk", content=body, headers=told)


async def as_json(someone: Someone, world: World, body: Any, **headers: str) -> httpx.Response:
    return await someone.http.post(f"{world.path}/users/bulk", json=body, headers=headers)


def results(answer: httpx.Response) -> list[tuple[int, str]]:
    assert answer.status_code == 200, answer.text
    told = answer.json()
    counts = {s: sum(r["status"] == s for r in told["results"]) for s in
              ("added", "changed", "skipped", "failed")}  # fmt: skip
    assert {s: told[s] for s in counts} == counts
    return [(r["row"], r["status"]) for r in told["results"]]


def details(answer: httpx.Response) -> list[str]:
    return [r["detail"] for r in answer.json()["results"]]


def refused(answer: httpx.Response) -> str:
    assert answer.status_code == 422, answer.text
    return str(answer.json()["detail"])


async def test_that_each_row_says_what_became_of_it(
    world: World, client: httpx.AsyncClient
) -> None:
    admin = await world.someone("sa_admin")
    nora, vik = await world.someone(), await world.someone(("va_user", ["EMEA"]))
    uma, other = await world.someone("sa_user"), await world.someone(organization="o.example")
    users = [
        {"email": nora.email, "scope": "account", "role": "sa_viewer"},
        {"email": vik.email, "scope": "virtual_accounts", "role": "va_user",
         "virtual_accounts": ["Oslo"], "include_nested": True},
        {"email": uma.email, "scope": "account", "role": "sa_user"},
        {"email": other.email, "scope": "account", "role": "sa_approver"},
        {"email": "nobody@nowhere.example", "scope": "account", "role": "sa_user"},
        {"email": nora.email, "scope": "virtual_accounts", "role": "va_user",
         "virtual_accounts": ["Nowhere"]},
        "not a user", {"email": "x@", "role": "boss"},
    ]  # fmt: skip
    answer = await as_json(admin, world, {"users": users})
    assert results(answer) == [
        (1, "added"), (2, "changed"), (3, "skipped"), (4, "skipped"), (5, "failed"),
        (6, "failed"), (7, "failed"), (8, "failed"),
    ]  # fmt: skip
    said = details(answer)
    assert said[0] == f"{nora.shown} is now SA Viewer of the entire account."
    assert said[1] == f"{vik.shown} is now also VA User of Oslo with what is nested in it."
    assert said[2] == f"{uma.shown} is already SA User of the entire account."
    assert world.domain in said[3]
    assert "“nobody@nowhere.example”" in said[4]
    assert "“Nowhere”" in said[5]
    assert "“boss”" in said[7]
    assert "“x@”" in said[7]
    assert await world.held(nora.email) == {"sa_viewer": {}}
    assert await world.held(vik.email) == {"va_user": {"EMEA": False, "Oslo": True}}
    events = await world.events()
    assert [e.type for e in events] == ["user_added", "user_role_added", "users_added_in_bulk"]
    assert events[2].text == "2 of 8 rows gave somebody a role."
    assert await world.places_of(events[1]) == {world.ids["Oslo"]}
    assert "You are now SA Viewer" in (await mailed(client, nora.email, 1))[0]["text"]
    assert "You are now also VA User of Oslo" in (await mailed(client, vik.email, 1))[0]["text"]
    receipt = answer.json()["receipt"]
    assert {"label": "Added", "value": "1"} in receipt["lines"]
    assert any(line["label"] == "Row 5" for line in receipt["lines"])


async def test_that_a_dry_run_says_the_same_and_gives_nothing(world: World) -> None:
    admin, nora = await world.someone("sa_admin"), await world.someone()
    table = f"{HEADS}\n{nora.email},account,sa_user,\nx@,account,sa_user,\n"
    tried = await as_csv(admin, world, table, **{"Dry-Run": "true"})
    assert results(tried) == [(2, "added"), (3, "failed")]
    assert (await world.held(nora.email), await world.events()) == ({}, [])
    assert details(await as_csv(admin, world, table)) == details(tried)


async def test_that_the_same_key_adds_once(world: World) -> None:
    admin, nora = await world.someone("sa_admin"), await world.someone()
    body = {"users": [{"email": nora.email, "role": "sa_user"}]}
    first, second = [
        await as_json(admin, world, body, **{"Idempotency-Key": "bulk"}) for _ in range(2)
    ]
    assert first.json() == second.json()
    assert len(await world.events("users_added_in_bulk")) == 1


# --- Tables -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "head",
    [
        HEADS, "", "E-Mail,Scope,Role,Virtual Accounts",
        "identifier, scope, role, virtual_accounts",
        "CCO ID,scope,role,virtual_accounts,include_nested",
    ],
)  # fmt: skip
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
async def test_that_a_table_is_read_with_and_without_heads_and_mark(
    world: World, head: str, mark: str, ending: str
) -> None:
    admin, nora = await world.someone("sa_admin"), await world.someone()
    lines = [*([head] if head else []), f"{nora.email},virtual_accounts,va_user,EMEA; oslo ;", ""]
    answer = await as_csv(admin, world, mark + ending.join(lines))
    assert results(answer) == [(2 if head else 1, "added")]
    assert await world.held(nora.email) == {"va_user": {"EMEA": False, "Oslo": False}}


async def test_that_columns_may_come_in_another_order(world: World) -> None:
    admin, nora = await world.someone("sa_admin"), await world.someone()
    table = f"role,virtual_accounts,include_nested,email\nVA Admin,EMEA,yes,{nora.email}\n"
    assert results(await as_csv(admin, world, table)) == [(2, "added")]
    assert await world.held(nora.email) == {"va_admin": {"EMEA": True}}


async def test_that_scopes_and_roles_are_read_as_people_write_them(world: World) -> None:
    admin = await world.someone("sa_admin")
    people = [await world.someone() for _ in range(5)]
    rows = [
        "Account,SA User,", "entire account,sa_viewer,", ",SA Administrator,",
        "Virtual Accounts,VA Viewer,Oslo", "selected,va-admin,Oslo;oslo",
    ]  # fmt: skip
    table = "\n".join(f"{one.told['cco_id']},{row}" for one, row in zip(people, rows, strict=True))
    assert [status for _, status in results(await as_csv(admin, world, table))] == ["added"] * 5


async def test_that_empty_lines_and_quotes_keep_the_numbers_of_lines(world: World) -> None:
    admin = await world.someone("sa_admin")
    a, b = await world.someone(), await world.someone()
    table = (
        f'\n{HEADS}\n\n"{a.email}","virtual_accounts","va_user","EMEA;\nOslo"\n,,,\n{b.email},,x,\n'
    )
    answer = await as_csv(admin, world, table)
    assert results(answer) == [(4, "added"), (7, "failed")]
    assert await world.held(a.email) == {"va_user": {"EMEA": False, "Oslo": False}}


async def test_that_a_file_is_taken_as_an_upload_too(world: World) -> None:
    admin, nora = await world.someone("sa_admin"), await world.someone()
    table = f"{HEADS}\n{nora.email},account,sa_user,\n".encode()
    answer = await admin.http.post(
        f"{world.path}/users/bulk", files={"file": ("people.csv", table, "text/csv")}
    )
    assert results(answer) == [(2, "added")]
    other = await world.someone()
    answer = await as_json(admin, world, {"csv": f"\ufeff{other.email},account,sa_user"})
    assert results(answer) == [(1, "added")]


async def test_that_a_table_in_another_encoding_is_refused_with_the_line(world: World) -> None:
    admin, nora = await world.someone("sa_admin"), await world.someone()
    await admin.http.post(f"{world.path}/virtual-accounts", json={"name": "Zürich"})
    table = f"{HEADS}\n{nora.email},virtual_accounts,va_user,Zürich\n"
    said = refused(await as_csv(admin, world, table.encode("latin-1")))
    assert "line 2" in said
    assert "CSV UTF-8" in said
    said = refused(await as_csv(admin, world, table.encode("utf-16")))
    assert "UTF-8" in said
    assert await world.held(nora.email) == {}
    assert results(await as_csv(admin, world, table)) == [(2, "added")]


@pytest.mark.parametrize("cell", ['=HYPERLINK("http://x")', "=1+1@a.example", "+x@a.example",
                                  "-2+3", "@SUM(A1)"])  # fmt: skip
async def test_that_a_formula_is_nobody(world: World, cell: str) -> None:
    admin, nora = await world.someone("sa_admin"), await world.someone()
    quoted = '"' + cell.replace('"', '""') + '"'
    answer = await as_csv(admin, world, f"{quoted},account,sa_user,\n{nora.email},account,sa_user,")
    assert [status for _, status in results(answer)] == ["failed", "added"]
    assert "begins like a formula" in details(answer)[0]


@pytest.mark.parametrize("of", ["scope", "role", "virtual_accounts"])
async def test_that_a_formula_elsewhere_fails_its_row(world: World, of: str) -> None:
    admin, nora = await world.someone("sa_admin"), await world.someone()
    cells = {"scope": "", "role": "va_user", "virtual_accounts": "Oslo"} | {of: "=1+1"}
    row = {"email": nora.email} | {k: v for k, v in cells.items() if v}
    row["virtual_accounts"] = [row["virtual_accounts"]]  # type: ignore[assignment]
    assert results(await as_json(admin, world, {"users": [row]})) == [(1, "failed")]
    assert await world.held(nora.email) == {}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "nobody in it"), (HEADS, "nobody in it"), ("\n\n", "nobody in it"),
        ("a@b.example;account;sa_user", "parted by semicolons"),
        ("identifier;scope;role;virtual_accounts\na@b.example;;sa_user;", "parted by semicolons"),
        ("a@b.example\taccount\tsa_user", "parted by tabs"),
        ("identifier,role,colour\nx,y,z", "“colour” is none"),
        ("identifier,scope\nx,y", "role is missing"),
        ("email,identifier,role\nx,y,z", "twice"),
        ('"' + "x" * 140_000 + '",a,b', "Line 1 can’t be read"),
    ],
)  # fmt: skip
async def test_that_a_table_that_cannot_be_read_says_why(
    world: World, table: str, said: str
) -> None:
    admin = await world.someone("sa_admin")
    assert said in refused(await as_csv(admin, world, table))


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("{email}", "role is missing"), ("{email},account", "role is missing"),
        ("{email},account,va_user,Oslo", "no role for the entire account"),
        ("{email},,va_user,", "virtual accounts"), ("{email},,sa_user,Oslo", "sa_… roles reach"),
        ("{email},virtual_accounts,va_user,EMEA,Oslo,Lab,APAC", "Part several virtual accounts"),
        ("{email},,va_user,Oslo,maybe", "yes or no"), (",account,sa_user,", "email is missing"),
        ("{email}\x00,account,sa_user,", "address"), ("{email},planet,sa_user,", "“planet”"),
    ],
)  # fmt: skip
async def test_that_a_row_that_is_wrong_fails_alone(world: World, cells: str, said: str) -> None:
    admin = await world.someone("sa_admin")
    nora, vik = await world.someone(), await world.someone()
    table = cells.format(email=nora.email) + f"\n{vik.email},account,sa_user,\n"
    answer = await as_csv(admin, world, table)
    assert [status for _, status in results(answer)] == ["failed", "added"]
    assert said in details(answer)[0]
    assert await world.held(nora.email) == {}


async def test_that_duplicates_are_merged(world: World) -> None:
    admin, nora = await world.someone("sa_admin"), await world.someone()
    table = "\n".join(
        [
            HEADS, f"{nora.email},,va_user,EMEA", f"{nora.email.upper()},,va_user,emea;EMEA",
            f"{nora.told['cco_id']},,VA User,Oslo", f"{nora.email},,va_user,EMEA;Oslo",
        ]
    )  # fmt: skip
    answer = await as_csv(admin, world, table)
    assert [s for _, s in results(answer)] == ["added", "skipped", "changed", "skipped"]
    assert details(answer)[1] == "The same as row 2."
    assert await world.held(nora.email) == {"va_user": {"EMEA": False, "Oslo": False}}


@pytest.mark.parametrize(
    "body", [{}, {"users": "x"}, {"users": {}}, {"users": []}, [], 7, None, {"csv": 7}]
)
async def test_that_a_body_without_people_is_refused(world: World, body: Any) -> None:
    admin = await world.someone("sa_admin")
    refused(await as_json(admin, world, body))


async def test_that_rubbish_is_refused(world: World) -> None:
    admin = await world.someone("sa_admin")
    url = f"{world.path}/users/bulk"
    refused(await admin.http.post(url, content=b"{", headers={"Content-Type": "application/json"}))
    refused(await admin.http.post(url, content=b"\xff\xfe"))
    refused(await admin.http.post(url, content=b""))
    refused(await admin.http.post(url, files={"other": (None, "text")}))
    refused(
        await admin.http.post(
            url, content=b"x", headers={"Content-Type": "multipart/form-data; boundary=y"}
        )
    )


# --- Who may ----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["sa_approver", "sa_user", "sa_viewer", "va_user", "va_viewer"])
async def test_that_whoever_may_add_nobody_is_refused_at_once(world: World, role: str) -> None:
    admin, nora = await world.someone("sa_admin"), await world.someone()
    someone = await world.someone((role, ["Oslo"]) if role.startswith("va_") else role)
    answer = await as_json(someone, world, {"users": [{"email": nora.email, "role": "sa_user"}]})
    assert answer.status_code == 403
    assert admin.shown in answer.json()["detail"]
    outsider = await world.someone()
    assert (await as_csv(outsider, world, "x")).status_code == 403


async def test_that_a_va_administrator_adds_the_rows_that_are_theirs(world: World) -> None:
    admin, vera = await world.someone("sa_admin"), await world.someone(("va_admin", ["EMEA"]))
    nora = await world.someone()
    rows = [
        {"email": nora.email, "role": "sa_admin"},
        {"email": nora.email, "role": "va_user", "virtual_accounts": ["EMEA"]},
        {"email": nora.email, "role": "va_user", "virtual_accounts": ["EMEA", "Oslo"]},
        {"email": vera.email, "role": "va_admin", "virtual_accounts": ["EMEA"],
         "include_nested": True},
    ]  # fmt: skip
    answer = await as_json(vera, world, {"users": rows})
    assert [s for _, s in results(answer)] == ["failed", "added", "failed", "failed"]
    for number in (0, 2, 3):
        assert admin.shown in details(answer)[number]
    assert await world.held(nora.email) == {"va_user": {"EMEA": False}}
    assert await world.held(vera.email) == {"va_admin": {"EMEA": False}}


# --- How many, and at once --------------------------------------------------------------------


async def crowd(world: World, count: int) -> list[str]:
    emails = [f"n{number}@{world.domain}" for number in range(count)]
    async with database().write() as session:
        session.add_all(
            Person(
                id=email, email=email, name=f"Number {number}", kind="customer",
                cco_id=f"n{number}.{world.id}", organization_domain=world.domain,
            )
            for number, email in enumerate(emails)
        )  # fmt: skip
    return emails


async def test_that_501_rows_are_refused_and_500_are_not(world: World) -> None:
    admin = await world.someone("sa_admin")
    rows = [f"n{number}@{world.domain},account,sa_user," for number in range(501)]
    assert "There are 501 people" in refused(await as_csv(admin, world, "\n".join(rows)))
    answer = await as_csv(admin, world, "\n".join([HEADS, *rows[:500], ""]))
    assert len(results(answer)) == 500


async def test_that_500_people_are_added_in_five_seconds(
    world: World, client: httpx.AsyncClient
) -> None:
    admin = await world.someone("sa_admin")
    emails = await crowd(world, 500)
    table = "\n".join(f"{email},,va_user,EMEA;Oslo;Americas" for email in emails)
    started = time.perf_counter()
    answer = await as_csv(admin, world, table)
    took = time.perf_counter() - started
    assert [s for _, s in results(answer)] == ["added"] * 500
    assert took <= 5, f"{took:.1f} s"
    users = await admin.items(f"{world.path}/users", role="va_user", limit=200)
    assert len(users) == 500
    assert all(user["roles"][0]["virtual_accounts"] == ["Americas", "EMEA", "Oslo"]
               for user in users)  # fmt: skip
    for email in (emails[0], emails[-1]):
        await mailed(client, email, 1)


async def test_that_a_bulk_job_beside_single_changes_loses_nothing(world: World) -> None:
    admin, other = await world.someone("sa_admin"), await world.someone("sa_admin")
    emails = await crowd(world, 60)
    for email in emails[:3]:
        await add(admin, world, email, "va_viewer", "APAC")
    rows = {"users": [
        {"email": email, "role": "va_user", "virtual_accounts": ["Oslo"]} for email in emails
    ]}  # fmt: skip
    bulk, *singles = await asyncio.gather(
        as_json(admin, world, rows),
        add(other, world, emails[10], "va_user", "EMEA"),
        change(other, world, emails[0], role="va_admin"),
        remove(other, world, emails[1]),
        remove(other, world, emails[2], "APAC"),
        as_json(other, world, rows),
    )
    assert {s for _, s in results(bulk)} <= {"added", "changed", "skipped"}
    assert all(answer.status_code in {200, 201} for answer in singles), [
        answer.text for answer in singles
    ]
    for email in emails[3:]:
        held = await world.held(email)
        assert held["va_user"].items() >= {"Oslo": False}.items()
    assert (await world.held(emails[10]))["va_user"] == {"Oslo": False, "EMEA": False}
    assert "APAC" not in str(await world.held(emails[2]))


async def test_that_an_engine_can_send_it_like_any_other_call(app: FastAPI, world: World) -> None:
    admin, nora = await world.someone("sa_admin"), await world.someone()
    told = {
        "smart_account": world.domain,
        "users": [{"email": nora.email, "scope": "account", "role": "sa_user"}],
    }
    assert licensing_api().operations["add_users"].fields.keys() >= {"users", "csv"}
    answer = await licensing_api().call("add_users", told, Caller(admin.email, None, "agent"))
    assert (answer.status, answer.body["added"]) == (200, 1)
    assert {e.via for e in await world.events()} == {"agent"}


# --- One role for all -------------------------------------------------------------------------


async def test_that_people_who_get_the_same_are_named_by_address_alone(world: World) -> None:
    admin, nora, vik = await world.someone("sa_admin"), await world.someone(), await world.someone()
    role = {"role": "va_user", "virtual_accounts": ["Oslo"], "include_nested": True}
    answer = await as_json(admin, world, {"emails": [nora.email, "x@", vik.email], **role})
    assert results(answer) == [(1, "added"), (2, "failed"), (3, "added")]
    for person in (nora, vik):
        assert await world.held(person.email) == {"va_user": {"Oslo": True}}


@pytest.mark.parametrize(
    ("role", "field", "code"),
    [
        ({}, "role", "missing"),
        ({"role": "va_user"}, "virtual_accounts", "missing"),
        ({"role": "va_user", "virtual_accounts": ["Oslo", "Nowhere"]}, "virtual_accounts.1",
         "unknown"),
    ],
)  # fmt: skip
async def test_that_what_is_wrong_for_all_is_said_once(
    world: World, role: dict[str, Any], field: str, code: str
) -> None:
    admin, nora = await world.someone("sa_admin"), await world.someone()
    answer = await as_json(admin, world, {"emails": [nora.email], **role})
    assert answer.status_code == 422
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(field, code)]
    assert await world.held(nora.email) == {}
