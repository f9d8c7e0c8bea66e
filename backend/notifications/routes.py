"""The calls about notifications: one's own preferences, and an account's extra addresses."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from backend.accounts.domains import NamedDomain
from backend.core.auth import CurrentPerson
from backend.core.events import ActingDep
from backend.core.pagination import CursorQuery, LimitQuery, Page
from backend.core.problems import RESPONSES
from backend.core.unit_of_work import WRITE_HEADERS, SessionDep, UnitOfWorkRoute
from backend.notifications import preferences, recipients
from backend.notifications.schemas import (
    AddRecipient,
    Preferences,
    PreferencesAnswer,
    RecipientAnswer,
    RecipientPublic,
    SetPreferences,
)

router = APIRouter(tags=["notifications"], route_class=UnitOfWorkRoute, responses=RESPONSES)
Named = Annotated[NamedDomain, Path(description="Domain of the Smart Account")]
RecipientId = Annotated[
    str, Path(max_length=254, description="The id of the extra address, or the address itself")
]
AGAIN: dict[int | str, dict[str, Any]] = {
    200: {"model": RecipientAnswer, "description": "It is there already, or a dry run"}
}


@router.get("/notification-preferences", operation_id="get_notification_preferences")
async def get_notification_preferences(person: CurrentPerson, session: SessionDep) -> Preferences:
    """Show what you are mailed about, how often, and when summaries come: "what will you mail
    me?". With all that can be chosen.
    """
    return await preferences.of_person(session, person)


@router.put(
    "/notification-preferences",
    operation_id="set_notification_preferences",
    dependencies=WRITE_HEADERS,
)
async def set_notification_preferences(
    body: SetPreferences, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> PreferencesAnswer:
    """Choose how often you are mailed about each category (at once, daily, weekly, off), and at
    which hour of which time zone summaries come. Send only what shall change.
    """
    return await preferences.choose(session, person, acting, body)


@router.get(
    "/smart-accounts/{smart_account}/notification-recipients",
    operation_id="list_notification_recipients",
)
async def list_notification_recipients(
    smart_account: Named,
    person: CurrentPerson,
    session: SessionDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[RecipientPublic]:
    """List the extra addresses that get an account's news and alerts, newest first. For SA
    Administrators.
    """
    return await recipients.listed(session, person, smart_account, cursor, limit)


@router.post(
    "/smart-accounts/{smart_account}/notification-recipients",
    operation_id="add_notification_recipient",
    status_code=201,
    dependencies=WRITE_HEADERS,
    responses=AGAIN,
)
async def add_notification_recipient(
    smart_account: Named,
    body: AddRecipient,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
    response: Response,
) -> RecipientAnswer:
    """Have an account's news and alerts, such as licences that expire, also go to a shared
    address at the account's own domain. It counts once it is confirmed by the link that is mailed
    there; adding it again mails the link again. For SA Administrators.
    """
    answer, is_new = await recipients.add(session, person, acting, smart_account, body)
    if not is_new:
        response.status_code = 200
    return answer


@router.delete(
    "/smart-accounts/{smart_account}/notification-recipients/{recipient_id}",
    operation_id="remove_notification_recipient",
    dependencies=WRITE_HEADERS,
)
async def remove_notification_recipient(
    smart_account: Named,
    recipient_id: RecipientId,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> RecipientAnswer:
    """Stop sending an account's news to an extra address. For SA Administrators."""
    return await recipients.remove(session, person, acting, smart_account, recipient_id)
