"""Which rule decides, for every request there can be: said a second time in other words."""

from hypothesis import given
from hypothesis import strategies as st

from backend.access.matching import Action, Asked, Requester, Rule, decide, granted, matches
from backend.access.rule_schemas import Match
from backend.access.schemas import ROLES_OF, Scope, fits
from backend.core.policy import Role

DOMAINS = ["acme.example", "east.acme.example", "deep.east.acme.example", "notacme.example"]
RISING = [
    "va_viewer", "sa_viewer", "va_user", "sa_user", "va_admin", "sa_approver", "sa_admin",
]  # fmt: skip
PATTERNS = [*DOMAINS, "*.acme.example", "*.east.acme.example", "*.notacme.example"]


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    scope = draw(st.sampled_from(Scope))
    return Asked(
        person=draw(st.sampled_from(["p1", "p2"])),
        domain=draw(st.sampled_from(DOMAINS)),
        public_mailbox=draw(st.booleans()),
        requester=draw(st.sampled_from(Requester)),
        scope=scope,
        role=draw(st.sampled_from(ROLES_OF[scope])),
    )


@st.composite
def rules(draw: st.DrawFn) -> list[Rule]:
    """Also such as can't be saved: matching must be safe by itself."""
    none = st.none()
    count = draw(st.integers(0, 5))
    return [
        Rule(
            id=str(position),
            position=position,
            match=Match(
                domains=draw(none | st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=3)),
                roles_up_to=draw(none | st.sampled_from(Role)),
                scope=draw(none | st.sampled_from(Scope)),
                requester=draw(none | st.sampled_from(Requester)),
            ),
            action=draw(st.sampled_from(Action)),
            role=draw(none | st.sampled_from(Role)),
            route_to=draw(st.sampled_from(["p1", "p2", "gone"])),
        )
        for position in draw(st.permutations(range(1, count + 1)))
    ]


def _matches(match: Match, wish: Asked) -> bool:
    if match.domains is not None:
        one = [
            domain for domain in match.domains
            if (domain[:2] == "*." and wish.domain.endswith("." + domain[2:]))
            or domain == wish.domain
        ]  # fmt: skip
        if not one:
            return False
    if match.roles_up_to and RISING.index(wish.role) > RISING.index(match.roles_up_to):
        return False
    if match.scope and match.scope != wish.scope:
        return False
    return match.requester in (None, wish.requester)


@given(rules(), asked())
def test_that_the_first_rule_that_can_decide_does(several: list[Rule], wish: Asked) -> None:
    outcome = decide(several, wish, able={"p1", "p2"})
    for rule in sorted(several, key=lambda rule: rule.position):
        can = {
            Action.APPROVE: granted(rule, wish) is not None,
            Action.DECLINE: True,
            Action.ROUTE: rule.route_to in {"p1", "p2"} - {wish.person},
        }[rule.action]
        assert matches(rule.match, wish) is _matches(rule.match, wish)  # type: ignore[arg-type]
        if _matches(rule.match, wish) and can:  # type: ignore[arg-type]
            assert outcome is not None
            assert outcome.rule is rule
            return
    assert outcome is None


@given(rules(), asked())
def test_that_no_rule_ever_grants_more_than_it_may(several: list[Rule], wish: Asked) -> None:
    outcome = decide(several, wish, able={"p1", "p2"})
    if outcome is None or outcome.rule.action is not Action.APPROVE:
        assert outcome is None or outcome.role is None
        return
    assert outcome.role is not None
    assert not wish.public_mailbox
    assert wish.role not in ("sa_admin", "sa_approver")
    assert outcome.role not in ("sa_admin", "sa_approver")
    assert fits(outcome.role, wish.scope)
    assert RISING.index(outcome.role) <= RISING.index(wish.role)
    if outcome.rule.role:
        assert RISING.index(outcome.role) <= RISING.index(outcome.rule.role)


@given(rules(), asked())
def test_that_nothing_is_routed_to_who_asks_or_is_gone(several: list[Rule], wish: Asked) -> None:
    outcome = decide(several, wish, able={"p1"})
    if outcome and outcome.rule.action is Action.ROUTE:
        assert outcome.rule.route_to == "p1" != wish.person


def test_that_below_a_domain_is_not_the_domain_and_not_what_only_ends_like_it() -> None:
    match = Match(domains=["*.acme.example"])
    found = [
        domain for domain in DOMAINS
        if matches(match, Asked("p", domain, False, Requester.OTHER, Scope.ACCOUNT, Role.SA_USER))  # type: ignore[arg-type]
    ]  # fmt: skip
    assert found == ["east.acme.example", "deep.east.acme.example"]
