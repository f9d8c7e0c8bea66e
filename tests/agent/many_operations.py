"""An API as large as it is to become, as an OpenAPI document, and what people want of it."""

import re
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).with_name("many")
_FIELD = re.compile(r"(?P<type>\w+)(?P<needed>!?)(?: (?P<more>[^:]*))?: (?P<says>.*)")


def document() -> dict[str, Any]:
    """The document of `many/operations.yml`."""
    paths: dict[str, Any] = {}
    for name, method, path, tag, description, fields in _read("operations.yml"):
        route: dict[str, Any] = {
            "operationId": name, "tags": [tag], "description": description,
            "summary": name.replace("_", " ").title(), "parameters": [],
        }  # fmt: skip
        body: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
        for field, told in fields.items():
            schema, needed = _schema(told)
            if f"{{{field}}}" in path or method == "GET":
                place = "path" if f"{{{field}}}" in path else "query"
                route["parameters"].append(
                    {"name": field, "in": place, "required": needed, "schema": schema}
                    | {"description": schema.pop("description")}
                )
            else:
                body["properties"][field] = schema
                body["required"] += [field] if needed else []
        if body["properties"]:
            route["requestBody"] = {"content": {"application/json": {"schema": body}}}
        paths.setdefault(path, {})[method.lower()] = route
    return {"paths": paths}


def wishes() -> list[tuple[str, list[str]]]:
    """`(operation, turns of the conversation, oldest first)` each."""
    return [(wanted, turns) for wanted, *turns in _read("wishes.yml")]


def _read(name: str) -> list[Any]:
    read: list[Any] = yaml.safe_load((FOLDER / name).read_text())
    return read


def _schema(told: str) -> tuple[dict[str, Any], bool]:
    """`type! more: description` as a JSON schema, and whether it is needed."""
    found = _FIELD.fullmatch(told)
    assert found, told
    more = found["more"] or ""
    match found["type"]:
        case "choice":
            schema: dict[str, Any] = {"type": "string", "enum": more.split("|")}
        case "list":
            schema = {"type": "array", "items": _schema(f"{more}: Item")[0]}
        case "object":
            parts = {part: {"type": "string"} for part in more.split(",")}
            schema = {"type": "object", "properties": parts}
        case kind:
            schema = {"type": kind}
    return schema | {"description": found["says"]}, bool(found["needed"])
