"""Asking for a training session: every field's rule, the routing, the receipt, duplicates."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from backend.cases.schemas import CaseAnswer
from backend.core import clock
from tests.conftest import CONTOSO, NORTHWIND, ClockAt, Newcomer, SignedIn
from tests.training.requests import ZONE, at, moment, request, working_day

URL = "/training-engagements"
DRY = {"Dry-Run": "true"}


async def errors(someone: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """What is wrong with a body: code and message by field, from a dry run."""
    answer = await someone.post(URL, json=body, headers=DRY)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return {e["field"]: (e["code"], e["message"]) for e in answer.json()["errors"]}


async def requested(someone: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await someone.post(URL, json=request(**changes))
    assert answer.status_code == 201, answer.text
    case: dict[str, Any] = answer.json()
    return case


@pytest_asyncio.fixture(loop_scope="session")
async def nadia(person: SignedIn) -> httpx.AsyncClient:
    return await person("nadia@northwind.example")


async def test_that_a_request_opens_a_case_with_all_that_was_said(newcomer: Newcomer) -> None:
    someone = await newcomer(roles=((NORTHWIND, "sa_user"),))
    case = await requested(
        someone, kind="demo", portal="cssm", topics=["Tokens", "Reports"], attendees=12,
        attendee_emails=["Ana@Contoso.example", "bo@contoso.example"], language="PT-br",
        windows=[{"start": at(10), "end": at(12)}, {"start": at(9, 11)}],
        phone="+55 11 5555 0100", notes="We are new to this.",
    )  # fmt: skip
    assert (case["kind"], case["category"], case["portal"]) == ("demo", "training", "cssm")
    assert (case["severity"], case["status"], case["queue"]) == (4, "new", "lea")
    assert case["requester"] == {"name": "New Comer", "email": someone.email}
    assert case["assignee"] is None
    assert case["smart_account"] == "northwind.example"
    assert case["title"] == "Demo on Smart Software Manager (CSSM)"
    engagement = case["engagement"]
    assert engagement["topics"] == ["Tokens", "Reports"]
    assert engagement["attendee_emails"] == ["ana@contoso.example", "bo@contoso.example"]
    assert (engagement["attendees"], engagement["language"]) == (12, "pt-BR")
    assert (engagement["time_zone"], engagement["phone"]) == (ZONE, "+55 11 5555 0100")
    assert (engagement["notes"], engagement["scheduled"]) == ("We are new to this.", None)
    utc = [(w["start"][-1], w["end"][-1]) for w in engagement["windows"]]
    assert utc == [("Z", "Z")] * 2
    shown = CaseAnswer.model_validate(case).engagement
    assert shown is not None
    assert [(w.start, w.end - w.start) for w in shown.windows] == [
        (moment(10), timedelta(hours=2)), (moment(9, 11), timedelta(hours=1)),
    ]  # fmt: skip
    receipt = case["receipt"]
    assert receipt["reference"] == case["number"]
    lines = {line["label"]: line["value"] for line in receipt["lines"]}
    assert lines["Attendees"] == "12"
    assert lines["Preferred times"].endswith(f"({ZONE})")
    assert "10:00 to 12:00" in lines["Preferred times"]
    assert [entry["type"] for entry in case["thread"]] == ["opened"]
    got = (await someone.get(f"/cases/{case['number']}")).json()
    assert got.items() <= case.items()


async def test_that_an_empty_body_names_everything_that_is_missing_at_once(
    nadia: httpx.AsyncClient,
) -> None:
    wrong = await errors(nadia, {})
    assert wrong.keys() == {
        "kind", "portal", "topics", "windows", "time_zone", "attendees", "language",
    }  # fmt: skip
    assert {code for code, _ in wrong.values()} == {"missing"}


async def test_that_a_dry_run_with_part_of_the_body_tells_wrong_from_missing(
    nadia: httpx.AsyncClient,
) -> None:
    wrong = await errors(nadia, {"portal": "clc", "attendees": 101, "time_zone": ZONE})
    assert {field for field, (code, _) in wrong.items() if code != "missing"} == {"attendees"}
    assert wrong.keys() == {"attendees", "kind", "topics", "windows", "language"}


LONG = "x" * 201
ADDRESSES = [f"p{i}@contoso.example" for i in range(101)]


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"attendees": 0}, "attendees", "at least 1"),
        ({"attendees": -1}, "attendees", "at least 1"),
        ({"attendees": 101}, "attendees", "at most 100"),
        ({"attendees": "lots"}, "attendees", "needs a number"),
        ({"attendees": 2.5}, "attendees", "needs a number"),
        ({"attendees": 10**30}, "attendees", ""),
        ({"portal": "clcc"}, "portal", "'clc', 'cssm', 'ssm_onprem'"),
        ({"portal": "ssm"}, "portal", "can’t be “ssm”"),
        ({"portal": "CLC"}, "portal", "can’t be “CLC”"),
        ({"portal": 7}, "portal", "can’t be “7”"),
        ({"kind": "workshop"}, "kind", "'training' or 'demo'"),
        ({"topics": []}, "topics", "at least 1"),
        ({"topics": ["x"] * 11}, "topics", "at most 10"),
        ({"topics": [LONG]}, "topics.0", "at most 200"),
        ({"topics": ["  "]}, "topics.0", "too short"),
        ({"topics": "orders"}, "topics", ""),
        ({"windows": []}, "windows", "at least 1"),
        ({"windows": [{"start": at(h)} for h in (9, 10, 11, 12)]}, "windows", "at most 3"),
        ({"windows": [{"start": "31 February"}]}, "windows.0.start", "like 2027-03-09T15:00"),
        ({"windows": [{"start": "2027-02-31T10:00"}]}, "windows.0.start", "like 2027-03-09"),
        ({"windows": [{"start": at(10)}, {"end": at(11)}]}, "windows.1.start", "is missing"),
        ({"windows": [{"start": at(10), "until": at(11)}]}, "windows.0.until", "no field"),
        ({"windows": [{"start": at(10), "end": at(9)}]}, "windows", "is not after the begin"),
        ({"windows": [{"start": at(10, 2)}]}, "windows", "too soon"),
        ({"windows": [{"start": "2020-01-01T10:00"}]}, "windows", "in the past"),
        ({"windows": [{"start": "9999-12-31T23:30"}]}, "windows", ""),
        ({"time_zone": "Berlin"}, "time_zone", "Use one like Europe/Berlin."),
        ({"language": "German"}, "language", "like en, de or pt-BR"),
        ({"language": ""}, "language", "like en, de or pt-BR"),
        ({"phone": "call me"}, "phone", "like +47 555 01 000"),
        ({"attendee_emails": ["ana"]}, "attendee_emails.0", "not an e-mail address"),
        ({"attendee_emails": ["ana@b"]}, "attendee_emails.0", "not an e-mail address"),
        ({"attendee_emails": ADDRESSES[:6]}, "attendee_emails", "6 addresses for 5 attendees"),
        ({"attendee_emails": ADDRESSES, "attendees": 100}, "attendee_emails", "at most 100"),
        ({"notes": "x" * 2001}, "notes", "at most 2000"),
        ({"smart_account": "contoso.example"}, "smart_account", "northwind.example"),
        ({"smart_account": "x"}, "smart_account", "at least 3"),
        ({"atendees": 5}, "atendees", "There is no field atendees"),
        ({"open_another": "perhaps"}, "open_another", ""),
    ],
)
async def test_that_a_wrong_field_is_named_with_what_would_be_right(
    nadia: httpx.AsyncClient, changes: dict[str, Any], field: str, says: str
) -> None:
    wrong = await errors(nadia, request(**changes))
    assert wrong.keys() == {field}
    assert says in wrong[field][1]


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"training"', "7"])
async def test_that_what_is_no_json_object_is_refused(nadia: httpx.AsyncClient, body: str) -> None:
    answer = await nadia.post(URL, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["errors"]


@pytest.mark.parametrize("field", ["portal", "attendees", "made_up\ud800"])
async def test_that_half_a_character_is_refused_and_not_repeated(
    nadia: httpx.AsyncClient, field: str
) -> None:
    body = json.dumps(request(**{field: "de\ud800"}))
    answer = await nadia.post(URL, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["errors"]


@pytest.mark.parametrize("attendees", [1, 100, "12"])
async def test_that_one_to_a_hundred_attendees_are_taken(
    newcomer: Newcomer, attendees: int | str
) -> None:
    someone = await newcomer()
    answer = await someone.post(URL, json=request(attendees=attendees), headers=DRY)
    assert answer.json()["engagement"]["attendees"] == int(attendees)


async def test_that_the_same_address_twice_counts_once(newcomer: Newcomer) -> None:
    someone = await newcomer()
    twice = ["Ana@contoso.example", " ana@CONTOSO.example "]
    case = await requested(someone, attendees=1, attendee_emails=twice)
    assert case["engagement"]["attendee_emails"] == ["ana@contoso.example"]


async def test_that_text_is_kept_as_written_without_control_characters(newcomer: Newcomer) -> None:
    someone = await newcomer()
    said = "<script>alert(1)</script> **bold** [x](javascript:y) 日本 \U0001f600"
    body = json.dumps(request(topics=[f"\x00{said}\x1b"], notes=f"a\x00\ud800b\n{said}"))
    answer = await someone.post(URL, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 201, answer.text
    case = answer.json()
    assert case["engagement"]["topics"] == [said]
    assert case["engagement"]["notes"] == f"ab\n{said}"


async def test_that_the_profiles_phone_is_used_when_none_is_given(newcomer: Newcomer) -> None:
    someone = await newcomer(phone="+47 555 01 77")
    assert (await requested(someone))["engagement"]["phone"] == "+47 555 01 77"
    silent = await newcomer(phone=None)
    assert (await requested(silent))["engagement"]["phone"] is None


@pytest.mark.parametrize(
    ("roles", "asked", "kept"),
    [
        (((NORTHWIND, "sa_viewer"),), None, "northwind.example"),
        (((NORTHWIND, "sa_user"), (NORTHWIND, "sa_approver")), None, "northwind.example"),
        (((NORTHWIND, "sa_user"), (CONTOSO, "sa_user")), None, None),
        (((NORTHWIND, "sa_user"), (CONTOSO, "sa_user")), "Contoso.example", "contoso.example"),
        ((), None, None),
    ],
)
async def test_that_the_smart_account_is_the_one_named_or_ones_only_one(
    newcomer: Newcomer, roles: Any, asked: str | None, kept: str | None
) -> None:
    someone = await newcomer(roles=roles)
    assert (await requested(someone, smart_account=asked))["smart_account"] == kept


@pytest.mark.parametrize("known", ["northwind.example", "litware.example", "nowhere.example"])
async def test_that_an_account_of_others_is_refused_in_the_same_words_as_none(
    newcomer: Newcomer, known: str
) -> None:
    someone = await newcomer()
    wrong = await errors(someone, request(smart_account=known))
    said = wrong["smart_account"][1].replace(known, "it")
    assert said == (
        "You have no role in a Smart Account with the domain it. "
        "Leave it out, or name one of yours."
    )


@pytest.mark.parametrize("email", [
    "vic@northwind.example", "nora@northwind.example", "paul@fabrikam.example",
    "greg@freemail.example", "lee@support.example",
])  # fmt: skip
async def test_that_anybody_signed_in_may_ask(person: SignedIn, email: str) -> None:
    someone = await person(email)
    answer = await someone.post(URL, json=request(), headers=DRY)
    assert answer.status_code == 200
    assert answer.json()["number"] is None


async def test_that_a_dry_run_opens_nothing_and_previews_the_whole(newcomer: Newcomer) -> None:
    someone = await newcomer()
    answer = await someone.post(URL, json=request(), headers=DRY)
    preview = answer.json()
    assert (answer.status_code, answer.headers["Dry-Run"]) == (200, "true")
    assert (preview["number"], preview["receipt"]["reference"]) == (None, None)
    assert {"label": "Attendees", "value": "5"} in preview["receipt"]["lines"]
    assert (await someone.get("/cases")).json()["items"] == []


# --- Duplicates -------------------------------------------------------------------------------


async def again(someone: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await someone.post(URL, json=request(**changes))
    case: dict[str, Any] = answer.json()
    assert answer.status_code == (200 if case["already_exists"] else 201), answer.text
    return case


async def test_that_an_equal_request_gives_the_case_back(newcomer: Newcomer) -> None:
    someone = await newcomer()
    case = await requested(someone)
    same = await again(someone, attendees=99, topics=["Something else"], language="de")
    assert same["already_exists"] is True
    assert same["number"] == case["number"]
    assert same["engagement"]["attendees"] == 5
    assert same["receipt"]["title"] == f"You already have case {case['number']}"


async def test_that_a_dry_run_of_an_equal_request_shows_the_case(newcomer: Newcomer) -> None:
    someone = await newcomer()
    case = await requested(someone)
    answer = await someone.post(URL, json=request(), headers=DRY)
    assert answer.status_code == 200
    assert answer.json()["already_exists"] is True
    assert answer.json()["number"] == case["number"]


async def test_that_one_equal_window_is_enough_also_in_another_zone(newcomer: Newcomer) -> None:
    someone = await newcomer()
    case = await requested(someone, windows=[{"start": at(10)}, {"start": at(14)}])
    elsewhere = moment(14).astimezone().isoformat()
    same = await again(
        someone, time_zone="Asia/Kolkata", windows=[{"start": at(9, 12)}, {"start": elsewhere}]
    )
    assert same["number"] == case["number"]


@pytest.mark.parametrize(
    "changes",
    [{"kind": "demo"}, {"portal": "cssm"}, {"windows": [{"start": at(11)}]},
     {"open_another": True}],
    ids=str,
)  # fmt: skip
async def test_that_another_kind_portal_or_time_is_another_case(
    newcomer: Newcomer, changes: dict[str, Any]
) -> None:
    someone = await newcomer()
    case = await requested(someone)
    other = await again(someone, **changes)
    assert other["already_exists"] is False
    assert other["number"] != case["number"]


async def test_that_an_equal_request_of_somebody_else_is_another_case(newcomer: Newcomer) -> None:
    numbers = {(await requested(await newcomer()))["number"] for _ in range(2)}
    assert len(numbers) == 2


async def test_that_a_cancelled_or_closed_case_does_not_stand_in_the_way(
    newcomer: Newcomer, person: SignedIn
) -> None:
    someone, lee = await newcomer(), await person("lee@support.example")
    first = await requested(someone)
    await someone.post(f"/cases/{first['number']}/cancel", json={})
    second = await again(someone)
    await lee.patch(f"/cases/{second['number']}", json={"status": "closed"})
    third = await again(someone)
    assert len({first["number"], second["number"], third["number"]}) == 3


async def test_that_a_day_later_an_equal_request_is_a_new_one(
    newcomer: Newcomer, clock_at: ClockAt
) -> None:
    someone = await newcomer()
    windows = [{"start": at(10)}]
    case = await requested(someone, windows=windows)
    opened = clock.now()
    clock_at(opened + timedelta(hours=23, minutes=59))
    assert (await again(someone, windows=windows))["number"] == case["number"]
    clock_at(opened + timedelta(hours=24, minutes=1))
    assert (await again(someone, windows=windows))["number"] != case["number"]


async def test_that_equal_requests_at_once_open_one_case(newcomer: Newcomer) -> None:
    someone = await newcomer()
    answers = await asyncio.gather(*(again(someone) for _ in range(8)))
    assert len({case["number"] for case in answers}) == 1
    assert sum(not case["already_exists"] for case in answers) == 1


async def test_that_requests_and_cases_of_one_person_at_once_do_not_block_each_other(
    newcomer: Newcomer,
) -> None:
    someone = await newcomer()
    problem = {"category": "other", "title": "A question", "description": "Beside a request"}
    answers = await asyncio.wait_for(
        asyncio.gather(
            *(someone.post(URL, json=request(windows=[{"start": at(8 + i)}])) for i in range(8)),
            *(someone.post("/cases", json=problem) for _ in range(8)),
        ),
        15,
    )
    assert [a.status_code for a in answers] == [201] * 16


# --- Mail -------------------------------------------------------------------------------------


async def test_that_the_requester_gets_one_mail_with_number_times_and_link(
    newcomer: Newcomer, client: httpx.AsyncClient
) -> None:
    someone = await newcomer()
    day = working_day(10)
    case = await requested(someone, attendee_emails=["silent@contoso.example"])
    await again(someone)
    outbox = await client.get("/api/v1/demo/outbox", params={"to": someone.email})
    [mail] = outbox.json()["items"]
    assert mail["subject"] == (
        f"{case['number']}: your training on License Central (CLC) is requested"
    )
    assert f"{day:%A, %d %B %Y}, 10:00 to 11:00" in mail["text"]
    assert f"Preferred times ({ZONE})" in mail["text"]
    assert mail["links"][0] == f"http://127.0.0.1:8000/?case={case['number']}"
    silent = await client.get("/api/v1/demo/outbox", params={"to": "silent@contoso.example"})
    assert silent.json()["items"] == []


async def test_that_what_people_wrote_is_no_markup_in_a_mail(
    newcomer: Newcomer, client: httpx.AsyncClient
) -> None:
    someone = await newcomer(name="Eve <b>Bold</b>")
    await requested(someone, topics=["<img src=x onerror=alert(1)> {{ 7*7 }}"])
    outbox = await client.get("/api/v1/demo/outbox", params={"to": someone.email})
    [mail] = outbox.json()["items"]
    assert "<img" not in mail["html"]
    assert "<b>" not in mail["html"]
    assert "{{ 7*7 }}" in mail["text"]
