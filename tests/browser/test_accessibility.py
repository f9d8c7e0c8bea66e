"""axe finds nothing, and nobody has to scroll sideways: in every state, in both themes, on phones.

WCAG 2.2 A and AA. The views are those that a state is looked at in; a page at 200 % zoom has half
the room.
"""

from playwright.sync_api import expect

from tests.browser.axe import barriers
from tests.browser.chat import Chat, Wishes
from tests.browser.conftest import Album, Visits
from tests.browser.inspection import Inspection
from tests.product import working_day

UNSENT = {
    "type": "about:blank", "title": "This message can’t be read", "status": 422,
    "detail": "It has no words.", "hint": "Write it again.",
}  # fmt: skip


def test_a_barrier_would_be_found(visit: Visits) -> None:
    page = visit("olivia@fabrikam.example").open().page
    assert barriers(page) == []
    page.evaluate(
        """() => {
          const image = document.createElement('img');
          const panel = document.querySelector('ask-licensing').shadowRoot;
          panel.querySelector('dialog').append(image);
          panel.querySelector('.log').style.width = '600px';
          document.querySelector('footer').style.width = '3000px';
        }"""
    )
    alternative, page_wide, panel_wide = barriers(page)
    assert alternative.startswith("image-alt: ")
    assert page_wide.startswith("too wide by ")
    assert page_wide.endswith(" pixels: html.")
    assert panel_wide.endswith(" pixels: div.scroller")


def test_the_demo_page_has_no_barriers(visit: Visits, album: Album) -> None:
    page = visit.page()
    page.goto("/")
    expect(page.get_by_title("nadia@northwind.example")).to_be_visible()
    inspection = Inspection(page, album, "page")
    inspection.look("signed-out")
    page.get_by_title("nadia@northwind.example").click()
    expect(page.locator("#webinars li").first).to_be_visible()
    inspection.look("signed-in")
    assert inspection.found == {}


def test_the_chat_has_no_barriers_on_the_way_to_a_case(visit: Visits, album: Album) -> None:
    pia = visit("pia@fabrikam.example").open()
    inspection = Inspection(pia.page, album, "chat")
    inspection.look("1-greeting")
    pia.say("I need training on CLC")
    inspection.look("2-links")
    pia.press("Get Support")
    pia.press("Create a case")
    wishes = Wishes(day=17, own_topic="Moving orders")
    for number, control in enumerate(pia.questions(), start=3):
        inspection.look(f"{number}-{control or 'text'}")
        pia.answer(wishes)
    assert {"choices", "when", "number"} <= set(pia.controls)
    inspection.look("7-card")
    pia.card.get_by_role("button", name="Change").click()
    pia.settle()
    assert pia.control == "choice"
    inspection.look("8-change")
    pia.say("make it 15 people")
    pia.confirm()
    inspection.look("9-receipt")
    assert inspection.found == {}


def test_the_chat_has_no_barriers_when_something_is_wrong(visit: Visits, album: Album) -> None:
    otto = visit("otto@lucerne.example").open()
    inspection = Inspection(otto.page, album, "trouble")
    otto.say("I need training on CLC for 3 people")
    otto.press("Get Support")
    otto.press("Create a case")
    otto.say("Roles")
    assert otto.control == "when"
    # A window without a date, refused by the control itself.
    otto.widget.get_by_role("button", name="Use this").click()
    expect(otto.widget.locator("ask-licensing-when [role=alert]")).not_to_be_empty()
    inspection.look("control")
    # A day at the weekend, refused by the API in the assistant's words.
    otto.say("31 February")
    inspection.look("refused")
    refuse_messages(otto)
    otto.composer.fill("Anything")
    otto.composer.press("Enter")
    expect(otto.widget.locator(".unsent")).to_contain_text("Write it again.")
    inspection.look("unsent")
    otto.page.context.set_offline(True)
    expect(otto.bar).to_contain_text("You are offline")
    inspection.look("offline", ("desktop", "dark", "phone"))
    assert inspection.found == {}


def test_what_hangs_around_the_chat_has_no_barriers(visit: Visits, album: Album) -> None:
    olivia = visit("olivia@fabrikam.example").open()
    inspection = Inspection(olivia.page, album, "around")
    olivia.say("What is a virtual account?")
    olivia.widget.get_by_role("button", name="This did not help").last.click()
    expect(olivia.widget.get_by_label("What was missing?")).to_be_visible()
    inspection.look("rating", ("desktop", "dark", "phone"))
    olivia.widget.get_by_role("button", name="Past conversations").click()
    expect(olivia.widget.locator(".past button").first).to_be_visible()
    inspection.look("past", ("desktop", "dark", "phone"))
    assert inspection.found == {}


def test_the_desk_has_no_barriers(visit: Visits, album: Album) -> None:
    anna = visit("anna@adventure.example").open()
    anna.say("My order hangs")
    anna.say("cancel")
    anna.say(f"I need training on CLC for 3 people about roles on {working_day(18)} at 10:00")
    anna.press("Get Support")
    anna.press("Create a case")
    for _ in anna.questions():
        anna.answer(
            Wishes(day=18, own_topic="Roles", typed={"language": "English", "zone": "Oslo"})
        )
    number = anna.confirm()

    page = visit.page()
    inspection = Inspection(page, album, "desk")
    page.goto("/console")
    inspection.look("sign-in", ("desktop", "dark", "phone"))
    page.get_by_role("button", name="Lee Castellwyn").click()
    expect(page.locator(f"#row-{number}")).to_be_visible()
    inspection.look("queue", ("desktop", "dark", "phone", "zoomed"))
    page.goto(f"/console/cases/{number}")
    page.locator("#sec-transcript details.why").first.locator("summary").click()
    inspection.look("case", ("desktop", "dark", "phone", "zoomed"))
    page.goto("/console/conversations")
    expect(page.locator(".chat-row").first).to_be_visible()
    inspection.look("chats", ("desktop", "dark", "phone"))
    page.goto(f"/console/conversations/{anna.conversation()}")
    expect(page.locator("#sec-transcript")).to_contain_text(number)
    inspection.look("chat", ("desktop", "dark", "phone"))
    assert inspection.found == {}


def refuse_messages(chat: Chat) -> None:
    """Have what is sent from now on refused, as the server refuses what it can't read."""
    chat.page.route(
        "**/conversations/*/messages",
        lambda route: (
            route.fulfill(status=422, content_type="application/problem+json", json=UNSENT)
            if route.request.method == "POST"
            else route.continue_()
        ),
    )
