"""The widget on the demo page, as somebody's eyes and hands have it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.product import working_day

MOST_QUESTIONS = 12
# A turn takes a fraction of a second; on a machine that does other things too, far longer.
TURN_MS = 30_000
CARD = "ask-licensing-proposal .proposal[data-status=open]"


@dataclass
class Wishes:
    """What a person answers when asked for training, by the control that asks.

    `day` counts working days from now; a test that opens a case takes a day and an hour that no
    other takes, so that it is nobody's duplicate.
    """

    day: int
    hour: int = 15
    topics: tuple[str, ...] = ()
    own_topic: str = ""
    attendees: int = 12
    typed: dict[str, str] = field(default_factory=dict)

    @property
    def date(self) -> str:
        """ISO date of the window."""
        return working_day(self.day).isoformat()

    @property
    def times(self) -> tuple[str, str]:
        """Start and end of the window, HH:MM."""
        return f"{self.hour:02}:00", f"{self.hour + 1:02}:30"


class Chat:
    """One person's widget."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.widget = page.locator("ask-licensing")
        self.launcher = self.widget.get_by_role("button", name="Ask about licensing")
        self.composer = self.widget.get_by_label("Your message")
        self.messages = self.widget.locator(".message[data-id]")
        self.card = self.widget.locator(CARD)
        self.receipts = self.widget.locator(".receipt")
        self.badge = self.widget.locator(".badge")
        self.bar = self.widget.locator(".bar")
        self.controls: list[str] = []

    def open(self) -> "Chat":
        """Open the panel and wait for the conversation in it."""
        self.launcher.click()
        expect(self.messages.first).to_be_visible()
        return self

    def close(self) -> None:
        """Close the panel."""
        self.widget.get_by_role("button", name="Close the chat").click()
        expect(self.launcher).to_be_visible()

    def settle(self) -> None:
        """Wait until everything said has been answered."""
        expect(self.widget.locator(".message.user:not([data-id])")).to_have_count(
            0, timeout=TURN_MS
        )
        expect(self.widget.locator(".typing")).to_have_count(0, timeout=TURN_MS)

    def say(self, text: str) -> None:
        """Type a message and send it with Enter."""
        self.composer.fill(text)
        self.composer.press("Enter")
        self.settle()

    def press(self, title: str) -> None:
        """Press one of the offered buttons."""
        self.offer(title).click()
        self.settle()

    def offer(self, title: str) -> Locator:
        """A button that is offered now, below what was said."""
        return self.widget.locator(".offers, .question").get_by_role(
            "button", name=title, exact=True
        )

    @property
    def last(self) -> str:
        """What was said last, with what is drawn in it."""
        return self.messages.last.inner_text()

    def said(self, role: str) -> list[str]:
        """All bubbles of `user`, `bot` or `person`, oldest first."""
        return self.widget.locator(f".message.{role}[data-id] .bubble").all_inner_texts()

    def ids(self) -> list[str]:
        """The message ids as they stand in the transcript."""
        drawn = "found => found.map(message => message.dataset.id)"
        ids: list[str] = self.messages.evaluate_all(drawn)
        return ids

    def conversation(self) -> str:
        """The id under which this browser remembers the conversation."""
        listed = self.page.request.get("/api/v1/conversations?limit=1").json()
        return str(listed["items"][0]["id"])

    # --- answering with the drawn controls ------------------------------------------------------

    @property
    def control(self) -> str:
        """The element that is drawn for the open question; empty where one types."""
        drawn = self.widget.locator(".question > *")
        names: list[str] = drawn.evaluate_all("found => found.map(one => one.localName)")
        return names[0].removeprefix("ask-licensing-") if names else ""

    def ask_for_training(self, wishes: Wishes) -> None:
        """From the first sentence to the card."""
        self.say("I need training on CLC")
        self.press("Get Support")
        self.press("Create a case")
        for _ in self.questions():
            self.answer(wishes)

    def questions(self) -> Iterator[str]:
        """The open questions one after the other, until a card is there."""
        for _ in range(MOST_QUESTIONS):
            if self.card.count():
                return
            yield self.control
        raise AssertionError(f"no card after {MOST_QUESTIONS} questions; the last: {self.last}")

    def answer(self, wishes: Wishes) -> None:
        """Answer the open question by its control, or by typing where there is none."""
        by_control: dict[str, Callable[[Wishes], Any]] = {
            "choices": self._choose,
            "when": self._give_window,
            "number": self._count,
        }
        control = self.control
        self.controls.append(control)
        skip = self.widget.locator(".skip").get_by_role("button", name="Skip")
        typed = [text for word, text in wishes.typed.items() if word in self.last.lower()]
        if typed:
            self.say(typed[0])
        elif control in by_control:
            by_control[control](wishes)
            self.settle()
        elif skip.count():
            skip.click()
            self.settle()
        else:
            raise AssertionError(f"nothing to answer to {control!r}: {self.last}")

    def _choose(self, wishes: Wishes) -> None:
        control = self.widget.locator("ask-licensing-choices")
        for topic in wishes.topics:
            control.get_by_label(topic, exact=True).check()
        if wishes.own_topic:
            control.get_by_label("Add something else").fill(wishes.own_topic)
            control.get_by_role("button", name="Add", exact=True).click()
        control.get_by_role("button", name="Use these").click()

    def _give_window(self, wishes: Wishes) -> None:
        control = self.widget.locator("ask-licensing-when")
        control.get_by_label("Date").fill(wishes.date)
        control.get_by_label("From").fill(wishes.times[0])
        control.get_by_label("To", exact=True).fill(wishes.times[1])
        control.get_by_role("button", name="Use this").click()

    def _count(self, wishes: Wishes) -> None:
        control = self.widget.locator("ask-licensing-number")
        control.get_by_label("Number").fill(str(wishes.attendees))
        control.get_by_role("button", name="Use this").click()

    def confirm(self) -> str:
        """Confirm the card; the number on the receipt."""
        receipts = self.receipts.count()
        self.card.get_by_role("button", name="Confirm").click()
        expect(self.receipts).to_have_count(receipts + 1, timeout=TURN_MS)
        return self.receipts.last.locator(".reference").inner_text().strip()
