"""Where the transcript stands while people read, type, and turn their phones."""

from playwright.sync_api import Locator, expect

from tests.browser.chat import Chat, Wishes
from tests.browser.conftest import Visits
from tests.product import Product

PHONE = {"width": 390, "height": 844}
# What a keyboard leaves of that phone.
WITH_KEYBOARD = {"width": 390, "height": 480}
SMALL_PHONE = {"width": 320, "height": 640}
TURNED = {"width": 844, "height": 390}
WIDE = {"width": 1024, "height": 768}


def scroller(chat: Chat) -> Locator:
    return chat.widget.get_by_role("region", name="Conversation")


def position(chat: Chat) -> int:
    """Pixels above what is in view."""
    return int(scroller(chat).evaluate("element => element.scrollTop"))


def test_a_long_answer_is_read_from_its_beginning(visit: Visits) -> None:
    tess = visit("tess@freemail.example").open()
    tess.say("I need training on CLC")
    answer = tess.messages.last
    expect(answer.locator(".card")).to_be_attached()
    expect(answer.locator(".bubble")).to_be_in_viewport(ratio=1)
    expect(tess.offer("Get Support")).not_to_be_in_viewport()


def test_a_question_stays_in_view_whatever_room_there_is(visit: Visits) -> None:
    tess = visit("tess@freemail.example", viewport=PHONE).open()
    tess.say("I need training on CLC")
    tess.press("Get Support")
    tess.press("Create a case")
    use_these = tess.widget.get_by_role("button", name="Use these")
    expect(use_these).to_be_in_viewport(ratio=1)
    for size in (WITH_KEYBOARD, PHONE, SMALL_PHONE, TURNED, WIDE, SMALL_PHONE):
        tess.page.set_viewport_size(size)
        position(tess)
        expect(use_these).to_be_in_viewport(ratio=1)


def test_turning_the_phone_keeps_the_focus_and_the_words(visit: Visits) -> None:
    tess = visit("tess@freemail.example", viewport=WIDE).open()
    tess.composer.fill("half a sent")
    for size in (PHONE, TURNED, WIDE):
        tess.page.set_viewport_size(size)
        expect(tess.composer).to_be_focused()
        expect(tess.composer).to_have_value("half a sent")


def test_an_answer_from_the_desk_does_not_move_what_is_being_read(
    visit: Visits, product: Product
) -> None:
    leo = visit("leo@litware.example", timezone_id="Europe/Berlin").open()
    leo.ask_for_training(Wishes(day=19, own_topic="Roles"))
    number = leo.confirm()
    leo.say("I need training on CSSM")
    scroller(leo).hover()
    leo.page.mouse.wheel(0, -400)
    leo.page.wait_for_timeout(300)
    before = position(leo)
    lee = product.client("lee@support.example")
    lee.http.post(f"/cases/{number}/replies", json={"text": "Tuesday?"}).raise_for_status()
    below = leo.widget.get_by_role("button", name="New messages")
    expect(below).to_be_visible()
    assert position(leo) == before
    below.click()
    expect(leo.messages.last.get_by_text("Tuesday?")).to_be_in_viewport(ratio=1)
    expect(below).to_have_count(0)
