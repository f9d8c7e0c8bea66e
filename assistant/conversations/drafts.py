"""What an engine wants to say, before it is stored and numbered."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.handoff.transitions import Move


@dataclass
class Draft:
    """A reply without its number; `proposal` is stored together with it."""

    text: str
    role: str = "bot"
    buttons: list[dict[str, str]] = field(default_factory=list)
    ask: dict[str, Any] | None = None
    card: dict[str, Any] | None = None
    sources: list[dict[str, Any]] = field(default_factory=list)
    case: dict[str, Any] | None = None
    proposal: "ProposalDraft | None" = None


@dataclass
class ProposalDraft:
    """A write that passed its dry run."""

    operation: str
    arguments: dict[str, Any]
    preview: dict[str, Any]


@dataclass
class Outcome:
    """How a turn ends: what to say, why, and what changes of the conversation itself.

    `form` replaces the conversation's server-side form (`None` ends it; leave `keep_form`
    True to let it be). `fresh_session` asks Rasa for a new session with the next message. `move`
    says that the conversation changes hands with these replies.
    """

    drafts: list[Draft]
    engine: str
    why: dict[str, Any] = field(default_factory=dict)
    form: dict[str, Any] | None = None
    keep_form: bool = True
    fresh_session: bool | None = None
    move: "Move | None" = None
