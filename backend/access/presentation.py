"""Requests as people see them: names beside addresses, who can decide, what was given."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.access import authority, repository
from backend.access.models import AccessRequest
from backend.access.schemas import (
    SCOPE_NAMES,
    AccessRequestAnswer,
    AccessRequestPublic,
    Scope,
)
from backend.accounts.models import SmartAccount
from backend.core.identity import Person, people, person_ref
from backend.core.policy import ROLE_NAMES, Role
from backend.core.receipts import Line, Receipt


async def heads(
    session: AsyncSession, requests: Sequence[AccessRequest], viewer: Person
) -> list[AccessRequestPublic]:
    """A page of a list; the number of queries does not depend on its length."""
    places = await repository.places_of(session, [one.id for one in requests])
    able = await authority.deciders(session, requests, places)
    accounts = await repository.accounts(session, [one.smart_account_id for one in requests])
    named = [
        person
        for one in requests
        for person in (one.requester, one.decided_by, one.on_behalf_of, *able.get(one.id, ()))
    ]
    known = await people(session, named)
    return [
        _public(one, accounts[one.smart_account_id], able.get(one.id, []), known, viewer)
        for one in requests
    ]


def _public(
    request: AccessRequest, account: SmartAccount, able: list[str], known: dict[str, Person],
    viewer: Person,
) -> AccessRequestPublic:  # fmt: skip
    return AccessRequestPublic.model_validate(
        request.model_dump()
        | {
            "smart_account": account.domain,
            "smart_account_name": account.name,
            "requester": person_ref(request.requester, known),
            "virtual_accounts": asked(request),
            "deciders": [person_ref(one, known) for one in able],
            "may_decide": viewer.id in able,
            "decided_by": person_ref(request.decided_by, known) if request.decided_by else None,
            "on_behalf_of": person_ref(request.on_behalf_of, known)
            if request.on_behalf_of
            else None,
        }
    )


def asked(request: AccessRequest) -> list[str]:
    """The names of the virtual accounts that a request asks for."""
    return sorted(request.named.values(), key=str.casefold)


async def answer(
    session: AsyncSession, request: AccessRequest, viewer: Person, title: str,
    *lines: tuple[str, str | None],
) -> AccessRequestAnswer:  # fmt: skip
    """The request and the receipt, as every write about requests answers."""
    (public,) = await heads(session, [request], viewer)
    receipt = Receipt(
        title=title,
        reference=request.id,
        lines=[Line(label=label, value=value) for label, value in lines if value],
    )
    return AccessRequestAnswer(**public.model_dump(), receipt=receipt)


def say_access(scope: str, role: str, names: Sequence[str], include_nested: bool) -> str:
    """“VA User of Americas, Oslo and what is nested in them”."""
    if scope == Scope.ACCOUNT:
        return f"{ROLE_NAMES[Role(role)]} of {SCOPE_NAMES[Scope.ACCOUNT]}"
    nested = ""
    if include_nested:
        nested = " and what is nested in " + ("it" if len(names) == 1 else "them")
    return f"{ROLE_NAMES[Role(role)]} of {', '.join(names)}{nested}"


def say_asked(request: AccessRequest) -> str:
    """What a request asks for, in words."""
    return say_access(request.scope, request.role, asked(request), request.include_nested)


def say_granted(request: AccessRequest) -> str | None:
    """What was given, in words; None when nothing was."""
    given = request.granted
    if given is None:
        return None
    return say_access(
        given["scope"], given["role"], given["virtual_accounts"], given["include_nested"]
    )
