"""Whatever is done to a tree in whatever order: it stays a tree of five levels with one default."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.conftest import SignedIn, client_of
from tests.virtual_accounts.world import Someone, World, make_world

NAMES = st.sampled_from(["EMEA", "Oslo", "Lab", "APAC", "Americas", "DEFAULT", "A", "B", "C", "a"])


def levels(parents: dict[str, str | None], name: str | None) -> int:
    """How deep a node lies; a node in a circle lies nowhere."""
    seen: list[str] = []
    while name is not None:
        if name in seen:
            return 99
        seen.append(name)
        name = parents[name]
    return len(seen)


class Tree(RuleBasedStateMachine):
    """The tree as it should be, in plain words: who has which parent, and which is the default."""

    loop: asyncio.AbstractEventLoop
    person: SignedIn

    def run(self, awaitable: Any) -> Any:
        return self.loop.run_until_complete(awaitable)

    @initialize()
    def begin(self) -> None:
        self.world: World = self.run(make_world(self.person))
        self.admin: Someone = self.run(self.world.someone("sa_admin"))
        self.parents: dict[str, str | None] = {
            "DEFAULT": None, "EMEA": None, "Oslo": "EMEA", "Lab": "Oslo", "APAC": None,
            "Americas": None,
        }  # fmt: skip
        self.default = "DEFAULT"

    def known(self, name: str) -> str | None:
        found = [one for one in self.parents if one.casefold() == name.casefold()]
        return found[0] if found else None

    def call(self, method: str, path: str = "", **body: Any) -> int:
        url = f"{self.world.path}/virtual-accounts{path}"
        told = {"json": body} if body else {}
        answer = self.run(self.admin.http.request(method, url, **told))
        assert answer.status_code in {200, 201, 404, 409, 422}, answer.text
        return int(answer.status_code)

    @rule(name=NAMES, parent=st.none() | NAMES)
    def create(self, name: str, parent: str | None) -> None:
        above = self.known(parent) if parent else None
        status = self.call("POST", name=name, **({"parent": parent} if parent else {}))
        fits = parent is None or (above is not None and levels(self.parents, above) < 5)
        assert (status == 201) == (fits and self.known(name) is None)
        if status == 201:
            self.parents[name] = above

    @rule(name=NAMES, parent=st.none() | NAMES)
    def move(self, name: str, parent: str | None) -> None:
        node, above = self.known(name), self.known(parent) if parent else None
        status = self.call("PATCH", f"/{name}", parent=parent)
        if node is None or (parent and above is None):
            assert status in {404, 422}
            return
        after = self.parents | {node: above}
        legal = all(levels(after, one) <= 5 for one in after)
        assert (status == 200) == legal, (node, above, self.parents)
        if legal:
            self.parents = after

    @rule(name=NAMES, new=NAMES)
    def rename(self, name: str, new: str) -> None:
        node, other = self.known(name), self.known(new)
        status = self.call("PATCH", f"/{name}", name=new)
        assert (status == 200) == (node is not None and other in (None, node))
        if status == 200 and node:
            self.parents = {
                new if one == node else one: new if above == node else above
                for one, above in self.parents.items()
            }
            self.default = new if self.default == node else self.default

    @rule(name=NAMES)
    def set_default(self, name: str) -> None:
        node = self.known(name)
        assert (self.call("POST", f"/{name}/make-default") == 200) == (node is not None)
        self.default = node or self.default

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        node = self.known(name)
        empty = node not in self.parents.values() and node != self.default
        assert (self.call("DELETE", f"/{name}") == 200) == (node is not None and empty)
        if node and empty:
            del self.parents[node]

    @precondition(lambda self: hasattr(self, "world"))
    @invariant()
    def the_database_has_that_tree(self) -> None:
        rows = self.run(self.world.rows())
        names = {row.id: name for name, row in rows.items()}
        parents = {name: names.get(row.parent_id) for name, row in rows.items()}
        assert parents == self.parents
        assert all(1 <= levels(parents, name) <= 5 for name in parents)
        assert [name for name, row in rows.items() if row.is_default] == [self.default]


@pytest.mark.timeout(240)
def test_that_it_stays_a_tree(app: FastAPI, loop: asyncio.AbstractEventLoop, sign_in: Any) -> None:
    async def signed_in(email: str) -> Any:
        client = client_of(app, headers=await sign_in(email))
        client.base_url = "http://product.test/api/v1"
        return client

    class Here(Tree):
        pass

    Here.loop, Here.person = loop, staticmethod(signed_in)
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=12, stateful_step_count=20, deadline=None, database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck), phases=[Phase.generate],
        ),
    )  # fmt: skip
