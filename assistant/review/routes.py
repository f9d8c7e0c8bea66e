"""The calls of the review inbox. For the support desk."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from assistant.review import repository, service, training
from assistant.review.schemas import (
    KnownIntents,
    Label,
    ReviewGroupAnswer,
    ReviewGroupHead,
    ReviewGroupPublic,
    Sort,
    TrainingExamples,
)
from backend.core.auth import CurrentPerson
from backend.core.events import ActingDep
from backend.core.pagination import CursorQuery, LimitQuery, Page
from backend.core.policy import DeskAction
from backend.core.problems import RESPONSES
from backend.core.unit_of_work import WRITE_HEADERS, SessionDep, UnitOfWorkRoute

INBOX, EXPORTING = "The review inbox", "Exporting training data"
YAML = "application/yaml"
router = APIRouter(
    prefix="/api/v1/review", tags=["support"], route_class=UnitOfWorkRoute, responses=RESPONSES
)
GroupId = Annotated[str, Path(max_length=32, description="The group's id, from the list")]


@router.get("/groups", operation_id="list_review_groups")
async def list_review_groups(
    person: CurrentPerson,
    session: SessionDep,
    sort: Annotated[Sort, Query(description="Which come first")] = "largest",
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[ReviewGroupHead]:
    """List what people said that the assistant was unsure of, in groups that mean alike. For
    support agents.
    """
    service.require(person, DeskAction.REVIEW, INBOX)
    groups, following = await repository.open_groups(session, sort, cursor, limit)
    return Page(items=await service.heads(session, groups), next=following)


@router.get("/groups/{group}", operation_id="get_review_group")
async def get_review_group(
    group: GroupId, person: CurrentPerson, session: SessionDep
) -> ReviewGroupPublic:
    """Show a group of messages, personal data masked, and what was said of them. For support
    agents.
    """
    service.require(person, DeskAction.REVIEW, INBOX)
    return await service.whole(session, group)


@router.post("/groups/{group}/label", operation_id="label_review_group", dependencies=WRITE_HEADERS)
async def label_review_group(
    group: GroupId, body: Label, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> ReviewGroupAnswer:
    """Say what the messages of a group mean, all unlabelled ones or some. For support agents."""
    service.require(person, DeskAction.REVIEW, INBOX)
    return await service.label(session, acting, group, body)


@router.post("/groups/{group}/undo", operation_id="undo_review_label", dependencies=WRITE_HEADERS)
async def undo_review_label(
    group: GroupId, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> ReviewGroupAnswer:
    """Take back what was said last of a group of messages. For support agents."""
    service.require(person, DeskAction.REVIEW, INBOX)
    return await service.undo(session, acting, group)


@router.get("/intents", operation_id="list_review_intents")
async def list_review_intents(person: CurrentPerson) -> KnownIntents:
    """List what a message can be labelled with. For support agents."""
    service.require(person, DeskAction.REVIEW, INBOX)
    return KnownIntents(items=service.known_intents())


@router.get("/training-data", operation_id="show_training_data")
async def show_training_data(person: CurrentPerson, session: SessionDep) -> TrainingExamples:
    """Show what was labelled and is new, and sentences with two meanings. For leads of the desk."""
    service.require(person, DeskAction.EXPORT_TRAINING_DATA, EXPORTING)
    return (await training.new_examples(session)).shown()


@router.get(
    "/training-data.yml",
    operation_id="download_training_data",
    response_class=Response,
    responses={200: {"content": {YAML: {"schema": {"type": "string"}}}}},
)
async def download_training_data(person: CurrentPerson, session: SessionDep) -> Response:
    """Save what was labelled and is new as Rasa NLU data. For leads of the desk."""
    service.require(person, DeskAction.EXPORT_TRAINING_DATA, EXPORTING)
    return yaml_file((await training.new_examples(session)).yaml())


def yaml_file(content: str) -> Response:
    """The file as a browser saves it."""
    return Response(
        content,
        media_type=YAML,
        headers={"Content-Disposition": 'attachment; filename="review-nlu.yml"'},
    )
