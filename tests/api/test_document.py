"""The OpenAPI document: tools, forms and integrators are derived from it."""

import re
from typing import Any

import httpx

from backend.core.client import licensing_api, operations_of

# Named by the contract; the assistant and its forms call them by these names.
OPERATIONS = {
    "get_me", "update_me", "create_training_engagement", "open_case", "list_cases", "get_case",
    "update_case", "claim_case", "reply_to_case", "add_case_note", "cancel_case", "attach_to_case",
    "schedule_training_engagement", "reschedule_training_engagement", "search_knowledge",
    "list_webinars",
}  # fmt: skip
TRAINING = {
    "kind", "portal", "topics", "windows", "time_zone", "attendees", "attendee_emails", "language",
    "phone", "smart_account", "notes", "open_another",
}  # fmt: skip
CASE = {
    "category", "portal", "severity", "title", "description", "order_number", "smart_account",
    "phone",
}  # fmt: skip

Routes = list[tuple[str, str, dict[str, Any]]]


async def test_that_the_document_is_served_to_everybody(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.")


def test_that_every_call_of_the_contract_is_there(document: dict[str, Any]) -> None:
    assert operations_of(document).keys() >= OPERATIONS


def test_that_operation_ids_are_unique(routes: Routes) -> None:
    ids = [route.get("operationId") for _, _, route in routes]
    assert len(ids) == len(set(ids))


def test_that_every_call_says_what_it_does(routes: Routes) -> None:
    assert [path for _, path, route in routes if len(route.get("description", "")) < 15] == []


def test_that_every_field_of_every_body_and_query_is_described(document: dict[str, Any]) -> None:
    nameless = [
        (operation.id, name)
        for operation in operations_of(document).values()
        for name, schema in operation.fields.items()
        if not schema.get("description") and name != "file" and operation.id in OPERATIONS
    ]
    assert nameless == []


def test_that_bodies_have_the_fields_of_the_contract(document: dict[str, Any]) -> None:
    operations = operations_of(document)
    assert operations["create_training_engagement"].fields.keys() == TRAINING
    assert set(operations["create_training_engagement"].required) == {
        "kind", "portal", "topics", "windows", "time_zone", "attendees", "language",
    }  # fmt: skip
    assert operations["open_case"].fields.keys() == CASE
    assert set(operations["open_case"].required) == {"category", "title", "description"}
    assert operations["reschedule_training_engagement"].fields.keys() == {
        "case_number", "windows", "time_zone",
    }  # fmt: skip


def test_that_what_stands_in_a_path_has_its_slots_name(routes: Routes) -> None:
    names = {name for _, path, _ in routes for name in re.findall(r"{(\w+)}", path)}
    assert names <= {"case_number", "conversation_id", "proposal_id", "smart_account", "email",
                     "order_number", "request_id", "attachment_id", "file_id", "id", "rule_id",
                     "delegation_id", "virtual_account", "group", "notice",
                     "lookup_id", "partner", "export_id", "mail_id", "view_id", "other_case",
                     "reply_id", "recipient_id"}  # fmt: skip


def test_that_every_write_of_the_system_of_record_takes_dry_run_and_key(routes: Routes) -> None:
    for method, path, route in routes:
        if (
            method == "GET"
            or not path.startswith(
                (
                    "/api/v1/cases",
                    "/api/v1/training",
                    "/api/v1/me",
                    "/api/v1/access-requests",
                    "/api/v1/smart-accounts",
                    "/api/v1/orders",
                    "/api/v1/order-delegations",
                    "/api/v1/order-exports",
                    "/api/v1/partners",
                    "/api/v1/notification-preferences",
                    "/api/v1/mails",
                )
            )
            or path.endswith("/simulate")
        ):
            continue
        headers = {p["name"] for p in route["parameters"] if p["in"] == "header"}
        assert headers >= {"Dry-Run", "Idempotency-Key"}, path


def test_that_errors_are_documented_as_problems(routes: Routes) -> None:
    for _, path, route in routes:
        for status in ("401", "403", "404", "409", "422", "429"):
            content = route["responses"][status]["content"]
            assert "application/problem+json" in content, (path, status)


def test_that_the_client_knows_what_the_document_says(document: dict[str, Any]) -> None:
    assert licensing_api().operations == operations_of(document)
    writes = {o.id for o in operations_of(document).values() if o.writes}
    assert {"open_case", "update_case", "cancel_case"} <= writes
    assert writes.isdisjoint({"get_me", "list_cases", "get_case", "search_knowledge"})
