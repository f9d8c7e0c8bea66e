"""An account's licence policies, and which members see its cases."""

from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.configuration import configuration
from backend.accounts.models import SmartAccount
from backend.accounts.schemas import Policies, PoliciesAnswer, PolicyEffect, SetPolicies
from backend.accounts.standing import Standing, as_member, require, require_admin_notice
from backend.core.events import Acting, record
from backend.core.identity import Person
from backend.core.policy import Action
from backend.core.receipts import Line, Receipt

ENFORCE = "enforce_license_policies"
LICENSE_POLICIES = (ENFORCE, "block_overuse", "restrict_export_controlled_tokens")
_SEEN_BY = {
    "all": "all members, who opened the case, and the support desk",
    "admins": "SA Administrators, who opened the case, and the support desk",
    "owner": "who opened the case, and the support desk",
}


def in_force(account: SmartAccount, policy: str) -> bool:
    """Whether a licence policy refuses anything: the single ones need `enforce_license_policies`.

    Whoever moves licences or makes tokens asks this first.
    """
    return bool(account.policies.get(ENFORCE) and account.policies.get(policy))


def _shown(account: SmartAccount) -> Policies:
    wording = configuration().policies
    return Policies.model_validate(
        {policy: bool(account.policies.get(policy)) for policy in LICENSE_POLICIES}
        | {
            "smart_account": account.domain,
            "case_visibility": account.case_visibility,
            "effects": [
                PolicyEffect(
                    policy=policy,
                    title=wording[policy].title,
                    text=wording[policy].text,
                    in_force=in_force(account, policy),
                )
                for policy in LICENSE_POLICIES
            ],
        }
    )


async def show(session: AsyncSession, person: Person, named: str) -> Policies:
    """The policies, for whoever may read them."""
    found = await as_member(session, person, named)
    await require(session, found, Action.READ_POLICIES)
    return _shown(found.account)


async def change(
    session: AsyncSession, person: Person, acting: Acting, named: str, body: SetPolicies
) -> PoliciesAnswer:
    """Set policies; what the body leaves out stays as it is."""
    found = await as_member(session, person, named, lock=True)
    await require(session, found, Action.EDIT_PROPERTIES)
    await require_admin_notice(session, found)
    lines = _apply(found, body.model_dump(exclude_none=True))
    session.add(found.account)
    await session.flush()
    if lines:
        await record(
            session,
            "policies_changed",
            acting,
            subject=found.account.domain,
            text="; ".join(f"{line.label}: {line.value}" for line in lines),
            smart_account_id=found.account.id,
        )
    title = "Policies changed" if lines else "Nothing to change"
    receipt = Receipt(title=title, reference=found.account.domain, lines=lines)
    return PoliciesAnswer(**_shown(found.account).model_dump(), receipt=receipt)


def _apply(found: Standing, wanted: dict[str, Any]) -> list[Line]:
    """Change what differs; a line for each with what it means."""
    account, wording, lines = found.account, configuration().policies, []
    seen_by = wanted.pop("case_visibility", account.case_visibility)
    policies = dict(account.policies)
    for policy, on in wanted.items():
        if bool(policies.get(policy)) is not on:
            policies[policy] = on
            lines.append(Line(label=wording[policy].title, value="on" if on else "off"))
    account.policies = policies
    lines += [
        Line(label="Refused from now on", value=wording[policy].text)
        for policy in LICENSE_POLICIES[1:]
        if lines and in_force(account, policy)
    ]
    if seen_by != account.case_visibility:
        account.case_visibility = seen_by
        lines.append(Line(label="Cases are seen by", value=_SEEN_BY[seen_by]))
    return lines
