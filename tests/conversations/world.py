"""The demo world under a running product: put back as it was seeded, and what has changed in it.

Reads and writes the product's own SQLite file beside it, in one transaction, so that scenarios
about accounts and people can each start from the same world without starting the product again.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.product import Product

Rows = dict[str, frozenset[tuple[object, ...]]]
Changes = dict[str, tuple[int, int]]
# Talk, deliveries and what keeps calls from being done twice: not the world itself.
_TALK = frozenset({
    "conversation", "message", "offer", "proposal", "feedback", "conversation_file",
    "handover", "desk_presence", "whisper",
    "idempotency_key", "mail", "email_code", "counter", "digest", "digest_item", "mail_told",
    "review_item", "review_group", "review_turn",
})  # fmt: skip
# An index of what was said, with the tables in which SQLite keeps it.
_WORDS = "message_words"
# The queue of jobs is not ours to touch, and the schema and the clock are no content.
_NOT_OURS = frozenset({
    "alembic_version", "demo_clock", "dbos_migrations", "workflow_status", "notifications",
    "workflow_events", "streams", "workflow_events_history", "workflow_schedules",
    "application_versions", "queues", "workflow_input", "workflow_output", "operation_outputs",
})  # fmt: skip
JOBS_SECONDS = 20


class World:
    """The world of one product, which goes back to how `seeded` has it."""

    def __init__(self, product: Product, seeded: Path) -> None:
        self._file = product.database
        self._seeded = seeded

    def restore(self) -> None:
        """Put every row back, once no job of before is left to write any."""
        with self._open() as connection:
            _wait_for_jobs(connection)
            connection.execute("ATTACH DATABASE ? AS seeded", (str(self._seeded),))
            connection.execute("BEGIN IMMEDIATE")
            for table in _tables(connection):
                connection.execute(f'DELETE FROM main."{table}"')
                connection.execute(f'INSERT INTO main."{table}" SELECT * FROM seeded."{table}"')
            connection.execute("COMMIT")

    def rows(self) -> Rows:
        """Every row of the world, by table, at one moment with no job under way."""
        with self._open() as connection:
            _wait_for_jobs(connection)
            connection.execute("BEGIN")
            return {
                table: frozenset(connection.execute(f'SELECT * FROM "{table}"'))
                for table in _tables(connection)
                if table not in _TALK and not table.startswith(_WORDS)
            }

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file, timeout=30, isolation_level=None)) as connection:
            yield connection


def changes(before: Rows, after: Rows) -> Changes:
    """How many rows a table has gained and lost; a changed row is one of each."""
    counted = {
        table: (len(after[table] - before[table]), len(before[table] - after[table]))
        for table in before
    }
    return {table: count for table, count in counted.items() if any(count)}


def _tables(connection: sqlite3.Connection) -> list[str]:
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    names = {name for (name,) in found} - _NOT_OURS
    return sorted(name for name in names if not name.startswith("sqlite_"))


def _wait_for_jobs(connection: sqlite3.Connection) -> None:
    deadline = time.monotonic() + JOBS_SECONDS
    open_jobs = "SELECT count(*) FROM workflow_status WHERE status IN ('PENDING', 'ENQUEUED')"
    while connection.execute(open_jobs).fetchone() != (0,):
        if time.monotonic() > deadline:
            raise TimeoutError("jobs of the scenario before are still under way")
        time.sleep(0.05)
