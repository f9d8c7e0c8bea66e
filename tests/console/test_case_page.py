"""What stands beside a case at the desk, and what is done with it there."""

import re
import uuid

import httpx

from backend.core import jobs
from backend.core.database import database
from tests.console.conftest import open_case
from tests.console.test_case import section, thread_of


async def page_of(agent: httpx.AsyncClient, number: str) -> str:
    answer = await agent.get(f"/console/cases/{number}")
    return answer.raise_for_status().text


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


class TestPreparedAnswers:
    async def test_a_prepared_answer_comes_behind_what_was_typed_and_is_not_sent_yet(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient, htmx: dict[str, str]
    ) -> None:
        number = await open_case(asker)
        assert '<option value="Macro: Solved, close the case">' in await page_of(lee, number)
        form = {"text": "Hi!", "prepared": "We are looking into it"}
        answer = await lee.post(f"/console/cases/{number}/prepare", data=form, headers=htmx)
        assert answer.status_code == 200
        box = re.search(r"<textarea[^>]*>(.*?)</textarea>", answer.text, re.DOTALL)
        assert box
        assert box[1].startswith("Hi!\n\nHello Ada,")
        assert number in box[1]
        assert [e["type"] for e in await thread_of(asker, number)] == ["opened"]

    async def test_without_scripts_it_is_a_whole_page_with_the_answer_in_its_box(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient
    ) -> None:
        number = await open_case(asker)
        form = {"prepared": "Solved, please confirm"}
        answer = await lee.post(f"/console/cases/{number}/prepare", data=form)
        assert "this should be solved now" in section(answer.text, "reply")

    async def test_a_missing_variable_is_named_and_what_was_typed_stays(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient, htmx: dict[str, str]
    ) -> None:
        number = await open_case(asker)
        path = f"/console/cases/{number}/prepare"
        form = {"text": "Typed", "prepared": "Order was checked"}
        answer = await lee.post(path, data=form, headers=htmx)
        assert answer.status_code == 422
        assert "{{case.order_number}} has no value here" in answer.text
        assert ">Typed</textarea>" in answer.text
        form = {"text": "Typed", "prepared": "Nothing of the kind"}
        answer = await lee.post(path, data=form, headers=htmx)
        assert "Nothing prepared is called “Nothing of the kind”" in answer.text
        assert ">Typed</textarea>" in answer.text

    async def test_a_macro_says_what_it_does_and_does_it_with_the_answer_as_changed(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient, htmx: dict[str, str]
    ) -> None:
        number = await open_case(asker)
        path = f"/console/cases/{number}"
        form = {"prepared": "Macro: Ask for the order number and wait"}
        shown = await lee.post(f"{path}/prepare", data=form, headers=htmx)
        assert "Set the status to Waiting for customer" in shown.text
        sent = {
            "macro": hidden(shown.text, "macro"), "expected": hidden(shown.text, "expected"),
            "key": hidden(shown.text, "key"), "text": "Which order, please?",
        }  # fmt: skip
        for _ in range(2):
            answer = await lee.post(f"{path}/reply", data=sent, headers=htmx)
            assert answer.status_code == 200, answer.text
        case = (await asker.get(f"/cases/{number}")).json()
        assert case["status"] == "customer_pending"
        said = [e["text"] for e in case["thread"] if e["type"] == "reply"]
        assert said == ["Which order, please?"], "sent twice, done once"
        assert "needs order number" in section(await page_of(lee, number), "head")


class TestTwoAgents:
    async def test_who_else_is_here_is_said(
        self, lee: httpx.AsyncClient, mo: httpx.AsyncClient, asker: httpx.AsyncClient,
        htmx: dict[str, str],
    ) -> None:  # fmt: skip
        number = await open_case(asker)
        path = f"/console/cases/{number}/presence"
        await mo.post(path, data={"writes": "yes"}, headers=htmx)
        company = section(await page_of(lee, number), "company")
        assert "<strong>Mo Elbarrow</strong> is writing on this case right now" in company
        await mo.post(path, data={"writes": "no"}, headers=htmx)
        assert "is looking at this case too" in section(await page_of(lee, number), "company")
        assert "Lee" not in section(await page_of(mo, number), "company")

    async def test_an_answer_past_a_colleagues_is_asked_back_once(
        self, lee: httpx.AsyncClient, mo: httpx.AsyncClient, asker: httpx.AsyncClient,
        htmx: dict[str, str],
    ) -> None:  # fmt: skip
        number = await open_case(asker)
        page = await page_of(lee, number)
        await mo.post(f"/console/cases/{number}/reply", data={"text": "I am on it"}, headers=htmx)
        form = {"text": "Me too", "expected": hidden(page, "expected"), "key": uuid.uuid4().hex}
        answer = await lee.post(f"/console/cases/{number}/reply", data=form, headers=htmx)
        assert answer.status_code == 409
        assert "Mo Elbarrow added to case" in answer.text
        assert ">Me too</textarea>" in answer.text
        assert "I am on it" in section(answer.text, "thread")
        form |= {"expected": hidden(answer.text, "expected"), "key": uuid.uuid4().hex}
        again = await lee.post(f"/console/cases/{number}/reply", data=form, headers=htmx)
        assert again.status_code == 200
        said = [e["text"] for e in await thread_of(asker, number) if e["type"] == "reply"]
        assert said == ["I am on it", "Me too"]


class TestOtherCases:
    async def test_a_likely_duplicate_is_offered_and_merged(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient
    ) -> None:
        first = await open_case(asker, title="Licenses never arrived")
        again = await open_case(asker, title="licences never arrived")
        together = section(await page_of(lee, again), "together")
        assert first in together
        assert "Nearly the same title" in together
        answer = await lee.post(f"/console/cases/{again}/merge", data={"into": first})
        assert answer.headers["Location"] == f"/console/cases/{again}#together"
        page = await page_of(lee, again)
        assert f'goes on in <a href="/console/cases/{first}">' in section(page, "reply")
        assert f"from {again}" in section(await page_of(lee, first), "thread")

    async def test_what_is_refused_stands_at_its_field(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient, htmx: dict[str, str]
    ) -> None:
        number = await open_case(asker)
        path = f"/console/cases/{number}/merge"
        answer = await lee.post(path, data={"into": number}, headers=htmx)
        assert answer.status_code == 422
        assert f"That is case {number} itself" in answer.text
        assert 'aria-describedby="merge-case-wrong"' in answer.text

    async def test_a_link_is_made_and_taken_back(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient
    ) -> None:
        one, other = await open_case(asker), await open_case(asker)
        form = {"other": other.lower(), "kind": "blocks"}
        await lee.post(f"/console/cases/{one}/link", data=form)
        assert "Blocked by" in section(await page_of(lee, other), "together")
        await lee.post(f"/console/cases/{other}/unlink", data={"other": one})
        together = section(await page_of(lee, one), "together")
        assert f"Remove the link with {other}" not in together


async def test_a_suggestion_is_shown_with_its_reason_and_taken_over_with_one_click(
    lee: httpx.AsyncClient, asker: httpx.AsyncClient
) -> None:
    number = await open_case(asker, description="Production is down since noon.")
    assert await jobs.drained(database(), 60)
    advice = section(await page_of(lee, number), "advice")
    assert "severity 1 Critical</strong>, because it says “Production is down”" in advice
    assert "Ada chose 3 Medium" in advice
    form = {"field": "severity", "decision": "accept"}
    await lee.post(f"/console/cases/{number}/suggestion", data=form)
    assert (await asker.get(f"/cases/{number}")).json()["severity"] == 1
    assert "Suggested: <strong>severity" not in await page_of(lee, number)


async def test_handing_over_takes_a_note_along(
    lee: httpx.AsyncClient, asker: httpx.AsyncClient, htmx: dict[str, str]
) -> None:
    number = await open_case(asker)
    form = {
        "was_assignee": "", "assignee": "mo@support.example", "note": "Called twice",
        "was_tags": "", "tags": "vip, phone", "was_severity": "3", "severity": "2",
    }  # fmt: skip
    answer = await lee.post(f"/console/cases/{number}/change", data=form, headers=htmx)
    assert answer.status_code == 200, answer.text
    page = await page_of(lee, number)
    assert "Mo Elbarrow has it" in section(page, "head")
    assert "Called twice" in section(page, "thread")
    assert '<span class="chip">phone</span> <span class="chip">vip</span>' in page
    assert 'severity-2"' in section(page, "head")
    assert "Handed over to mo@support.example" in section(page, "history")
