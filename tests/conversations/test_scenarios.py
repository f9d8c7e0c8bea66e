"""Every scenario, through the real app and the real Rasa, checked against the database."""

from pathlib import Path

import pytest

from tests.conversations.scenario import Run, Scenario, load
from tests.product import Product

HERE = Path(__file__).parent
SCENARIOS = [
    pytest.param(scenario, id=f"{folder.name}: {scenario.name}")
    for folder in sorted(HERE.iterdir())
    if folder.is_dir()
    for scenario in load(folder)
]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_that_the_conversation_goes_as_told(product: Product, scenario: Scenario) -> None:
    Run(product, scenario)()
