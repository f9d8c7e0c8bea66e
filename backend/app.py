"""The licensing system of record as a router, and what it needs to live."""

from fastapi import APIRouter

from backend.access import mails as _access_mails  # noqa: F401 - registers its jobs
from backend.access import timers as _access_timers  # noqa: F401 - registers them
from backend.access.routes import router as access
from backend.access.rule_routes import router as access_rules
from backend.accounts import mails as _account_mails  # noqa: F401 - registers its jobs
from backend.accounts.requests import timers as _account_timers  # noqa: F401 - registers them
from backend.accounts.requests.routes import router as account_requests
from backend.accounts.routes import router as accounts
from backend.cases import alerts as _case_alerts  # noqa: F401 - registers its timer
from backend.cases import assigning as _assigning  # noqa: F401 - registers its job and timer
from backend.cases import bounces as _case_bounces  # noqa: F401 - registers its job
from backend.cases import indexing as _case_indexing  # noqa: F401 - follows what is written
from backend.cases import mails as _case_mails  # noqa: F401 - registers its jobs
from backend.cases.desk_routes import router as desk
from backend.cases.page_routes import router as case_page
from backend.cases.routes import router as cases
from backend.cases.statistics_routes import router as case_statistics
from backend.commerce.routes import router as commerce
from backend.demo.routes import router as demo
from backend.directory.routes import router as directory
from backend.events.routes import router as events
from backend.inbound.desk_routes import router as inbound_desk
from backend.inbound.routes import router as inbound
from backend.knowledge.routes import router as knowledge
from backend.notifications import bounced as _bounced  # noqa: F401 - registers its job
from backend.notifications import digests as _digests  # noqa: F401 - registers its timers
from backend.notifications import news as _account_news  # noqa: F401 - registers its job
from backend.notifications.desk_routes import router as mails
from backend.notifications.routes import router as notifications
from backend.open_things.routes import router as open_things
from backend.orders import access_mails as _order_access_mails  # noqa: F401 - registers its jobs
from backend.orders import arrivals as _order_arrivals  # noqa: F401 - registers its job
from backend.orders import expiring as _order_expiring  # noqa: F401 - registers its timer
from backend.orders import license_alerts as _license_alerts  # noqa: F401 - registers its timer
from backend.orders import mails as _order_mails  # noqa: F401 - registers its jobs
from backend.orders import timers as _order_timers  # noqa: F401 - registers them
from backend.orders.access_routes import router as order_access
from backend.orders.assigning_routes import router as assigning
from backend.orders.desk_routes import router as order_desk
from backend.orders.export_routes import router as order_exports
from backend.orders.license_routes import router as licenses
from backend.orders.routes import router as orders
from backend.partners import mails as _partner_mails  # noqa: F401 - registers its jobs
from backend.partners.routes import router as partners
from backend.people import mails as _people_mails  # noqa: F401 - registers its jobs
from backend.people.routes import router as people
from backend.training.routes import router as training
from backend.users import mails as _user_mails  # noqa: F401 - registers its jobs
from backend.users.group_routes import router as groups
from backend.users.routes import router as users
from backend.virtual_accounts.routes import router as virtual_accounts

API = "/api/v1"


def api_router() -> APIRouter:
    """Every call of the backend under `/api/v1`."""
    router = APIRouter(prefix=API)
    # What is called by far most often is looked for first.
    for feature in (
        commerce, people, training, desk, cases, case_page, case_statistics, directory, access,
        access_rules, accounts, account_requests, virtual_accounts, users, groups, orders,
        assigning, order_access, order_desk, order_exports, licenses, partners, events,
        notifications, open_things, knowledge, inbound,
        inbound_desk, mails, demo,
    ):  # fmt: skip
        router.include_router(feature)
    return router
