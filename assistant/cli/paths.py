"""Where things lie: in the checkout, and below STATE_DIR."""

from dataclasses import dataclass
from pathlib import Path

from backend.core.settings import ROOT

PYTHON = ROOT / ".venv" / "bin" / "python"
RASA_PYTHON = ROOT / ".venv-rasa" / "bin" / "python"


@dataclass(frozen=True)
class State:
    """The folder that holds everything a running product writes."""

    folder: Path

    @classmethod
    def at(cls, folder: Path) -> "State":
        """The state in `folder`, made if it is missing; relative to the working directory."""
        state = cls(folder.resolve())
        for needed in (state.rasa, state.logs, state.models):
            needed.mkdir(parents=True, exist_ok=True)
        return state

    @property
    def rasa(self) -> Path:
        """Rasa's generated endpoints and credentials, and its tracker store."""
        return self.folder / "rasa"

    @property
    def logs(self) -> Path:
        """One log for each process."""
        return self.folder / "log"

    @property
    def models(self) -> Path:
        """Trained models, named by the hash of what they were trained from."""
        return self.folder / "models"

    @property
    def taught(self) -> Path:
        """What was labelled in the review inbox and is learnt in every training from then on."""
        return self.folder / "review" / "nlu.yml"

    @property
    def secrets(self) -> Path:
        """The secrets made up for demo mode."""
        return self.folder / "secrets.json"

    @property
    def lock(self) -> Path:
        """Held by the `up` that works here."""
        return self.folder / "up.lock"
