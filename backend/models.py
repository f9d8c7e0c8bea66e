"""Imports every table, so that migrations and tests see the whole schema."""

from backend.access import models as access
from backend.accounts import models as accounts
from backend.cases import desk_models as cases_desk
from backend.cases import models as cases
from backend.core import events, identity, looks, unit_of_work
from backend.demo import models as demo
from backend.directory import models as directory
from backend.notifications import models as notifications
from backend.notifications import preference_models as preferences
from backend.orders import models as orders
from backend.partners import models as partners
from backend.people import models as people
from backend.users import models as users
from backend.virtual_accounts import models as virtual_accounts
from backend.webhooks import models as webhooks

__all__ = [
    "access",
    "accounts",
    "cases",
    "cases_desk",
    "demo",
    "directory",
    "events",
    "identity",
    "looks",
    "notifications",
    "orders",
    "partners",
    "people",
    "preferences",
    "unit_of_work",
    "users",
    "virtual_accounts",
    "webhooks",
]
