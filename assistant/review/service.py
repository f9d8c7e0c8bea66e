"""Labelling: somebody of the desk says what messages mean, once, and can take it back."""

from collections import Counter
from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.review import repository
from assistant.review.models import ReviewGroup, ReviewItem, ReviewLabelling
from assistant.review.nlu_data import taught
from assistant.review.schemas import (
    Guess,
    KnownIntent,
    Label,
    Labelling,
    MarkedMessage,
    ReviewGroupAnswer,
    ReviewGroupHead,
    ReviewGroupPublic,
    ReviewMessage,
)
from backend.core import clock
from backend.core.events import Acting, record
from backend.core.identity import Person, people, person_ref
from backend.core.policy import DeskAction, desk_allows
from backend.core.problems import FieldError, conflict, forbidden, invalid, not_found
from backend.core.receipts import Line, Receipt
from backend.core.settings import settings

SUGGESTIONS = 5
LOOK_AGAIN = "Look at the group again."


def require(person: Person, action: DeskAction, what: str) -> None:
    """Raise 403 unless this support person may do it."""
    if not desk_allows(person, action):
        raise forbidden(f"{what} is for the support desk.", "Ask a lead of the desk.")


def known_intents() -> list[KnownIntent]:
    """What a message can be labelled with, by name."""
    return [
        KnownIntent(name=name, title=title(name), examples=len(examples))
        for name, examples in sorted(taught(settings().data_dir).items())
    ]


def title(intent: str) -> str:
    """`request_training` → `Request training`."""
    return intent.replace("_", " ").capitalize()


async def heads(session: AsyncSession, groups: Sequence[ReviewGroup]) -> list[ReviewGroupHead]:
    """Groups as the list shows them, with two queries whatever its length."""
    ids = [group.id for group in groups]
    causes = await repository.causes(session, ids)
    guesses = await repository.best_guesses(session, ids)
    return [
        ReviewGroupHead.model_validate(_head(group, causes, guesses.get(group.id, [])))
        for group in groups
    ]


def _head(
    group: ReviewGroup, causes: dict[str, dict[str, int]], guesses: Sequence[tuple[str, float]]
) -> dict[str, object]:
    whole = sum(weight for _, weight in guesses) or 1.0
    return {
        "id": group.id,
        "text": group.text,
        "messages": group.size,
        "unlabelled": group.open,
        "causes": causes.get(group.id, {}),
        "suggestions": [
            Guess(name=name, confidence=round(weight / whole, 4))
            for name, weight in guesses[:SUGGESTIONS]
        ],
        "newest_at": group.newest_at,
    }


async def whole(session: AsyncSession, group_id: str) -> ReviewGroupPublic:
    """A group with its messages. Raises 404."""
    group = await _find(session, group_id)
    items = await repository.items_of(session, group_id)
    labellings = await repository.labellings_of(session, group_id)
    known = await people(session, [labelling.by for labelling in labellings])
    shown = {
        one.id: Labelling(
            intent=one.intent, messages=one.messages, by=person_ref(one.by, known), at=one.at
        )
        for one in labellings
    }
    causes = await repository.causes(session, [group_id])
    guesses = (await repository.best_guesses(session, [group_id])).get(group_id, [])
    others = _others(items, [name for name, _ in guesses])
    return ReviewGroupPublic.model_validate(
        _head(group, causes, [*guesses, *others])
        | {
            "items": [_message(item, shown.get(item.labelling_id or "")) for item in items],
            "labellings": list(shown.values()),
        }
    )


def _others(items: Sequence[ReviewItem], already: Sequence[str]) -> list[tuple[str, float]]:
    """What the engine thought of besides, so that there is more than one to choose from."""
    runners_up = Counter[str]()
    for item in items:
        for guess in item.guesses[1:]:
            runners_up[guess["name"]] += int(1000 * guess["confidence"])
    return [(n, weight / 1000) for n, weight in runners_up.most_common() if n not in already]


def _message(item: ReviewItem, label: Labelling | None) -> ReviewMessage:
    return ReviewMessage.model_validate(
        item.model_dump(include={"id", "text", "cause", "guesses", "at"})
        | {"conversation": item.conversation_id, "message": str(item.message_seq), "label": label}
    )


async def _find(session: AsyncSession, group_id: str, *, lock: bool = False) -> ReviewGroup:
    group = await repository.group(session, group_id, lock=lock)
    if group is None:
        raise not_found("group of messages", "Go back to the review inbox.")
    return group


async def label(
    session: AsyncSession, acting: Acting, group_id: str, body: Label
) -> ReviewGroupAnswer:
    """Say what messages of a group mean. Raises 404, 409 if somebody else was quicker, 422 for
    an intent that there is none.
    """
    if body.intent is not None and body.intent not in taught(settings().data_dir):
        raise invalid([FieldError(field="intent", code="unknown", message=(
            f"The assistant knows no intent “{body.intent}”. Take one of list_review_intents."
        ))])  # fmt: skip
    group = await _find(session, group_id, lock=True)
    items = await repository.unlabelled(session, group_id, body.messages)
    wanted = body.expected if body.messages is None else len(set(body.messages))
    if not items or (wanted is not None and len(items) != wanted):
        raise await _changed(session, group, items)
    _mark(items, body.marked)
    labelling = ReviewLabelling(
        group_id=group_id, intent=body.intent, messages=len(items), by=acting.person,
        at=clock.now(),
    )  # fmt: skip
    session.add(labelling)
    await session.flush()
    for item in items:
        item.labelling_id = labelling.id
    group.open -= len(items)
    session.add_all([group, *items])
    meaning = title(body.intent) if body.intent else "nothing to learn from"
    await record(
        session, "review_labelled", acting, subject=group_id,
        text=f"{_counted(len(items))} labelled: {meaning}",
        details={"labelling": labelling.id, "intent": body.intent, "messages": len(items)},
    )  # fmt: skip
    return await _answer(session, group_id, f"{_counted(len(items))} labelled", meaning)


async def _changed(
    session: AsyncSession, group: ReviewGroup, items: Sequence[ReviewItem]
) -> Exception:
    labellings = await repository.labellings_of(session, group.id)
    if labellings and not (items and group.open == len(items)):
        newest = labellings[0]
        name = person_ref(newest.by, await people(session, [newest.by])).name
        meaning = title(newest.intent) if newest.intent else "nothing to learn from"
        said = f"{name} labelled {_counted(newest.messages)} of this group: {meaning}."
        return conflict("labelled", "Somebody else was quicker", said, LOOK_AGAIN)
    now = _counted(group.open)
    return conflict("changed", "The group has changed", f"It has {now} to label now.", LOOK_AGAIN)


def _mark(items: Sequence[ReviewItem], marked: Sequence[MarkedMessage]) -> None:
    """Note the facts that were marked. Raises 422 for what lies outside of a text."""
    found = {item.id: item for item in items}
    for one in marked:
        item, marks = found.get(one.id), sorted(one.entities, key=lambda mark: mark.start)
        ends = [0, *(mark.end for mark in marks)]
        right = item is not None and all(
            last <= mark.start < mark.end <= len(item.text or "")
            for last, mark in zip(ends, marks, strict=False)
        )
        if item is None or not right:
            raise invalid([FieldError(field="marked", code="outside", message=(
                "A mark has to lie inside the text of one of these messages, and beside the others."
            ))])  # fmt: skip
        item.entities = [mark.model_dump() for mark in marks]


async def undo(session: AsyncSession, acting: Acting, group_id: str) -> ReviewGroupAnswer:
    """Take the newest labelling of a group back. Raises 404, 409 when there is none."""
    group = await _find(session, group_id, lock=True)
    labellings = await repository.labellings_of(session, group_id)
    if not labellings:
        raise conflict(
            "nothing-labelled", "There is nothing to take back", "No message of it is labelled.",
            "Label it first.",
        )  # fmt: skip
    labelling = labellings[0]
    labelling.undone_by, labelling.undone_at = acting.person, clock.now()
    items = await repository.labelled_by(session, labelling.id)
    for item in items:
        item.labelling_id, item.entities = None, []
    group.open += len(items)
    session.add_all([group, labelling, *items])
    await record(
        session, "review_label_undone", acting, subject=group_id,
        text=f"The label of {_counted(len(items))} was taken back",
        details={"labelling": labelling.id, "intent": labelling.intent, "messages": len(items)},
    )  # fmt: skip
    taken = title(labelling.intent) if labelling.intent else "Ignore"
    return await _answer(session, group_id, f"Taken back: {taken}", _counted(len(items)))


async def _answer(session: AsyncSession, group_id: str, done: str, value: str) -> ReviewGroupAnswer:
    await session.flush()
    group = await whole(session, group_id)
    receipt = Receipt(
        title=done, reference=group_id, lines=[Line(label=group.text[:60], value=value)]
    )
    return ReviewGroupAnswer(**group.model_dump(), receipt=receipt)


def _counted(messages: int) -> str:
    return "1 message" if messages == 1 else f"{messages} messages"
