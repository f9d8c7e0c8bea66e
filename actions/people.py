"""People as others speak of them: by first name, whole name or address."""

from collections.abc import Iterable, Sequence
from typing import Any

from actions.names import find_names
from actions.turn import Turn

Person = dict[str, Any]  # with `name` and `email`


def spellings_of(people: Iterable[Person]) -> dict[str, list[str]]:
    """Spelling → addresses of those who are called so."""
    found: dict[str, list[str]] = {}
    for person in people:
        name, email = str(person["name"]), str(person["email"])
        for spelling in {name.lower(), name.split()[0].lower(), email.split("@")[0]}:
            if email not in found.setdefault(spelling, []):
                found[spelling].append(email)
    return found


def named_people(turn: Turn, people: Sequence[Person]) -> list[str]:
    """The addresses of those of `people` whom the message names, in the order named."""
    known = {str(person["email"]) for person in people}
    by_address = [str(value) for value in turn.values("email") if value in known]
    by_spelling = spellings_of(people)
    hits = find_names(turn.words, {spelling: spelling for spelling in by_spelling})
    by_name = [email for hit in hits for email in by_spelling[hit.value]]
    return list(dict.fromkeys([*by_address, *by_name]))


def say_person(person: Person) -> str:
    """Name and address: Uma Tindravel (uma@northwind.example)."""
    return f"{person['name']} ({person['email']})"


async def users_named(turn: Turn, smart_account: str, said: str) -> list[Person]:
    """The users of an account whom a name may mean."""
    answer = await turn.call("list_users", smart_account=smart_account, q=said[:100], limit=10)
    return list(answer.body.get("items") or []) if answer.ok else []
