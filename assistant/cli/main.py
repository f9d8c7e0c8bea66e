"""The commands. Each imports what it needs when it is called, so that `--help` is quick."""

import os
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.display import console, display, say
from backend.core.settings import ROOT

app = typer.Typer(
    name="ask-licensing",
    help="Ask Licensing: start it, train it, talk to it, look into it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)


@app.callback()
def in_project() -> None:
    """Ask Licensing: start it, train it, talk to it, look into it."""
    # `.env` and a relative STATE_DIR mean the same from wherever this is called.
    os.chdir(ROOT)


@app.command()
def up() -> None:
    """Start everything: database, model, Rasa, the app; Ctrl-C ends it."""
    from assistant.cli.up import up as run

    raise typer.Exit(run())


@app.command()
def train(
    force: Annotated[bool, typer.Option(help="Train even when nothing changed.")] = False,
    with_review: Annotated[
        bool,
        typer.Option(
            "--with-review", help="With what was labelled in the review inbox: show what changes."
        ),
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep that model even if it understands less.")
    ] = False,
) -> None:
    """Train Rasa's model, if config.yml, data/ or assistant/nlu changed.

    With --with-review a second model learns what was labelled, too. Both read the sentences of
    data/evaluation; the second one is kept when it understands no fewer, or with --keep.
    """
    if with_review:
        raise typer.Exit(_train_with_review(keep=keep))
    from assistant.cli.paths import State
    from assistant.cli.training import TrainingFailed
    from assistant.cli.training import train as run
    from backend.core.settings import settings

    state = State.at(settings().state_dir)
    try:
        with display() as shown:
            step = shown.step("Rasa's model")
            trained = run(state, force=force, progress=step.update)
            step.done(f"trained in {trained.seconds:.0f} s" if trained.fresh else "up to date")
    except TrainingFailed as exc:
        say(str(exc), "red")
        raise typer.Exit(1) from None


def _train_with_review(*, keep: bool) -> int:
    from assistant.cli.learning import NOTHING_NEW, labelled, learn, report
    from assistant.cli.paths import State
    from assistant.cli.training import TrainingFailed
    from backend.core.settings import settings

    state, new = State.at(settings().state_dir), labelled()
    for one in new.conflicts:
        say(f"Left out, since it has two meanings: “{one.text}” ({one.intent}, {one.other})")
    if not new.count:
        say(NOTHING_NEW)
        return 0
    try:
        with display() as shown:
            candidate = learn(state, new, shown)
    except TrainingFailed as exc:
        say(str(exc), "red")
        return 1
    report(candidate.comparison)
    if candidate.comparison.is_worse and not keep:
        say("It understands less than before, so it was not kept. --keep keeps it all the same.")
        return 2
    candidate.keep(state)
    say("Kept. Restart the product to use it; `ask-licensing up` starts with it from now on.")
    return 0


@app.command("review-export")
def review_export(
    file: Annotated[
        Path | None, typer.Argument(help="Where to; left out: to the standard output.")
    ] = None,
) -> None:
    """Write what was labelled in the review inbox as Rasa NLU data, personal data masked."""
    from assistant.cli.learning import export

    said = export(file, lambda content: typer.echo(content, nl=False))
    typer.echo(said, err=True)


@app.command()
def migrate() -> None:
    """Bring the database to the present schema."""
    from assistant.cli.database import migrate as run

    run()
    say("The database is up to date.")


@app.command()
def seed(
    orders: Annotated[
        int,
        typer.Option(min=0, max=100_000_000, help="Have at least this many made-up orders, too."),
    ] = 0,
) -> None:
    """Migrate, then fill an empty database with the demo world (in demo mode)."""
    from assistant.cli.database import add_orders
    from assistant.cli.database import seed as run

    say(run())
    if orders:
        with display() as shown:
            step = shown.step("Orders")
            step.done(add_orders(orders, progress=step.update))


@app.command()
def chat(
    email: Annotated[str | None, typer.Option("--as", help="Who chats (demo mode).")] = None,
    portal: Annotated[str | None, typer.Option(help="clc, cssm or scm.")] = None,
    engine: Annotated[str | None, typer.Option(help="rasa or agent.")] = None,
    url: Annotated[str | None, typer.Option(help="Where it runs; default: here.")] = None,
    token: Annotated[
        str | None,
        typer.Option(help="A bearer token, outside demo mode.", envvar="ASK_LICENSING_TOKEN"),
    ] = None,
) -> None:
    """Talk to it in the terminal."""
    from assistant.cli.chat import chat as run
    from backend.core.settings import settings

    raise typer.Exit(run(url or settings().base_url, email, portal, engine, token))


@app.command()
def routes(
    words: Annotated[str, typer.Argument(help="Only what contains this.")] = "",
) -> None:
    """List the operations of the API: their id, where they are, what they do."""
    from assistant.cli.routes import table

    console.print(table(words))


@app.command()
def actions(
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Where to listen.")] = 5055,
) -> None:
    """Serve Rasa's custom actions by themselves (ACTIONS_URL tells Rasa where)."""
    from assistant.cli.actions import serve

    serve(host, port)


@app.command()
def doctor() -> None:
    """Say what is set up, and what the language model's endpoint can do."""
    from assistant.cli.doctor import examine

    found, well = examine()
    console.print(found)
    raise typer.Exit(0 if well else 1)


@app.command()
def llm(
    port: Annotated[int, typer.Option(help="Where to listen.")] = 8900,
    play: Annotated[
        bool, typer.Option("--try", help="Hold a few conversations with it, and print them.")
    ] = False,
) -> None:
    """Serve a small language model on this machine, to try the agent with (optional)."""
    from assistant.cli.llm import serve

    raise typer.Exit(serve(port, play=play))
