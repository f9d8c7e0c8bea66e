"""A desk with any number of cases, for trying out how its queue behaves with many.

Case `i` is the same among a thousand and among a million. Seven in ten are open. Each has its own
word (`unique123`), some share a word (`seldom7`: one in a thousand), most hold `order`. Rows go in
ten thousand at a time, each time in a transaction of its own, and are never all in memory.
"""

import random
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import text

from backend.cases.models import Case, CaseEntry, CaseWords
from backend.core import clock
from backend.core.database import Database
from backend.core.identity import Organization, Person
from backend.core.search import words_of
from backend.demo.bulk import Row, Table

AT_ONCE, CASES_A_COMPANY = 10_000, 200
AGENT = "agent@many-desk.example"
QUEUES = ("lea", "accounts", "orders", "licensing")
OPEN = ("new", "acknowledged", "in_progress", "customer_pending")
FIRST = 70_000_000
_VOCABULARY = 20_000
_CASES, _ENTRIES, _WORDS = Table(Case), Table(CaseEntry), Table(CaseWords)


async def add_cases(db: Database, count: int) -> None:
    """Fill an empty desk. PostgreSQL tidies and counts its tables at the end, as it does by itself
    only after a while.
    """
    async with db.write() as session:
        session.add(Organization(domain="many-desk.example", name="Desk", kind="support"))
        await session.flush()
        session.add(
            Person(
                id=AGENT, email=AGENT, name="Agent Many", kind="support", desk_role="agent",
                organization_domain="many-desk.example", desk_queues=list(QUEUES),
            )
        )  # fmt: skip
    for first in range(0, count, AT_ONCE):
        until = min(count, first + AT_ONCE)
        async with db.write() as session:
            for company in range(-(-first // CASES_A_COMPANY), -(-until // CASES_A_COMPANY)):
                session.add(Organization(domain=_domain(company), name="C", kind="customer"))
                await session.flush()
                session.add(
                    Person(
                        id=_asker(company), email=_asker(company), name=f"Asker {company}",
                        kind="customer", organization_domain=_domain(company),
                        language=("en", "de", "ja")[company % 3],
                    )
                )  # fmt: skip
            await session.flush()
            rows = list(_rows(first, until, db.on_sqlite))
            await _CASES.add(session, (case for case, _, _ in rows))
            await _ENTRIES.add(session, (entry for _, entry, _ in rows))
            await _WORDS.add(session, (words for _, _, words in rows))
    if not db.on_sqlite:
        async with db.engine.connect() as connection:
            alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await alone.execute(text("VACUUM ANALYZE"))


def _domain(company: int) -> str:
    return f"m{company}.many.example"


def _asker(company: int) -> str:
    return f"asker@{_domain(company)}"


def _rows(first: int, until: int, on_sqlite: bool) -> Iterator[tuple[Row, Row, Row]]:
    now = clock.now()
    empty_case = dict.fromkeys(_CASES.columns)
    for number in range(first, until):
        chance = random.Random(number)
        said = [f"w{int(_VOCABULARY * chance.random() ** 3)}" for _ in range(24)]
        common = "order" if chance.random() < 0.6 else "licence"
        title = f"{common} {' '.join(said[:6])}"
        seldom = f"seldom{number // 1000 % 10} " if number % 1000 == 7 else ""
        description = f"{seldom}unique{number} {' '.join(said[6:])}"
        # A month's cases, in a small world and in a big one.
        created = now - timedelta(minutes=number * 7919 % 43_200, seconds=number % 60)
        is_open = chance.random() < 0.7
        status = chance.choice(OPEN) if is_open else chance.choice(("closed", "cancelled"))
        runs = is_open and status != "customer_pending"
        # Many break at the same moment: whatever came in while nobody was there.
        due = created + timedelta(hours=9 + 24 * chance.randrange(30)) if runs else None
        name = f"C-{FIRST + number}"
        case = empty_case | {
            "number": name, "kind": "support", "category": "orders", "severity": 1 + number % 4,
            "status": status, "queue": chance.choice(QUEUES), "title": title,
            "requester": _asker(number // CASES_A_COMPANY), "description": description,
            "created_at": created, "updated_at": created,
            "due_at": due and due.replace(minute=0, second=0, microsecond=0),
        }  # fmt: skip
        entry = {
            "id": f"many{number:028}", "case_number": name, "at": created, "type": "opened",
            "author": case["requester"], "internal": False, "text": description, "details": {},
        }  # fmt: skip
        told = words_of(name, title, description, "Asker", str(case["requester"]))
        words = " ".join(told) if on_sqlite else " ".join(f"'{word}'" for word in told)
        row = {"id": number + 1, "case_number": name, "internal": False, "words": words}
        yield case, entry, row
