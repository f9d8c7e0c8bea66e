"""The mapping to the case system: complete, read both ways, and refused with what is wrong."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from backend.cases.schemas import SEVERITY_NAMES, Category, Status
from backend.core.settings import ROOT, settings
from backend.training.schemas import Kind
from backend.webhooks.mapping import FACTS, BadMapping, CaseSystem, case_system

FILE = ROOT / "data" / "support" / "case_system.yml"


def told() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return data


@pytest.mark.parametrize("category", Category)
def test_that_each_category_has_its_codes(category: Category) -> None:
    codes = CaseSystem.model_validate(told()).codes("support", category)
    assert codes.technology
    assert codes.sub_technology
    assert codes.problem_code


@pytest.mark.parametrize("kind", Kind)
def test_that_each_kind_of_engagement_has_its_codes(kind: Kind) -> None:
    assert CaseSystem.model_validate(told()).codes(kind, "training").problem_code


def test_that_no_two_categories_are_filed_alike() -> None:
    mapping = CaseSystem.model_validate(told())
    filed = [tuple(one.model_dump().values()) for one in
             (*mapping.categories.values(), *mapping.kinds.values())]  # fmt: skip
    assert len(filed) == len(set(filed))


@pytest.mark.parametrize("status", Status)
def test_that_each_status_goes_and_comes_back(status: Status) -> None:
    mapping = CaseSystem.model_validate(told())
    assert mapping.status_of(mapping.statuses[status].upper()) is status


@pytest.mark.parametrize("severity", SEVERITY_NAMES)
def test_that_each_severity_goes_and_comes_back(severity: int) -> None:
    mapping = CaseSystem.model_validate(told())
    assert mapping.severity_of(mapping.severities[severity]) == severity


@given(st.text(max_size=300), st.integers(1, 400))
def test_that_no_text_is_longer_than_its_field_takes(text: str, longest: int) -> None:
    mapping = CaseSystem.model_validate(told() | {"longest": {"ShortDescription": longest}})
    mapped = mapping.mapped(dict.fromkeys(FACTS) | {"title": text})["ShortDescription"]
    assert len(mapped) <= max(longest, 1)
    assert mapped == text or mapped.endswith("…")


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the product finds its mapping in this test."""
    (tmp_path / "support").mkdir()
    monkeypatch.setattr(settings(), "data_dir", tmp_path)
    case_system.cache_clear()
    yield tmp_path / "support" / "case_system.yml"
    case_system.cache_clear()


def without(name: str, key: Any) -> dict[str, Any]:
    data = told()
    del data[name][key]
    return data


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (without("statuses", "new"), "statuses: no code for new"),
        (without("severities", 4), "severities: no code for 4"),
        (without("categories", "ea"), "categories: no code for ea"),
        (without("kinds", "demo"), "kinds: no code for demo"),
        (without("fields", "CallerTicketNumber"), "nothing holds our “number”"),
        (told() | {"fields": told()["fields"] | {"Mood": "mood"}}, "Mood is to hold “mood”"),
        (told() | {"statuses": told()["statuses"] | {"closed": "new"}}, "stands for two things"),
        (told() | {"longest": {"Nothing": 3}}, "there is no field Nothing"),
        (told() | {"name": "a@b"}, "name"),
        (told() | {"surprise": 1}, "surprise"),
    ],
)  # fmt: skip
def test_that_a_wrong_file_says_what_is_wrong(
    written: Path, data: dict[str, Any], said: str
) -> None:
    written.write_text(yaml.safe_dump(data, allow_unicode=True))
    with pytest.raises(BadMapping) as refused:
        case_system()
    assert said in str(refused.value)
    assert str(written) in str(refused.value)


def test_that_a_missing_or_unreadable_file_is_named(written: Path) -> None:
    with pytest.raises(BadMapping, match=r"case_system\.yml can’t be read"):
        case_system()
    written.write_text("a: [")
    with pytest.raises(BadMapping, match=r"case_system\.yml can’t be read"):
        case_system()
