"""A new address counts, for every rule, only once a code proves that it is the person's."""

import asyncio
import re
import uuid
from collections.abc import Callable

import httpx
import pytest
from sqlmodel import select

from backend.core import timers
from backend.core.database import database
from backend.core.events import Event
from backend.core.identity import Organization, Person
from backend.core.settings import settings
from backend.people.models import EmailCode
from tests.conftest import NORTHWIND, Newcomer, SignedIn
from tests.people.outbox import mails_to

WRONG = "000000"
Ahead = Callable[..., None]


def fresh(domain: str | None = None) -> str:
    """An address that nobody has, at a domain that nobody knows unless it is named."""
    word = uuid.uuid4().hex[:10]
    return f"n{word}@{domain or f'c{word}.example'}"


async def asked(someone: httpx.AsyncClient, email: str | None) -> dict[str, object]:
    answer = await someone.patch("/me", json={"email": email})
    assert answer.status_code == 200, answer.text
    told: dict[str, object] = answer.json()
    return told


async def code_for(email: str) -> str:
    """The newest code that was mailed there."""
    mail = (await mails_to(email, "account_email_code"))[-1]
    found = re.search(r"^\d{6}$", mail.text, re.MULTILINE)
    assert found
    return found[0]


async def verify(someone: httpx.AsyncClient, code: str, **headers: str) -> httpx.Response:
    return await someone.post("/me/email/verify", json={"code": code}, headers=headers)


async def row_of(someone: httpx.AsyncClient) -> Person:
    async with database().read() as session:
        return await session.get_one(Person, someone.email)  # type: ignore[attr-defined]


async def test_that_a_new_address_counts_once_its_code_comes_back(newcomer: Newcomer) -> None:
    someone, email = await newcomer(roles=((NORTHWIND, "sa_user"),)), fresh()
    before = (await someone.get("/me")).json()
    told = await asked(someone, email)
    assert told.pop("receipt") == {
        "title": "Profile saved", "reference": None,
        "lines": [{"label": "New e-mail",
                   "value": f"{email}, once you confirm the code that is mailed there"}],
    }  # fmt: skip
    assert told == before | {"email_pending": email}
    told = (await verify(someone, await code_for(email))).json()
    assert (told["email"], told["email_pending"]) == (email, None)
    assert told["organization"] == email.split("@")[1]
    assert told["roles"] == before["roles"]
    assert {"label": "E-mail", "value": f"{email} (was {before['email']})"} in told["receipt"][
        "lines"
    ]
    [news] = await mails_to(before["email"], "account_email_changed")
    assert email in news.subject


async def test_that_it_is_written_down_who_changed_what(newcomer: Newcomer) -> None:
    someone, email = await newcomer(), fresh()
    await asked(someone, email)
    await verify(someone, await code_for(email))
    async with database().read() as session:
        rows = await session.exec(select(Event).where(Event.subject == someone.email))  # type: ignore[attr-defined]
        events = {event.type: event for event in rows.all()}
    assert set(events) == {"email_code_requested", "email_changed"}
    assert events["email_changed"].text.endswith(f"to {email}")
    code = await code_for(email)
    assert all(code not in str(event.model_dump()) for event in events.values())


async def test_that_a_code_may_be_typed_with_a_space(newcomer: Newcomer) -> None:
    someone, email = await newcomer(), fresh()
    await asked(someone, email)
    code = await code_for(email)
    assert (await verify(someone, f" {code[:3]} {code[3:]} ")).status_code == 200


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12345x"])
async def test_that_what_is_no_code_is_said_to_be_none(newcomer: Newcomer, code: str) -> None:
    someone = await newcomer()
    answer = await verify(someone, code)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "code"


async def test_that_without_a_new_address_there_is_nothing_to_confirm(newcomer: Newcomer) -> None:
    answer = await verify(await newcomer(), "123456")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/nothing-to-confirm")


async def test_that_five_wrong_codes_use_it_up_and_a_new_one_helps(newcomer: Newcomer) -> None:
    someone, email = await newcomer(), fresh()
    await asked(someone, email)
    code = await code_for(email)
    wrong = WRONG if code != WRONG else "111111"
    for left in (4, 3, 2, 1, 0):
        answer = await verify(someone, wrong)
        assert answer.status_code == 422
        assert (f"{left} more times" if left else "Ask for a new code") in answer.json()["detail"]
    answer = await verify(someone, code)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/code-used-up")
    await asked(someone, email)
    newest = await code_for(email)
    assert newest != code
    assert (await verify(someone, newest)).json()["email"] == email


async def test_that_many_guesses_at_once_are_counted_one_by_one(newcomer: Newcomer) -> None:
    someone, email = await newcomer(), fresh()
    await asked(someone, email)
    code = await code_for(email)
    guesses = [f"{n:06}" for n in range(20) if f"{n:06}" != code]
    answers = await asyncio.gather(*(verify(someone, guess) for guess in guesses))
    assert sorted(answer.status_code for answer in answers)[-5:] == [422] * 5
    assert sum(answer.status_code == 422 for answer in answers) == 5


async def test_that_a_code_lives_half_an_hour(newcomer: Newcomer, clock_ahead: Ahead) -> None:
    someone, email = await newcomer(), fresh()
    await asked(someone, email)
    code = await code_for(email)
    clock_ahead(minutes=30, seconds=1)
    answer = await verify(someone, code)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/code-expired")
    assert "30 minutes" in answer.json()["detail"]


async def test_that_only_the_newest_code_counts(newcomer: Newcomer) -> None:
    someone, first, second = await newcomer(), fresh(), fresh()
    await asked(someone, first)
    old = await code_for(first)
    await asked(someone, second)
    assert (await verify(someone, old)).status_code == 422
    assert (await verify(someone, await code_for(second))).json()["email"] == second


async def test_that_a_code_is_its_persons_alone(newcomer: Newcomer) -> None:
    owner, other, email = await newcomer(), await newcomer(), fresh()
    await asked(owner, email)
    code = await code_for(email)
    await asked(other, email)
    assert (await verify(other, code)).status_code == 422
    assert (await row_of(other)).email == other.email  # type: ignore[attr-defined]


async def test_that_codes_are_few_an_hour(newcomer: Newcomer, clock_ahead: Ahead) -> None:
    someone = await newcomer()
    for _ in range(5):
        await asked(someone, fresh())
    answer = await someone.patch("/me", json={"email": fresh()})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 3600
    clock_ahead(seconds=int(answer.headers["Retry-After"]))
    await asked(someone, fresh())


async def test_that_no_mailbox_is_flooded_by_several_people(newcomer: Newcomer) -> None:
    email = fresh()
    for _ in range(5):
        await asked(await newcomer(), email)
    answer = await (await newcomer()).patch("/me", json={"email": email})
    assert answer.status_code == 429
    assert len(await mails_to(email)) == 5


async def test_that_nobody_learns_here_whether_an_address_is_somebodys(newcomer: Newcomer) -> None:
    owner, other = await newcomer(), await newcomer()
    theirs: str = owner.email  # type: ignore[attr-defined]
    taken, free = await asked(other, theirs), fresh("northwind.example")
    [mail] = await mails_to(theirs)
    other_told = await asked(other, free)
    assert str(taken).replace(theirs, free) == str(other_told)
    assert mail.kind == "account_email_taken"
    assert not re.search(r"^\d{6}$", mail.text, re.MULTILINE)
    assert other.email not in mail.text  # type: ignore[attr-defined]


async def test_that_somebody_elses_address_stays_theirs(newcomer: Newcomer) -> None:
    owner, other = await newcomer(), await newcomer()
    await asked(other, owner.email)  # type: ignore[attr-defined]
    assert (await verify(other, WRONG)).status_code == 422
    assert (await owner.get("/me")).json()["email"] == owner.email  # type: ignore[attr-defined]


async def test_that_of_two_with_a_right_code_one_gets_the_address(newcomer: Newcomer) -> None:
    one, two, email = await newcomer(), await newcomer(), fresh()
    codes = []
    for someone in (one, two):
        await asked(someone, email)
        codes.append(await code_for(email))
    answers = await asyncio.gather(verify(one, codes[0]), verify(two, codes[1]))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    async with database().read() as session:
        rows = await session.exec(select(Person.id).where(Person.email == email))
        assert len(rows.all()) == 1


async def test_that_a_former_first_address_is_nobody_elses(newcomer: Newcomer) -> None:
    """What belongs to somebody keeps the first address as its key."""
    owner, other, email = await newcomer(), await newcomer(), fresh()
    await asked(owner, email)
    await verify(owner, await code_for(email))
    await asked(other, owner.email)  # type: ignore[attr-defined]
    [_, mail] = await mails_to(owner.email)  # type: ignore[attr-defined]
    assert mail.kind == "account_email_taken"


async def test_that_a_rehearsal_neither_tells_nor_counts(newcomer: Newcomer) -> None:
    someone, email = await newcomer(), fresh()
    await asked(someone, email)
    code = await code_for(email)
    wrong = WRONG if code != WRONG else "111111"
    tries = [await verify(someone, said, **{"Dry-Run": "true"}) for said in [wrong] * 6 + [code]]
    assert {answer.status_code for answer in tries} == {200}
    assert len({answer.text for answer in tries}) == 1
    assert (await row_of(someone)).email == someone.email  # type: ignore[attr-defined]
    assert (await verify(someone, code)).status_code == 200


async def test_that_a_wrong_code_is_not_kept_under_its_key(newcomer: Newcomer) -> None:
    someone, email = await newcomer(), fresh()
    await asked(someone, email)
    code = await code_for(email)
    wrong = WRONG if code != WRONG else "111111"
    for left in (4, 3):
        answer = await verify(someone, wrong, **{"Idempotency-Key": "k"})
        assert f"{left} more times" in answer.json()["detail"]
    first = await verify(someone, code, **{"Idempotency-Key": "k"})
    again = await verify(someone, code, **{"Idempotency-Key": "k"})
    assert (first.status_code, again.text) == (200, first.text)


async def test_that_a_rehearsed_address_mails_nothing(newcomer: Newcomer) -> None:
    someone, email = await newcomer(), fresh()
    tried = await someone.patch("/me", json={"email": email}, headers={"Dry-Run": "true"})
    assert tried.json()["email_pending"] == email
    assert (await row_of(someone)).email_pending is None
    assert await mails_to(email) == []


@pytest.mark.parametrize("said", [None, "own"])
async def test_that_null_or_ones_own_address_drops_what_waits(
    newcomer: Newcomer, said: str | None
) -> None:
    someone, email = await newcomer(), fresh()
    await asked(someone, email)
    code = await code_for(email)
    told = await asked(someone, said and someone.email)  # type: ignore[attr-defined]
    assert told["email_pending"] is None
    assert (await verify(someone, code)).status_code == 409
    assert (await asked(someone, None))["receipt"]["title"] == "Nothing to change"  # type: ignore[index]


async def test_that_in_the_demo_an_address_listed_as_ones_own_counts_at_once(
    newcomer: Newcomer,
) -> None:
    email = fresh("tailspin.example")
    someone = await newcomer(organization="freemail.example", other_emails=[email])
    told = await asked(someone, email.upper())
    assert (told["email"], told["email_pending"]) == (email, None)
    assert told["organization"] == "Tailspin Toys"
    back = await asked(someone, someone.email)  # type: ignore[attr-defined]
    assert (back["email"], back["organization"]) == (someone.email, "Freemail")  # type: ignore[attr-defined]
    assert (await asked(someone, email))["email"] == email


async def test_that_outside_the_demo_such_an_address_needs_its_code_too(
    newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    email = fresh("tailspin.example")
    someone = await newcomer(organization="freemail.example", other_emails=[email])
    monkeypatch.setattr(settings(), "demo_mode", False)
    told = await asked(someone, email)
    assert (told["email"], told["email_pending"]) == (someone.email, email)  # type: ignore[attr-defined]


async def test_that_an_address_listed_as_ones_own_may_have_become_anothers(
    newcomer: Newcomer,
) -> None:
    owner = await newcomer()
    someone = await newcomer(other_emails=[owner.email])  # type: ignore[attr-defined]
    answer = await someone.patch("/me", json={"email": owner.email})  # type: ignore[attr-defined]
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/address-taken")


async def test_that_an_unconfirmed_address_shows_no_more_than_before(
    newcomer: Newcomer, person: SignedIn
) -> None:
    greg = await newcomer(organization="freemail.example")
    told = await asked(greg, fresh("northwind.example"))
    assert (told["email"], told["organization"]) == (greg.email, "Freemail")  # type: ignore[attr-defined]
    row = await row_of(greg)
    assert (row.domain, row.organization_domain) == ("freemail.example", "freemail.example")


@pytest.mark.parametrize(
    ("domain", "public"), [("gmail.com", True), ("mail.gmail.com", True), (None, False)]
)
async def test_that_a_new_organisation_knows_whether_it_is_a_public_mailbox(
    newcomer: Newcomer, domain: str | None, public: bool
) -> None:
    someone, email = await newcomer(), fresh(domain)
    await asked(someone, email)
    await verify(someone, await code_for(email))
    async with database().read() as session:
        organization = await session.get_one(Organization, email.split("@")[1])
    assert organization.public_mailbox is public


async def test_that_a_known_public_mailbox_stays_what_it_is(newcomer: Newcomer) -> None:
    someone, email = await newcomer(), fresh("freemail.example")
    await asked(someone, email)
    told = (await verify(someone, await code_for(email))).json()
    assert told["organization"] == "Freemail"
    async with database().read() as session:
        assert (await session.get_one(Organization, "freemail.example")).public_mailbox


async def test_that_what_a_partner_company_granted_stays_there(newcomer: Newcomer) -> None:
    someone = await newcomer(organization="fabrikam.example", kind="partner", partner_roles=["ofm"])
    email = fresh("contoso.example")
    await asked(someone, email)
    assert (await row_of(someone)).partner_roles == ["ofm"]
    told = (await verify(someone, await code_for(email))).json()
    assert told["kind"] == "customer"
    assert (await row_of(someone)).partner_roles == []


async def test_that_a_change_within_the_company_keeps_its_roles(newcomer: Newcomer) -> None:
    someone = await newcomer(organization="fabrikam.example", kind="partner", partner_roles=["ofm"])
    email = fresh("fabrikam.example")
    await asked(someone, email)
    told = (await verify(someone, await code_for(email))).json()
    assert told["kind"] == "partner"
    assert (await row_of(someone)).partner_roles == ["ofm"]


async def test_that_the_desk_stays_at_its_domain_and_nobody_comes_in_by_an_address(
    newcomer: Newcomer,
) -> None:
    agent = await newcomer(
        organization="support.example", kind="support", desk_role="agent", desk_queues=["lea"]
    )
    answer = await agent.patch("/me", json={"email": fresh("freemail.example")})
    assert answer.status_code == 422
    assert "support.example" in answer.json()["detail"]
    someone, email = await newcomer(), fresh("support.example")
    await asked(someone, email)
    told = (await verify(someone, await code_for(email))).json()
    assert (told["kind"], told["desk"]) == ("customer", None)


async def test_that_codes_are_forgotten_after_a_day(newcomer: Newcomer, clock_ahead: Ahead) -> None:
    someone, email = await newcomer(), fresh()
    await asked(someone, email)
    await code_for(email)
    clock_ahead(hours=25)
    await timers.run_due()
    async with database().read() as session:
        rows = await session.exec(select(EmailCode.id).where(EmailCode.email == email))
        assert rows.all() == []
