"""The secrets of an installation: those that were set, or random ones in demo mode."""

import json
import os
import secrets as random
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from backend.core.settings import DEFAULT_SECRET, Settings, settings


@dataclass(frozen=True)
class Secrets:
    """What signs sessions and tokens, and what Rasa and the app show each other."""

    secret_key: str
    rasa_secret: str
    actions_secret: str

    @classmethod
    def made_up(cls) -> "Secrets":
        """Three new random ones."""
        return cls(*(random.token_urlsafe(48) for _ in range(3)))

    def environment(self) -> dict[str, str]:
        """The same as environment variables, under the names of the settings."""
        return {name.upper(): value for name, value in asdict(self).items()}


def secrets_of(configured: Settings, file: Path) -> Secrets:
    """Every secret that was set; in demo mode the others from `file`, which is made if missing.

    Raises `SystemExit` outside demo mode while a secret still has its default.
    """
    configured.refuse_default_secrets()
    chosen = Secrets(
        secret_key=configured.secret_key.get_secret_value(),
        rasa_secret=configured.rasa_secret.get_secret_value(),
        actions_secret=configured.actions_secret.get_secret_value(),
    )
    missing = [name for name, value in asdict(chosen).items() if value == DEFAULT_SECRET]
    if not missing:
        return chosen
    kept = asdict(_read_or_make(file))
    return replace(chosen, **{name: kept[name] for name in missing})


def use_secrets(file: Path) -> Secrets:
    """Put the secrets into this process's environment and settings, and return them."""
    found = secrets_of(settings(), file)
    os.environ.update(found.environment())
    settings.cache_clear()
    return found


def _read_or_make(file: Path) -> Secrets:
    """Written so that nobody else on this machine can read it, and never half written."""
    try:
        return Secrets(**json.loads(file.read_text()))
    except FileNotFoundError:
        pass
    except (ValueError, TypeError):
        raise SystemExit(
            f"{file} cannot be read. Delete it to have new secrets made up; everybody will have "
            "to sign in again."
        ) from None
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = Secrets.made_up()
    draft = file.with_suffix(f".{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        json.dump(asdict(fresh), handle)
    try:
        file.hardlink_to(draft)
    except FileExistsError:  # another process was quicker: its secrets are the ones
        return _read_or_make(file)
    finally:
        draft.unlink()
    return fresh
