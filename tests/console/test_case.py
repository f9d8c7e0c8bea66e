"""One case: all that an agent does with it, and what happens when it is refused."""

import re
import uuid
from typing import Any

import httpx

from tests.console.conftest import ask_for_training, open_case, working_day


def section(page: str, name: str) -> str:
    """What stands in a section of a page or of an update."""
    return page.split(f'id="sec-{name}"', 1)[1].split('id="sec-', 1)[0]


async def thread_of(asker: httpx.AsyncClient, number: str) -> list[dict[str, Any]]:
    """The thread as its requester sees it."""
    thread: list[dict[str, Any]] = (await asker.get(f"/cases/{number}")).json()["thread"]
    return thread


class TestReading:
    async def test_what_customers_wrote_is_shown_as_text(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient
    ) -> None:
        number = await open_case(
            asker, title="<img src=x>", description="<script>alert(1)</script> **not bold**"
        )
        page = (await lee.get(f"/console/cases/{number}")).text
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt; **not bold**" in page
        assert "<img" not in page

    async def test_a_number_is_understood_as_people_say_it(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient
    ) -> None:
        number = await open_case(asker)
        answer = await lee.get(f"/console/cases/{number.lower().replace('-', ' ')}")
        assert answer.headers["Location"] == f"/console/cases/{number}"

    async def test_windows_are_shown_in_both_zones(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient
    ) -> None:
        number = await ask_for_training(asker)
        page = section((await lee.get(f"/console/cases/{number}")).text, "schedule")
        assert "15:00 to 16:00" in page
        assert "Asia/Tokyo" in page
        assert "for you" in page
        assert "America/New_York" in page

    async def test_only_what_changed_is_sent_again(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient
    ) -> None:
        number = await open_case(asker)
        page = (await lee.get(f"/console/cases/{number}")).text
        have = re.search(r'name="have" value="([^"]*)"', page)[1]  # type: ignore[index]
        live = f"/console/cases/{number}/live"
        assert (await lee.get(live, params={"have": have})).status_code == 204
        await asker.post(f"/cases/{number}/notes", json={"text": "It moved!"})
        update = (await lee.get(live, params={"have": have})).text
        assert "It moved!" in section(update, "thread")
        assert 'id="sec-desk"' not in update
        assert 'id="sec-note"' not in update

    async def test_a_file_is_saved_from_the_thread(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient
    ) -> None:
        number = await open_case(asker)
        file = {"file": ("<b>list</b>.csv", b"a,b\n1,2\n", "text/csv")}
        await asker.post(f"/cases/{number}/attachments", files=file)
        thread = section((await lee.get(f"/console/cases/{number}")).text, "thread")
        link = re.search(r'<a class="attachment" href="([^"]+)" download>([^<]+)</a>', thread)
        assert link
        assert link[2] == "b&gt;.csv"
        assert "8 Bytes" in thread
        saved = await lee.get(link[1])
        assert saved.content == b"a,b\n1,2\n"
        assert saved.headers["content-disposition"].startswith("attachment; ")


class TestClaiming:
    async def test_of_two_agents_one_gets_it_and_the_other_is_told_who(
        self,
        lee: httpx.AsyncClient,
        mo: httpx.AsyncClient,
        asker: httpx.AsyncClient,
        htmx: dict[str, str],
    ) -> None:
        number = await open_case(asker)
        won = await lee.post(f"/console/cases/{number}/claim", headers=htmx)
        assert won.status_code == 200
        assert "You have it" in won.text
        lost = await mo.post(f"/console/cases/{number}/claim", headers=htmx)
        assert lost.status_code == 409
        assert "Lee Castellwyn (lee@support.example) already works on it" in lost.text

    async def test_without_scripts_it_leads_to_the_case(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient
    ) -> None:
        number = await open_case(asker)
        answer = await lee.post(f"/console/cases/{number}/claim")
        assert answer.status_code == 303
        assert answer.headers["Location"] == f"/console/cases/{number}#head"

    async def test_it_can_be_released(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient, htmx: dict[str, str]
    ) -> None:
        number = await open_case(asker)
        await lee.post(f"/console/cases/{number}/claim")
        answer = await lee.post(
            f"/console/cases/{number}/change",
            data={"assignee": "", "was_assignee": "lee@support.example"},
            headers=htmx,
        )
        assert "Nobody has it" in answer.text
        assert "released the case" in answer.text


class TestAnswering:
    async def test_an_answer_reaches_the_requester(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient, htmx: dict[str, str]
    ) -> None:
        number = await open_case(asker)
        answer = await lee.post(
            f"/console/cases/{number}/reply",
            data={"text": "We look into it.", "key": "k1"},
            headers=htmx,
        )
        assert answer.status_code == 200
        assert "Answer sent" in answer.text
        assert "We look into it." in section(answer.text, "thread")
        assert [e["text"] for e in await thread_of(asker, number) if e["type"] == "reply"] == [
            "We look into it."
        ]

    async def test_sending_twice_answers_once(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient
    ) -> None:
        number, key = await open_case(asker), uuid.uuid4().hex
        for _ in range(2):
            await lee.post(f"/console/cases/{number}/reply", data={"text": "Once", "key": key})
        assert [e["text"] for e in await thread_of(asker, number)].count("Once") == 1

    async def test_answering_and_closing_go_together(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient, htmx: dict[str, str]
    ) -> None:
        number = await open_case(asker)
        answer = await lee.post(
            f"/console/cases/{number}/reply",
            data={"text": "Solved.", "then": "closed"},
            headers=htmx,
        )
        assert "The case has ended" in answer.text
        assert (await asker.get(f"/cases/{number}")).json()["status"] == "closed"

    async def test_a_refused_answer_stays_in_its_field(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient, htmx: dict[str, str]
    ) -> None:
        number = await open_case(asker)
        await asker.post(f"/cases/{number}/cancel", json={})
        typed = "A long <answer> that took a while"
        for headers in (htmx, {}):
            answer = await lee.post(
                f"/console/cases/{number}/reply",
                data={"text": typed, "then": "closed"},
                headers=headers,
            )
            assert answer.status_code == 409
            assert "cancelled" in answer.text
            assert "A long &lt;answer&gt; that took a while" in answer.text

    async def test_an_empty_answer_is_explained_at_its_field(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient, htmx: dict[str, str]
    ) -> None:
        number = await open_case(asker)
        answer = await lee.post(f"/console/cases/{number}/reply", data={"text": "  "}, headers=htmx)
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text
        assert 'role="alert"' in answer.text


class TestInternalNotes:
    async def test_the_requester_never_sees_one(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient, htmx: dict[str, str]
    ) -> None:
        number = await open_case(asker)
        answer = await lee.post(
            f"/console/cases/{number}/note", data={"text": "Be careful here."}, headers=htmx
        )
        assert "Be careful here." in section(answer.text, "thread")
        assert "Internal note" in section(answer.text, "thread")
        assert "Be careful" not in str((await asker.get(f"/cases/{number}")).json())

    async def test_its_form_is_apart_from_the_answer(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient
    ) -> None:
        page = (await lee.get(f"/console/cases/{await open_case(asker)}")).text
        assert "/note" not in section(page, "reply")
        assert "/reply" not in section(page, "note")
        assert "never sees it" in section(page, "note")

    async def test_a_button_that_is_not_there_does_nothing(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient
    ) -> None:
        number = await open_case(asker)
        assert (await lee.post(f"/console/cases/{number}/nonsense", data={})).status_code == 404


class TestChanging:
    async def test_only_what_was_changed_in_the_form_changes(
        self, lee: httpx.AsyncClient, mo: httpx.AsyncClient, asker: httpx.AsyncClient
    ) -> None:
        number = await open_case(asker, severity=3)
        await mo.post(f"/console/cases/{number}/claim")
        await lee.post(
            f"/console/cases/{number}/change",
            data={
                "status": "new",
                "was_status": "new",
                "severity": "2",
                "was_severity": "3",
                "queue": "orders",
                "was_queue": "orders",
                "assignee": "",
                "was_assignee": "",
            },
        )
        case = (await asker.get(f"/cases/{number}")).json()
        assert case["severity"] == 2
        assert case["status"] == "acknowledged"
        assert case["assignee"]["email"] == "mo@support.example"

    async def test_moved_to_colleagues_it_leaves_the_agent_s_queues(
        self, desk: Any, asker: httpx.AsyncClient, htmx: dict[str, str]
    ) -> None:
        mia = await desk("mia@support.example")
        number = await open_case(asker)
        assert "Smart Accounts, not yours" in (await mia.get(f"/console/cases/{number}")).text
        answer = await mia.post(
            f"/console/cases/{number}/change",
            data={"queue": "accounts", "was_queue": "orders"},
            headers=htmx,
        )
        assert answer.status_code == 200
        assert (await mia.get(f"/console/cases/{number}")).status_code == 404

    async def test_a_closed_case_is_reopened(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient, htmx: dict[str, str]
    ) -> None:
        number = await open_case(asker)
        await lee.post(f"/console/cases/{number}/end", data={"how": "close"})
        assert (await asker.get(f"/cases/{number}")).json()["status"] == "closed"
        answer = await lee.post(f"/console/cases/{number}/reopen", headers=htmx)
        assert answer.status_code == 200
        assert (await asker.get(f"/cases/{number}")).json()["status"] == "in_progress"


class TestScheduling:
    async def test_in_a_window_of_the_requester_s(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient, htmx: dict[str, str]
    ) -> None:
        number = await ask_for_training(asker)
        page = (await lee.get(f"/console/cases/{number}")).text
        window = re.search(r'name="window" value="([^"]+/[^"]+)"', page)[1]  # type: ignore[index]
        answer = await lee.post(
            f"/console/cases/{number}/schedule",
            headers=htmx,
            data={"window": window, "trainer": "Lee", "meeting_url": "https://meet.example/x"},
        )
        assert answer.status_code == 200
        assert "Session scheduled" in answer.text
        assert "<strong>Scheduled</strong>" in section(answer.text, "engagement")
        scheduled = (await asker.get(f"/cases/{number}")).json()["engagement"]["scheduled"]
        assert scheduled["start"].startswith(f"{working_day(5)}T06:00")
        assert scheduled["trainer"] == "Lee"

    async def test_at_a_time_of_the_agent_s_own_in_either_zone(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient
    ) -> None:
        number = await ask_for_training(asker)
        for zone, hour in (("Asia/Tokyo", "01:00"), ("Europe/Berlin", "10:00")):
            day = "2027-07-06"
            answer = await lee.post(
                f"/console/cases/{number}/schedule",
                data={
                    "window": "own",
                    "start": f"{day}T{'10:00' if zone == 'Asia/Tokyo' else '12:00'}",
                    "minutes": "90",
                    "zone": zone,
                },
            )
            assert answer.status_code == 303
            scheduled = (await asker.get(f"/cases/{number}")).json()["engagement"]["scheduled"]
            assert scheduled["start"].startswith(f"{day}T{hour}")
            assert scheduled["end"][11:16] == ("02:30" if zone == "Asia/Tokyo" else "11:30")

    async def test_refused_it_says_what_is_wrong_and_keeps_what_was_typed(
        self, lee: httpx.AsyncClient, asker: httpx.AsyncClient, htmx: dict[str, str]
    ) -> None:
        number = await ask_for_training(asker)
        typed = {
            "trainer": "Mia R.",
            "meeting_url": "meet me",
            "window": "own",
            "minutes": "60",
            "zone": "Asia/Tokyo",
        }
        for start in ("2020-01-06T10:00", "31 February", ""):
            answer = await lee.post(
                f"/console/cases/{number}/schedule", data=typed | {"start": start}, headers=htmx
            )
            assert answer.status_code == 422
            form = answer.text.split('id="sec-')[0]
            assert 'role="alert"' in form
            assert 'value="Mia R."' in form
            assert 'value="meet me"' in form
            assert 'value="own" checked' in form
        refused = await lee.post(
            f"/console/cases/{number}/schedule",
            headers=htmx,
            data=typed | {"start": "2020-01-06T10:00", "meeting_url": ""},
        )
        assert "in the past" in refused.text
        assert (await asker.get(f"/cases/{number}")).json()["engagement"]["scheduled"] is None
