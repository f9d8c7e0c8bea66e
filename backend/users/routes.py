"""The calls about users of a Smart Account."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel

from backend.accounts.domains import NamedDomain
from backend.accounts.standing import as_member, refusal
from backend.core.auth import CurrentPerson
from backend.core.client import resolve
from backend.core.events import ActingDep
from backend.core.pagination import CursorQuery, LimitQuery, Page
from backend.core.policy import Action, Role
from backend.core.problems import RESPONSES, FieldError, invalid
from backend.core.unit_of_work import WRITE_HEADERS, SessionDep, UnitOfWorkRoute
from backend.core.wording import shown
from backend.users import bulk, permissions, presentation, removing, repository, rows, service
from backend.users.schemas import (
    AddAlike,
    AddUser,
    BulkAnswer,
    ChangeUserRole,
    UserAnswer,
    UserPermissions,
    UserPublic,
)
from backend.virtual_accounts.names import Named
from backend.virtual_accounts.tree import tree

router = APIRouter(
    prefix="/smart-accounts/{smart_account}/users", tags=["users"],
    route_class=UnitOfWorkRoute, responses=RESPONSES,
)  # fmt: skip
NOTHING_NEW: dict[int | str, dict[str, Any]] = {
    200: {"model": UserAnswer, "description": "A dry run, or they have that already"}
}
Account = Annotated[NamedDomain, Path(description="Domain of the Smart Account")]
Email = Annotated[str, Path(max_length=254, description="E-mail address of the user")]


def _bulk_body() -> dict[str, Any]:
    """Rows are checked one by one, so the body is described here and not by a parameter."""
    plain, alike = _plain(AddUser), _plain(AddAlike)
    users = {
        "type": "object",
        "properties": {
            "users": {
                "type": "array", "items": plain, "maxItems": rows.MOST_ROWS,
                "description": "The people, each with email and role",
            },
            "csv": {
                "type": "string",
                "description": "The same as text: identifier,scope,role,virtual_accounts with ; "
                "between virtual accounts",
            },
            **alike["properties"],
        },
    }  # fmt: skip
    file = {"type": "object", "required": ["file"], "properties": {
        "file": {"type": "string", "format": "binary", "description": "A CSV file in UTF-8"},
    }}  # fmt: skip
    return {
        "required": True,
        "content": {
            "application/json": {"schema": users},
            "text/csv": {"schema": {"type": "string"}},
            "multipart/form-data": {"schema": file},
        },
    }


def _plain(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a body without references."""
    schema = model.model_json_schema()
    return resolve({k: v for k, v in schema.items() if k != "$defs"}, schema["$defs"])


@router.get("", operation_id="list_users")
async def list_users(
    smart_account: Account,
    person: CurrentPerson,
    session: SessionDep,
    q: Annotated[
        str | None, Query(max_length=100, description="Part of a name, address or CCO ID")
    ] = None,
    role: Annotated[Role | None, Query(description="Only who has this role")] = None,
    virtual_account: Annotated[
        Named | None, Query(description="Only who has a va_… role there, by its name")
    ] = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[UserPublic]:
    """List who has which role in a Smart Account, by name, with groups. Whoever has roles in some
    virtual accounts sees the users of those.
    """
    found = await as_member(session, person, smart_account)
    if not found.may_somewhere(Action.LIST_USERS):
        raise await refusal(session, found.account, Action.LIST_USERS, [None])
    known = await tree(session, found.account.id)
    where = presentation.scope_of_view(found, known)
    if virtual_account:
        node = known.named(virtual_account)
        if node is None or not found.may(Action.LIST_USERS, node.id):
            raise invalid([_unknown_place(virtual_account, found.account.name)])
        where = presentation.where(known, [node.id])
    statement = repository.users_of(found.account.id, role=role, where=where)
    if q:
        statement = repository.matching(statement, q.strip())
    persons, following = await repository.page(session, statement, cursor, limit)
    items = await presentation.heads(session, found, known, persons)
    return Page(items=items, next=following)


def _unknown_place(named: str, account: str) -> FieldError:
    return FieldError(
        field="virtual_account",
        code="unknown",
        message=f"There is no virtual account {shown(named)} that you can see in {account}.",
    )


@router.post(
    "", operation_id="add_user", status_code=201, dependencies=WRITE_HEADERS,
    responses=NOTHING_NEW,
)  # fmt: skip
async def add_user(
    smart_account: Account,
    body: AddUser,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
    response: Response,
) -> UserAnswer:
    """Give one person a role in a Smart Account, beside those they have."""
    answer, given = await service.add_user(session, person, acting, smart_account, body)
    if not given:
        response.status_code = 200
    return answer


@router.post(
    "/bulk", operation_id="add_users", dependencies=WRITE_HEADERS,
    openapi_extra={"requestBody": _bulk_body()},
)  # fmt: skip
async def add_users(
    smart_account: Account,
    request: Request,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> BulkAnswer:
    """Give up to 500 people roles at once: each their own (users, csv or a file), or one role for
    all (emails). Each row says what became of it; one that is wrong keeps no other from being
    added.
    """
    found = await as_member(session, person, smart_account)
    if not found.may_somewhere(Action.MANAGE_VIRTUAL_ACCOUNT_USERS):
        raise await refusal(session, found.account, Action.MANAGE_VIRTUAL_ACCOUNT_USERS, [None])
    told = await rows.rows_of(request)
    return await bulk.add_users(session, person, acting, smart_account, told)


@router.patch("/{email}", operation_id="change_user_role", dependencies=WRITE_HEADERS)
async def change_user_role(
    smart_account: Account,
    email: Email,
    body: ChangeUserRole,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> UserAnswer:
    """Give a user another role, scope or other virtual accounts, instead of those held."""
    return await service.change_user_role(session, person, acting, smart_account, email, body)


@router.delete("/{email}", operation_id="remove_user", dependencies=WRITE_HEADERS)
async def remove_user(
    smart_account: Account,
    email: Email,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
    virtual_accounts: Annotated[
        list[Named] | None,
        Query(max_length=200, description="Only from these virtual accounts, by name"),
    ] = None,
) -> UserAnswer:
    """Remove a user from a Smart Account, or only from some of its virtual accounts."""
    return await removing.remove_user(
        session, person, acting, smart_account, email, virtual_accounts or []
    )


@router.get("/{email}/permissions", operation_id="get_user_permissions")
async def get_user_permissions(
    smart_account: Account, email: Email, person: CurrentPerson, session: SessionDep
) -> UserPermissions:
    """Show all that a user may do in a Smart Account, where, and which role or group allows it."""
    return await permissions.user_permissions(session, person, smart_account, email)
