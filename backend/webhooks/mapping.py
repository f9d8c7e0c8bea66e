"""How a case looks in the case system, read from `data/support/case_system.yml`.

The fields of the other side are those of Smart Bonding (domain.md §11.2): the caller's own ticket
id, descriptions and remarks, three codes of a category, the times that a customer asked for, a
block about the contact.
"""

from collections import Counter
from functools import lru_cache
from typing import Annotated, Any, Self

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from backend.cases.schemas import SEVERITY_NAMES, Category, Status
from backend.core.settings import settings
from backend.training.schemas import Kind

FACTS = frozenset({
    "number", "reference", "title", "description", "remarks", "severity", "status", "technology",
    "sub_technology", "problem_code", "requested_start", "requested_end", "contact_name",
    "contact_email", "contact_phone", "contact_company", "contact_domain", "contact_time_zone",
    "contact_language", "smart_account", "order_number", "portal", "queue", "assignee",
})  # fmt: skip
NEEDED = frozenset({"number", "title", "severity", "status"})
ELLIPSIS = "…"
Code = Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]


class Codes(BaseModel):
    """The three codes by which the case system files a case."""

    model_config = ConfigDict(extra="forbid")

    technology: Code
    sub_technology: Code
    problem_code: Code


class CaseSystem(BaseModel):
    """The whole file. Incomplete or ambiguous ones are refused, with what is wrong."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(pattern=r"^[^@\n]{1,60}$")]
    fields: dict[Code, str]
    longest: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    severities: dict[int, Code]
    statuses: dict[Status, Code]
    also_known: dict[Code, Status] = Field(default_factory=dict)
    kinds: dict[Kind, Codes]
    categories: dict[Category, Codes]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        wrong = [
            *_missing("severities", SEVERITY_NAMES, self.severities),
            *_missing("statuses", Status, self.statuses),
            *_missing("kinds", Kind, self.kinds),
            *_missing("categories", Category, self.categories),
            *_twice("severities", self.severities.values()),
            *_twice("statuses", [*self.statuses.values(), *self.also_known]),
            *(
                f"fields: {theirs} is to hold “{ours}”, which a case doesn’t have; it can hold "
                + ", ".join(sorted(FACTS))
                for theirs, ours in self.fields.items()
                if ours not in FACTS
            ),
            *(
                f"fields: nothing holds our “{fact}”, and they can’t do without"
                for fact in sorted(NEEDED - set(self.fields.values()))
            ),
            *(
                f"longest: there is no field {name}"
                for name in self.longest
                if name not in self.fields
            ),
        ]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    def codes(self, kind: str, category: str) -> Codes:
        """How a case is filed."""
        return self.kinds[Kind(kind)] if kind in set(Kind) else self.categories[Category(category)]

    def mapped(self, facts: dict[str, Any]) -> dict[str, Any]:
        """A case in their fields; what it doesn’t have is null."""
        return {theirs: self._fitting(theirs, facts[ours]) for theirs, ours in self.fields.items()}

    def _fitting(self, name: str, value: Any) -> Any:
        longest = self.longest.get(name)
        if longest is None or not isinstance(value, str) or len(value) <= longest:
            return value
        return value[: longest - 1].rstrip() + ELLIPSIS

    def status_of(self, said: str) -> Status | None:
        """Our status for a word of theirs, in any case; None for a word that nobody told us."""
        known = {word.lower(): status for status, word in self.statuses.items()}
        known |= {word.lower(): status for word, status in self.also_known.items()}
        return known.get(said.strip().lower())

    def severity_of(self, said: str) -> int | None:
        """The same for a severity."""
        known = {word.lower(): severity for severity, word in self.severities.items()}
        return known.get(said.strip().lower())


def _missing(name: str, wanted: Any, there: Any) -> list[str]:
    gone = [str(one) for one in wanted if one not in there]
    return [f"{name}: no code for {', '.join(gone)}"] if gone else []


def _twice(name: str, words: Any) -> list[str]:
    counted = Counter(word.lower() for word in words)
    twice = [word for word, count in counted.items() if count > 1]
    return [f"{name}: “{', '.join(twice)}” stands for two things"] if twice else []


class BadMapping(SystemExit):
    """The file can't be used: the product doesn’t start with it."""


@lru_cache
def case_system() -> CaseSystem:
    """The mapping, read once. Raises `BadMapping` that names the file and each mistake."""
    path = settings().data_dir / "support" / "case_system.yml"
    try:
        return CaseSystem.model_validate(yaml.safe_load(path.read_text()))
    except (yaml.YAMLError, OSError) as exc:
        raise BadMapping(f"{path} can’t be read: {exc}") from exc
    except ValidationError as exc:
        said = [
            f"  {'.'.join(str(part) for part in error['loc']) or 'the file'}: "
            + error["msg"].removeprefix("Value error, ")
            for error in exc.errors()
        ]
        raise BadMapping("\n".join([f"{path} can’t be used:", *said])) from exc
