"""The console in a real browser: live, accessible, and without anything inline."""

import os
import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from assistant.cli.paths import State
from assistant.cli.secret_file import Secrets
from assistant.cli.supervisor import free_port, start_app, stop, wait_ready
from backend.core.settings import ROOT
from tests.product import Person, working_day

AXE = ROOT / "assistant" / "widget" / "node_modules" / "axe-core" / "axe.min.js"
CHECK = """() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa',
  'wcag22aa', 'best-practice']}).then(r => r.violations.map(
    v => `${v.id}: ${v.nodes.map(n => n.html.slice(0, 120)).join(' | ')}`))"""
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
NOWHERE = "http://127.0.0.1:9"
STARTS_WITHIN = 60
SIZES = {"desktop": (1360, 900), "phone": (390, 844)}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any]]:
    """The app as a process, without Rasa: its address, and the process."""
    port = free_port()
    state = State.at(tmp_path_factory.mktemp("console"))
    app = start_app(state, Secrets.made_up(), rasa_url=NOWHERE, host="127.0.0.1", port=port)
    wait_ready(f"http://127.0.0.1:{port}/healthz", STARTS_WITHIN, app)
    yield f"http://127.0.0.1:{port}", app
    stop([app])


@pytest.fixture(scope="module")
def base(running: tuple[str, Any]) -> str:
    return running[0]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield opened
        opened.close()


@pytest.fixture
def lee(browser: Browser, base: str) -> Iterator[Page]:
    """Lee at her desk; at the end, nothing may have been refused or have failed in the page."""
    page, complaints = sit_down(browser, base, "Lee Castellwyn")
    yield page
    page.context.close()
    assert complaints == []


def sit_down(
    browser: Browser, base: str, name: str, size: str = "desktop", scheme: Any = "light"
) -> tuple[Page, list[str]]:
    """A signed-in page, and a list that collects what the browser complains about."""
    width, height = SIZES[size]
    page = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme
    ).new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: (
            complaints.append(said.text) if "Content Security Policy" in said.text else None
        ),
    )
    page.goto(f"{base}/console")
    page.get_by_role("button", name=name).click()
    page.wait_for_url("**/console")
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    return page, complaints


@pytest.fixture
def nadia(base: str) -> Iterator[Person]:
    person = Person(base, "nadia@northwind.example")
    yield person
    person.http.close()


def open_case(person: Person, **fields: Any) -> tuple[str, str]:
    """Number and title of a new case."""
    title = f"Order {uuid.uuid4().hex[:8]} is stuck"
    body = {"category": "orders", "title": title, "description": "It does not move."} | fields
    answer = person.http.post("/cases", json=body).raise_for_status().json()
    return answer["number"], title


def ask_for_training(person: Person, hour: int) -> str:
    body = {
        "kind": "training",
        "portal": "clc",
        "topics": ["Orders"],
        "attendees": 3,
        "windows": [{"start": f"{working_day(6)}T{hour:02}:00"}],
        "time_zone": "Europe/Oslo",
        "language": "en",
        "open_another": True,
    }
    answer = person.http.post("/training-engagements", json=body).raise_for_status()
    return str(answer.json()["number"])


def test_a_new_case_appears_by_itself_and_is_announced(lee: Page, nadia: Person) -> None:
    number, title = open_case(nadia)
    expect(lee.get_by_role("link", name=title)).to_be_visible()
    expect(lee.locator("#announce")).to_have_text("1 new case")
    expect(lee.locator(f"#row-{number}")).to_contain_class("is-new")


def test_searching_narrows_while_one_types(lee: Page, base: str, nadia: Person) -> None:
    number, title = open_case(nadia)
    open_case(nadia)
    lee.get_by_label("Search").press_sequentially(number)
    expect(lee.locator("tr[data-case]")).to_have_count(1)
    expect(lee.get_by_role("link", name=title)).to_be_visible()
    expect(lee).to_have_url(f"{base}/console?q={number}")


def test_what_arrives_leaves_alone_what_is_being_typed(lee: Page, base: str, nadia: Person) -> None:
    number, _ = open_case(nadia)
    lee.goto(f"{base}/console/cases/{number}")
    answer = lee.get_by_label("Your answer")
    answer.fill("Dear Nadia, I have")
    lee.get_by_label("Severity", exact=True).select_option("1")
    nadia.http.post(f"/cases/{number}/notes", json={"text": "It moved a bit."}).raise_for_status()
    expect(lee.locator("#sec-thread")).to_contain_text("It moved a bit.")
    expect(lee.locator("#announce")).to_have_text("1 new entry in the thread")
    expect(answer).to_have_value("Dear Nadia, I have")
    expect(lee.get_by_label("Severity", exact=True)).to_have_value("1")
    expect(answer).to_be_focused()
    answer.press("End")
    answer.press_sequentially(" looked.")
    lee.reload()
    expect(answer).to_have_value("Dear Nadia, I have looked.")
    lee.get_by_role("button", name="Send to Nadia").click()
    expect(lee.locator("#sec-reply .done")).to_be_focused()
    expect(lee.locator("#sec-thread")).to_contain_text("Dear Nadia, I have looked.")
    expect(answer).to_have_value("")
    thread = nadia.http.get(f"/cases/{number}").json()["thread"]
    assert "Dear Nadia, I have looked." in [e["text"] for e in thread]
    lee.reload()
    expect(answer).to_have_value("")


def test_the_keyboard_sends_an_internal_note_as_a_note(lee: Page, base: str, nadia: Person) -> None:
    number, _ = open_case(nadia)
    lee.goto(f"{base}/console/cases/{number}")
    note = lee.get_by_label("For the desk only")
    note.fill("Careful.")
    note.press("Control+Enter")
    expect(lee.locator("#sec-thread .entry-internal")).to_contain_text("Careful.")
    assert "Careful." not in str(nadia.http.get(f"/cases/{number}").json())


def test_a_refused_schedule_keeps_what_was_typed(lee: Page, base: str, nadia: Person) -> None:
    number = ask_for_training(nadia, 9)
    lee.goto(f"{base}/console/cases/{number}")
    expect(lee.get_by_label("Begins")).to_be_hidden()
    lee.get_by_label("Another time").check()
    lee.get_by_label("Begins").fill("2020-01-06T10:00")
    lee.get_by_label("Trainer").fill("Mia R.")
    lee.get_by_role("button", name="Schedule and invite").click()
    expect(lee.locator("#sec-schedule [role=alert]")).to_be_focused()
    expect(lee.locator("#sec-schedule")).to_contain_text("in the past")
    expect(lee.get_by_label("Begins")).to_have_value("2020-01-06T10:00")
    nadia.http.post(f"/cases/{number}/notes", json={"text": "By the way"}).raise_for_status()
    expect(lee.locator("#sec-thread")).to_contain_text("By the way")
    expect(lee.get_by_label("Trainer")).to_have_value("Mia R.")
    lee.locator("#sec-schedule .option").first.click()
    lee.get_by_label("Meeting link").fill("https://meet.example/clc")
    lee.get_by_role("button", name="Schedule and invite").click()
    expect(lee.locator("#sec-engagement .scheduled")).to_contain_text("with Mia R.")


def test_two_agents_at_once(browser: Browser, base: str, lee: Page, nadia: Person) -> None:
    number, _ = open_case(nadia)
    mo, complaints = sit_down(browser, base, "Mo Elbarrow")
    for page in (lee, mo):
        page.goto(f"{base}/console/cases/{number}")
    lee.get_by_role("button", name="Claim").click()
    expect(lee.locator("#sec-head")).to_contain_text("You have it")
    expect(mo.locator("#sec-head")).to_contain_text("Lee Castellwyn has it")
    expect(mo.get_by_role("button", name="Claim")).to_have_count(0)
    mo.context.close()
    assert complaints == []


def test_a_prepared_answer_is_found_and_sent_without_a_mouse(
    lee: Page, base: str, nadia: Person
) -> None:
    number, _ = open_case(nadia)
    lee.goto(f"{base}/console/cases/{number}")
    lee.keyboard.press("m")
    expect(lee.locator("#prepared")).to_be_focused()
    lee.keyboard.type("We are looking into it")
    lee.keyboard.press("Enter")
    box = lee.get_by_label("Your answer")
    expect(box).to_be_focused()
    expect(box).to_have_value(re.compile(f"Hello Nadia,.*{number}", re.DOTALL))
    lee.keyboard.press("Control+Enter")
    expect(lee.locator("#sec-thread")).to_contain_text("I have your case")
    said = nadia.http.get(f"/cases/{number}").json()["thread"]
    assert [entry["type"] for entry in said].count("reply") == 1


def test_single_keys_lead_to_the_forms_and_not_while_one_types(
    lee: Page, base: str, nadia: Person
) -> None:
    number, _ = open_case(nadia)
    lee.goto(f"{base}/console/cases/{number}")
    lee.keyboard.press("n")
    note = lee.get_by_label("For the desk only")
    expect(note).to_be_focused()
    lee.keyboard.type("crm?")
    expect(note).to_have_value("crm?")
    note.blur()
    lee.keyboard.press("?")
    expect(lee.get_by_role("dialog", name="Keys on this page")).to_be_visible()
    lee.keyboard.press("Escape")
    lee.keyboard.press("r")
    expect(lee.get_by_label("Your answer")).to_be_focused()


def test_who_writes_at_the_same_time_is_seen_and_warned_before_it_is_sent(
    browser: Browser, base: str, lee: Page, nadia: Person
) -> None:
    number, _ = open_case(nadia)
    mo, _ = sit_down(browser, base, "Mo Elbarrow")
    for page in (lee, mo):
        page.goto(f"{base}/console/cases/{number}")
    box = lee.get_by_label("Your answer")
    box.fill("Let me see")
    expect(mo.locator("#sec-company")).to_contain_text("Lee Castellwyn is writing")
    mo.get_by_label("Your answer").fill("I have it already")
    mo.get_by_role("button", name="Send to Nadia").click()
    expect(lee.locator("#sec-thread")).to_contain_text("I have it already")
    lee.get_by_role("button", name="Send to Nadia").click()
    expect(lee.locator("#reply-problem")).to_contain_text("Mo Elbarrow added to case")
    expect(box).to_have_value("Let me see")
    lee.get_by_role("button", name="Send to Nadia").click()
    expect(lee.locator("#sec-thread")).to_contain_text("Let me see")
    mo.context.close()


def test_taking_over_a_chat_and_giving_it_back(lee: Page, base: str, nadia: Person) -> None:
    nadia.begin()
    nadia.say("I want to talk to somebody")
    lee.goto(f"{base}/console/conversations")
    lee.locator(f'a[href$="{nadia.conversation}"]').click()
    lee.get_by_role("button", name="Take over").click()
    box = lee.get_by_label("Say to Nadia")
    box.fill("Hello, this is Lee.")
    box.press("Control+Enter")
    expect(lee.locator("#sec-transcript")).to_contain_text("Hello, this is Lee.")
    expect(box).to_be_focused()
    expect(box).to_have_value("")
    assert nadia.transcript()[-1]["text"] == "Hello, this is Lee."
    nadia.say("Hello Lee!")
    expect(lee.locator("#sec-transcript")).to_contain_text("Hello Lee!")
    lee.get_by_role("button", name="Hand back").click()
    expect(lee.get_by_role("button", name="Take over")).to_be_visible()


def test_the_list_by_keyboard(lee: Page, base: str, nadia: Person) -> None:
    word = f"w{uuid.uuid4().hex[:8]}"
    numbers = [open_case(nadia, severity=s, title=f"{word} {s}", phone="+47 555 01 23")[0]
               for s in (1, 2, 3)]  # fmt: skip
    lee.goto(f"{base}/console?q={word}")
    expect(lee.locator("tr[data-case]")).to_have_count(3)
    for key, at in (("j", 0), ("j", 1), ("ArrowDown", 2), ("j", 2), ("k", 1), ("ArrowUp", 0)):
        lee.keyboard.press(key)
        expect(lee.locator(f"#to-{numbers[at]}")).to_be_focused()
    lee.keyboard.press("x")
    lee.keyboard.press("j")
    lee.keyboard.press("x")
    expect(lee.locator("#picked")).to_have_text("2 cases picked")
    # What arrives meanwhile leaves the picks alone, and the place in the list.
    late, _ = open_case(nadia, severity=4, title=f"{word} late")
    expect(lee.locator(f"#row-{late}")).to_be_visible()
    expect(lee.locator("[name=numbers]:checked")).to_have_count(2)
    expect(lee.locator(f"#to-{numbers[1]}")).to_be_focused()
    # Keys are letters again while one types.
    lee.keyboard.press("/")
    expect(lee.locator("#q")).to_be_focused()
    lee.keyboard.type("jxc?")
    expect(lee.locator("#q")).to_have_value("jxc?")
    expect(lee.locator("#keys")).to_be_hidden()
    lee.goto(f"{base}/console?q={word}")
    lee.keyboard.press("?")
    expect(lee.get_by_role("dialog", name="Keys in this list")).to_be_visible()
    lee.keyboard.press("Escape")
    lee.keyboard.press("j")
    lee.keyboard.press("c")
    lee.wait_for_url(f"**/console/cases/{numbers[0]}#head")
    expect(lee.locator("#sec-head")).to_contain_text("You have it")


def test_keys_can_be_switched_off(lee: Page, base: str, nadia: Person) -> None:
    open_case(nadia)
    lee.goto(f"{base}/console/me")
    lee.get_by_label("Single keys").uncheck()
    lee.get_by_role("button", name="Save").click()
    expect(lee.get_by_role("main")).to_contain_text("Changed")
    lee.goto(f"{base}/console?queue=")
    lee.keyboard.press("j")
    lee.keyboard.press("?")
    expect(lee.locator("#sec-cases a:focus")).to_have_count(0)
    expect(lee.locator("#keys")).to_be_hidden()
    lee.get_by_role("button", name="Keys").click()
    expect(lee.locator("#keys")).to_contain_text("You have switched them off")
    lee.goto(f"{base}/console/me")
    lee.get_by_label("Single keys").check()
    lee.get_by_role("button", name="Save").click()


def test_many_cases_at_once_say_what_became_of_each(
    browser: Browser, base: str, lee: Page, nadia: Person
) -> None:
    word = f"w{uuid.uuid4().hex[:8]}"
    numbers = [open_case(nadia, title=f"{word} {n}")[0] for n in range(3)]
    mo = Person(base, "mo@support.example")
    lee.goto(f"{base}/console?q={word}&sort=newest")
    expect(lee.locator("#bulk")).to_be_hidden()
    for number in numbers:
        lee.get_by_label(f"Pick {number}").check()
    mo.http.post(f"/cases/{numbers[1]}/claim").raise_for_status()
    mo.http.close()
    lee.locator("#bulk").get_by_role("button", name="Claim").click()
    done = lee.locator("#bulk-done")
    expect(done).to_contain_text("Claimed: 2 cases, 1 not changed")
    expect(done).to_contain_text("Mo Elbarrow (mo@support.example) already works on it.")
    expect(lee.locator("tr[data-case]")).to_have_count(3)


def test_a_view_is_saved_opened_first_and_deleted(lee: Page, base: str, nadia: Person) -> None:
    name = f"View {uuid.uuid4().hex[:6]}"
    open_case(nadia, severity=1, phone="+47 555 01 23")
    lee.goto(f"{base}/console?severity=1")
    lee.locator("#view-tools summary").click()
    lee.get_by_label("Name of the view").fill(name)
    lee.get_by_role("button", name="Save", exact=True).click()
    expect(lee.get_by_role("heading", level=1)).to_have_text(name)
    lee.locator("#view-tools summary").click()
    lee.get_by_role("button", name="Open my queue with this view").click()
    lee.goto(f"{base}/console")
    expect(lee.get_by_role("heading", level=1)).to_have_text(name)
    expect(lee.get_by_label("Severity", exact=True)).to_have_value("1")
    lee.locator("#view-tools summary").click()
    lee.get_by_role("button", name="Delete this view").click()
    lee.goto(f"{base}/console")
    expect(lee.get_by_role("heading", level=1)).to_have_text("All queues")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_accessible(
    browser: Browser, base: str, nadia: Person, size: str, scheme: str
) -> None:
    nadia.begin()
    nadia.say("My order **hangs**")
    training = ask_for_training(nadia, 10 + list(SIZES).index(size))
    case, _ = open_case(nadia, severity=1, phone="+47 555 01 23")
    page, complaints = sit_down(browser, base, "Lee Castellwyn", size, scheme)
    folder = os.environ.get("SCREENSHOTS")
    violations: dict[str, list[str]] = {}
    for name, address in {
        "queue": "",
        "nothing-found": "?q=nothing-is-called-this",
        "search": "?q=order",
        "picked": "?severity=1",
        "keys": "?queue=orders",
        "how-i-work": "/me",
        "training": f"/cases/{training}",
        "case": f"/cases/{case}",
        "chats": "/conversations",
        "chat": f"/conversations/{nadia.conversation}",
        "mails": "/mails",
        "sign-in": "/sign-in",
        "lost": "/nowhere",
    }.items():
        page.goto(f"{base}/console{address}")
        if name == "picked":
            page.locator("[name=numbers]").first.check()
            page.locator("#bulk-close summary").click()
            page.locator("#view-tools summary").click()
        if name == "keys":
            page.get_by_role("button", name="Keys").click()
        if name == "case":
            page.get_by_label("For the desk only").fill("Careful.")
            page.get_by_role("button", name="Keep as internal note").click()
            expect(page.locator(".entry-internal")).to_be_visible()
        if name == "chat":
            page.locator("details.why").first.locator("summary").click()
        if folder:
            page.screenshot(
                path=Path(folder) / f"console-{name}-{size}-{scheme}.png", full_page=True
            )
        found = accessibility(page)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        violations |= {name: found + [f"{wide} pixels too wide"] * (wide > 0)}
    page.context.close()
    assert {name: v for name, v in violations.items() if v} == {}
    assert complaints == []


def accessibility(page: Page) -> list[str]:
    """What axe finds. It is put in from outside, so that the page's own policy stays in force."""
    browser = page.context.new_cdp_session(page)
    browser.send("Runtime.evaluate", {"expression": AXE.read_text()})
    ran = browser.send(
        "Runtime.evaluate",
        {
            "expression": f"({CHECK})()",
            "awaitPromise": True,
            "returnByValue": True,
        },
    )
    found: list[str] = ran["result"]["value"]
    return found


def test_an_open_page_does_not_keep_the_product_from_stopping(
    running: tuple[str, Any], lee: Page
) -> None:
    expect(lee.locator("#live-state")).to_have_attribute("data-state", "live")
    begun = time.monotonic()
    stop([running[1]])
    assert time.monotonic() - begun < 3
    expect(lee.locator("#live-state")).to_have_attribute("data-state", "lost")
