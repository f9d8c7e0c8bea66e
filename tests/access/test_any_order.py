"""Whatever is asked, decided, delegated and automated in whatever order: each request is decided
once, by somebody whose reach has all of it, and no rule or delegate makes an administrator.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
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

from backend.access.timers import end_delegations, expire_access_requests
from backend.core import clock
from tests.access.company import Company, found_company
from tests.access.conftest import events_of
from tests.conftest import SignedIn, client_of

EVERYWHERE = {"DEFAULT", "EMEA", "Oslo", "Oslo-Lab", "APAC", "Tokyo", "Americas"}
BELOW = {"EMEA": {"Oslo", "Oslo-Lab"}, "Oslo": {"Oslo-Lab"}, "APAC": {"Tokyo"}}
# Where each decides, said again: everywhere, or in these, and in which with what is nested.
OWN: dict[str, tuple[set[str], set[str]] | None] = {
    "ada": None, "vera": ({"EMEA", "Oslo", "Oslo-Lab"}, {"EMEA", "Oslo", "Oslo-Lab"}),
    "vito": ({"Oslo", "Americas"}, set()),
}  # fmt: skip
STAND_INS = ("una", "vik")
DECIDERS = st.sampled_from([*OWN, *STAND_INS, "vic", "asker"])
# Often such as are somebody's alone, with and without what is nested in them.
PLACES = st.sampled_from([{"Oslo"}, {"Americas"}, {"Oslo", "Americas"}, {"EMEA"}]) | st.sets(
    st.sampled_from(sorted(EVERYWHERE)), min_size=1, max_size=3
)
ENDS = {"access_approved", "access_declined", "access_cancelled", "access_expired"}
ADMINS = {"sa_admin", "sa_approver"}
SCOPE = {"sa": "account", "va": "virtual_accounts"}
ROLES = st.sampled_from(
    ["va_viewer", "va_user", "va_admin", "sa_viewer", "sa_user", "sa_approver", "sa_admin"]
)


@dataclass
class Delegation:
    """Who stands in for whom, for which virtual accounts (None: all), until when."""

    id: str
    delegator: str
    delegate: str
    places: set[str] | None
    ends: Any


@dataclass
class Asked:
    """A request as it should be."""

    id: str
    asker: str
    role: str
    places: set[str]
    nested: bool
    expires: Any
    status: str = "pending"


def reach_of(way: tuple[set[str], set[str]] | None, places: set[str] | None) -> Any:
    """A right, narrowed to virtual accounts with what is nested in them."""
    if places is None:
        return way
    covered = places.union(*(BELOW.get(place, set()) for place in places))
    return (covered, covered) if way is None else (way[0] & covered, way[1] & covered)


def within(way: tuple[set[str], set[str]] | None, places: set[str], nested: bool) -> bool:
    """Whether all of it lies in reach; no places stand for the entire account."""
    return way is None or (bool(places) and places <= way[1 if nested else 0])


class Requests(RuleBasedStateMachine):
    """The requests of one company."""

    loop: asyncio.AbstractEventLoop
    signed_in: SignedIn

    def run(self, awaitable: Any) -> Any:
        return self.loop.run_until_complete(awaitable)

    @initialize()
    def begin(self) -> None:
        clock.set_offset(0)
        self.company: Company = self.run(found_company(self.signed_in))
        self.requests: list[Asked] = []
        self.delegations: list[Delegation] = []
        self.rules = 0
        self.touched: set[str] = set()
        self.hand_over("ada", "una", None, 60)
        self.hand_over("vito", "vik", {"Oslo", "Americas"}, 60)

    def teardown(self) -> None:
        self.touched = {one.id for one in getattr(self, "requests", [])}
        if self.touched:
            self.each_was_decided_at_most_once_and_gave_what_it_says()
        clock.set_offset(0)

    def ways(self, name: str, one: Asked) -> list[tuple[Any, bool]]:
        """(reach, whether as a stand-in) of somebody who may decide this request."""
        if name in ("vic", one.asker):
            return []
        own = [(OWN[name], False)] if name in OWN else []
        stood_in = [
            (reach_of(OWN[given.delegator], given.places), True)
            for given in self.delegations
            if given.delegate == name and given.ends > clock.now()
        ]
        return [way for way in own + stood_in if within(way[0], one.places, one.nested)]

    @rule(role=ROLES, places=PLACES, nested=st.booleans())
    def ask(self, role: str, places: set[str], nested: bool) -> None:
        asker = self.run(self.company.newcomer())
        whole = role.startswith("sa_")
        answer = self.run(
            self.company.ask(
                asker, role=role, scope=SCOPE[role[:2]], include_nested=nested and not whole,
                virtual_accounts=None if whole else sorted(places),
            )
        )  # fmt: skip
        assert answer.status_code == 201, answer.text
        body = answer.json()
        one = Asked(
            body["id"], asker, role, set() if whole else places, nested and not whole,
            clock.now() + timedelta(days=30), body["status"],
        )  # fmt: skip
        assert (body["status"] == "pending") is (not self.rules or role in ADMINS)
        self.requests.append(one)
        self.touched.add(one.id)
        if body["status"] == "pending":
            able = {ref["email"] for ref in body["deciders"]}
            for name in [*OWN, *STAND_INS]:
                assert (self.company.email(name) in able) is bool(self.ways(name, one)), name

    def open_ones(self) -> list[Asked]:
        """What waits, and now and then what is over."""
        waiting = [one for one in self.requests if one.status == "pending"]
        return [*waiting, *waiting, self.requests[-1]]

    @precondition(lambda self: self.requests)
    @rule(data=st.data(), name=DECIDERS, role=st.none() | ROLES, places=st.none() | PLACES)
    def approve(self, data: Any, name: str, role: str | None, places: set[str] | None) -> None:
        self.grant(data.draw(st.sampled_from(self.open_ones())), name, role, places)

    @precondition(lambda self: self.requests)
    @rule(name=st.sampled_from(STAND_INS), role=st.sampled_from(sorted(ADMINS)))
    def make_an_administrator_in_anothers_place(self, name: str, role: str) -> None:
        self.grant(self.open_ones()[0], name, role, None)

    def grant(self, one: Asked, name: str, role: str | None, places: set[str] | None) -> None:
        given_role = role or one.role
        whole = given_role.startswith("sa_")
        # Without a role of the other kind, its virtual accounts do not fit either.
        given_places = set() if whole else (places or one.places)
        if not given_places and not whole:
            given_places = {"Oslo"}
        nested = one.nested and not whole
        body: dict[str, Any] = {"role": given_role, "scope": SCOPE[given_role[:2]]}
        if not whole:
            body["virtual_accounts"] = sorted(given_places)
        who = one.asker if name == "asker" else name
        answer = self.run(self.company.decide(who, one.id, **body))
        ways = self.ways(who, one)
        able = any(
            within(reach, given_places, nested) and not (stands_in and given_role in ADMINS)
            for reach, stands_in in ways
        )
        self.decided(one, answer, ways=bool(ways), able=able)
        if answer.status_code == 200:
            kept = not whole and one.places <= given_places
            full = whole or (bool(one.places) and kept)
            one.status = "approved" if full else "partially_approved"
            assert answer.json()["status"] == one.status

    @precondition(lambda self: self.requests)
    @rule(data=st.data(), name=DECIDERS)
    def decline(self, data: Any, name: str) -> None:
        one = data.draw(st.sampled_from(self.open_ones()))
        who = one.asker if name == "asker" else name
        answer = self.run(self.company.decide(who, one.id, "decline"))
        ways = bool(self.ways(who, one))
        self.decided(one, answer, ways=ways, able=ways)
        if answer.status_code == 200:
            one.status = "declined"

    def decided(self, one: Asked, answer: httpx.Response, *, ways: bool, able: bool) -> None:
        """Whoever may not is refused first; what is over stays so; the reach is looked at last."""
        self.touched.add(one.id)
        pending = one.status == "pending" and clock.now() < one.expires
        expected = {403, 404} if not ways else {409} if not pending else {200} if able else {403}
        assert answer.status_code in expected, (answer.text, one)

    @precondition(lambda self: self.requests)
    @rule(data=st.data())
    def cancel(self, data: Any) -> None:
        one = data.draw(st.sampled_from(self.open_ones()))
        self.touched.add(one.id)
        pending = one.status == "pending" and clock.now() < one.expires
        answer = self.run(self.company.decide(one.asker, one.id, "cancel"))
        assert answer.status_code == (200 if pending else 409), answer.text
        if pending:
            one.status = "cancelled"

    @rule(name=st.sampled_from(sorted(OWN)), to=st.sampled_from(STAND_INS),
          places=st.none() | PLACES, days=st.integers(1, 60))  # fmt: skip
    def delegate(self, name: str, to: str, places: set[str] | None, days: int) -> None:
        self.hand_over(name, to, places, days)

    def hand_over(self, name: str, to: str, places: set[str] | None, days: int) -> None:
        ends = clock.now() + timedelta(days=days)
        body: dict[str, Any] = {
            "delegate": self.company.email(to), "ends": ends.isoformat(),
            "scope": "account" if places is None else "virtual_accounts",
        }  # fmt: skip
        if places is not None:
            body["virtual_accounts"] = sorted(places)
        answer = self.run(self.company.below(name, "POST", "/approval-delegations", json=body))
        own = OWN[name]
        reaches = own is None or (places is not None and places <= own[0])
        twice = any(
            (given.delegator, given.delegate) == (name, to) and given.ends > clock.now()
            for given in self.delegations
        )
        assert answer.status_code == (403 if not reaches else 409 if twice else 201), answer.text
        if answer.status_code == 201:
            self.delegations.append(Delegation(answer.json()["id"], name, to, places, ends))

    @precondition(lambda self: self.delegations)
    @rule(data=st.data())
    def revoke(self, data: Any) -> None:
        given = data.draw(st.sampled_from(self.delegations))
        running = given.ends > clock.now()
        path = f"/approval-delegations/{given.id}"
        answer = self.run(self.company.below("ada", "DELETE", path))
        assert answer.status_code == (200 if running else 409), answer.text
        if running:
            given.ends = clock.now()

    @rule()
    def let_a_rule_approve_everybody(self) -> None:
        body = {"match": {}, "action": "approve"}
        answer = self.run(self.company.below("ada", "POST", "/access-rules", json=body))
        assert answer.status_code == 201
        self.rules += 1

    @precondition(lambda self: self.rules)
    @rule()
    def forget_the_rules(self) -> None:
        for one in self.run(self.company.below("ada", "GET", "/access-rules")).json()["items"]:
            self.run(self.company.below("ada", "DELETE", f"/access-rules/{one['id']}"))
        self.rules = 0

    @rule(days=st.integers(1, 20), timers=st.booleans())
    def wait(self, days: int, timers: bool) -> None:
        there = (clock.now() + timedelta(days=days)).timestamp()
        clock.set_offset(there - clock.now().timestamp() + self.ahead())
        if timers:
            self.run(expire_access_requests())
            self.run(end_delegations())
            for one in self.requests:
                if one.status == "pending" and clock.now() >= one.expires:
                    one.status = "expired"
                    self.touched.add(one.id)

    def ahead(self) -> float:
        return clock._offset.total_seconds()

    @precondition(lambda self: getattr(self, "touched", None))
    @invariant()
    def each_was_decided_at_most_once_and_gave_what_it_says(self) -> None:
        ends: dict[str, list[Any]] = {one.id: [] for one in self.requests}
        for event in self.run(events_of(self.company, *ENDS)):
            ends[event.details["request"]].append(event)
        for one in self.requests:
            if one.id not in self.touched:
                continue
            assert len(ends[one.id]) == (one.status != "pending"), one
            client = self.run(self.company.client(one.asker))
            shown = self.run(client.get(f"/access-requests/{one.id}")).json()
            assert shown["status"] == one.status
            granted = shown["granted"]
            assert bool(granted) is (one.status in {"approved", "partially_approved"})
            expected: set[tuple[str, str]] = set()
            if granted:
                expected = {
                    (granted["role"], place) for place in granted["virtual_accounts"] or [""]
                }
                deputy = shown["on_behalf_of"] or not shown["decided_by"]
                assert not (deputy and granted["role"] in ADMINS)
            assert self.run(self.company.roles(one.asker)) == expected
        self.touched = set()


@pytest.mark.timeout(300)
def test_that_every_request_is_decided_once_within_reach(
    app: FastAPI, loop: asyncio.AbstractEventLoop, sign_in: Any
) -> None:
    async def signed_in(email: str) -> httpx.AsyncClient:
        client = client_of(app, headers=await sign_in(email))
        client.base_url = httpx.URL("http://product.test/api/v1")
        return client

    class Here(Requests):
        pass

    Here.loop, Here.signed_in = loop, staticmethod(signed_in)
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=15, stateful_step_count=30, deadline=None, database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck), phases=[Phase.generate],
        ),
    )  # fmt: skip
