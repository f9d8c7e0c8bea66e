"""An account's rules: kept in one order, changed by its SA Administrators alone."""

from collections.abc import Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.access import repository
from backend.access.authority import stand_ins
from backend.access.configuration import configuration
from backend.access.matching import Action
from backend.access.models import AccessRule
from backend.access.rule_schemas import (
    BELOW,
    AccessRuleAnswer,
    AccessRuleBody,
    AccessRulePublic,
    Match,
    UpdateAccessRule,
    say_rule,
)
from backend.accounts.models import SmartAccount
from backend.accounts.standing import Standing, as_member, require, require_admin_notice
from backend.core.events import Acting, record
from backend.core.identity import Person, by_address, people, person_ref
from backend.core.policy import Action as Right
from backend.core.policy import Role
from backend.core.problems import FieldError, Problem, conflict, invalid, not_found
from backend.core.receipts import Line, Receipt
from backend.people.organizations import is_public_mailbox
from backend.users.rights import shown

# Which fields only one action has; they go when the action changes.
OF_THE_ACTION = {Action.APPROVE: "role", Action.DECLINE: "reason", Action.ROUTE: "route_to"}


async def listed(session: AsyncSession, person: Person, named: str) -> list[AccessRulePublic]:
    """The rules in their order."""
    found = await as_member(session, person, named)
    await require(session, found, Right.READ_POLICIES)
    return await _public(session, await repository.rules_of(session, found.account.id))


async def one(session: AsyncSession, person: Person, named: str, rule_id: str) -> AccessRulePublic:
    """One rule."""
    found = await as_member(session, person, named)
    await require(session, found, Right.READ_POLICIES)
    (public,) = await _public(session, [await _rule(session, found.account, rule_id)])
    return public


async def create(
    session: AsyncSession, person: Person, acting: Acting, named: str, body: AccessRuleBody
) -> AccessRuleAnswer:
    """Add a rule; those at its place and after it move back by one."""
    account = (await _to_change(session, person, named)).account
    rules = await repository.rules_of(session, account.id)
    most = configuration().rules.most
    if len(rules) >= most:
        raise conflict(
            "too-many-rules", "There are too many rules",
            f"{account.name} has {len(rules)} rules, and {most} are the most.",
            "Delete one that is not needed any more, or join several into one.",
        )  # fmt: skip
    route_to = await checked(session, account, body)
    rule = AccessRule(
        smart_account_id=account.id,
        position=len(rules) + 1,
        created_by=person.id,
        **_columns(body, route_to),
    )
    session.add(rule)
    await session.flush()
    await _move(session, [*rules, rule], rule, body.position)
    return await _saved(session, account, rule, acting, "Rule added", "access_rule_saved")


async def change(
    session: AsyncSession, person: Person, acting: Acting, named: str, rule_id: str,
    body: UpdateAccessRule,
) -> AccessRuleAnswer:  # fmt: skip
    """Change a rule, or move it; who changes what it does stands for it from then on."""
    account = (await _to_change(session, person, named)).account
    rule = await _rule(session, account, rule_id)
    merged = await _merged(session, rule, body)
    route_to = await checked(session, account, merged)
    columns = _columns(merged, route_to)
    if any(getattr(rule, name) != value for name, value in columns.items()):
        rule.created_by = person.id
    for name, value in columns.items():
        setattr(rule, name, value)
    session.add(rule)
    await session.flush()
    rules = await repository.rules_of(session, account.id)
    if body.position is not None:
        await _move(session, rules, rule, body.position)
    return await _saved(session, account, rule, acting, "Rule saved", "access_rule_saved")


async def delete(
    session: AsyncSession, person: Person, acting: Acting, named: str, rule_id: str
) -> AccessRuleAnswer:
    """Remove a rule; those after it move up."""
    account = (await _to_change(session, person, named)).account
    rule = await _rule(session, account, rule_id)
    answer = await _saved(session, account, rule, acting, "Rule deleted", "access_rule_deleted")
    rules = await repository.rules_of(session, account.id)
    await session.delete(rule)
    await session.flush()
    await _number(session, account.id, [other for other in rules if other.id != rule.id])
    return answer


async def _to_change(session: AsyncSession, person: Person, named: str) -> Standing:
    found = await as_member(session, person, named, lock=True)
    await require(session, found, Right.CONFIGURE_AUTOMATION)
    await require_admin_notice(session, found)
    return found


async def _rule(session: AsyncSession, account: SmartAccount, rule_id: str) -> AccessRule:
    rule = await session.get(AccessRule, rule_id)
    if rule is None or rule.smart_account_id != account.id:
        raise not_found(
            f"rule {rule_id[:40]}",
            f"GET /api/v1/smart-accounts/{account.domain}/access-rules lists the rules.",
        )
    return rule


async def _merged(
    session: AsyncSession, rule: AccessRule, body: UpdateAccessRule
) -> AccessRuleBody:
    """The rule with the changes in it, checked as if it were new."""
    told = body.model_dump(mode="json", exclude_unset=True, exclude={"position"})
    told = {name: value for name, value in told.items() if value is not None or name != "match"}
    known = await people(session, [rule.route_to])
    merged: dict[str, Any] = {
        "match": rule.match,
        "action": rule.action,
        "role": rule.role,
        "reason": rule.reason,
        "route_to": known[rule.route_to].email if rule.route_to else None,
    }
    if told.get("action") not in (None, rule.action):
        merged |= dict.fromkeys(OF_THE_ACTION.values())
    try:
        return AccessRuleBody.model_validate(merged | told)
    except ValidationError as exc:
        raise RequestValidationError(exc.errors()) from exc


async def checked(session: AsyncSession, account: SmartAccount, body: AccessRuleBody) -> str | None:
    """What a rule says against what there is; the id of the person that it routes to."""
    if body.action is Action.APPROVE:
        for pattern in body.match.domains or ():
            if await is_public_mailbox(session, pattern.removeprefix(BELOW)):
                raise _wrong(
                    "match.domains", "public_mailbox",
                    f"{pattern} is a public mailbox, where everybody can have an address. No rule "
                    "approves people from there; name the domain of a company.",
                )  # fmt: skip
    if body.route_to is None:
        return None
    person = await by_address(session, body.route_to)
    if person is None or not await stand_ins(session, [account.id], [person.id]):
        raise _wrong(
            "route_to", "no_member",
            f"{body.route_to} has no role in {account.name}, or only views it. Name somebody who "
            "has another role there.",
        )  # fmt: skip
    return person.id


def _wrong(field: str, code: str, message: str) -> Problem:
    return invalid([FieldError(field=field, code=code, message=message)])


def _columns(body: AccessRuleBody, route_to: str | None) -> dict[str, Any]:
    return {
        "match": body.match.model_dump(mode="json", exclude_none=True),
        "action": body.action.value,
        "role": body.role.value if body.role else None,
        "reason": body.reason,
        "route_to": route_to,
    }


async def _move(
    session: AsyncSession, rules: Sequence[AccessRule], rule: AccessRule, position: int | None
) -> None:
    """Put a rule at its place; beyond the end is the end."""
    order = [other for other in rules if other.id != rule.id]
    order.insert(len(order) if position is None else position - 1, rule)
    await _number(session, rule.smart_account_id, order)


async def _number(session: AsyncSession, account: int, order: Sequence[AccessRule]) -> None:
    """Number the rules from 1. No place may be taken twice, not even for a moment."""
    await session.exec(
        update(AccessRule)
        .where(col(AccessRule.smart_account_id) == account)
        .values(position=-col(AccessRule.position))
        .execution_options(synchronize_session=False)
    )
    for position, rule in enumerate(order, start=1):
        await session.exec(
            update(AccessRule)
            .where(col(AccessRule.id) == rule.id)
            .values(position=position)
            .execution_options(synchronize_session=False)
        )
        await session.refresh(rule)


async def _saved(
    session: AsyncSession, account: SmartAccount, rule: AccessRule, acting: Acting, title: str,
    type_: str,
) -> AccessRuleAnswer:  # fmt: skip
    (public,) = await _public(session, [rule])
    await record(
        session, type_, acting, subject=account.domain, smart_account_id=account.id,
        text=f"{title}, number {rule.position}: {public.text}",
        details={"rule": rule.id, "position": rule.position},
    )  # fmt: skip
    receipt = Receipt(
        title=title,
        reference=rule.id,
        lines=[
            Line(label="Smart Account", value=f"{account.name} ({account.domain})"),
            Line(label="Place in the order", value=str(rule.position)),
            Line(label="Rule", value=public.text),
        ],
    )
    return AccessRuleAnswer(**public.model_dump(), receipt=receipt)


async def _public(session: AsyncSession, rules: Sequence[AccessRule]) -> list[AccessRulePublic]:
    known = await people(
        session, [one for rule in rules for one in (rule.route_to, rule.created_by)]
    )
    return [
        AccessRulePublic.model_validate(
            rule.model_dump()
            | {
                "route_to": person_ref(rule.route_to, known) if rule.route_to else None,
                "created_by": person_ref(rule.created_by, known),
                "text": in_words(rule, known),
            }
        )
        for rule in rules
    ]


def in_words(rule: AccessRule, known: dict[str, Person]) -> str:
    """A rule as people say it."""
    to = known.get(rule.route_to or "")
    return say_rule(
        Action(rule.action),
        Match.model_validate(rule.match),
        Role(rule.role) if rule.role else None,
        rule.reason,
        shown(to) if to else "somebody",
    )
