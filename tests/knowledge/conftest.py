"""The search over the real articles, built once; and the knowledge calls alone in an app."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from backend.core import problems
from backend.core.auth import current_person
from backend.core.identity import Person
from backend.core.settings import settings
from backend.knowledge import pages, routes
from backend.knowledge import search as search_module
from backend.knowledge.search import KnowledgeSearch, build_search


@pytest.fixture(scope="session")
def folder() -> Path:
    return settings().data_dir / "knowledge"


@pytest.fixture(scope="session")
def search(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> KnowledgeSearch:
    return build_search(folder, tmp_path_factory.mktemp("knowledge"))


@pytest.fixture
def knowledge_app(search: KnowledgeSearch, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The routes and pages without a database; nobody is signed in."""
    monkeypatch.setattr(search_module, "_search", search)
    app = FastAPI()
    problems.install(app)
    app.include_router(routes.router, prefix="/api/v1")
    app.include_router(pages.router)
    return app


@pytest_asyncio.fixture
async def stranger(knowledge_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=knowledge_app)
    async with httpx.AsyncClient(transport=transport, base_url="http://knowledge") as client:
        yield client


@pytest_asyncio.fixture
async def nora(knowledge_app: FastAPI, stranger: httpx.AsyncClient) -> httpx.AsyncClient:
    """Somebody who is signed in and has no role anywhere."""
    person = Person(
        id="nora@northwind.example",
        email="nora@northwind.example",
        name="Nora Ekelstrand",
        organization_domain="northwind.example",
        kind="customer",
    )
    knowledge_app.dependency_overrides[current_person] = lambda: person
    return stranger
