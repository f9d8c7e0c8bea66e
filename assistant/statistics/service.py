"""How conversations went in a period. What each figure means exactly: docs/statistics.md."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.statistics import repository
from assistant.statistics.schemas import (
    Containment,
    ConversationStatistics,
    Counted,
    Day,
    Satisfaction,
    Unanswered,
    Waiting,
)
from backend.core.periods import Period

MEDIAN, P90 = 0.5, 0.9
# Masked words of one or two people might still tell who they are.
FEWEST_PEOPLE = 3


async def statistics(
    session: AsyncSession, period: Period, portal: str | None = None
) -> ConversationStatistics:
    """All figures of a period, with about a dozen queries whatever there is."""
    where = (session, period, portal)
    talks = await repository.conversations_by_day(*where)
    messages = await repository.messages_by_day(*where)
    days = [
        Day(day=day, conversations=talks.get(place, 0), messages=messages.get(place, 0))
        for place, day in enumerate(period.dates)
    ]
    intents, understood = await repository.intents(*where)
    return ConversationStatistics(
        since=period.since,
        until=period.until,
        time_zone=period.zone,
        portal=portal,
        conversations=sum(talks.values()),
        messages=sum(messages.values()),
        days=days,
        containment=await _containment(*where),
        hand_offs=counted(await repository.hand_offs(*where)),
        first_answer_by_person=waiting(
            *await repository.first_answers(*where, shares=(MEDIAN, P90))
        ),
        satisfaction=await _satisfaction(*where),
        engines=counted(await repository.engines(*where)),
        intents=counted(intents, understood),
        unanswered=[
            Unanswered(
                group=group.id,
                text=group.text if people >= FEWEST_PEOPLE else None,
                messages=count,
                people=people,
            )
            for group, count, people in await repository.unanswered(*where)
        ],
    )


def counted(rows: Sequence[tuple[str, int]], whole: int | None = None) -> list[Counted]:
    """Counts with their shares of the whole."""
    total = sum(count for _, count in rows) if whole is None else whole
    return [Counted(name=name, count=count, share=round(count / total, 4)) for name, count in rows]


def waiting(count: int, seconds: Sequence[float]) -> Waiting:
    """Median and ninetieth percentile, where anybody waited."""
    median, p90 = seconds if count else (None, None)
    return Waiting(count=count, median=median, p90=p90)


async def _containment(session: AsyncSession, period: Period, portal: str | None) -> Containment:
    row = await repository.endings(session, period, portal)
    contained = row.ended - row.with_person - row.with_case
    return Containment(
        ended=row.ended,
        contained=contained,
        with_person=row.with_person,
        with_case=row.with_case,
        going_on=row.going_on,
        share=round(contained / row.ended, 4) if row.ended else None,
    )


async def _satisfaction(session: AsyncSession, period: Period, portal: str | None) -> Satisfaction:
    thumbs, ratings = Counter[str](), Counter[int]()
    for thumb, rating, count in await repository.opinions(session, period, portal):
        if thumb is not None:
            thumbs[thumb] += count
        if rating is not None:
            ratings[rating] += count
    given, rated = thumbs.total(), ratings.total()
    mean = sum(rating * count for rating, count in ratings.items()) / rated if rated else None
    return Satisfaction(
        up=thumbs["up"],
        down=thumbs["down"],
        share=round(thumbs["up"] / given, 4) if given else None,
        rated=rated,
        mean=round(mean, 2) if mean is not None else None,
        ratings={stars: ratings[stars] for stars in range(1, 6)},
        reasons=counted(_reasons(await repository.reasons(session, period, portal))),
    )


def _reasons(rows: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Each reason by itself, the most frequent first; one thumb may have several."""
    single = Counter[str]()
    for text, count in rows:
        for reason in json.loads(text):
            single[reason] += count
    return sorted(single.items(), key=lambda row: (-row[1], row[0]))
