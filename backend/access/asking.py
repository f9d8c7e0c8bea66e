"""Asking for access: what is checked of a request before anybody sees it."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.access import automation, presentation, repository
from backend.access.authority import deciders
from backend.access.configuration import configuration
from backend.access.coverage import holder, includes
from backend.access.models import AccessRequest
from backend.access.record import note
from backend.access.schemas import AccessRequestAnswer, RequestAccess, Scope, Status
from backend.accounts.domains import covers, normal_domain
from backend.accounts.models import SmartAccount
from backend.accounts.repository import by_domain
from backend.accounts.standing import Standing, standing
from backend.core import clock
from backend.core.events import Acting
from backend.core.identity import Person, people
from backend.core.policy import ROLE_NAMES, Role
from backend.core.problems import FieldError, Problem, conflict, invalid
from backend.core.wording import shown
from backend.directory import repository as directory
from backend.people.organizations import is_public_mailbox
from backend.users.rights import shown as person_shown
from backend.virtual_accounts.tree import Node, Tree, tree

MOST_NAMED = 5


async def request_access(
    session: AsyncSession, person: Person, acting: Acting, body: RequestAccess
) -> AccessRequestAnswer:
    """Ask for a role. The account's rules may decide at once; else people do."""
    account = await named_account(session, body.smart_account)
    found = await standing(session, person, account.domain, lock=True)
    _require_active(found.account)
    if body.role is Role.SA_APPROVER:
        await require_company(session, person, found.account)
    places = await _places(session, found.account, body)
    await _refuse_what_is_there(session, found, body, places)
    request = AccessRequest(
        smart_account_id=account.id,
        requester=person.id,
        scope=body.scope,
        role=body.role,
        include_nested=body.include_nested and bool(places),
        named={place.id: place.name for place in places},
        justification=body.justification or "",
        expires_at=clock.now() + configuration().requests.lifetime,
    )
    session.add(request)
    await session.flush()
    await repository.store_places(session, request.id, [place.id for place in places])
    asked = presentation.say_asked(request)
    await note(
        session, "access_requested", request, account, acting,
        f"{person_shown(person)} asks to become {asked}",
    )  # fmt: skip
    await automation.apply(session, request, account, person, acting)
    return await _answer(session, request, account, person)


async def _answer(
    session: AsyncSession, request: AccessRequest, account: SmartAccount, person: Person
) -> AccessRequestAnswer:
    places = await repository.places_of(session, [request.id])
    able = (await deciders(session, [request], places)).get(request.id, [])
    known = await people(session, able[:MOST_NAMED])
    names = [person_shown(known[one]) for one in able[:MOST_NAMED] if one in known]
    title = {
        Status.APPROVED: "Access granted by a rule of the account",
        Status.DECLINED: "Declined by a rule of the account",
    }.get(Status(request.status), "Access requested")
    return await presentation.answer(
        session, request, person, title,
        ("Smart Account", f"{account.name} ({account.domain})"),
        ("What", presentation.say_asked(request)),
        ("Granted", presentation.say_granted(request)),
        ("Why", request.justification),
        ("Reason", request.reason),
        ("Who decides", ", ".join(names)),
    )  # fmt: skip


async def named_account(session: AsyncSession, said: str) -> SmartAccount:
    """The account with this domain, or with exactly this name; 422 `Problem` when there is none."""
    account = await by_domain(session, said)
    if account is not None:
        return account
    named = await directory.with_name(session, said)
    if len(named) == 1:
        return named[0]
    if named:
        domains = ", ".join(one.domain for one in named)
        raise _wrong(
            "smart_account", "several",
            f"Several Smart Accounts are called {shown(said)}. Say which by its domain: {domains}.",
        )  # fmt: skip
    raise _wrong("smart_account", "unknown", _no_account(said))


def _no_account(said: str) -> str:
    if "." in said and " " not in said:
        try:
            normal_domain(said)
        except ValueError as exc:
            return str(exc)
    return (
        f"There is no Smart Account {shown(said)}. Name its exact domain, like company.example, or "
        "its exact name. The directory shows those related to you."
    )


def _wrong(field: str, code: str, message: str) -> Problem:
    return invalid([FieldError(field=field, code=code, message=message)])


def _require_active(account: SmartAccount) -> None:
    if account.status != "active":
        raise conflict(
            "account-not-active",
            "The Smart Account is not active yet",
            f"{account.name} ({account.domain}) waits to be accepted, so nobody can be given "
            "access to it.",
            "Ask again once it is active. Whoever asked for the account can have the activation "
            "mail sent again.",
        )


async def require_company(session: AsyncSession, person: Person, account: SmartAccount) -> None:
    """422 `Problem` for an SA Approver from elsewhere: the verified address must be of the
    account's own domain, or of the company that it lies below; never of a public mailbox.
    """
    company = covers(person.domain, account.domain)
    if not company or await is_public_mailbox(session, person.domain):
        raise _wrong(
            "role", "not_of_the_company",
            f"SA Approvers of {account.name} have an address at {account.domain}; {person.name} "
            f"has {person.email}. Choose another role.",
        )  # fmt: skip


async def _places(session: AsyncSession, account: SmartAccount, body: RequestAccess) -> list[Node]:
    if body.scope is Scope.ACCOUNT:
        return []
    forest = await tree(session, account.id)
    return resolve(forest, account, body.virtual_accounts or [])


def resolve(forest: Tree, account: SmartAccount, names: Sequence[str]) -> list[Node]:
    """The virtual accounts with these names; 422 `Problem` that says which there is not, and
    which there are. One that is restricted is found by its exact name, and never suggested.
    """
    found, wrong = [], []
    open_ones = sorted(
        (node.name for node in forest.nodes.values() if not node.restricted), key=str.casefold
    )
    suggested = ", ".join(open_ones[:MOST_NAMED]) + (" …" if len(open_ones) > MOST_NAMED else "")
    for number, name in enumerate(names):
        node = forest.named(name)
        if node is not None and node not in found:
            found.append(node)
            continue
        message = f"{shown(name)} is named twice. Name each virtual account once."
        if node is None:
            message = (
                f"{account.name} has no virtual account {shown(name)}. There are: {suggested}. "
                "A restricted one needs its exact name."
            )
        wrong.append(
            FieldError(field=f"virtual_accounts.{number}", code="unknown", message=message)
        )
    if wrong:
        raise invalid(wrong)
    return found


async def _refuse_what_is_there(
    session: AsyncSession, found: Standing, body: RequestAccess, places: Sequence[Node]
) -> None:
    """409 for what the person has, or has asked for; for a part of it, saying which part."""
    wanted: list[Node | None] = [*places] or [None]
    has = {
        place.name if place else "": one
        for place in wanted
        if (one := holder(
            found.roles, body.role, place.id if place else None,
            include_nested=body.include_nested,
        ))
    }  # fmt: skip
    rest = [place.name for place in places if place.name not in has]
    if has:
        through = next(iter(has.values()))
        raise _already(
            "already-has-access", "You have this access already",
            f"You are {ROLE_NAMES[through.role]} in {found.account.name}"
            + (f", which covers {', '.join(has)}" if places else "")
            + ".",
            rest,
        )  # fmt: skip
    await _refuse_what_waits(session, found, body, places)


async def _refuse_what_waits(
    session: AsyncSession, found: Standing, body: RequestAccess, places: Sequence[Node]
) -> None:
    waiting = [
        request
        for request in await repository.pending_of(session, found.account.id, found.person.id)
        if includes(Role(request.role), body.role)
        and (request.include_nested or not body.include_nested or request.scope == Scope.ACCOUNT)
    ]
    asked = await repository.places_of(session, [request.id for request in waiting])
    there: dict[str, AccessRequest] = {}
    for request in waiting:
        if request.scope == Scope.ACCOUNT:
            there |= dict.fromkeys([place.name for place in places] or [""], request)
        reached = asked.get(request.id, frozenset())
        there |= {place.name: request for place in places if place.id in reached}
    if not there:
        return
    first = next(iter(there.values()))
    raise _already(
        "already-requested", "You have asked for this already",
        f"Since {first.created_at:%d %B %Y} your request to become "
        f"{presentation.say_asked(first)} waits for a decision"
        + (f"; asked for already: {', '.join(there)}" if places else "")
        + ".",
        [place.name for place in places if place.name not in there],
        f"Remind whoever decides with POST /api/v1/access-requests/{first.id}/remind, or cancel "
        "it first.",
    )  # fmt: skip


def _already(
    code: str, title: str, detail: str, rest: Sequence[str], otherwise: str = ""
) -> Problem:
    hint = otherwise or "There is nothing to ask for. GET /api/v1/me shows your roles."
    if rest:
        hint = f"Ask only for what is missing: {', '.join(rest)}."
    return conflict(code, title, detail, hint)
