"""Keeps the words of cases as their cases are, in the transaction that changes them.

Whoever writes a case or an entry need not know how they are searched.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, delete, event, inspect, select
from sqlalchemy.orm import Mapper, Session, object_session
from sqlmodel import SQLModel

from backend.accounts.models import SmartAccount
from backend.cases.models import Case, CaseEntry, CaseWords
from backend.core.identity import Person
from backend.core.search import keep, words_of

_CHANGED, _RENAMED = "cases_to_index", "people_to_index"
_case, _entry, _person, _account, _words = (
    SQLModel.metadata.tables[str(model.__tablename__)]
    for model in (Case, CaseEntry, Person, SmartAccount, CaseWords)
)


def index(connection: Connection, numbers: Iterable[str]) -> None:
    """Store the words of these cases as they are now."""
    wanted = sorted(numbers)
    said: dict[str, list[tuple[bool, str]]] = {number: [] for number in wanted}
    entries = select(_entry.c.case_number, _entry.c.internal, _entry.c.text)
    for number, internal, told in connection.execute(
        entries.where(_entry.c.case_number.in_(wanted)).order_by(_entry.c.at, _entry.c.id)
    ):
        said[number].append((internal, told))
    heads = (
        select(
            _case.c.number, _case.c.title, _case.c.description, _case.c.order_number,
            _person.c.name, _person.c.email, _account.c.domain, _account.c.name,
        )
        .join(_person, _person.c.id == _case.c.requester)
        .outerjoin(_account, _account.c.id == _case.c.smart_account_id)
        .where(_case.c.number.in_(wanted))
    )  # fmt: skip
    rows, open_ones = [], []
    for number, *told in connection.execute(heads):
        public = [number, *told, *(text for internal, text in said[number] if not internal)]
        inside = [text for internal, text in said[number] if internal and text]
        rows.append(({"case_number": number, "internal": False}, words_of(*public)))
        if inside:
            rows.append(({"case_number": number, "internal": True}, words_of(*public, *inside)))
        else:
            open_ones.append(number)
    keep(connection, CaseWords, rows)
    connection.execute(delete(_words).where(_words.c.case_number.in_(open_ones), _words.c.internal))


@event.listens_for(Case, "after_insert")
def _note_case(_mapper: Mapper[Any], _connection: Connection, case: Case) -> None:
    _remember(case, _CHANGED, case.number)


@event.listens_for(Case, "after_update")
def _note_change(_mapper: Mapper[Any], _connection: Connection, case: Case) -> None:
    if _changed(case, ("title", "description", "order_number", "requester", "smart_account_id")):
        _remember(case, _CHANGED, case.number)


@event.listens_for(CaseEntry, "after_insert")
@event.listens_for(CaseEntry, "after_update")
def _note_entry(_mapper: Mapper[Any], _connection: Connection, entry: CaseEntry) -> None:
    if entry.text or _changed(entry, ("text", "internal")):
        _remember(entry, _CHANGED, entry.case_number)


@event.listens_for(Person, "after_update")
def _note_name(_mapper: Mapper[Any], _connection: Connection, person: Person) -> None:
    if _changed(person, ("name", "email")):
        _remember(person, _RENAMED, person.id)


def _changed(row: object, names: Iterable[str]) -> bool:
    seen: Any = inspect(row)
    return any(seen.attrs[name].history.has_changes() for name in names)


def _remember(changed: object, what: str, key: str) -> None:
    session = object_session(changed)
    if session is not None:
        session.info.setdefault(what, set()).add(key)


@event.listens_for(Session, "before_commit")
def _index_what_changed(session: Session) -> None:
    """Once for all that a transaction did to a case, however many entries that are."""
    if session.in_nested_transaction() or not session.info.keys() & {_CHANGED, _RENAMED}:
        return
    session.flush()
    numbers: set[str] = session.info.pop(_CHANGED, set())
    renamed: set[str] = session.info.pop(_RENAMED, set())
    connection = session.connection()
    if renamed:
        theirs = select(_case.c.number).where(_case.c.requester.in_(renamed))
        numbers |= set(connection.execute(theirs).scalars())
    index(connection, numbers)
