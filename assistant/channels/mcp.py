"""The Model Context Protocol at `/mcp`: the same tools for other assistants, per person.

A client reads as the person whose token it has. A write is only ever proposed: the answer is a
link to the card, where the signed-in person confirms. What a client answers to a question of ours
may be a model's words, so it confirms nothing.
"""

import json
from functools import cached_property
from typing import Any

import httpx
import mcp_types as types
from mcp.server import Server
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import AnyHttpUrl
from sqlmodel import select
from starlette.routing import BaseRoute, Route

from assistant.conversations import repository, service, storage
from assistant.conversations.drafts import Draft
from assistant.conversations.models import Conversation
from assistant.conversations.schemas import NewConversation
from assistant.limits import limit
from assistant.proposals.service import prepare
from assistant.tools import described, is_tool, offered, readable, schema_of
from assistant.wording import say
from backend.core.client import Answer, Caller, Operation, Via, licensing_api
from backend.core.database import database
from backend.core.identity import Person
from backend.core.problems import Problem
from backend.core.settings import settings
from backend.core.tokens import InvalidToken, verify

PATH = "/mcp"
SENDER: Via = "mcp"
# Names the conversation of cards. No sender of the REST channel begins with a space.
KEY = " mcp"


class _Verifier:
    """Takes the API's tokens and those for MCP clients; never one of an internal call."""

    async def verify_token(self, token: str) -> AccessToken | None:
        """Who the token is for, or None."""
        try:
            claims = verify(token)
        except InvalidToken:
            return None
        if claims.audience not in {"api", "mcp"}:
            return None
        return AccessToken(
            token=token, client_id="ask-licensing", scopes=["read", "propose"],
            subject=claims.person, resource=_address(),
        )  # fmt: skip


def _address() -> str:
    return f"{settings().base_url}{PATH}"


class McpChannel:
    """The server; its routes go into the application, `running()` into its lifespan."""

    @cached_property
    def _server(self) -> Server[Any]:
        return Server(
            "ask-licensing", title="Ask Licensing", on_list_tools=_list_tools,
            on_call_tool=_call_tool, instructions=say("mcp.instructions"),
        )  # fmt: skip

    @cached_property
    def routes(self) -> list[BaseRoute]:
        """`/mcp` itself, without a redirect, and the metadata that clients look for."""
        made = self._server.streamable_http_app(
            streamable_http_path=PATH,
            json_response=True,
            stateless_http=True,
            token_verifier=_Verifier(),
            auth=AuthSettings(
                issuer_url=AnyHttpUrl(settings().base_url),
                resource_server_url=AnyHttpUrl(_address()),
                required_scopes=["read"],
                validate_token_resource=False,
            ),
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )
        elsewhere = [r for r in made.routes if isinstance(r, Route) and r.path != PATH]
        return [Route(PATH, endpoint=made), *elsewhere]

    def running(self) -> Any:
        """A context in which requests are served."""
        _ = self.routes
        return self._server.session_manager.run()


def _person_id() -> str:
    token = get_access_token()
    if token is None or token.subject is None:
        raise PermissionError("a request without a person")
    return token.subject


async def _list_tools(_ctx: Any, _params: Any) -> types.ListToolsResult:
    async with database().read() as session:
        person = await session.get_one(Person, _person_id())
    return types.ListToolsResult(
        tools=[
            types.Tool(
                name=operation.id,
                description=described(operation),
                input_schema=schema_of(operation),
                annotations=types.ToolAnnotations(
                    read_only_hint=not operation.writes, destructive_hint=False
                ),
            )
            for operation in offered(licensing_api(), person)
        ]
    )


async def _call_tool(_ctx: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
    operation = licensing_api().operations.get(params.name)
    if operation is None or not is_tool(operation):
        return _result(say("mcp.no_tool", name=params.name), ok=False)
    arguments = dict(params.arguments or {})
    try:
        await limit("tool calls", _person_id(), settings().messages_a_minute)
        if operation.writes:
            return await _propose(operation, arguments)
        answer = await licensing_api().call(
            operation.id, arguments, Caller(_person_id(), via=SENDER)
        )
    except Problem as problem:
        return _result(f"{problem.body.detail} {problem.body.hint}", ok=False)
    except httpx.HTTPError as exc:
        return _result(say("mcp.unreachable", error=type(exc).__name__), ok=False)
    return _result(readable(answer), ok=answer.ok)


async def _propose(operation: Operation, arguments: dict[str, Any]) -> types.CallToolResult:
    """Put a card into the person's conversation for MCP and answer with a link to it."""
    person_id = _person_id()
    conversation_id = await _conversation(person_id)
    caller = Caller(person_id, conversation_id, SENDER)
    prepared = await prepare(caller, operation.id, arguments)
    if isinstance(prepared, Answer):
        return _result(readable(prepared), ok=False)
    preview = prepared.proposal.preview if prepared.proposal else None
    await _show(conversation_id, prepared)
    link = f"{settings().base_url}/?conversation={conversation_id}"
    if preview is None:
        return _result(f"{prepared.text} {link}", ok=True)
    shown = json.dumps(preview, ensure_ascii=False)
    return _result(say("mcp.card", link=link, preview=shown), ok=True)


async def _show(conversation_id: str, draft: Draft) -> None:
    async with database().write() as session:
        conversation = await repository.locked(session, conversation_id)
        await storage.store_draft(session, conversation, draft, SENDER)


async def _conversation(person_id: str) -> str:
    """The person's one conversation for cards of MCP clients."""
    async with database().read() as session:
        known = (
            await session.exec(
                select(Conversation.id).where(
                    Conversation.person == person_id, Conversation.external_key == KEY
                )
            )
        ).first()
        person = await session.get_one(Person, person_id)
    if known is not None:
        return known
    opened = await service.begin(person, NewConversation(portal="clc"), external_key=KEY)
    return opened.id


def _result(text: str, *, ok: bool) -> types.CallToolResult:
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=text)], is_error=not ok
    )
