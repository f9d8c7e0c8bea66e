"""`ask-licensing doctor`: what is set up, and what the model's endpoint can do."""

import asyncio

from rich.table import Table

from assistant.cli.paths import PYTHON, RASA_PYTHON, State
from assistant.cli.training import current_model
from backend.core.settings import Settings, settings


def examine() -> tuple[Table, bool]:
    """A table of what was looked at, and whether all of it is well."""
    config = settings()
    found = _set_up(State.at(config.state_dir), config)
    found += _mail(config)
    found += _model(config)
    table = Table(box=None, pad_edge=False, show_header=False)
    for what, state in found:
        table.add_row(what, state)
    return table, not any(state.startswith("no") for _, state in found)


def _set_up(state: State, config: Settings) -> list[tuple[str, str]]:
    trained = current_model(state)
    return [
        ("The app's Python", _there(PYTHON.exists())),
        ("Rasa's Python", _there(RASA_PYTHON.exists())),
        ("Rasa's model", "yes" if trained else "no: run `ask-licensing train`"),
        ("Database", "SQLite" if config.on_sqlite else "PostgreSQL"),
        ("Wake-ups and limits", "Redis" if config.redis_url else "in this process"),
        ("Sign-in", "demo people" if config.demo_mode else "tokens only"),
    ]


def _there(exists: bool) -> str:
    return "yes" if exists else "no: run `make setup`"


def _mail(config: Settings) -> list[tuple[str, str]]:
    """Whether mails leave the outbox, and answers come back."""
    if config.smtp_url is None:
        return [("Mail", "stays in the outbox; set SMTP_URL to send it")]
    from backend.notifications.mail_server import examined

    state = asyncio.run(examined(config.smtp_url.get_secret_value()))
    complete = config.reply_domain and config.mail_inbound_token
    answers = (
        f"to {config.reply_domain}"
        if complete
        else ("not by mail; set REPLY_DOMAIN and MAIL_INBOUND_TOKEN")
    )
    return [("Mail", state), ("Answers to mails", answers)]


def _model(config: Settings) -> list[tuple[str, str]]:
    if not config.has_model:
        return [("Language model", "none; set OPENAI_API_KEY or OPENAI_BASE_URL to have the agent")]
    from assistant.engines.agent.probe import probe

    where = config.openai_base_url or "the provider's own address"
    found = asyncio.run(probe())
    return [
        ("Language model", f"{config.assistant_model} at {where}"),
        *((f"  {name}", state) for name, state in found.items()),
    ]
