"""Whatever is done to requests in whatever order, by whomever: what must hold, holds."""

import asyncio
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
from sqlmodel import col, select

from backend.accounts.models import PENDING, SmartAccount, SmartAccountInvitation
from backend.accounts.models import SmartAccountRequest as Request
from backend.accounts.requests.states import TRANSITIONS, Status
from backend.core import clock, jobs, timers
from backend.core.database import database
from backend.users.models import Membership
from backend.virtual_accounts.models import VirtualAccount
from tests.accounts.world import (
    APPROVER,
    HEADQUARTERS,
    company,
    creation,
    email_of,
    for_customer,
    fresh_domain,
    make_account,
)
from tests.conftest import Newcomer, SignedIn

DAYS = 24 * 3600
CALL = "/smart-account-requests"
pytestmark = pytest.mark.usefixtures("own_time")
# owner, rival and boss are of the company; friend and partner are not; cyra decides for the desk.
PEOPLE = st.sampled_from(["owner", "rival", "boss", "friend", "partner", "cyra"])
# Domains: the company's, one below it, one that is nobody's, and others each time.
DOMAINS = st.sampled_from(["top", "below", "free", "new", "new", "new below"])
VERBS = st.sampled_from(["approve", "decline", "accept", "cancel", "resend"])


class Requests(RuleBasedStateMachine):
    """A company, its people, and everything that they can try."""

    loop: asyncio.AbstractEventLoop
    newcomer: Newcomer
    person: SignedIn

    def run(self, awaitable: Any) -> Any:
        return self.loop.run_until_complete(awaitable)

    @initialize()
    def begin(self) -> None:
        self.run(self._begin())

    async def _begin(self) -> None:
        top = await company()
        self.domains = {"top": top, "below": fresh_domain(top), "free": fresh_domain()}
        self.people: dict[str, httpx.AsyncClient] = {
            "cyra": await self.person(APPROVER),
            "friend": await self.newcomer(),
            "partner": await self.newcomer(organization="lucerne.example", kind="partner"),
        }
        for name in ("owner", "rival", "boss"):
            self.people[name] = await self.newcomer(organization=top)
        self.emails = {name: email_of(client) for name, client in self.people.items()
                       if name != "cyra"} | {"cyra": APPROVER}  # fmt: skip
        self.smb = f"{top.split('.')[0]}.smb"
        await make_account(self.smb, (self.emails["boss"], "sa_admin"), is_smb=True)
        self.ids: list[str] = []
        self.seen: dict[str, str] = {}
        self.days = 0.0

    def domain(self, named: str) -> str:
        """One of the domains; a new one is remembered."""
        if not named.startswith("new"):
            return self.domains[named]
        made = fresh_domain(self.domains["top"] if "below" in named else None)
        self.domains[made] = made
        return made

    def call(self, who: str, method: str, path: str, body: Any = None) -> httpx.Response:
        answer: httpx.Response = self.run(self.people[who].request(method, path, json=body))
        assert answer.status_code in {200, 201, 403, 404, 409, 422, 429}, answer.text
        if answer.status_code == 201:
            self.ids.append(answer.json()["id"])
        return answer

    @rule(who=PEOPLE, domain=DOMAINS)
    def create(self, who: str, domain: str) -> None:
        self.call(who, "POST", "/smart-accounts", creation(self.domain(domain)))

    @rule(who=PEOPLE, domain=DOMAINS, nominee=PEOPLE)
    def nominate(self, who: str, domain: str, nominee: str) -> None:
        body = creation(
            self.domain(domain), authority="nominee", nominee_email=self.emails[nominee]
        )
        self.call(who, "POST", "/smart-accounts", body)

    @rule(who=PEOPLE, domain=DOMAINS, customers=st.lists(PEOPLE, min_size=1, max_size=3))
    def ask_for_a_customer(self, who: str, domain: str, customers: list[str]) -> None:
        emails = [self.emails[one] for one in customers]
        self.call(who, "POST", CALL, for_customer(self.domain(domain), *emails))

    @rule(who=PEOPLE, domain=DOMAINS)
    def upgrade(self, who: str, domain: str) -> None:
        body = {"name": "Grown", "domain": self.domain(domain), "headquarters": HEADQUARTERS,
                "visibility": "unrestricted"}  # fmt: skip
        self.call(who, "POST", f"/smart-accounts/{self.smb}/upgrade", body)

    @precondition(lambda self: self.ids)
    @rule(who=PEOPLE, which=st.integers(0, 30), verb=VERBS)
    def act(self, who: str, which: int, verb: str) -> None:
        id_ = self.ids[which % len(self.ids)]
        self.call(who, "POST", f"{CALL}/{id_}/{verb}", {} if verb == "decline" else None)

    @precondition(lambda self: self.ids)
    @rule(choices=st.lists(st.integers(0, 30), min_size=1, max_size=4))
    def do_what_is_possible(self, choices: list[int]) -> None:
        """Chosen among what somebody may do, which chance alone seldom hits; and it succeeds."""
        for choice in choices:
            id_ = self.ids[-1 - choice % min(len(self.ids), 4)]
            possible = [
                (who, verb)
                for who in self.people
                for verb in self.call(who, "GET", f"{CALL}/{id_}").json().get("you_may", [])
                if verb not in {"invite", "resend"}
            ]
            if possible:
                who, verb = possible[choice % len(possible)]
                answer = self.call(who, "POST", f"{CALL}/{id_}/{verb}", {})
                assert answer.status_code == 200, (who, verb, answer.text)
                self.what_must_hold_holds()

    @precondition(lambda self: self.ids)
    @rule(who=PEOPLE, which=st.integers(0, 30), customers=st.lists(PEOPLE, min_size=1, max_size=3))
    def invite_others(self, who: str, which: int, customers: list[str]) -> None:
        body = {"customer_emails": [self.emails[one] for one in customers]}
        self.call(who, "PATCH", f"{CALL}/{self.ids[which % len(self.ids)]}", body)

    @rule(days=st.sampled_from([1, 8, 8, 31, 31, 91]))
    def time_passes(self, days: int) -> None:
        self.days += days
        clock.set_offset(self.days * DAYS)
        self.run(timers.run_due())

    def teardown(self) -> None:
        clock.set_offset(0)

    @precondition(lambda self: hasattr(self, "domains"))
    @invariant()
    def what_must_hold_holds(self) -> None:
        self.run(self._look())

    async def _look(self) -> None:
        domains = [*self.domains.values(), self.smb]
        async with database().read() as session:
            requests = (
                await session.exec(select(Request).where(col(Request.domain).in_(domains)))
            ).all()
            accounts = (
                await session.exec(
                    select(SmartAccount).where(col(SmartAccount.domain).in_(domains))
                )
            ).all()
            ids = [account.id for account in accounts]
            admins = (
                await session.exec(
                    select(Membership.smart_account_id).where(
                        col(Membership.smart_account_id).in_(ids), Membership.role == "sa_admin"
                    )
                )
            ).all()
            defaults = (
                await session.exec(
                    select(VirtualAccount.smart_account_id).where(
                        col(VirtualAccount.smart_account_id).in_(ids),
                        col(VirtualAccount.is_default),
                    )
                )
            ).all()
            accepted = (
                await session.exec(
                    select(SmartAccountInvitation.request_id).where(
                        col(SmartAccountInvitation.accepted_at).is_not(None),
                        col(SmartAccountInvitation.request_id).in_([r.id for r in requests]),
                    )
                )
            ).all()
        self._check(list(requests), list(accounts), list(admins), list(defaults), list(accepted))

    def _check(
        self, requests: list[Request], accounts: list[SmartAccount], admins: list[int],
        defaults: list[int], accepted: list[str],
    ) -> None:  # fmt: skip
        waiting = [one.domain for one in requests if one.status in PENDING]
        assert len(waiting) == len(set(waiting)), "one open request a domain"
        assert sorted(defaults) == sorted(one.id for one in accounts), "one default each"
        assert len(accepted) == len(set(accepted)), "one acceptance a request"
        held = {one.domain: one for one in accounts}
        for account in accounts:
            if account.status == "active":
                assert admins.count(account.id) == 1, "who may be here came by a request"
            else:
                assert account.id not in admins
                own = [r for r in requests if r.smart_account_id == account.id]
                assert [r.status in PENDING for r in own] == [True], "held by one open request"
        for one in requests:
            is_upgrade = one.kind == "upgrade"
            if one.status in PENDING:
                assert one.expires_at is not None
                assert one.expires_at > clock.now() or one.id in self.ids
                assert (one.domain in held) is not is_upgrade
                assert one.decided_at is None
            else:
                assert one.decided_at is not None
                assert one.status == "active" or is_upgrade or one.smart_account_id is None
            self._walked(one)

    def _walked(self, request: Request) -> None:
        """From one look to the next a request moved along the table, in one step or stayed."""
        before = self.seen.get(request.id)
        if before is not None and before != request.status:
            ways = TRANSITIONS[Status(before)].values()
            assert any(Status(request.status) in to for to in ways), (before, request.status)
        self.seen[request.id] = request.status


@pytest.mark.timeout(300)
def test_that_no_order_of_steps_breaks_a_rule(
    app: FastAPI, loop: asyncio.AbstractEventLoop, newcomer: Newcomer, person: SignedIn
) -> None:
    class Here(Requests):
        pass

    Here.loop = loop
    Here.newcomer, Here.person = staticmethod(newcomer), staticmethod(person)
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=12, stateful_step_count=30, deadline=None, database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck), phases=[Phase.generate],
        ),
    )  # fmt: skip
    assert loop.run_until_complete(jobs.drained(database(), 60))
