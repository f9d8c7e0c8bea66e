"""What was labelled as training data: masked, each sentence once, none that is known already, none
that contradicts what is known.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.review import repository
from assistant.review.nlu_data import Example, as_yaml, key, taught
from assistant.review.schemas import Conflict, TrainingExamples
from backend.core import clock
from backend.core.settings import settings

Labelled = tuple[Example, str]


@dataclass
class NewExamples:
    """New sentences by intent, how many were known, and those with two meanings."""

    examples: dict[str, list[Example]] = field(default_factory=lambda: defaultdict(list))
    known: int = 0
    conflicts: list[Conflict] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many sentences are new."""
        return sum(map(len, self.examples.values()))

    def shown(self) -> TrainingExamples:
        """For the API."""
        return TrainingExamples(
            examples={name: [e.written() for e in found] for name, found in self.examples.items()},
            count=self.count,
            known=self.known,
            conflicts=self.conflicts,
        )

    def yaml(self) -> str:
        """As a file that Rasa reads."""
        lines = [f"Labelled in the review inbox, as of {clock.now():%Y-%m-%d %H:%M} UTC."]
        lines += [
            f"Left out: “{c.text}” means {c.intent} here and {c.other} in the "
            f"{'training data' if c.where == 'data' else 'inbox'}."
            for c in self.conflicts
        ]
        return as_yaml(self.examples, "\n".join(lines))


def sorted_out(
    labelled: Iterable[Labelled], known: Mapping[str, Sequence[str]], kept: Iterable[str] = ()
) -> NewExamples:
    """What of the labelled sentences is new. `known` are the examples of every intent; `kept` are
    sentences that are measured with and must not be learnt.
    """
    meant = {key(text): intent for intent, texts in known.items() for text in texts}
    apart = {key(text) for text in kept}
    by_key: dict[str, dict[str, Example]] = defaultdict(dict)
    for example, intent in labelled:
        by_key[key(example.text)].setdefault(intent, example)
    new = NewExamples()
    for same, meanings in by_key.items():
        intent, example = next(iter(meanings.items()))
        other = next((name for name in meanings if name != intent), None)
        if other is not None:
            new.conflicts.append(_conflict(example, intent, other, in_data=False))
        elif same in meant and meant[same] != intent:
            new.conflicts.append(_conflict(example, intent, meant[same], in_data=True))
        elif not same or same in meant or same in apart:
            new.known += 1
        else:
            new.examples[intent].append(example)
    return new


def _conflict(example: Example, intent: str, other: str, *, in_data: bool) -> Conflict:
    return Conflict(
        text=example.text, intent=intent, other=other, where="data" if in_data else "inbox"
    )


async def new_examples(session: AsyncSession, kept: Iterable[str] = ()) -> NewExamples:
    """Everything that was labelled and that the assistant does not know yet."""
    labelled = [
        (
            Example(
                item.text or "",
                tuple((one["start"], one["end"], one["entity"]) for one in item.entities),
            ),
            intent,
        )
        for item, intent in await repository.examples(session)
    ]
    return sorted_out(labelled, taught(settings().data_dir), kept)
