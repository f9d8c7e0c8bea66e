"""Training with what was labelled in the review inbox, and whether that makes it better."""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from assistant.cli.display import Display, console, say
from assistant.cli.evaluation import Comparison, held_out, understand
from assistant.cli.paths import State
from assistant.cli.training import named, train, train_candidate
from assistant.review.training import NewExamples, new_examples
from backend.core import identity as _identity  # noqa: F401 - the assistant's tables point to it
from backend.core.database import Database
from backend.core.settings import settings

MOST_SHOWN = 20
NOTHING_NEW = "Nothing new was labelled. Label messages in the console at /console/review."


@dataclass(frozen=True)
class Candidate:
    """A model trained with what was labelled, beside the present one, and how both do."""

    model: Path
    examples: Path
    comparison: Comparison

    def keep(self, state: State) -> Path:
        """Let it be the model from now on; its examples are learnt in every later training too."""
        state.taught.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.examples, state.taught)
        return self.model.replace(state.models / named(state))


def labelled() -> NewExamples:
    """What was labelled and is not known yet, without what is measured with."""
    return asyncio.run(_labelled([one.text for one in held_out()]))


async def _labelled(kept: list[str]) -> NewExamples:
    db = Database(settings().database)
    try:
        async with db.read() as session:
            return await new_examples(session, kept)
    finally:
        await db.dispose()


def export(file: Path | None, write: Callable[[str], None]) -> str:
    """Write the examples as Rasa NLU data into a file, or by `write`; what was done, in words."""
    new = labelled()
    if file is None:
        write(new.yaml())
    else:
        file.write_text(new.yaml())
    return f"{_counted(new.count)} written, {len(new.conflicts)} with two meanings left out"


def learn(state: State, new: NewExamples, shown: Display) -> Candidate:
    """Train with these examples and measure before and after. Raises `TrainingFailed`."""
    examples = state.folder / "review" / "candidate.yml"
    examples.parent.mkdir(parents=True, exist_ok=True)
    examples.write_text(new.yaml())
    step = shown.step("Present model")
    present = train(state, progress=step.update)
    step.done(f"trained in {present.seconds:.0f} s" if present.fresh else "up to date")
    step = shown.step("With review")
    candidate = train_candidate(state, examples, progress=step.update)
    step.done(f"trained in {candidate.seconds:.0f} s with {_counted(new.count)} more")
    sentences = held_out()
    read = []
    for name, model in (("Before", present.model), ("After", candidate.model)):
        step = shown.step(name)
        read.append(understand(state, model, sentences, step.update))
        step.done(f"{len(sentences)} held-out sentences read")
    return Candidate(candidate.model, examples, Comparison(sentences, *read))


def report(compared: Comparison) -> None:
    """Print what became better and worse."""
    count = len(compared.sentences)
    say(
        f"Of {count} sentences that it has not learnt from, {compared.right_before} were "
        f"understood ({compared.right_before / count:.1%}), and {compared.right_after} are now "
        f"({compared.right_after / count:.1%})."
    )
    rows = compared.by_intent()
    if rows:
        table = Table("Intent", "Sentences", "Before", "After", "Change", box=None, pad_edge=False)
        for intent, sentences, before, after in rows[:MOST_SHOWN]:
            style = "red" if after < before else "green"
            table.add_row(
                intent, str(sentences), str(before), str(after), f"[{style}]{after - before:+d}[/]"
            )
        console.print(table)
    for loss in compared.losses[:MOST_SHOWN]:
        say(
            f"No longer understood: “{loss.sentence.text}” means {loss.sentence.intent}, "
            f"now taken for {loss.after}"
        )
    if not compared.changes:
        say("No sentence is taken for anything else than before.")


def _counted(examples: int) -> str:
    return "1 example" if examples == 1 else f"{examples} examples"
