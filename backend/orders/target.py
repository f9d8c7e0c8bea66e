"""The Smart Account and virtual account that licences are to go to: found, and fit to take them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import SmartAccount
from backend.accounts.repository import by_domain
from backend.accounts.standing import Standing, Visibility, require_licensing_notice
from backend.core.database import LOCK
from backend.core.identity import Person
from backend.core.policy import Action
from backend.core.problems import FieldError, Problem, conflict, forbidden, invalid
from backend.core.wording import shown
from backend.users.rights import held
from backend.virtual_accounts.names import key_of
from backend.virtual_accounts.repository import default_of
from backend.virtual_accounts.tree import Node, Tree, tree

NEAREST = 3
_BETWEEN = re.compile(r"\s*[/>›]\s*")


@dataclass(frozen=True)
class Target:
    """Where licences are to go. `named` tells whether the person named the virtual account, or
    takes the default one, whose name is nobody else's matter.
    """

    standing: Standing
    place: str
    place_name: str
    is_default: bool
    named: bool

    @property
    def account(self) -> SmartAccount:
        """The Smart Account."""
        return self.standing.account

    def may_move(self, place: str | None) -> bool:
        """Whether the person may move licences from this virtual account of it into the chosen."""
        return all(self.standing.may(Action.TRANSFER_LICENSES, one) for one in (place, self.place))

    def said(self) -> str:
        """“Northwind Networks (northwind.example), Americas”."""
        return f"{self.account.name} ({self.account.domain}), {self.said_place()}"

    def said_place(self) -> str:
        """The virtual account as this person may hear of it."""
        known = self.named or self.standing.is_member
        return self.place_name if known else "its default virtual account"


async def target(
    session: AsyncSession, person: Person, domain: str, virtual_account: str | None
) -> Target:
    """The account with this domain, which nobody else changes until the transaction ends, and its
    virtual account of this name or path.

    A 422 `Problem` for what there is not, 409 for an account that can't take licences as it
    stands, 403 for somebody else's holding account.
    """
    account = await by_domain(session, domain)
    if account is None:
        raise _unknown(domain)
    _require_active(account)
    account = await session.get(
        SmartAccount, account.id, with_for_update=LOCK, populate_existing=True
    )
    if account is None:
        raise _unknown(domain)
    if account.type == "holding":
        _require_partner(person, account)
    else:
        await require_licensing_notice(session, account)
    standing = Standing(account, person, await held(session, [account.id], person=person.id))
    default = await default_of(session, account.id)
    if virtual_account is not None:
        place = _resolve(await tree(session, account.id), standing, virtual_account)
        is_default = default is not None and default.id == place.id
        return Target(standing, place.id, place.name, is_default, named=True)
    if default is None:
        raise conflict(
            "no-default-virtual-account", "The Smart Account has no default virtual account",
            f"{account.name} has none that takes what names no virtual account.",
            "Name the virtual account.",
        )  # fmt: skip
    return Target(standing, default.id, default.name, is_default=True, named=False)


def _unknown(domain: str) -> Problem:
    return invalid(
        [
            FieldError(
                field="smart_account",
                code="unknown",
                message=f"There is no Smart Account {shown(domain)}. Name its exact domain, like "
                "company.example.",
            )
        ]
    )


def _require_active(account: SmartAccount) -> None:
    if account.status != "active":
        raise conflict(
            "account-not-active",
            "The Smart Account is not active yet",
            f"{account.name} ({account.domain}) waits to be accepted by the customer. An order on "
            "it would stay on hold.",
            "Choose an active Smart Account, or assign the order once this one is accepted.",
        )


def _require_partner(person: Person, account: SmartAccount) -> None:
    if person.domain != account.domain:
        raise forbidden(
            f"{account.name} ({account.domain}) is a partner’s holding account. Only people of "
            "that partner put orders there.",
            "Choose the customer’s own Smart Account.",
        )


def _resolve(forest: Tree, standing: Standing, said: str) -> Node:
    """By name or path. A restricted one is found by exactly its name, and never suggested."""
    node = forest.named(said) or _by_path(forest, said)
    if node is not None:
        return node
    near = ""
    if standing.is_member or standing.account.visibility == Visibility.UNRESTRICTED:
        last = _BETWEEN.split(said)[-1]
        found = _near(last, (one.name for one in forest.nodes.values() if not one.restricted))
        near = f" Did you mean {', '.join(found)}?" if found else ""
    raise invalid(
        [
            FieldError(
                field="virtual_account",
                code="unknown",
                message=f"{standing.account.name} has no virtual account {shown(said)}.{near} A "
                "restricted one needs its exact name. Left out, the default one is taken.",
            )
        ]
    )


def _by_path(forest: Tree, said: str) -> Node | None:
    names = [key_of(part) for part in _BETWEEN.split(said)]
    node = forest.named(names[-1]) if len(names) > 1 else None
    if node is None:
        return None
    line = [forest.nodes[one].name for one in [*reversed(forest.above(node.id)), node.id]]
    return node if [key_of(name) for name in line] == names else None


def _near(said: str, names: Iterable[str]) -> list[str]:
    by_key = {key_of(name): name for name in names}
    close = get_close_matches(key_of(said), by_key, NEAREST, 0.5)
    return [by_key[one] for one in close]
