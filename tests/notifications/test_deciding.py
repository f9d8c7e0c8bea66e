"""What becomes of a mail: at once, in a summary, or not at all, for every writer of mails."""

from collections.abc import Callable

from backend.accounts.models import SmartAccount
from backend.core import jobs
from backend.core.database import database
from backend.core.events import Acting, record
from backend.notifications.categories import Category
from backend.notifications.mails import put_in_outbox
from tests.access.company import Company, found_company
from tests.conftest import SignedIn
from tests.notifications.news import happens, waiting
from tests.people.outbox import mails_to
from tests.users.groups import group_of
from tests.virtual_accounts.world import Someone, World

PATH = "/notification-preferences"


async def choose(who: Someone, **categories: str) -> None:
    answer = await who.http.put(PATH, json={"categories": categories})
    assert answer.status_code == 200, answer.text


async def test_that_a_request_comes_to_each_administrator_as_chosen(person: SignedIn) -> None:
    company: Company = await found_company(person)
    ada, ben = await company.client("ada"), await company.client("ben")
    await ada.put(PATH, json={"categories": {"access_requests": "daily"}})
    await ben.put(PATH, json={"categories": {"access_requests": "off"}})
    await company.asked("nora")
    assert await jobs.drained(database(), 20)
    assert await mails_to(company.email("ada"), "access_requested") == []
    assert await mails_to(company.email("ben"), "access_requested") == []
    (line,) = await waiting(company.email("ada"))
    assert "Nora" in line or "access" in line.lower()
    assert await waiting(company.email("ben")) == []
    (sent,) = await mails_to(company.email("vera"), "access_requested")
    assert sent.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert sent.headers["List-Unsubscribe"].strip("<>") in sent.text
    assert sent.headers["List-Unsubscribe"].strip("<>") in sent.html


async def test_that_what_is_always_mailed_cannot_be_turned_off(world: World) -> None:
    admin, someone = await world.someone("sa_admin"), await world.someone()
    await choose(someone, **dict.fromkeys(
        ("access_requests", "users", "accounts", "virtual_accounts", "orders", "licences",
         "agreements", "cases"), "off"))  # fmt: skip
    added = await admin.http.post(
        f"{world.path}/users", json={"email": someone.email, "scope": "account", "role": "sa_user"}
    )
    assert added.status_code == 201, added.text
    (mail,) = await mails_to(someone.email)
    assert mail.kind == "user_added"
    assert mail.headers == {}


async def test_that_an_administrator_is_told_of_the_account_once(world: World) -> None:
    """Whichever ways he administers it, and not of what he did himself."""
    both = await world.someone("sa_admin", ("va_admin", ["EMEA"]))
    await group_of(world, "Operations", "va_admin", ["EMEA"], both)
    await choose(both, users="immediate")
    await happens(world, text="Uma is now SA User.")
    await choose(both, virtual_accounts="immediate")
    made = await both.http.post(f"{world.path}/virtual-accounts", json={"name": "Bergen"})
    assert made.status_code == 201
    (mail,) = await mails_to(both.email)
    assert mail.subject == f"{world.name}: Uma is now SA User."


async def test_that_the_same_news_come_once_within_the_quiet_time(
    world: World, clock_ahead: Callable[..., None]
) -> None:
    admin = await world.someone("sa_admin")
    await choose(admin, users="immediate")
    for _ in range(3):
        await happens(world, text="Uma is now SA User.")
    await happens(world, text="Vik is now SA User.")
    assert len(await mails_to(admin.email)) == 2
    clock_ahead(minutes=11)
    await happens(world, text="Uma is now SA User.")
    assert len(await mails_to(admin.email)) == 3


async def test_that_an_address_of_nobody_is_mailed_at_once_and_has_nothing_to_turn_off(
    world: World,
) -> None:
    email = f"guest@{world.domain}"
    async with database().write() as session:
        event = await record(session, "test_noted", Acting(person=email), subject=email, text="x")
        account = await session.get_one(SmartAccount, world.id)
        facts = {"account": account, "event": event, "lines": [], "reader": {"name": None}}
        for _ in range(2):
            await put_in_outbox(
                session, event.id, "account_news", email, facts, category=Category.USERS
            )
    (mail,) = await mails_to(email)
    assert mail.headers == {}
