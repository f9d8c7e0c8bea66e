"""The product with a model: an app of its own, whose agent talks to a scripted server."""

from collections.abc import Iterator

import pytest

from tests.agent.scripted_model import ScriptedModel
from tests.conversations.ideal import IdealModel, Told
from tests.product import Product


@pytest.fixture(scope="session")
def agents_model() -> Iterator[ScriptedModel]:
    """The server that the agent of `agents_product` talks to."""
    with ScriptedModel() as running:
        yield running


@pytest.fixture(scope="session")
def agents_product(
    agents_model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Product]:
    """The app with a model and without Rasa, so that nobody else can have answered."""
    settings = {"OPENAI_BASE_URL": agents_model.url, "ASSISTANT_MODEL": "scripted"}
    folder = tmp_path_factory.mktemp("agent")
    with Product(folder, with_rasa=False, environment=settings) as running:
        yield running


@pytest.fixture(scope="session")
def ideal(agents_model: ScriptedModel) -> IdealModel:
    """A model that understands what Rasa understood."""
    return IdealModel(agents_model)


@pytest.fixture(scope="session")
def told() -> dict[str, Told]:
    """How scenarios went with Rasa, by name."""
    return {}
