"""Saved views: filters of the queue under a name, an agent's own or everybody's."""

from sqlalchemy import or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import agents, listing, repository
from backend.cases.desk import desk
from backend.cases.models import DeskView
from backend.cases.view_schemas import ChangeView, Deleted, SaveView, ViewAnswer, ViewPublic, Views
from backend.core.database import lock_row
from backend.core.events import Acting, record
from backend.core.identity import Person
from backend.core.policy import DeskAction, desk_allows
from backend.core.problems import FieldError, Problem, conflict, forbidden, invalid, not_found
from backend.core.receipts import Line, Receipt

MOST_VIEWS = 50


def require_agent(person: Person) -> None:
    """403 for whoever does not work on cases."""
    if not desk_allows(person, DeskAction.WORK_CASES):
        raise forbidden(
            "Views are the support desk’s: they show its queues.",
            "List your own cases with GET /api/v1/cases?mine=true.",
        )


async def list_views(session: AsyncSession, person: Person) -> Views:
    """The person's own views and the shared ones, by name, with their counts."""
    require_agent(person)
    rows = await session.exec(
        select(DeskView)
        .where(or_(col(DeskView.owner) == person.id, col(DeskView.shared)))
        .order_by(col(DeskView.key), col(DeskView.id))
    )
    default = (await agents.of(session, person)).default_view
    return Views(items=[await _shown(session, person, row, default) for row in rows.all()])


async def _shown(
    session: AsyncSession, person: Person, view: DeskView, default: str | None
) -> ViewPublic:
    filters = listing.CaseFilters.model_validate(view.filters)
    count = await listing.count(session, person, filters)
    return ViewPublic(
        id=view.id, name=view.name, shared=view.shared, mine=view.owner == person.id,
        is_default=view.id == default, filters=filters, count=count.number, more=count.more,
    )  # fmt: skip


async def save(session: AsyncSession, person: Person, acting: Acting, body: SaveView) -> ViewAnswer:
    """Keep filters under a name. 409 for a name that is taken."""
    require_agent(person)
    await lock_row(session, Person, person.id)
    _require_may_share(person, shared=body.shared)
    _require_known(body.filters)
    await _require_free(session, person, body.name)
    own = await session.exec(select(DeskView.id).where(DeskView.owner == person.id))
    if len(own.all()) >= MOST_VIEWS:
        raise conflict(
            "too-many-views", "You have too many views",
            f"You have saved {MOST_VIEWS} views, which is the most.",
            "Delete one that you no longer use.",
        )  # fmt: skip
    view = DeskView(
        owner=person.id, name=body.name, key=body.name.casefold()[:60], shared=body.shared,
        filters=_kept(body.filters),
    )  # fmt: skip
    await _write(session, view)
    return await _noted(session, person, acting, view, "desk_view_saved", "View saved")


def _kept(filters: listing.CaseFilters) -> dict[str, object]:
    return filters.model_dump(mode="json", exclude_defaults=True)


async def change(
    session: AsyncSession, person: Person, acting: Acting, view_id: str, body: ChangeView
) -> ViewAnswer:
    """Change a view of one's own, or as a lead a shared one."""
    view = await _to_change(session, person, view_id)
    shared = view.shared if body.shared is None else body.shared
    _require_may_share(person, shared=shared)
    name = view.name if body.name is None else body.name
    await _require_free(session, person, name, but=view)
    if body.filters is not None:
        _require_known(body.filters)
        view.filters = _kept(body.filters)
    view.name, view.key, view.shared = name, name.casefold()[:60], shared
    await _write(session, view)
    return await _noted(session, person, acting, view, "desk_view_changed", "View changed")


async def delete(session: AsyncSession, person: Person, acting: Acting, view_id: str) -> Deleted:
    """Delete a view; whose queue opened with it, opens with all cases again."""
    view = await _to_change(session, person, view_id)
    await session.delete(view)
    await session.flush()
    await _record(session, acting, "desk_view_deleted", view)
    lines = [Line(label="View", value=view.name)]
    return Deleted(receipt=Receipt(title="View deleted", reference=view.id, lines=lines))


async def _readable(session: AsyncSession, person: Person, view_id: str) -> DeskView:
    """A view of the person's own or a shared one; 404 for any other."""
    view = await repository.view(session, person, view_id)
    if view is None:
        raise not_found("such view", "List yours with GET /api/v1/desk/views.")
    return view


async def _to_change(session: AsyncSession, person: Person, view_id: str) -> DeskView:
    """The view, its row locked. 403 for a colleague's that one may only use."""
    await _readable(session, person, view_id)
    await lock_row(session, DeskView, view_id)
    view = await _readable(session, person, view_id)
    if view.owner != person.id and not desk_allows(person, DeskAction.SHARE_VIEWS):
        raise forbidden(
            f"“{view.name}” is shared by a lead; only leads change it.",
            "Save it under another name for yourself.",
        )
    return view


def _require_may_share(person: Person, *, shared: bool) -> None:
    if shared and not desk_allows(person, DeskAction.SHARE_VIEWS):
        raise forbidden(
            "Only a lead shares views with everybody at the desk.",
            "Leave `shared` out to save it for yourself.",
        )


def _require_known(filters: listing.CaseFilters) -> None:
    if filters.queue is not None and filters.queue not in desk().queues:
        known = ", ".join(desk().queues)
        message = f"There is no queue {filters.queue}. It is one of: {known}."
        raise invalid([FieldError(field="filters.queue", code="unknown", message=message)])


async def _require_free(
    session: AsyncSession, person: Person, name: str, *, but: DeskView | None = None
) -> None:
    """409 when the person has a view of this name, or everybody has."""
    taken = or_(col(DeskView.owner) == person.id, col(DeskView.shared))
    rows = await session.exec(
        select(DeskView).where(taken, col(DeskView.key) == name.casefold()[:60])
    )
    for view in rows.all():
        if but is None or view.id != but.id:
            raise _name_taken(view.name, shared=view.shared)


async def _write(session: AsyncSession, view: DeskView) -> None:
    """Two leads may share the same name at the same moment; one of them is told so."""
    session.add(view)
    try:
        await session.flush()
    except IntegrityError as exc:
        raise _name_taken(view.name, shared=view.shared) from exc


def _name_taken(name: str, *, shared: bool) -> Problem:
    """409: a name leads to one view."""
    whose = "a shared view" if shared else "a view of yours"
    return conflict(
        "view-name-taken", "There is a view of this name",
        f"“{name}” is {whose} already.",
        "Choose another name, or change that view.",
    )  # fmt: skip


async def _noted(
    session: AsyncSession, person: Person, acting: Acting, view: DeskView, type_: str, title: str
) -> ViewAnswer:
    await _record(session, acting, type_, view)
    default = (await agents.of(session, person)).default_view
    shown = await _shown(session, person, view, default)
    lines = [
        Line(label="View", value=view.name),
        Line(label="For", value="everybody at the desk" if view.shared else "you"),
    ]
    receipt = Receipt(title=title, reference=view.id, lines=lines)
    return ViewAnswer(**shown.model_dump(), receipt=receipt)


async def _record(session: AsyncSession, acting: Acting, type_: str, view: DeskView) -> None:
    done = type_.removeprefix("desk_view_")
    await record(
        session, type_, acting, subject=view.id, text=f"View “{view.name}” {done}",
        details={"shared": view.shared, "filters": view.filters},
    )  # fmt: skip
