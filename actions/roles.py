"""Role and scope as people say them: "viewer of Oslo", "SA user", "the whole account"."""

from actions.sheet import Sheet, Values
from actions.turn import Turn

ACCOUNT, PLACES = "account", "virtual_accounts"
_PREFIX = {ACCOUNT: "sa_", PLACES: "va_"}


def scope_of(role: str) -> str:
    """The scope in which a role is held."""
    return ACCOUNT if role.startswith("sa_") else PLACES


def role_in(level: str, scope: str) -> str:
    """A bare "viewer" in a scope; an approver there is only of the account."""
    return "sa_approver" if level == "approver" else f"{_PREFIX[scope]}{level}"


def level_of(role: str) -> str:
    """What a role is called without its scope."""
    return role.split("_", 1)[1]


def hear_role(turn: Turn, sheet: Sheet, heard: Values, *, scope: str | None = None) -> None:
    """Complete role and scope in `heard`: a role has its scope, named virtual accounts mean that
    scope, and a bare level waits until the scope is known. `scope` is what holds otherwise.
    """
    kept = sheet.memory.kept
    level = turn.value("role_level") if "role" not in heard else None
    if "role" in heard:
        heard.setdefault("scope", scope_of(heard["role"]))
        kept.pop("level", None)
    elif level == "approver":
        heard |= {"role": "sa_approver", "scope": ACCOUNT}
    elif level is not None:
        kept["level"] = level
    if heard.get(PLACES) and "role" not in heard:
        heard.setdefault("scope", PLACES)
    known = heard.get("scope") or sheet.values.get("scope") or scope
    if "level" in kept and known:
        heard["role"] = role_in(kept.pop("level"), known)
        heard["scope"] = known
    present = sheet.values.get("role")
    if "role" not in heard and present and known and scope_of(present) != known:
        heard["role"] = role_in(level_of(present), known)
    if heard.get("scope") == ACCOUNT:
        heard.pop(PLACES, None)
        sheet.values.pop(PLACES, None)
        sheet.values.pop("include_nested", None)
