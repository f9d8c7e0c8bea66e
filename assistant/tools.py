"""Tools from the API's own document: whatever operation it has, the agent and MCP clients call.

Offering is for economy (a small prompt), never a guard: rights are the backend's, and a call of
a known operation that was not offered runs under the same rules.
"""

import json
from typing import Any

from backend.core.client import Answer, LicensingApi, Operation
from backend.core.identity import Person
from backend.core.policy import DeskAction, desk_allows

# Operations of support agents, not offered to others.
OF_THE_DESK = frozenset({
    "list_queues", "claim_case", "update_case", "reply_to_case", "schedule_training_engagement",
})  # fmt: skip
# Features for some people only, by the API's tags; whoever calls them all the same is refused.
OF_SUPPORT, OF_PARTNERS = "support", "partners"
# Files cannot be sent by a model; the demo's own calls show other people's mail; orders come
# from Commerce with a token of its own; mails are looked after on the desk.
FILES = frozenset({"attach_to_case", "read_file"})
NO_TOOLS = frozenset({"demo", "commerce", "mails"})
# What people do on a portal, by the API's tags: nearer than the rest when words don't tell.
_AT_HOME = {
    "clc": frozenset({"orders", "accounts", "access", "directory", "users", "virtual_accounts"}),
    "cssm": frozenset({"licenses", "virtual_accounts", "notifications"}),
    "scm": frozenset({"cases", "training"}),
}
# What the API checks anyway, and what says nothing to a model.
LEAN = frozenset({
    "title", "default", "examples", "minLength", "maxLength", "minItems", "additionalProperties",
    "format", "pattern",
})  # fmt: skip
# What an answer holds that only readers of raw data need.
LEFT_OUT = frozenset({"thread", "sla", "conversation", "why", "score"})
# Who could decide each of many requests is many names; of one request it is an answer.
LEFT_OUT_OF_LISTS = LEFT_OUT | {"deciders"}
MOST_CHARACTERS = 6000
MOST_ITEMS = 20


def offered(api: LicensingApi, person: Person) -> list[Operation]:
    """The operations worth telling this person's agent about."""
    desk = desk_allows(person, DeskAction.WORK_CASES)
    hidden = {OF_SUPPORT} if not desk else set()
    if person.kind == "customer":
        hidden.add(OF_PARTNERS)
    return [
        operation
        for operation in api.operations.values()
        if is_tool(operation)
        and (desk or operation.id not in OF_THE_DESK)
        and not hidden & set(operation.tags)
    ]


def is_tool(operation: Operation) -> bool:
    """Whether a model may call it at all, offered or not."""
    return operation.id not in FILES and not NO_TOOLS & set(operation.tags)


def at_home(portal: str) -> frozenset[str]:
    """The tags of what people mostly do on this portal."""
    return _AT_HOME.get(portal, frozenset())


def described(operation: Operation) -> str:
    """What an operation does, in one line."""
    return " ".join(operation.description.split())


def schema_of(operation: Operation) -> dict[str, Any]:
    """The operation's fields as one JSON schema, without what costs tokens and says nothing."""
    return {
        "type": "object",
        "properties": {
            name: _lean(schema)
            for name, schema in operation.fields.items()
            if name not in {"cursor", "limit"}
        },
        "required": operation.required,
    }


def _lean(schema: Any) -> Any:
    """Drop titles and nulls' alternatives, which models do well without."""
    if isinstance(schema, list):
        return [_lean(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        key: _lean(value)
        for key, value in schema.items()
        if key not in LEAN or isinstance(value, dict)
    }
    choices = [one for one in kept.get("anyOf", []) if one != {"type": "null"}]
    if len(choices) == 1:
        kept.pop("anyOf")
        kept = {**choices[0], **kept}
    return kept


def readable(answer: Answer) -> str:
    """An answer as the model reads it: trimmed data, or the problem with its next step."""
    if answer.ok:
        return _fit(_trim(answer.body))
    told = {key: answer.body[key] for key in ("title", "detail", "hint") if answer.body.get(key)}
    if answer.field_errors:
        told["errors"] = [
            {"field": error["field"], "message": error["message"]}
            for error in answer.field_errors
        ]  # fmt: skip
    return json.dumps(told, ensure_ascii=False)


def _trim(value: Any, left_out: frozenset[str] = LEFT_OUT) -> Any:
    if isinstance(value, dict):
        return {
            key: _trim(one, left_out)
            for key, one in value.items()
            if key not in left_out and one not in (None, [], "")
        }
    if isinstance(value, list):
        return [_trim(one, LEFT_OUT_OF_LISTS) for one in value[:MOST_ITEMS]]
    return value


def _fit(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + "… (cut off)"
