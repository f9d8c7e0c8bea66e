"""What was typed into a form and what is wrong with it, so that neither is ever lost."""

from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import FormData

from backend.core.client import Answer
from backend.core.problems import Problem


@dataclass
class FormState:
    """One form of a page: its values, errors by field, and a sentence about the whole."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    problem: str = ""
    hint: str = ""
    done: str = ""

    @classmethod
    def read(cls, form: FormData) -> "FormState":
        """The text fields of a form as they were typed."""
        return cls({name: value for name, value in form.multi_items() if isinstance(value, str)})

    def get(self, name: str, default: object = "") -> str:
        """A value to show: what was typed, else the default."""
        return self.values.get(name, str(default if default is not None else ""))

    def text(self, name: str) -> str | None:
        """A value to send; nothing at all when it was left empty."""
        return self.values.get(name, "").strip() or None

    def refuse(self, body: dict[str, Any]) -> None:
        """Take over what a problem says: at its fields where the form has them."""
        rest = []
        for error in body.get("errors") or []:
            name = str(error["field"]).split(".", 1)[0]
            self.errors.setdefault(name, str(error["message"]))
            if name not in self.values:
                rest.append(str(error["message"]))
        self.problem = " ".join(rest) or str(body.get("detail") or body.get("title") or "")
        self.hint = "" if body.get("errors") else str(body.get("hint") or "")

    def settle(self, answer: Answer) -> bool:
        """Take over an answer of the API: a done form is empty again. Whether it was done."""
        if not answer.ok:
            self.refuse(answer.body)
            return False
        receipt = answer.body.get("receipt") or {}
        self.values, self.done = {}, str(receipt.get("title") or "Done")
        return True

    def settle_problem(self, problem: Problem) -> None:
        """The same for a refusal inside this process."""
        self.refuse(problem.body.model_dump())
