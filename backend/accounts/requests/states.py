"""Where a Smart Account request stands, and which ways lead on from there."""

from enum import StrEnum

from backend.accounts.models import SmartAccountRequest
from backend.core.problems import Problem, conflict


class Kind(StrEnum):
    """What a request is for."""

    CREATE = "create"
    CUSTOMER = "customer"
    UPGRADE = "upgrade"


class Status(StrEnum):
    """Where a request stands."""

    PENDING_ACCEPTANCE = "pending_acceptance"
    PENDING_APPROVAL = "pending_approval"
    PENDING_DOMAIN_APPROVAL = "pending_domain_approval"
    ACTIVE = "active"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Verb(StrEnum):
    """What is done to a request."""

    APPROVE = "approve"
    DECLINE = "decline"
    ACCEPT = "accept"
    CANCEL = "cancel"
    INVITE = "invite"
    RESEND = "resend"
    REMIND = "remind"
    EXPIRE = "expire"


STATUS_NAMES = {
    Status.PENDING_ACCEPTANCE: "Waits for its acceptance",
    Status.PENDING_APPROVAL: "Waits for the approval of the support desk",
    Status.PENDING_DOMAIN_APPROVAL: "Waits for the approval of the related account",
    Status.ACTIVE: "Active",
    Status.DECLINED: "Declined",
    Status.EXPIRED: "Expired",
    Status.CANCELLED: "Cancelled",
}
AWAITS_APPROVAL = frozenset({Status.PENDING_APPROVAL, Status.PENDING_DOMAIN_APPROVAL})
AWAITS = AWAITS_APPROVAL | {Status.PENDING_ACCEPTANCE}

_ENDS: dict[Verb, frozenset[Status]] = {
    Verb.CANCEL: frozenset({Status.CANCELLED}),
    Verb.EXPIRE: frozenset({Status.EXPIRED}),
}


def _undecided(status: Status) -> dict[Verb, frozenset[Status]]:
    same = frozenset({status})
    return _ENDS | {
        Verb.APPROVE: frozenset({Status.ACTIVE, Status.PENDING_ACCEPTANCE}),
        Verb.DECLINE: frozenset({Status.DECLINED}),
        Verb.INVITE: same,
        Verb.REMIND: same,
    }


# From where, by what, to where. What is not here can't happen.
TRANSITIONS: dict[Status, dict[Verb, frozenset[Status]]] = {
    **{status: _undecided(status) for status in AWAITS_APPROVAL},
    Status.PENDING_ACCEPTANCE: _ENDS
    | {
        Verb.ACCEPT: frozenset({Status.ACTIVE, Status.PENDING_APPROVAL}),
        # One of several who were invited may decline for themselves.
        Verb.DECLINE: frozenset({Status.DECLINED, Status.PENDING_ACCEPTANCE}),
        # Others may need an approval that those who were invited before did not.
        Verb.INVITE: AWAITS,
        Verb.RESEND: frozenset({Status.PENDING_ACCEPTANCE}),
        Verb.REMIND: frozenset({Status.PENDING_ACCEPTANCE}),
    },
    **{status: {} for status in Status if status not in AWAITS},
}


def move(request: SmartAccountRequest, verb: Verb, to: Status) -> None:
    """Change the status along the table; a way that it does not have is a mistake of ours."""
    if to not in TRANSITIONS[Status(request.status)].get(verb, frozenset()):
        raise RuntimeError(f"{verb} does not lead from {request.status} to {to}")
    request.status = to


def require_way(request: SmartAccountRequest, verb: Verb) -> None:
    """409 that says how the request stands, unless the verb is possible now."""
    status = Status(request.status)
    if verb not in TRANSITIONS[status]:
        raise _no_way(request, status)


def _no_way(request: SmartAccountRequest, status: Status) -> Problem:
    day = f"{request.decided_at:%d %B %Y}" if request.decided_at else ""
    says, hint = {
        Status.ACTIVE: (
            f"It was completed on {day}: {request.domain} is active.",
            f"Ask for access to it instead, with the domain {request.domain}.",
        ),
        Status.DECLINED: (f"It was declined on {day}.", "Ask for the account anew."),
        Status.CANCELLED: (f"It was cancelled on {day}.", "Ask for the account anew."),
        Status.EXPIRED: (
            f"It expired on {day}, because nobody completed it in time.",
            "Whoever asked for the account has to ask for it anew.",
        ),
        Status.PENDING_ACCEPTANCE: (
            "It waits for its acceptance by whoever was invited.",
            "Ask them to accept it, or send the activation mail again.",
        ),
    }.get(
        status,
        ("It waits for its approval first.", "You get a mail as soon as it is decided."),
    )
    return conflict(
        f"request-{status.replace('_', '-')}",
        "This is not possible any more" if status not in AWAITS else "This is not possible yet",
        f"The request for {request.name} ({request.domain}): {says}",
        hint,
    )
