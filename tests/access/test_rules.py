"""An account's rules: kept in order, at work on what comes in, tried before they are saved."""

import asyncio
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy.exc import IntegrityError

from backend.access.models import AccessRule
from backend.core.database import database
from backend.core.identity import Person
from tests.access.company import Company
from tests.access.conftest import Found, events_of, mails_to

RULES = "/access-rules"
INTERNAL: dict[str, Any] = {"match": {"requester": "internal"}, "action": "approve"}


async def save(company: Company, **rule: Any) -> dict[str, Any]:
    answer = await company.below("ada", "POST", RULES, json=INTERNAL | rule)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def order(company: Company) -> list[str | None]:
    """The reasons of the rules as they are listed; positions have no gap."""
    items = (await company.below("ada", "GET", RULES)).json()["items"]
    assert [one["position"] for one in items] == list(range(1, len(items) + 1))
    return [one["reason"] for one in items]


@pytest_asyncio.fixture(loop_scope="session")
async def abc(company: Company) -> dict[str, str]:
    """Three rules; their ids by their reasons."""
    return {
        reason: (await save(company, action="decline", reason=reason))["id"] for reason in "abc"
    }


async def test_that_a_rule_comes_back_whole_and_in_words(company: Company) -> None:
    body = {
        "match": {"domains": ["ACME.example", "*.acme.example"], "roles_up_to": "va_user",
                  "scope": "virtual_accounts", "requester": "partner"},
        "action": "approve", "role": "va_viewer",
    }  # fmt: skip
    rule = await save(company, **body)
    assert rule["match"] == body["match"] | {"domains": ["acme.example", "*.acme.example"]}
    assert (rule["position"], rule["action"], rule["role"]) == (1, "approve", "va_viewer")
    assert rule["created_by"]["email"] == company.email("ada")
    assert rule["text"] == (
        "Approve, as VA Viewer at most: partners at acme.example, *.acme.example, asking for "
        "VA User or less in selected virtual accounts"
    )
    shown = await company.below("ben", "GET", f"{RULES}/{rule['id']}")
    assert shown.json() == {key: value for key, value in rule.items() if key != "receipt"}
    (event,) = await events_of(company)
    assert (event.type, event.actor) == ("access_rule_saved", company.email("ada"))
    assert rule["text"] in event.text


@pytest.mark.parametrize(
    ("position", "expected"),
    [(None, "abcx"), (1, "xabc"), (2, "axbc"), (4, "abcx"), (99, "abcx")],
)
async def test_that_a_new_rule_shifts_those_after_it(
    company: Company, abc: dict[str, str], position: int | None, expected: str
) -> None:
    rule = await save(company, action="decline", reason="x", position=position)
    assert "".join(map(str, await order(company))) == expected
    assert rule["position"] == expected.index("x") + 1


@pytest.mark.parametrize(
    ("moved", "position", "expected"),
    [("a", 3, "bca"), ("c", 1, "cab"), ("b", 2, "abc"), ("a", 50, "bca")],
)
async def test_that_a_rule_can_be_moved(
    company: Company, abc: dict[str, str], moved: str, position: int, expected: str
) -> None:
    path = f"{RULES}/{abc[moved]}"
    answer = await company.below("ada", "PATCH", path, json={"position": position})
    assert answer.status_code == 200
    assert answer.json()["position"] == expected.index(moved) + 1
    assert "".join(map(str, await order(company))) == expected


async def test_that_those_after_a_deleted_rule_move_up(
    company: Company, abc: dict[str, str]
) -> None:
    answer = await company.below("ada", "DELETE", f"{RULES}/{abc['b']}")
    assert answer.status_code == 200
    assert answer.json()["receipt"]["title"] == "Rule deleted"
    assert await order(company) == ["a", "c"]
    assert (await company.below("ada", "DELETE", f"{RULES}/{abc['b']}")).status_code == 404
    assert (await events_of(company, "access_rule_deleted"))[0].actor == company.email("ada")


async def test_that_only_what_is_named_changes(company: Company) -> None:
    rule = await save(company, role="va_viewer", match={"roles_up_to": "va_user"})
    path = f"{RULES}/{rule['id']}"

    async def changed(**body: Any) -> dict[str, Any]:
        answer = await company.below("ben", "PATCH", path, json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    assert (await changed(role="va_user"))["match"]["roles_up_to"] == "va_user"
    assert (await changed(role=None))["role"] is None
    declining = await changed(action="decline", reason="No")
    assert (declining["role"], declining["reason"]) == (None, "No")
    routing = await changed(action="route", route_to=company.email("una"))
    assert routing["reason"] is None
    assert routing["route_to"] == {"name": "Una Test", "email": company.email("una")}
    assert routing["created_by"]["email"] == company.email("ben")
    assert (await changed(match={}))["match"]["roles_up_to"] is None


BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("grants administrators", {"role": "sa_admin"}, "role", "VA Administrator is the most"),
    ("grants approvers", {"role": "sa_approver"}, "role", "SA Approver"),
    ("approves up to administrators", {"match": {"roles_up_to": "sa_admin"}}, "action",
     "No rule makes somebody SA Administrator"),
    ("approves up to approvers", {"match": {"roles_up_to": "sa_approver"}}, "action", "va_admin"),
    ("a public mailbox", {"match": {"domains": ["freemail.example"]}}, "match.domains",
     "public mailbox"),
    ("below a public mailbox", {"match": {"domains": ["*.freemail.example"]}}, "match.domains",
     "public mailbox"),
    ("no domain", {"match": {"domains": ["no domain"]}}, "match.domains.0", "not a domain"),
    ("two scripts", {"match": {"domains": ["nоrth.example"]}}, "match.domains.0", "scripts"),
    ("no domains", {"match": {"domains": []}}, "match.domains", "too short"),
    ("an SA role for virtual accounts", {"match": {"scope": "virtual_accounts"},
                                         "role": "sa_user"}, "role", "VA User"),
    ("a role to decline", {"action": "decline", "role": "va_user"}, "role", "approves"),
    ("a reason to approve", {"reason": "x"}, "reason", "declines"),
    ("nobody to route to", {"action": "route"}, "route_to", "missing"),
    ("somebody when approving", {"route_to": "x@y.example"}, "route_to", "routes"),
    ("routed to a stranger", {"action": "route", "route_to": "carla@contoso.example"}, "route_to",
     "no role"),
    ("routed to nobody", {"action": "route", "route_to": "x@nowhere.example"}, "route_to",
     "no role"),
    ("no action", {"action": "perhaps"}, "action", "perhaps"),
    ("no requester", {"match": {"requester": "me"}}, "match.requester", "me"),
    ("no place", {"position": 0}, "position", "at least 1"),
    ("a misspelt field", {"match": {"domain": ["a.example"]}}, "match.domain", "no field"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "field", "said"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
async def test_that_a_rule_which_must_not_be_is_refused_also_as_a_change_and_in_a_simulation(
    company: Company, rule: dict[str, Any], field: str, said: str
) -> None:
    there = await save(company)
    body = {"match": {}, "action": "approve"} | rule
    answers = [
        await company.below("ada", "POST", RULES, json=body),
        await company.below("ada", "POST", f"{RULES}/simulate", json=body),
        await company.below("ada", "PATCH", f"{RULES}/{there['id']}", json=body),
    ]
    for answer in answers:
        assert answer.status_code == 422, answer.text
        errors = {error["field"]: error["message"] for error in answer.json()["errors"]}
        assert said in errors[field]
    assert len(await order(company)) == 1


async def test_that_a_viewer_is_routed_nothing(company: Company) -> None:
    for name in ("vic", "viola"):
        body = {"action": "route", "route_to": company.email(name)}
        answer = await company.below("ada", "POST", RULES, json=body)
        assert answer.status_code == 422
        assert "only views" in answer.json()["detail"]


@pytest.mark.parametrize("name", ["apo", "una", "vic", "vera", "vik", "viola", "nora"])
async def test_that_only_sa_administrators_see_and_change_rules(
    company: Company, name: str
) -> None:
    rule = await save(company)
    calls: list[tuple[str, str, Any]] = [
        ("GET", RULES, None), ("GET", f"{RULES}/{rule['id']}", None), ("POST", RULES, INTERNAL),
        ("POST", f"{RULES}/simulate", {}), ("PATCH", f"{RULES}/{rule['id']}", {"position": 1}),
        ("DELETE", f"{RULES}/{rule['id']}", None),
    ]  # fmt: skip
    for method, path, body in calls:
        answer = await company.below(name, method, path, json=body)
        assert answer.status_code == 403, (method, path)
        assert name == "nora" or "Ada Test" in answer.json()["detail"]
    assert len(await order(company)) == 1


async def test_that_another_accounts_rule_is_none_of_this_one(found: Found) -> None:
    one, other = await found(), await found()
    rule = await save(other)
    for method in ("GET", "PATCH", "DELETE"):
        body = {} if method == "PATCH" else None
        answer = await one.below("ada", method, f"{RULES}/{rule['id']}", json=body)
        assert answer.status_code == 404
    assert len(await order(other)) == 1


async def test_that_an_open_admin_notice_blocks_rules_and_not_what_they_decide(
    found: Found,
) -> None:
    fresh = await found(admin_notice=0)
    async with database().write() as session:
        session.add(
            AccessRule(smart_account_id=fresh.id, position=1, action="approve",
                       created_by=fresh.email("ada"))
        )  # fmt: skip
    answer = await fresh.below("ada", "POST", RULES, json=INTERNAL)
    assert answer.status_code == 409
    assert "Admin Notice" in answer.json()["title"]
    assert (await fresh.asked("nora"))["status"] == "approved"


async def test_that_50_rules_are_the_most(company: Company) -> None:
    async with database().write() as session:
        session.add_all(
            AccessRule(smart_account_id=company.id, position=position, action="decline",
                       created_by=company.email("ada"))
            for position in range(1, 51)
        )  # fmt: skip
    answer = await company.below("ada", "POST", RULES, json=INTERNAL)
    assert answer.status_code == 409
    assert "50 rules" in answer.json()["detail"]


async def test_that_a_dry_run_of_a_rule_leaves_nothing(company: Company) -> None:
    headers = {"Dry-Run": "true"}
    answer = await company.below("ada", "POST", RULES, json=INTERNAL, headers=headers)
    assert (answer.status_code, answer.json()["id"]) == (200, None)
    assert await order(company) == []
    assert (await company.asked("nora"))["status"] == "pending"


@pytest.mark.parametrize("wrong", [
    {"action": "approve", "role": "sa_admin"}, {"action": "decline", "role": "va_user"},
    {"action": "route"}, {"action": "perhaps"}, {"action": "decline", "position": 1},
])  # fmt: skip
async def test_that_the_database_itself_refuses_a_wrong_rule(
    company: Company, wrong: dict[str, Any]
) -> None:
    await save(company)
    told = {"smart_account_id": company.id, "position": 2, "created_by": "x"} | wrong
    with pytest.raises(IntegrityError):
        async with database().write() as session:
            session.add(AccessRule(**told))


async def test_that_a_rule_approves_at_once_in_its_own_name(company: Company) -> None:
    rule = await save(company, match={"requester": "internal", "roles_up_to": "va_user"})
    body = await company.asked("nora", virtual_accounts=["Oslo", "Americas"])
    assert (body["status"], body["rule"]) == ("approved", rule["id"])
    assert body["decided_by"] is None
    assert body["on_behalf_of"]["email"] == company.email("ada")
    assert body["granted"]["virtual_accounts"] == ["Americas", "Oslo"]
    assert body["receipt"]["title"] == "Access granted by a rule of the account"
    assert await company.roles("nora") == {("va_user", "Oslo"), ("va_user", "Americas")}
    requested, approved = await events_of(company, "access_requested", "access_approved")
    assert (requested.via, requested.actor) == ("rest", company.email("nora"))
    assert (approved.via, approved.actor, approved.on_behalf_of, approved.rule) == (
        "rule", company.domain, company.email("ada"), rule["id"],
    )  # fmt: skip
    (mail,) = await mails_to(company.email("nora"))
    assert "A rule of the account approved your request" in mail.text
    assert await mails_to(company.email("ada")) == []
    refused = await company.decide("ada", body["id"], "decline")
    assert refused.status_code == 409
    assert "was approved by a rule" in refused.json()["detail"]


async def test_that_a_rule_declines_with_its_reason(company: Company) -> None:
    await save(company, match={"requester": "other"}, action="decline", reason="Only our people")
    body = await company.asked("greg@freemail.example")
    assert (body["status"], body["reason"]) == ("declined", "Only our people")
    assert (await company.asked("nora"))["status"] == "pending"


async def test_that_a_rule_routes_to_somebody_who_then_decides(company: Company) -> None:
    rule = await save(company, match={"requester": "internal"}, action="route",
                      route_to=company.email("vik"))  # fmt: skip
    body = await company.asked("nora", virtual_accounts=["Americas"])
    assert (body["status"], body["rule"]) == ("pending", rule["id"])
    assert [one["email"] for one in body["deciders"]] == [
        company.email(name) for name in ("vik", "ada", "ben", "vito")
    ]
    (mail,) = await mails_to(company.email("vik"))
    assert "A rule of the account asks you" in mail.text
    assert await mails_to(company.email("ada")) == []
    vik = await company.client("vik")
    waiting = (await vik.get("/access-requests?to_decide=true")).json()["items"]
    assert [one["id"] for one in waiting] == [body["id"]]
    refused = await company.decide("vik", body["id"], role="sa_admin", scope="account")
    assert refused.status_code == 403
    assert "VA Administrator at most" in refused.json()["detail"]
    assert "Ada Test" in refused.json()["detail"]
    assert (await company.decide("vik", body["id"])).status_code == 200
    routed, approved = await events_of(company, "access_routed", "access_approved")
    assert (routed.via, routed.rule) == ("rule", rule["id"])
    assert (approved.actor, approved.on_behalf_of, approved.via) == (
        company.email("vik"), company.email("ada"), "rest",
    )  # fmt: skip


async def test_that_who_is_gone_or_asks_is_passed_over(company: Company) -> None:
    await save(company, match={}, action="route", route_to=company.email("vik"))
    own = await company.asked("vik", virtual_accounts=["Americas"])
    assert own["rule"] is None
    waiting = await company.asked("nora", virtual_accounts=["Americas"])
    await company.remove("vik")
    assert (await company.decide("vik", waiting["id"])).status_code == 404
    assert (await company.asked("nils", virtual_accounts=["Americas"]))["rule"] is None


@pytest.mark.parametrize("role", ["sa_admin", "sa_approver"])
async def test_that_no_rule_approves_administrators(company: Company, role: str) -> None:
    await save(company, match={})
    body = await company.asked("nora", scope="account", role=role, virtual_accounts=None)
    assert body["status"] == "pending"


async def test_that_no_rule_approves_a_public_mailbox(company: Company) -> None:
    await save(company, match={})
    assert (await company.asked("greg@freemail.example"))["status"] == "pending"
    assert (await company.asked("paul@fabrikam.example"))["status"] == "approved"


async def test_that_a_rule_gives_at_most_its_role_and_never_more_than_was_asked(
    company: Company,
) -> None:
    await save(company, match={}, role="va_user")
    more = await company.asked("nora", role="va_admin")
    less = await company.asked("nils", role="va_viewer")
    assert more["granted"]["role"] == "va_user"
    assert less["granted"]["role"] == "va_viewer"
    other = await company.asked(
        "paul@fabrikam.example", scope="account", role="sa_user", virtual_accounts=None
    )
    assert other["status"] == "pending"


async def test_that_the_first_rule_that_matches_wins(company: Company) -> None:
    await save(company, match={"domains": [company.domain]})
    first = {"domains": [company.domain], "roles_up_to": "va_viewer"}
    await save(company, match=first, action="decline", position=1)
    assert (await company.asked("nora", role="va_viewer"))["status"] == "declined"
    assert (await company.asked("nora", role="va_user"))["status"] == "approved"


async def test_that_the_verified_address_is_what_rules_look_at(company: Company) -> None:
    await save(company, match={"domains": [company.domain]})
    async with database().write() as session:
        paul = await session.get_one(Person, "paul@fabrikam.example")
        paul.email_pending = company.email("paul")
    try:
        assert (await company.asked("paul@fabrikam.example"))["status"] == "pending"
    finally:
        async with database().write() as session:
            (await session.get_one(Person, "paul@fabrikam.example")).email_pending = None


async def test_what_a_simulation_says_of_one_new_rule(company: Company) -> None:
    waiting = await company.asked("nora", role="va_viewer")
    decided = await company.asked("nils", role="va_admin")
    await company.decide("ada", decided["id"], "decline")
    cancelled = await company.asked("paul@fabrikam.example")
    await company.decide("paul@fabrikam.example", cancelled["id"], "cancel")
    body = {"match": {"roles_up_to": "va_user"}, "action": "approve"}
    answer = await company.below("ada", "POST", f"{RULES}/simulate", json=body)
    assert answer.status_code == 200
    told = answer.json()
    assert told["counts"] == {"approve": 1, "decline": 0, "route": 0, "manual": 1}
    assert told["rules"] == ["Approve as asked: everybody, asking for VA User or less"]
    first, second = told["items"]
    assert (first["request_id"], first["status"], first["outcome"], first["granted_role"]) == (
        waiting["id"], "pending", "approve", "va_viewer",
    )  # fmt: skip
    assert (second["request_id"], second["status"], second["outcome"]) == (
        decided["id"], "declined", None,
    )  # fmt: skip
    assert first["rule_position"] == 1
    assert first["text"].endswith("VA Viewer of Oslo: approved by rule 1 as VA Viewer")
    assert await order(company) == []
    shown = await (await company.client("nora")).get(f"/access-requests/{waiting['id']}")
    assert shown.json()["status"] == "pending"


async def test_that_a_simulation_takes_a_whole_list_or_what_is_there(company: Company) -> None:
    await company.asked("nora")
    await save(company, match={}, action="decline", reason="No")

    async def tried(**body: Any) -> dict[str, Any]:
        answer = await company.below("ada", "POST", f"{RULES}/simulate", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    assert (await tried())["items"][0]["outcome"] == "decline"
    assert (await tried())["items"][0]["reason"] == "No"
    assert (await tried(rules=[]))["items"][0]["outcome"] is None
    first = await tried(**INTERNAL, position=1)
    assert first["items"][0]["outcome"] == "approve"
    assert len(first["rules"]) == 2
    assert (await tried(**INTERNAL))["items"][0]["outcome"] == "decline"
    route = {"match": {}, "action": "route", "route_to": company.email("una")}
    listed = await tried(rules=[{"match": {"requester": "partner"}, "action": "decline"}, route])
    assert listed["items"][0]["route_to"]["email"] == company.email("una")
    assert listed["items"][0]["rule_position"] == 2


async def test_that_a_simulation_looks_back_as_far_as_it_is_told(company: Company) -> None:
    for name in ("nora", "nils"):
        await company.decide("ada", (await company.asked(name))["id"], "decline")
    for last, count in ((0, 0), (1, 1), (50, 2)):
        answer = await company.below("ada", "POST", f"{RULES}/simulate", json={"last": last})
        assert len(answer.json()["items"]) == count
    newest = await company.below("ada", "POST", f"{RULES}/simulate", json={"last": 1})
    assert newest.json()["items"][0]["requester"]["email"] == company.email("nils")


async def test_that_two_rules_saved_at_once_get_two_places(company: Company) -> None:
    await company.client("ada")
    await company.client("ben")
    answers = await asyncio.gather(
        *(
            company.below(name, "POST", RULES, json=INTERNAL | {"position": 1})
            for name in ("ada", "ben", "ada", "ben")
        )
    )
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len(await order(company)) == 4
