"""Who can move Smart Account requests on, for a page of them at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import SmartAccount, SmartAccountInvitation, SmartAccountRequest
from backend.accounts.requests import repository
from backend.accounts.requests.states import AWAITS_APPROVAL, Status
from backend.core.identity import Person, people
from backend.core.policy import Action
from backend.users.rights import able, holders, shown


@dataclass(frozen=True)
class Deciders:
    """What a page of requests needs to know of people and accounts, read in a few queries.

    `persons` are by id; `invited` and `admins` by request and by account.
    """

    persons: dict[str, Person]
    by_address: dict[str, Person]
    approvers: list[str]
    admins: dict[int, list[str]]
    accounts: dict[int, SmartAccount]
    invited: dict[str, list[SmartAccountInvitation]]

    def approving(self, request: SmartAccountRequest) -> list[str]:
        """The ids of those who can approve it now: never who asked.

        An account whose last administrator left decides nothing: the desk does.
        """
        if request.status not in AWAITS_APPROVAL:
            return []
        admins: list[str] = []
        if request.status == Status.PENDING_DOMAIN_APPROVAL:
            admins = self._without(request, self.admins.get(request.over_account_id or 0, []))
        return admins or self._without(request, self.approvers)

    @staticmethod
    def _without(request: SmartAccountRequest, ids: list[str]) -> list[str]:
        return [one for one in ids if one != request.requester]

    def invitation(
        self, request: SmartAccountRequest, person: Person
    ) -> SmartAccountInvitation | None:
        """The person's invitation, if it was mailed to the verified address."""
        return next(
            (
                one
                for one in self.invited[request.id]
                if one.email == person.email and one.invited_at is not None
            ),
            None,
        )

    def names(self, ids: Iterable[str]) -> str:
        """“Vera Solgaard (vera@northwind.example), …”, of those who are known here."""
        return ", ".join(shown(self.persons[one]) for one in ids if one in self.persons)

    def acceptance(self, request: SmartAccountRequest) -> SmartAccountInvitation | None:
        """The invitation that was accepted, if one was."""
        return next((one for one in self.invited[request.id] if one.accepted_at is not None), None)

    def administers(self, request: SmartAccountRequest, person: Person) -> bool:
        """Whether the person is an administrator of the account above or below."""
        return person.id in self.admins.get(request.over_account_id or 0, [])


async def deciders_of(session: AsyncSession, requests: Sequence[SmartAccountRequest]) -> Deciders:
    """Read all that the page needs; the number of queries does not depend on its length."""
    over = {request.over_account_id for request in requests if request.over_account_id}
    accounts = over | {request.smart_account_id for request in requests if request.smart_account_id}
    rows = await session.exec(select(SmartAccount).where(col(SmartAccount.id).in_(accounts)))
    roles = await holders(session, sorted(over), Action.DECIDE_DOMAIN_REQUESTS)
    admins = {
        account: able(found, Action.DECIDE_DOMAIN_REQUESTS) for account, found in roles.items()
    }
    approvers = await repository.approvers(session)
    invited = await repository.invitations(session, [request.id for request in requests])
    addresses = {one.email for rows_ in invited.values() for one in rows_}
    ids = {request.requester for request in requests}
    ids |= {request.decided_by for request in requests if request.decided_by}
    ids |= {request.approved_by for request in requests if request.approved_by}
    ids |= {one for found in admins.values() for one in found}
    ids |= {one.accepted_by for rows_ in invited.values() for one in rows_ if one.accepted_by}
    return Deciders(
        persons=await people(session, ids) | {one.id: one for one in approvers},
        by_address=await repository.people_at(session, addresses) if addresses else {},
        approvers=[one.id for one in approvers],
        admins=admins,
        accounts={account.id: account for account in rows.all()},
        invited=invited,
    )
