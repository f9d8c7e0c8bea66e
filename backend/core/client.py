"""The one client of the licensing API, for the assistant, Rasa's actions and the agent.

Operations are read from the API's own OpenAPI document: whatever route the backend gains
can be called here by its operation id, with its fields as slots, without being written again.
"""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

import httpx

from backend.core.settings import settings
from backend.core.tokens import mint_internal

Via = Literal["rest", "rasa", "agent", "console", "mcp", "rule", "feed"]
Schema = dict[str, Any]


@dataclass(frozen=True)
class Caller:
    """Whose rights a call uses, from which conversation, through which face."""

    person: str
    conversation: str | None = None
    via: Via = "rest"


@dataclass(frozen=True)
class Answer:
    """What the API said: an HTTP status and a JSON body (a problem when not `ok`)."""

    status: int
    body: dict[str, Any]

    @property
    def ok(self) -> bool:
        """Whether the call succeeded."""
        return self.status < 400

    @property
    def field_errors(self) -> list[dict[str, Any]]:
        """The problem's entries per field: `{field, code, message, hint?}`."""
        return list(self.body.get("errors") or [])


@dataclass(frozen=True)
class Upload:
    """A file that goes with a call, in a form or as the body itself, as the operation takes it."""

    name: str
    media_type: str
    content: bytes

    @property
    def boundary(self) -> str:
        """What parts the form: the same for the same file, so that a repeated call is the same."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Acceptance:
    """What somebody accepts by confirming a write, and what the button says that does so."""

    terms: str
    button: str


@dataclass(frozen=True)
class Operation:
    """A route seen as a tool: a name, what it does, and its fields with their JSON schemas."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    fields: dict[str, Schema]
    required: list[str]
    path_parameters: list[str] = field(default_factory=list)
    query_parameters: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    file_field: str | None = None
    """The field of a form that takes a file; None when there is no such form."""
    media_types: frozenset[str] = frozenset()
    only_reads: bool = False
    """Whether it changes nothing although it is sent with a body, as its route says."""
    accepts: dict[str, Acceptance] = field(default_factory=dict)
    """The body's fields that only the person's own confirmation sets, to true. They are not among
    `fields`, so that no engine fills them in and no form asks for them."""

    @property
    def has_body(self) -> bool:
        """Whether its fields travel in a body."""
        return self.method not in {"GET", "HEAD"}

    @property
    def writes(self) -> bool:
        """Whether it changes something, so that an engine may only propose it."""
        return self.has_body and not self.only_reads


# A POST that changes nothing says so in its route's `openapi_extra`.
ONLY_READS = "x-only-reads"
# A field of a body that the person sets by confirming has this in its schema: `terms`, which the
# card shows, and the words of its `button`.
ACCEPTED_BY_CONFIRMING = "x-accepted-by-confirming"
# What has no name of its own is no tool: signing in, talking, confirming, streams, files.
HTTP_ONLY = "http."


def operations_of(document: dict[str, Any]) -> dict[str, Operation]:
    """Read every named operation out of an OpenAPI document, `$ref`s of bodies resolved.

    Routes without an `operation_id` of their own (`HTTP_ONLY`) are left out: an engine must
    never reach them as a tool.
    """
    schemas = document.get("components", {}).get("schemas", {})
    found: dict[str, Operation] = {}
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            operation_id = route.get("operationId")
            if operation_id and not operation_id.startswith(HTTP_ONLY):
                found[operation_id] = _operation(operation_id, method, path, route, schemas)
    return found


def _operation(
    name: str, method: str, path: str, route: dict[str, Any], schemas: dict[str, Schema]
) -> Operation:
    fields: dict[str, Schema] = {}
    required: list[str] = []
    places: dict[str, list[str]] = {"path": [], "query": []}
    for parameter in route.get("parameters", []):
        if parameter["in"] in places:
            places[parameter["in"]].append(parameter["name"])
            fields[parameter["name"]] = {
                **resolve(parameter["schema"], schemas),
                "description": parameter.get("description", ""),
            }
            if parameter.get("required"):
                required.append(parameter["name"])
    content = route.get("requestBody", {}).get("content", {})
    body = resolve(content.get("application/json", {}).get("schema", {}), schemas)
    form = resolve(content.get("multipart/form-data", {}).get("schema", {}), schemas)
    fields |= {key: resolve(value, schemas) for key, value in body.get("properties", {}).items()}
    accepts = {
        key: Acceptance(**fields.pop(key)[ACCEPTED_BY_CONFIRMING])
        for key in list(fields)
        if ACCEPTED_BY_CONFIRMING in fields[key]
    }
    required += [key for key in body.get("required", []) if key not in accepts]
    return Operation(
        id=name,
        method=method.upper(),
        path=path,
        summary=route.get("summary", ""),
        description=route.get("description", ""),
        fields=fields,
        required=required,
        path_parameters=places["path"],
        query_parameters=places["query"],
        tags=list(route.get("tags", [])),
        file_field=next(iter(form.get("properties", {})), None),
        media_types=frozenset(content),
        only_reads=bool(route.get(ONLY_READS)),
        accepts=accepts,
    )


def resolve(schema: Schema, schemas: dict[str, Schema]) -> Schema:
    """Replace every `$ref` in a schema by what it names (our body models have no cycles)."""
    if "$ref" in schema:
        named = schemas[schema["$ref"].rsplit("/", 1)[-1]]
        return resolve({**named, **{k: v for k, v in schema.items() if k != "$ref"}}, schemas)
    out: Schema = {}
    for key, value in schema.items():
        if isinstance(value, dict):
            out[key] = resolve(value, schemas)
        elif isinstance(value, list):
            out[key] = [resolve(v, schemas) if isinstance(v, dict) else v for v in value]
        else:
            out[key] = value
    return out


class UnknownOperation(LookupError):
    """The API has no operation of that name."""


class LicensingApi:
    """Calls operations of the API as a person, with a token minted for each single call."""

    def __init__(self, http: httpx.AsyncClient, document: dict[str, Any]) -> None:
        self._http = http
        self.operations = operations_of(document)

    async def call(
        self,
        operation_id: str,
        arguments: dict[str, Any],
        caller: Caller,
        *,
        dry_run: bool = False,
        confirmed: bool = False,
        idempotency_key: str | None = None,
        clear: Collection[str] = (),
        upload: Upload | None = None,
    ) -> Answer:
        """Call one operation with its slots as flat `arguments` (path, query and body fields).

        An argument that is None is left out; the body's fields named in `clear` are sent as
        null, which empties them. With an `upload` the body is that file. What the operation
        `accepts` is left out of the arguments; it is sent when the person has `confirmed` the
        call, and when nothing of it stays. A refusal is an answer, not an exception. Raises
        `UnknownOperation` for a name that the API does not have and `httpx.HTTPError` when the
        API cannot be reached.
        """
        operation = self.operations.get(operation_id)
        if operation is None:
            raise UnknownOperation(operation_id)
        path, query, body = _place(operation, without_acceptances(operation, arguments))
        body |= dict.fromkeys(clear)
        if confirmed or dry_run:
            body |= dict.fromkeys(operation.accepts, True)
        headers = {"Authorization": f"Bearer {mint_internal(caller)}"}
        if dry_run:
            headers["Dry-Run"] = "true"
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        sent = _sent(operation, body, upload, headers)
        response = await self._http.request(
            operation.method, path, params=query, headers=headers, **sent
        )
        return Answer(response.status_code, _json(response))


def without_acceptances(operation: Operation, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments without what only the person's confirmation says, whoever put it there."""
    return {name: value for name, value in arguments.items() if name not in operation.accepts}


def _sent(
    operation: Operation, body: dict[str, Any], upload: Upload | None, headers: dict[str, str]
) -> dict[str, Any]:
    """The request's body as httpx takes it; a file's kind is named in `headers`."""
    if upload is None:
        return {"json": body if operation.has_body else None}
    if upload.media_type in operation.media_types:
        headers["Content-Type"] = upload.media_type
        return {"content": upload.content}
    headers["Content-Type"] = f"multipart/form-data; boundary={upload.boundary}"
    name = operation.file_field or "file"
    return {"files": {name: (upload.name, upload.content, upload.media_type)}}


def _place(
    operation: Operation, arguments: dict[str, Any]
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Sort flat arguments into path, query and body; a missing path part becomes `-`.

    `-` names nothing in this API, so the answer is a 404 that says what could not be found
    instead of a crash in here. So do dots and what holds a slash, which lead to another route: a
    server decodes `%2F` before it looks for one.
    """
    path = operation.path
    for name in operation.path_parameters:
        value = str(arguments.get(name) or "-")
        value = "-" if value in {".", ".."} or "/" in value else value
        path = path.replace("{" + name + "}", quote(value, safe=""))
    query = {
        name: arguments[name]
        for name in operation.query_parameters
        if arguments.get(name) is not None
    }
    elsewhere = {*operation.path_parameters, *operation.query_parameters}
    body = {k: v for k, v in arguments.items() if k not in elsewhere and v is not None}
    return path, query, body


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except json.JSONDecodeError:
        return {"title": "The licensing system did not answer in JSON", "detail": ""}
    return body if isinstance(body, dict) else {"items": body}


_api: LicensingApi | None = None


def configure(api: LicensingApi) -> None:
    """Set the client of this process; the composition root does it once, in process."""
    global _api
    _api = api


def licensing_api() -> LicensingApi:
    """The client of this process; a stand-alone action server builds it from `BACKEND_URL`."""
    global _api
    if _api is None:
        base = settings().backend_url or settings().base_url
        document = httpx.get(f"{base}/api/v1/openapi.json", timeout=10).json()
        _api = LicensingApi(httpx.AsyncClient(base_url=base, timeout=30), document)
    return _api
