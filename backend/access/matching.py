"""Which rule decides a request, and how; nothing here reads or writes the database.

Rules are looked at in their order, and the first that matches decides. A rule
grants at most what was asked, never SA Administrator or SA Approver, and nothing to somebody with
a public mailbox: such an approval does not match, so that a later rule or a person decides.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from backend.access.schemas import CEILING, Scope, fits
from backend.core.policy import RANK, Role


class Requester(StrEnum):
    """Where somebody comes from, as an account sees it."""

    INTERNAL = "internal"
    PARTNER = "partner"
    OTHER = "other"


class Action(StrEnum):
    """What a rule does."""

    APPROVE = "approve"
    DECLINE = "decline"
    ROUTE = "route"


class Condition(Protocol):
    """What must be true of a request; what is None says nothing."""

    domains: list[str] | None
    roles_up_to: Role | None
    scope: Scope | None
    requester: Requester | None


@dataclass(frozen=True)
class Rule:
    """A rule as matching looks at it; `route_to` is a person's id."""

    id: str | None
    position: int
    match: Condition
    action: Action
    role: Role | None = None
    reason: str | None = None
    route_to: str | None = None


@dataclass(frozen=True)
class Asked:
    """A request as rules look at it; `domain` is that of the verified address."""

    person: str
    domain: str
    public_mailbox: bool
    requester: Requester
    scope: Scope
    role: Role


@dataclass(frozen=True)
class Outcome:
    """The rule that decides, and the role that it grants when it approves."""

    rule: Rule
    role: Role | None = None


def decide(rules: Iterable[Rule], asked: Asked, able: Collection[str] = ()) -> Outcome | None:
    """What the first rule that matches does; None leaves it to people.

    `able` are those to whom a request may be routed: whoever is gone, or asks, is passed over.
    """
    for rule in sorted(rules, key=lambda rule: rule.position):
        if not matches(rule.match, asked):
            continue
        if rule.action is Action.APPROVE:
            role = granted(rule, asked)
            if role is not None:
                return Outcome(rule, role)
            continue
        reaches = rule.route_to in able and rule.route_to != asked.person
        if rule.action is Action.DECLINE or reaches:
            return Outcome(rule)
    return None


def matches(condition: Condition, asked: Asked) -> bool:
    """Whether all that is named holds; nothing named holds for everybody."""
    return all(
        (
            condition.domains is None or _of_a_domain(condition.domains, asked.domain),
            condition.roles_up_to is None or RANK[asked.role] <= RANK[condition.roles_up_to],
            condition.scope is None or asked.scope is condition.scope,
            condition.requester is None or asked.requester is condition.requester,
        )
    )


def _of_a_domain(patterns: Iterable[str], domain: str) -> bool:
    """`company.example` is that domain alone, `*.company.example` whatever lies below it."""
    return any(
        domain.endswith(pattern[1:]) if pattern.startswith("*.") else domain == pattern
        for pattern in patterns
    )


def granted(rule: Rule, asked: Asked) -> Role | None:
    """The role that an approving rule gives: the lower of the one asked for and its own.

    None where it must not approve, or where its role belongs to another scope.
    """
    if RANK[asked.role] > RANK[CEILING] or asked.public_mailbox:
        return None
    if rule.role is None:
        return asked.role
    if not fits(rule.role, asked.scope):
        return None
    return min(asked.role, rule.role, key=lambda role: RANK[role])
