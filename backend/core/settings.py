"""Settings of the whole product, read from the environment and an optional `.env`.

Everything has a default that works on a laptop: SQLite, no other server, demo mode.
"""

from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_SECRET = "demo-only-secret-change-me-before-anybody-else-signs-in"  # noqa: S105 - refused outside demo mode


class Settings(BaseSettings):
    """One object for all settings; `.env.example` explains each of them to people."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    host: str = "127.0.0.1"
    port: int = 8000
    state_dir: Path = Path("var")
    data_dir: Path = ROOT / "data"
    public_url: str | None = None
    database_url: str | None = None
    redis_url: str | None = None

    demo_mode: bool = True
    secret_key: SecretStr = SecretStr(DEFAULT_SECRET)
    session_hours: int = 12

    rasa_url: str = "http://127.0.0.1:5005"
    rasa_secret: SecretStr = SecretStr(DEFAULT_SECRET)
    rasa_seconds: float = 20.0
    actions_secret: SecretStr = SecretStr(DEFAULT_SECRET)
    actions_url: str | None = None
    commerce_token: SecretStr | None = None
    case_system_token: SecretStr | None = None
    backend_url: str | None = None

    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    assistant_model: str = "gpt-5-mini"
    agent_model_calls: int = 8
    agent_tool_calls: int = 16
    agent_tokens: int = 60_000
    agent_prompt_tokens: int = 3_000
    agent_answer_tokens: int = 1_000
    agent_history: int = 30
    agent_silence_seconds: float = 20.0
    agent_pause_seconds: float = 60.0
    price_input_million: float = 0.0
    price_output_million: float = 0.0

    messages_a_minute: int = 600
    conversations_a_minute: int = 120
    files_a_minute: int = 30
    proposal_minutes: int = 15
    order_mails_a_day: int = Field(default=5, ge=1)
    turn_seconds: float = 45.0
    message_characters: int = 4000

    support_address: str = "ask-licensing@support.example"
    smtp_url: SecretStr | None = None
    smtp_connections: int = 4
    reply_domain: str | None = None
    mail_inbound_token: SecretStr | None = None
    widget_origins: Annotated[list[str], NoDecode] = Field(default_factory=list)
    log_level: str = "INFO"
    log_json: bool = False

    @field_validator("widget_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        """Accept a comma-separated list, the form people write in an env file."""
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @property
    def database(self) -> str:
        """The SQLAlchemy URL with its async driver: SQLite in `state_dir` unless set."""
        url = self.database_url or f"sqlite:///{self.state_dir / 'ask-licensing.db'}"
        for plain, driver in (
            ("sqlite://", "sqlite+aiosqlite://"),
            ("postgresql://", "postgresql+psycopg://"),
            ("postgres://", "postgresql+psycopg://"),
        ):
            if url.startswith(plain):
                return driver + url.removeprefix(plain)
        return url

    @property
    def on_sqlite(self) -> bool:
        """Whether the database is the default file rather than PostgreSQL."""
        return self.database.startswith("sqlite")

    @property
    def longest_turn(self) -> float:
        """Seconds: an agent that takes all its time, and then Rasa that takes all of its own."""
        return self.turn_seconds + self.rasa_seconds

    @property
    def has_model(self) -> bool:
        """Whether the agentic engine has a model to talk to."""
        return self.openai_api_key is not None or self.openai_base_url is not None

    @property
    def base_url(self) -> str:
        """Where people reach the product, for links in mails and cards."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def actions_webhook(self) -> str:
        """Where Rasa finds the custom actions."""
        return self.actions_url or f"http://127.0.0.1:{self.port}/actions/webhook"

    def refuse_default_secrets(self) -> None:
        """Outside demo mode, raise `SystemExit` while any secret still has its default."""
        if self.demo_mode:
            return
        named = {
            "SECRET_KEY": self.secret_key,
            "RASA_SECRET": self.rasa_secret,
            "ACTIONS_SECRET": self.actions_secret,
        }
        if self.commerce_token is not None:  # without one, nobody may tell us of orders
            named["COMMERCE_TOKEN"] = self.commerce_token
        if self.case_system_token is not None:  # nor of cases
            named["CASE_SYSTEM_TOKEN"] = self.case_system_token
        if self.mail_inbound_token is not None:  # without one, no answers come back by mail
            named["MAIL_INBOUND_TOKEN"] = self.mail_inbound_token
        weak = [
            n
            for n, s in named.items()
            if len(v := s.get_secret_value()) < 32 or v == DEFAULT_SECRET
        ]
        if weak:
            raise SystemExit(
                f"Not in demo mode, and {', '.join(weak)} still has its default or is shorter "
                "than 32 characters. Set each to a random value, for example with "
                "`python -c 'import secrets; print(secrets.token_urlsafe(48))'`."
            )


@lru_cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
