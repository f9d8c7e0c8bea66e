"""The directory: what has to do with somebody, in its order, and what a search finds."""

import uuid
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col, delete, select

from backend.accounts.models import SmartAccount, SmartAccountAlias, SmartAccountRequest
from backend.core.database import database
from backend.core.identity import Person
from backend.directory import repository
from backend.directory.models import SmartAccountWord
from backend.users.models import (
    ExternalGroupGrant,
    ExternalGroupPlace,
    Membership,
    UserGroup,
    UserGroupMember,
    UserGroupPlace,
)
from tests.access.company import Company
from tests.access.conftest import Found
from tests.access.statements import counted, plan, whole_tables
from tests.conftest import SignedIn


async def directory(client: Any, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get("/directory", params=query)
    return list(answer.raise_for_status().json()["items"])


def named(items: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(one["domain"], one["relation"]) for one in items]


async def asked_to_have(
    company: Company, requester: str, kind: str = "customer", **more: Any
) -> None:
    async with database().write() as session:
        session.add(
            SmartAccountRequest(
                kind=kind, name=company.name, domain=company.domain, requester=requester,
                smart_account_id=company.id, **({"status": "pending_acceptance"} | more),
            )
        )  # fmt: skip


async def test_that_an_entry_says_all_about_an_account(company: Company) -> None:
    (entry,) = await directory(await company.client("vera"))
    assert entry == {
        "domain": company.domain, "name": company.name, "id": company.id, "type": "customer",
        "status": "active", "relation": "access", "roles": ["va_admin"],
        "administrators": [
            {"name": "Ada Test", "email": company.email("ada")},
            {"name": "Ben Test", "email": company.email("ben")},
        ],
    }  # fmt: skip


async def test_that_the_order_is_access_requested_created_domain_and_then_the_name(
    found: Found,
) -> None:
    home = await found(name="M home")
    has = [await found(name=f"{letter} has") for letter in "ZB"]
    wants = [await found(name=f"{letter} wants") for letter in "ya"]
    made = [await found(name=f"{letter} made", status="pending") for letter in "XC"]
    nora = await home.client("nora")
    for one in has:
        one.clients["nora"] = nora
        request = await one.asked("nora")
        await one.decide("ada", request["id"])
    for one in wants:
        one.clients["nora"] = nora
        await one.asked("nora")
    for one in made:
        await asked_to_have(one, home.email("nora"))
    expected = [
        (has[1].domain, "access"), (has[0].domain, "access"), (wants[1].domain, "requested"),
        (wants[0].domain, "requested"), (made[1].domain, "created"), (made[0].domain, "created"),
        (home.domain, "domain"),
    ]  # fmt: skip
    assert named(await directory(nora)) == expected
    pages: list[Any] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = (await nora.get("/directory", params=query)).json()
        pages.append(named(page["items"]))
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert [len(page) for page in pages] == [2, 2, 2, 1]
    assert [one for page in pages for one in page] == expected


async def test_that_an_account_appears_once_in_its_first_relation(company: Company) -> None:
    nora = await company.client("nora")
    assert named(await directory(nora)) == [(company.domain, "domain")]
    await asked_to_have(company, company.email("nora"))
    assert named(await directory(nora)) == [(company.domain, "created")]
    request = await company.asked("nora")
    assert named(await directory(nora)) == [(company.domain, "requested")]
    await company.decide("ada", request["id"])
    more = await company.asked("nora", role="va_admin")
    assert named(await directory(nora)) == [(company.domain, "access")]
    await company.decide("ada", more["id"])
    (entry,) = await directory(nora)
    assert entry["roles"] == ["va_admin", "va_user"]


async def test_that_what_is_over_is_no_relation_any_more(found: Found) -> None:
    home, other = await found(), await found()
    other.clients["nora"] = await home.client("nora")
    for how, who in (("decline", "ada"), ("cancel", "nora")):
        request = await other.asked("nora")
        await other.decide(who, request["id"], how)
    await asked_to_have(other, home.email("nora"), status="declined")
    await asked_to_have(other, home.email("nora"), kind="upgrade")
    assert named(await directory(await home.client("nora"))) == [(home.domain, "domain")]


async def test_that_groups_give_access_too(found: Found) -> None:
    company, other = await found(), await found()
    async with database().write() as session:
        own = UserGroup(smart_account_id=company.id, name="Own", role="va_user")
        session.add(own)
        await session.flush()
        grant = ExternalGroupGrant(
            lookup_id=uuid.uuid4().hex[:18], group_id=own.id, smart_account_id=other.id,
            requested_by=company.email("ada"), role="va_viewer", granted_by=other.email("ada"),
            granted_at=(await session.get_one(SmartAccount, other.id)).created_at,
        )  # fmt: skip
        session.add(grant)
        await session.flush()
        session.add_all([
            UserGroupMember(group_id=own.id, person=company.email("nora")),
            UserGroupPlace(group_id=own.id, virtual_account_id=company.places["Oslo"]),
            ExternalGroupPlace(grant_id=grant.id, virtual_account_id=other.places["Oslo"]),
        ])  # fmt: skip
    items = await directory(await company.client("nora"))
    assert {one["domain"]: (one["relation"], one["roles"]) for one in items} == {
        company.domain: ("access", ["va_user"]), other.domain: ("access", ["va_viewer"]),
    }  # fmt: skip


async def test_that_a_shared_public_mailbox_relates_nobody(found: Found, person: SignedIn) -> None:
    odd = await found(domain=f"d{uuid.uuid4().hex[:8]}.freemail.example")
    gone = await odd.newcomer("freemail.example")
    async with database().write() as session:
        row = await session.get_one(Person, gone)
        row.email = f"x{uuid.uuid4().hex[:6]}@{odd.domain}"
    assert await directory(await person(gone)) == []


async def test_that_an_address_must_be_verified_to_relate(
    company: Company, found: Found, person: SignedIn
) -> None:
    stranger = await company.newcomer(f"o{uuid.uuid4().hex[:8]}.example")
    async with database().write() as session:
        (await session.get_one(Person, stranger)).email_pending = company.email("x")
    client = await person(stranger)
    assert await directory(client) == []
    async with database().write() as session:
        (await session.get_one(Person, stranger)).email = company.email("x")
    assert named(await directory(client)) == [(company.domain, "domain")]


async def test_that_a_restricted_account_is_not_related_by_its_domain_alone(found: Found) -> None:
    hidden = await found(visibility="restricted")
    nora = await hidden.client("nora")
    assert await directory(nora) == []
    assert await directory(nora, q=hidden.name[:-1]) == []
    assert named(await directory(nora, q=hidden.domain)) == [(hidden.domain, None)]
    await hidden.asked("nora")
    assert named(await directory(nora)) == [(hidden.domain, "requested")]
    assert named(await directory(await hidden.client("una"))) == [(hidden.domain, "access")]


SEARCHES = [
    ("Zebra Quokka", True), ("zebra", True), ("QUOK", True), ("quokka zeb", True), ("zq", False),
    ("ebra", False), ("zebra lion", False), ("", False), ("z", False), ("%", False),
    ("_ebra", False),
]  # fmt: skip


@pytest.mark.parametrize(("q", "finds"), SEARCHES)
@pytest.mark.parametrize("visibility", ["unrestricted", "restricted"])
async def test_what_a_stranger_finds_by_name(
    found: Found, person: SignedIn, q: str, finds: bool, visibility: str
) -> None:
    word = f"zebra{uuid.uuid4().hex[:6]}"
    company = await found(name=f"{word.title()} Quokka", visibility=visibility)
    said = q.replace("Zebra", word.title()).replace("zebra", word)
    whole = said.casefold() == f"{word} quokka"
    items = await directory(await person("greg@freemail.example"), q=said, limit=200)
    domains = [one["domain"] for one in items]
    assert (company.domain in domains) is (whole if visibility == "restricted" else finds)


@pytest.mark.parametrize(
    ("q", "finds"),
    [("{d}", True), ("{D}", True), ("{d}.", True), ("{label}", True), ("{label}.exa", True),
     ("east.{d}", False), ("{rest}", False), ("http://{d}", False)],
)  # fmt: skip
async def test_what_a_stranger_finds_by_domain(
    company: Company, person: SignedIn, q: str, finds: bool
) -> None:
    label = company.domain.split(".")[0]
    said = q.format(d=company.domain, D=company.domain.upper(), label=label, rest=label[3:])
    items = await directory(await person("greg@freemail.example"), q=said)
    assert (company.domain in [one["domain"] for one in items]) is finds


async def test_that_a_domain_finds_what_lies_below_it_and_the_one_it_had_before(
    found: Found, person: SignedIn
) -> None:
    company = await found()
    below = await found(domain=f"east.{company.domain}")
    old = f"{uuid.uuid4().hex[:6]}.smb"
    async with database().write() as session:
        session.add(SmartAccountAlias(domain=old, smart_account_id=company.id))
    greg = await person("greg@freemail.example")
    assert {one["domain"] for one in await directory(greg, q=company.domain)} == {
        company.domain, below.domain,
    }  # fmt: skip
    assert named(await directory(greg, q=old)) == [(company.domain, None)]
    answer = await greg.get(f"/smart-accounts/{old}/administrators")
    assert answer.json()["smart_account"] == company.domain


async def test_that_any_part_finds_what_is_related(company: Company) -> None:
    vera = await company.client("vera")
    part = company.domain[2:7]
    assert (company.domain, "access") in named(await directory(vera, q=part))
    assert (company.domain, "access") in named(await directory(vera, q=company.name[3:12].upper()))
    assert (company.domain, "access") not in named(await directory(vera, q="nothing like it"))


async def test_that_related_accounts_come_before_those_only_found(
    found: Found, person: SignedIn
) -> None:
    word = f"w{uuid.uuid4().hex[:8]}"
    first, second = await found(name=f"{word} a"), await found(name=f"{word} b")
    items = await directory(await second.client("una"), q=word)
    assert named(items) == [(second.domain, "access"), (first.domain, None)]
    page = (await (await second.client("una")).get(f"/directory?q={word}&limit=1")).json()
    rest = await (await second.client("una")).get(
        "/directory", params={"q": word, "cursor": page["next"]}
    )
    assert named(rest.json()["items"]) == [(first.domain, None)]


async def test_that_words_follow_a_change_and_go_with_the_account(company: Company) -> None:
    word = f"w{uuid.uuid4().hex[:8]}"
    async with database().write() as session:
        account = await session.get_one(SmartAccount, company.id)
        account.name, account.key = f"New {word}", f"new {word}"
    stranger = await company.signed_in("greg@freemail.example")
    assert named(await directory(stranger, q=word)) == [(company.domain, None)]
    assert await directory(stranger, q=company.name) == []
    async with database().write() as session:
        bare = SmartAccount(id=company.id - 1, domain=f"{word}.example", name=word, key=word,
                            domain_path=f"example.{word}.")  # fmt: skip
        session.add(bare)
        await session.flush()
        await session.exec(delete(SmartAccount).where(col(SmartAccount.id) == bare.id))
        left = await session.exec(
            select(SmartAccountWord).where(col(SmartAccountWord.smart_account_id) == bare.id)
        )
        assert left.all() == []


async def test_the_demo_world(person: SignedIn) -> None:
    nick = await directory(await person("nick@northwind.example"))
    assert named(nick)[:2] == [("contoso.example", "access"), ("northwind.example", "access")]
    leo = await person("leo@litware.example")
    assert "litware.example" not in [one["domain"] for one in await directory(leo)]
    (litware,) = await directory(leo, q="Litware Labs")
    assert litware["administrators"][0]["email"] == "lena@litware.example"
    paul = {one["domain"]: one for one in await directory(await person("paul@fabrikam.example"))}
    assert (paul["wingtip.example"]["relation"], paul["wingtip.example"]["status"]) == (
        "created", "pending",
    )  # fmt: skip
    assert paul["fabrikam.example"]["relation"] == "domain"
    assert "wwi.example" not in paul
    tess = await directory(await person("tess@freemail.example"))
    assert named(tess) == [("k3x9qz.smb", "access")]


@pytest.mark.parametrize("visibility", ["unrestricted", "restricted"])
async def test_that_whoever_names_the_exact_domain_hears_who_administers(
    found: Found, person: SignedIn, visibility: str
) -> None:
    company = await found(visibility=visibility)
    for name in ("greg@freemail.example", "cyra@support.example", company.email("vik")):
        client = await person(name)
        answer = await client.get(f"/smart-accounts/{company.domain.upper()}/administrators")
        assert answer.status_code == 200
        assert answer.json() == {
            "items": [
                {"name": "Ada Test", "email": company.email("ada")},
                {"name": "Ben Test", "email": company.email("ben")},
            ],
            "next": None,
            "smart_account": company.domain,
            "smart_account_name": company.name,
        }
        answer = await client.get("/smart-accounts/nowhere.example/administrators")
        assert answer.status_code == 404
        assert "nowhere.example" in answer.json()["detail"]


async def available(client: Any, company: Company, **query: Any) -> list[tuple[str, str]]:
    path = f"/smart-accounts/{company.domain}/available-virtual-accounts"
    answer = (await client.get(path, params=query)).raise_for_status()
    return [(one["name"], one["path"]) for one in answer.json()["items"]]


async def test_which_virtual_accounts_can_be_asked_for(company: Company) -> None:
    nora = await company.client("nora")
    everything = [
        ("Americas", "Americas"), ("DEFAULT", "DEFAULT"), ("EMEA", "EMEA"),
        ("Oslo", "EMEA / Oslo"), ("Oslo-Lab", "EMEA / Oslo / Oslo-Lab"), ("Tokyo", "Tokyo"),
    ]  # fmt: skip
    assert await available(nora, company) == everything
    assert await available(nora, company, q="OSL") == everything[3:5]
    assert await available(nora, company, q="apa") == []
    assert await available(nora, company, q="Apac") == [("APAC", "APAC")]
    assert await available(nora, company, q="100%") == []
    first = (
        await nora.get(
            f"/smart-accounts/{company.domain}/available-virtual-accounts", params={"limit": 4}
        )
    ).json()
    assert await available(nora, company, cursor=first["next"]) == everything[4:]


async def test_that_those_of_a_restricted_account_are_shown_to_who_names_it(
    found: Found, person: SignedIn
) -> None:
    hidden = await found(visibility="restricted")
    greg = await person("greg@freemail.example")
    assert len(await available(greg, hidden)) == 6
    answer = await greg.get("/smart-accounts/nowhere.example/available-virtual-accounts")
    assert answer.status_code == 404


async def test_that_the_number_of_queries_does_not_depend_on_how_many_there_are(
    found: Found,
) -> None:
    companies = [await found() for _ in range(4)]
    nora = await companies[0].client("nora")
    with counted() as few:
        assert len(await directory(nora)) == 1
    for company in companies[1:]:
        company.clients["nora"] = nora
        await company.give("ada", "va_admin", "EMEA", nested=True)
        async with database().write() as session:
            session.add(
                Membership(smart_account_id=company.id, person=companies[0].email("nora"),
                           role="sa_user")
            )  # fmt: skip
    with counted() as many:
        assert len(await directory(nora)) == 4
    assert len(many) == len(few) < 12


async def test_that_a_cursor_of_another_list_is_refused(company: Company) -> None:
    nora = await company.client("nora")
    for cursor in ("x", "W10", "WzEsMl0"):
        answer = await nora.get("/directory", params={"cursor": cursor})
        assert answer.status_code == 422
        assert answer.json()["type"] == "/problems/cursor"


async def test_that_a_long_search_is_refused_and_odd_ones_do_no_harm(company: Company) -> None:
    nora = await company.client("nora")
    assert (await nora.get("/directory", params={"q": "x" * 254})).status_code == 422
    for q in ("\x00", "'", "\\", "ﬀ", "İ", "😀", "a" * 253, ". . .", "١٢٣"):
        answer = await nora.get("/directory", params={"q": q})
        assert answer.status_code == 200, q


@pytest.mark.parametrize(
    "q",
    ["", "c77", "c77.crowd.example", "crowd 77", "wd 77", "c77 crow"],
)
async def test_that_the_directory_reads_no_whole_table(company: Company, q: str) -> None:
    async with database().read() as session:
        person = await session.get_one(Person, company.email("una"))
    statement = repository.directory(person, q, None, 51, counts_domain=True)
    told = await plan(statement)
    assert whole_tables(told) == [], told


async def test_that_available_virtual_accounts_read_no_whole_table(company: Company) -> None:
    for q in ("", "oslo"):
        told = await plan(repository.available_statement(company.id, q, None, 51))
        assert whole_tables(told) == [], told


async def test_that_a_visibility_change_counts_at_once(company: Company, person: SignedIn) -> None:
    greg = await person("greg@freemail.example")
    word = company.name
    assert named(await directory(greg, q=word.split()[1])) == [(company.domain, None)]
    async with database().write() as session:
        await session.exec(
            update(SmartAccount)
            .where(col(SmartAccount.id) == company.id)
            .values(visibility="restricted")
        )
    assert await directory(greg, q=word.split()[1]) == []
