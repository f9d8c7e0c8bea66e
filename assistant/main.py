"""The composition root: everything in one ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import APIRouter, FastAPI, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from actions.server import router as actions
from assistant import delivery as _delivery  # noqa: F401 - registers its job
from assistant.channels.mcp import McpChannel
from assistant.channels.rest import router as rest_channel
from assistant.console.routes import router as console
from assistant.conversations import indexing as _indexing  # noqa: F401 - follows what is said
from assistant.conversations.routes import router as conversations
from assistant.engines import rasa
from assistant.engines.agent import toolbox
from assistant.lifespan import lifespan
from assistant.review import grouping
from assistant.review.routes import router as review
from assistant.statistics.routes import router as statistics
from assistant.widget.pages import router as widget_pages
from backend.app import API, api_router
from backend.cases.due import apply_policy
from backend.core import client, problems
from backend.core.body_limit import BodyLimit
from backend.core.database import Database, database
from backend.core.logs import configure_logs
from backend.core.settings import settings
from backend.demo.routes import restore_clock
from backend.demo.seed import seed
from backend.knowledge import search as knowledge
from backend.knowledge.pages import router as article_pages
from backend.notifications.courier import delivering
from backend.notifications.pages import router as notification_pages

INTERNAL = "http://licensing.internal"


async def prepare(db: Database) -> None:
    """The demo world into an empty database, and the clock where the demo left it; the desk's
    service levels as they are now.
    """
    if settings().demo_mode:
        await seed(db)
        await restore_clock()
    await apply_policy(db)


def create_app() -> FastAPI:
    """The whole product as one application."""
    configure_logs()
    mcp = McpChannel()

    @asynccontextmanager
    async def beside() -> AsyncIterator[None]:
        async with mcp.running(), delivering():
            yield

    app = FastAPI(
        title="Ask Licensing",
        version="1",
        lifespan=lifespan(prepare, beside),
        openapi_url=f"{API}/openapi.json",
        generate_unique_id_function=lambda route: f"{client.HTTP_ONLY}{route.name}",
        docs_url=None,
        redoc_url=None,
        summary="Software licensing by chat, and the system of record behind it",
    )
    problems.install(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecureHeaders)
    if settings().widget_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings().widget_origins,
            allow_methods=["*"],
            expose_headers=["Retry-After", "Idempotent-Replayed"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID"],
        )
    pages = (widget_pages, console, article_pages, notification_pages, _health)
    for router in (
        api_router(), conversations, review, statistics, rest_channel, actions, *pages,
    ):  # fmt: skip
        app.include_router(router)
    app.router.routes.extend(mcp.routes)
    http = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=False), base_url=INTERNAL
    )
    client.configure(client.LicensingApi(http, app.openapi()))
    toolbox.use_embedding(lambda: knowledge.knowledge_search().embed.model)
    grouping.use_embedding(lambda: knowledge.knowledge_search().embed.model)
    return app


class SecureHeaders:
    """Adds headers that hold for every answer, without touching streams."""

    _HEADERS = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"same-origin"))

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; the headers join the answer's start."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._HEADERS]
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


_health = APIRouter(include_in_schema=False)


@_health.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process is alive."""
    return {"status": "ok"}


@_health.get("/readyz")
async def readyz() -> Response:
    """Whether database, Rasa and knowledge answer; else 503 with what is missing."""
    missing = [
        name
        for name, there in (
            ("database", await _database_answers()),
            ("rasa", await rasa.ready()),
            ("knowledge", knowledge.ready()),
        )
        if not there
    ]
    return JSONResponse(
        {"status": "waiting" if missing else "ready", "missing": missing},
        status_code=503 if missing else 200,
    )


async def _database_answers() -> bool:
    try:
        async with database().read() as session:
            connection = await session.connection()
            await connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True


@_health.get("/metrics")
async def metrics() -> Response:
    """Prometheus metrics."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
