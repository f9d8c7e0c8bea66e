"""Every scenario, through the real app and the real Rasa, checked against the database; then
the same on the agent, which must leave the same in the database.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.conversations.ideal import IdealModel, Told
from tests.conversations.scenario import Run, Scenario, load
from tests.product import Product

HERE = Path(__file__).parent
SCENARIOS = [
    pytest.param(scenario, id=f"{folder.name}: {scenario.name}")
    for folder in sorted(HERE.iterdir())
    if folder.is_dir()
    for scenario in load(folder)
]
# What differs between any two runs.
OF_ITS_OWN = {"number", "created_at", "updated_at", "sla", "conversation", "id", "at"}


def test_that_no_two_scenarios_have_one_name() -> None:
    names = [scenario.name for folder in HERE.iterdir() if folder.is_dir()
             for scenario in load(folder)]  # fmt: skip
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_that_the_conversation_goes_as_told(
    product: Product, scenario: Scenario, told: dict[str, Told]
) -> None:
    told[scenario.name] = Run(product, scenario)()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_that_the_agent_leaves_the_same_in_the_database(
    agents_product: Product, product: Product, scenario: Scenario, ideal: IdealModel,
    told: dict[str, Told],
) -> None:  # fmt: skip
    if scenario.name not in told:
        told[scenario.name] = Run(product, scenario)()
    with_rasa = told[scenario.name]
    # The same world to begin with, to its last identifier.
    seeded = product.seeded
    with_agent = Run(agents_product, scenario, ideal=ideal, as_with=with_rasa, seeded=seeded)()
    assert with_agent.changes == with_rasa.changes
    assert len(with_agent.numbers) == len(with_rasa.numbers)
    assert comparable(with_agent.cases) == comparable(with_rasa.cases)
    assert with_agent.profile == with_rasa.profile


def comparable(value: Any) -> Any:
    """Without numbers and moments of the run itself."""
    if isinstance(value, dict):
        return {key: comparable(one) for key, one in value.items() if key not in OF_ITS_OWN}
    return [comparable(one) for one in value] if isinstance(value, list) else value
