"""The tree of an account's virtual accounts, read once: paths, what lies above and below."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.users.rights import below
from backend.virtual_accounts.models import VirtualAccount
from backend.virtual_accounts.names import key_of

DEEPEST = 5
SEPARATOR = " / "


@dataclass(frozen=True)
class Node:
    """As much of a virtual account as its place in the tree needs."""

    id: str
    name: str
    parent: str | None
    restricted: bool


@dataclass(frozen=True)
class Tree:
    """All nodes of one account, by id."""

    nodes: dict[str, Node]
    children: dict[str, list[str]] = field(default_factory=dict)
    _by_key: dict[str, Node] = field(default_factory=dict)

    def named(self, said: str) -> Node | None:
        """The one with this id, or with this name in any case."""
        return self.nodes.get(said) or self._by_key.get(key_of(said))

    def name(self, place: str) -> str:
        """Its name; nothing for one that is gone."""
        node = self.nodes.get(place)
        return node.name if node else ""

    def names(self, places: Iterable[str]) -> list[str]:
        """The names of these, in alphabetical order."""
        found = (self.nodes[place].name for place in places if place in self.nodes)
        return sorted(found, key=lambda name: (key_of(name), name))

    def above(self, place: str) -> list[str]:
        """Those in which it is nested, nearest first."""
        found: list[str] = []
        node = self.nodes.get(place)
        while node is not None and node.parent is not None and node.parent not in found:
            found.append(node.parent)
            node = self.nodes.get(node.parent)
        return found

    def below(self, place: str) -> set[str]:
        """Those nested in it, at any depth."""
        return below(place, self.children)

    def path(self, place: str) -> str:
        """“EMEA / Oslo / Oslo-Lab”."""
        line = [*reversed(self.above(place)), place]
        return SEPARATOR.join(self.nodes[one].name for one in line)

    def depth(self, place: str | None) -> int:
        """1 at the top level, 0 for the account itself."""
        return 0 if place is None else len(self.above(place)) + 1

    def height(self, place: str) -> int:
        """How many levels it and what is nested in it take: 1 when nothing is."""
        nested = (self.height(child) for child in self.children.get(place, ()))
        return 1 + max(nested, default=0)


def tree_of(nodes: Iterable[Node]) -> Tree:
    """A tree from its nodes."""
    by_id = {node.id: node for node in nodes}
    children: dict[str, list[str]] = defaultdict(list)
    for node in by_id.values():
        if node.parent is not None:
            children[node.parent].append(node.id)
    return Tree(by_id, dict(children), {key_of(node.name): node for node in by_id.values()})


async def tree(session: AsyncSession, smart_account_id: int) -> Tree:
    """The account's tree, in one query."""
    rows = await session.exec(
        select(
            VirtualAccount.id, VirtualAccount.name, VirtualAccount.parent_id,
            VirtualAccount.access_level,
        ).where(col(VirtualAccount.smart_account_id) == smart_account_id)
    )  # fmt: skip
    return tree_of(
        Node(id_, name, parent, level == "restricted") for id_, name, parent, level in rows
    )
