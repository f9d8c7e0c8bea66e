"""What the words of a case suggest for its severity and category, with the reason.

Looked at once, after the case was opened, from `data/support/suggestions.yml`: phrases for the
severity, and for the category the sentences that are nearest in meaning. What the person chose
stays; somebody of the desk takes a suggestion over with one click, or dismisses it.
"""

import asyncio
import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import service, work
from backend.cases.desk import desk
from backend.cases.desk_models import CaseSuggestion
from backend.cases.models import Case
from backend.cases.page_schemas import DecideSuggestion, Suggestion
from backend.cases.schemas import CATEGORY_NAMES, CaseAnswer, Category, UpdateCase
from backend.core.database import database, insert_into
from backend.core.events import Acting, Event, record
from backend.core.identity import Person
from backend.core.jobs import job
from backend.core.problems import not_found
from backend.core.settings import settings
from backend.knowledge.search import knowledge_search

BY_ITSELF = Acting(person="desk", via="rule")
# Chosen with the sentences in tests/cases/test_suggestions.py. How near (a cosine, at most 1) the
# nearest sentences of a category are at least, and how much nearer than those of the chosen one.
NEAR, NEARER = 0.42, 0.12
# So many of a category's sentences speak for it, lest a single odd one decides.
VOICES = 2
# The beginning says what a case is about; the embedding reads 256 tokens anyway.
CHARACTERS = 600


class Phrases(BaseModel):
    """Words by which people tell how severe something is."""

    model_config = ConfigDict(extra="forbid")

    severity: int = Field(ge=1, le=4)
    says: list[str] = Field(min_length=1)

    def found_in(self, text: str) -> str | None:
        """The phrase as the person wrote it."""
        for phrase in self.says:
            pattern = r"\s+".join(re.escape(word) for word in phrase.split())
            found = re.search(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE)
            if found:
                return " ".join(found[0].split())
        return None


class Rules(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")

    severity: list[Phrases]
    category: dict[Category, list[str]]


@dataclass(frozen=True)
class Found:
    """A suggestion before it is kept."""

    field: str
    value: str
    reason: str


@lru_cache
def rules() -> Rules:
    """The file, read once."""
    path = settings().data_dir / "support" / "suggestions.yml"
    return Rules.model_validate(yaml.safe_load(path.read_text()))


def severity_of(text: str, chosen: int) -> Found | None:
    """Another severity than the chosen one, by the first rule of which a phrase stands there."""
    for one in rules().severity:
        phrase = one.found_in(text)
        if phrase:
            if one.severity == chosen:
                return None
            return Found("severity", str(one.severity), f"it says “{phrase}”")
    return None


def category_of(text: str, chosen: Category) -> Found | None:
    """Another category than the chosen one, if what was written is clearly nearer to it.

    Takes some 10 ms, the first time a second; call it outside a transaction.
    """
    embed = knowledge_search().embed
    vector = embed.model([text[:CHARACTERS]])[0]
    scores: dict[Category, float] = {}
    nearest: dict[Category, str] = {}
    for category, sentences in rules().category.items():
        alike = embed(sentences) @ vector
        scores[category] = float(np.sort(alike)[-VOICES:].mean())
        nearest[category] = sentences[int(alike.argmax())]
    best = max(scores, key=lambda one: scores[one])
    clear = scores[best] >= NEAR and scores[best] - scores.get(chosen, 0.0) >= NEARER
    if best == chosen or not clear:
        return None
    return Found("category", best, f"it sounds like “{nearest[best]}”")


@job("suggest_for_case", after=("case_opened",))
async def suggest_for_case(event_id: str) -> None:
    """Look at the words of a new case once."""
    async with database().read() as session:
        event = await session.get_one(Event, event_id)
        case = await session.get_one(Case, event.details["case"])
        text = f"{case.title}. {case.description}"
    severity = severity_of(text, case.severity)
    category = await asyncio.to_thread(category_of, text, Category(case.category))
    async with database().write() as session:
        for one in (severity, category):
            if one:
                await _keep(session, case, one)


async def _keep(session: AsyncSession, case: Case, found: Found) -> None:
    inserted = await session.exec(
        insert_into(session, CaseSuggestion)
        .values(**CaseSuggestion(case_number=case.number, **vars(found)).model_dump())
        .on_conflict_do_nothing()
        .returning(col(CaseSuggestion.field))
    )
    if inserted.first() is None:
        return
    await record(
        session, "case_suggested", BY_ITSELF, subject=case.number,
        text=f"Suggested: {found.field} {_said(found.field, found.value)}, because {found.reason}",
        rule=f"Suggested {found.field}",
        details={"case": case.number, "requester": case.requester, "title": case.title,
                 "status": case.status, "conversation": case.conversation},
    )  # fmt: skip


def _said(field: str, value: str) -> str:
    return CATEGORY_NAMES[Category(value)] if field == "category" else value


async def suggestions_of(session: AsyncSession, case: Case) -> list[Suggestion]:
    """What is suggested and not what the case says already."""
    rows = await session.exec(
        select(CaseSuggestion)
        .where(CaseSuggestion.case_number == case.number)
        .order_by(col(CaseSuggestion.field).desc())
    )
    return [
        Suggestion.model_validate(one.model_dump())
        for one in rows.all()
        if one.value != str(getattr(case, one.field))
    ]


async def decide(
    session: AsyncSession, person: Person, acting: Acting, number: str, body: DecideSuggestion
) -> CaseAnswer:
    """Take a suggestion over, or dismiss it."""
    case = await service.find_to_change(session, person, number)
    service.require_desk(person, case)
    suggestion = await session.get(CaseSuggestion, (case.number, body.field))
    if suggestion is None:
        raise not_found(
            f"suggestion for the {body.field} of case {case.number}",
            "Set it with PATCH /api/v1/cases/{number}, whatever is suggested.",
        )
    suggestion.accepted, suggestion.decided_by = body.accept, person.id
    session.add(suggestion)
    if not body.accept:
        title = "Suggestion dismissed"
        await service.note_event(
            session, "case_suggestion_dismissed", case, acting,
            f"Dismissed: {body.field} {_said(body.field, suggestion.value)}",
        )  # fmt: skip
        return await service.answer(session, case, person, service.receipt_for(case, title))
    service.require_open(case, "Reopen it first.")
    changes: list[tuple[str, str]] = []
    if body.field == "severity":
        severity = UpdateCase(severity=int(suggestion.value))
        changes = await work.change(session, person, acting, case, severity)
    elif suggestion.value != case.category:
        changes = await _recategorise(session, person, acting, case, Category(suggestion.value))
    return await service.answer(
        session, case, person, service.receipt_for(case, "Suggestion taken over", *changes)
    )


async def _recategorise(
    session: AsyncSession, person: Person, acting: Acting, case: Case, category: Category
) -> list[tuple[str, str]]:
    """Another category; and its queue, unless somebody has moved the case already."""
    routed = case.queue == _route(case)
    case.category = category
    await service.add_entry(
        session, case, "category", person.id, CATEGORY_NAMES[category], internal=True,
        category=category,
    )  # fmt: skip
    await service.note_event(
        session, "case_recategorised", case, acting, f"About: {CATEGORY_NAMES[category]}"
    )
    changes = [("About", CATEGORY_NAMES[category])]
    if routed and _route(case) != case.queue:
        moved = UpdateCase(queue=_route(case))
        changes += await work.change(session, person, acting, case, moved)
    return changes


def _route(case: Case) -> str:
    return desk().route(
        kind=case.kind, category=case.category, portal=case.portal, severity=case.severity
    )
