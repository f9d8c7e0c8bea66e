"""Who can be given a role: people with an active CCO ID, and approvers of the company alone."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.domains import covers
from backend.accounts.models import SmartAccount
from backend.core.identity import Person
from backend.core.policy import ROLE_NAMES, Role
from backend.core.problems import FieldError, Problem, invalid
from backend.core.wording import shown
from backend.people.organizations import is_public_mailbox
from backend.users.rights import shown as shown_person

NOT_OF_THE_COMPANY = "not_of_the_company"


@dataclass
class Candidates:
    """The people behind some identifiers, read at once. `of_a_public_mailbox` is said of the
    account's own domain: then sharing it means nothing.
    """

    by_email: dict[str, Person]
    by_cco_id: dict[str, list[Person]]
    of_a_public_mailbox: bool = False

    @property
    def everybody(self) -> list[Person]:
        """All of them."""
        return [*self.by_email.values(), *(one for many in self.by_cco_id.values() for one in many)]

    def person(self, identifier: str, named: str = "email", *, active: bool = True) -> Person:
        """Who is meant; 422 `Problem` for nobody, and for somebody without an active CCO ID where
        one is needed. `named` is the field that the identifier stands in.
        """
        found = self._found(identifier)
        if len(found) > 1:
            raise _wrong(
                named, "several",
                f"Several people have the CCO ID {shown(identifier)}. Name the e-mail address.",
            )  # fmt: skip
        if not found:
            raise _wrong(
                named, "unknown",
                f"Nobody with an active CCO ID is known as {shown(identifier)}. Check the "
                "spelling, or have the person sign in once with that address.",
            )  # fmt: skip
        if active and not found[0].cco_id:
            raise _wrong(
                named, "no_cco_id",
                f"{shown_person(found[0])} has no active CCO ID, which every user needs. Have "
                "the person activate one first.",
            )  # fmt: skip
        return found[0]

    def _found(self, identifier: str) -> list[Person]:
        if "@" not in identifier:
            return self.by_cco_id.get(identifier, [])
        person = self.by_email.get(identifier)
        return [person] if person else []

    def require_company(self, person: Person, account: SmartAccount, role: Role) -> None:
        """422 `Problem` for an SA Approver from elsewhere: the verified address has to be of the
        account's own domain, or of the company that it lies below.
        """
        if role is not Role.SA_APPROVER:
            return
        if self.of_a_public_mailbox or not covers(person.domain, account.domain):
            raise _wrong(
                "role", NOT_OF_THE_COMPANY,
                f"{ROLE_NAMES[role]}s of {account.name} have an address at {account.domain}; "
                f"{shown_person(person)} has not. Choose another role.",
            )  # fmt: skip


def _wrong(field_: str, code: str, message: str) -> Problem:
    return invalid([FieldError(field=field_, code=code, message=message)])


async def candidates(
    session: AsyncSession, account: SmartAccount, identifiers: Iterable[str]
) -> Candidates:
    """Look up e-mail addresses (present ones before first ones) and CCO IDs, in a few queries."""
    wanted = set(identifiers)
    emails = [one for one in wanted if "@" in one]
    by_email: dict[str, Person] = {}
    for person in (
        await session.exec(
            select(Person).where(or_(col(Person.email).in_(emails), col(Person.id).in_(emails)))
        )
    ).all():
        by_email[person.email] = person
        by_email.setdefault(person.id, person)
    by_cco_id: dict[str, list[Person]] = defaultdict(list)
    cco_ids = [one for one in wanted if "@" not in one]
    for person in (await session.exec(select(Person).where(col(Person.cco_id).in_(cco_ids)))).all():
        by_cco_id[str(person.cco_id)].append(person)
    public = await is_public_mailbox(session, account.domain)
    return Candidates(by_email, dict(by_cco_id), public)
