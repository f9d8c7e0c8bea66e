"""Where somebody stands in a Smart Account: found by its domain, with the roles held there.

Every call below `/smart-accounts/{smart_account}` begins here, so that an account which may not
be known looks like none, and whoever may not do something hears who can.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import SmartAccount
from backend.accounts.repository import by_domain
from backend.core.database import lock_row
from backend.core.identity import Person, people
from backend.core.policy import Action, Role, allowed, explain
from backend.core.problems import Problem, conflict, forbidden, not_found
from backend.users.rights import Held, able, held, holders, shown

# The versions that are to be accepted; accepting an older one does not count.
LICENSING_NOTICE_VERSION = 1
ADMIN_NOTICE_VERSION = 1


class Visibility(StrEnum):
    """Whether an account (or a virtual one) is found by searching, or by its exact name alone."""

    UNRESTRICTED = "unrestricted"
    RESTRICTED = "restricted"


@dataclass(frozen=True)
class Standing:
    """A person in an account; `roles` is empty for somebody from outside."""

    account: SmartAccount
    person: Person
    roles: list[Held]

    @property
    def is_member(self) -> bool:
        """Whether the person has any role here."""
        return bool(self.roles)

    @property
    def is_admin(self) -> bool:
        """Whether the person is an SA Administrator here."""
        return any(one.role is Role.SA_ADMIN for one in self.roles)

    def may(self, action: Action, virtual_account: str | None = None) -> bool:
        """Whether the policy allows it, in this virtual account (by id) or on the whole account."""
        return allowed([one.grant for one in self.roles], action, virtual_account)

    def reach(self, action: Action) -> frozenset[str] | None:
        """The virtual accounts (ids) in which the action is allowed; None means everywhere."""
        if self.may(action):
            return None
        return frozenset(
            place for one in self.roles for place in one.places if one.allows(action, place)
        )

    def may_somewhere(self, action: Action) -> bool:
        """Whether the action is allowed on the account or in any virtual account of it."""
        reach = self.reach(action)
        return reach is None or bool(reach)


def no_account(named: str) -> Problem:
    """404: the same for none and for one that this person may not know of."""
    return not_found(
        f"Smart Account “{named[:100]}”",
        "Check the domain, or look at your accounts with GET /api/v1/directory. A restricted "
        "account is found only by its exact name or domain.",
    )


async def standing(
    session: AsyncSession, person: Person, named: str, *, lock: bool = False
) -> Standing:
    """Whoever names the exact domain finds the account; 404 `Problem` when there is none.

    With `lock`, nobody else changes the account until this transaction ends: every write that
    decides on what it reads of the account needs that.
    """
    account = await by_domain(session, named)
    if account is None:
        raise no_account(named)
    if lock:
        await lock_row(session, SmartAccount, account.id)
        await session.refresh(account)
    roles = await held(session, [account.id], person=person.id)
    return Standing(account, person, roles)


async def as_member(
    session: AsyncSession, person: Person, named: str, *, lock: bool = False
) -> Standing:
    """Like `standing`, for what only members see: others get 403, or 404 if it is restricted."""
    found = await standing(session, person, named, lock=lock)
    if not found.is_member:
        if found.account.visibility == Visibility.RESTRICTED:
            raise no_account(named)
        raise forbidden(
            f"You have no role in {found.account.name} ({found.account.domain}).",
            "Ask for access with POST /api/v1/access-requests, or tell the assistant "
            f"“add me to {found.account.name}”.",
        )
    return found


async def require(
    session: AsyncSession, found: Standing, action: Action,
    places: Iterable[str | None] = (None,),
) -> None:  # fmt: skip
    """403 with who can, unless the person may do it in all of these virtual accounts (ids)."""
    wanted = list(places)
    if all(found.may(action, place) for place in wanted):
        return
    raise await refusal(session, found.account, action, wanted)


async def refusal(
    session: AsyncSession, account: SmartAccount, action: Action, places: Iterable[str | None]
) -> Problem:
    """403 that names those who can: at most three of them, administrators first."""
    roles = (await holders(session, [account.id], action))[account.id]
    ids = able(roles, action, places)[:3]
    known = await people(session, ids)
    names = [shown(known[one]) for one in ids if one in known]
    return forbidden(
        explain(action, names),
        "Ask one of them, or open a case if nobody of them can be reached.",
    )


async def require_admin_notice(session: AsyncSession, found: Standing) -> None:
    """409 while the account's admin notice is open, with who can accept it.

    It blocks writes on users, groups, virtual accounts, policies, rules and delegations; never
    the acceptance itself, the upgrade, or deciding and cancelling requests.
    """
    if found.account.admin_notice >= ADMIN_NOTICE_VERSION:
        return
    raise await _open_notice(
        session, found.account, "Smart Account Admin Notice", Action.ACCEPT_ADMIN_NOTICE, "admin"
    )


async def require_licensing_notice(session: AsyncSession, account: SmartAccount) -> None:
    """409 while the account's Smart Licensing Notice is open, with who can accept it.

    It blocks assigning orders to the account through us.
    """
    if account.smart_licensing_notice >= LICENSING_NOTICE_VERSION:
        return
    raise await _open_notice(
        session, account, "Smart Licensing Notice", Action.ACCEPT_LICENSING_NOTICE,
        "smart-licensing",
    )  # fmt: skip


async def _open_notice(
    session: AsyncSession, account: SmartAccount, title: str, action: Action, path: str
) -> Problem:
    roles = (await holders(session, [account.id], action))[account.id]
    known = await people(session, able(roles, action)[:3])
    names = ", ".join(shown(person) for person in known.values()) or "its administrators"
    return conflict(
        "notice-open",
        f"The {title} is not accepted yet",
        f"Nothing of this can be changed in {account.name} until the {title} is accepted. "
        f"Who can accept it: {names}.",
        f"Accept it with POST /api/v1/smart-accounts/{account.domain}/notices/{path}/accept, or "
        f"tell the assistant “accept the notice of {account.name}”.",
    )
