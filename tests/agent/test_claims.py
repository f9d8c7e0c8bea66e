"""What counts as a claim that something was done, and what may be told."""

import pytest

from assistant.engines.agent.claims import claims, sentences
from assistant.engines.agent.grounds import Grounds

READ = Grounds(references={"C-500123"}, states={"status", "new", "created_at"})
NOTHING_READ = Grounds()
AFTER_A_RECEIPT = Grounds(references={"C-500123"}, receipts={"C-500123"})


@pytest.mark.parametrize(
    "sentence",
    ["I have opened it.", "We've cancelled your training.", "Your case has been opened.", "Done!",
     "Your case number is C-900001.", "Receipt: 4711", "Ich habe den Fall eröffnet.",
     "It is now confirmed.", "Successfully submitted.", "Case 900001 waits for you."],
)  # fmt: skip
def test_that_a_claim_out_of_nothing_is_one(sentence: str) -> None:
    assert claims(sentence, NOTHING_READ)


@pytest.mark.parametrize(
    "sentence",
    ["I've closed case C-500123.", "Case C-500123 has been cancelled.", "It has been approved.",
     "Case C-500124 was opened on Monday."],
)  # fmt: skip
def test_that_what_the_data_does_not_say_is_a_claim(sentence: str) -> None:
    assert claims(sentence, READ)


@pytest.mark.parametrize(
    "sentence",
    ["Your case was opened on Monday.", "Case C-500123 is new.", "c500123 was created yesterday.",
     "I have found two articles.", "An administrator assigns roles.", "What do you need?"],
)  # fmt: skip
def test_that_what_was_read_may_be_told(sentence: str) -> None:
    assert not claims(sentence, READ)


@pytest.mark.parametrize(
    "sentence",
    ["When a request has been approved, you get a mail.", "You can look once it was opened."],
)
def test_that_how_things_work_may_be_told(sentence: str) -> None:
    assert not claims(sentence, NOTHING_READ)


def test_that_what_a_receipt_said_may_be_repeated() -> None:
    assert not claims("Case C-500123 has been opened.", AFTER_A_RECEIPT)
    assert not claims("Your case number is C-500123.", AFTER_A_RECEIPT)
    assert claims("I have cancelled C-500123.", AFTER_A_RECEIPT)


@pytest.mark.parametrize(
    "text", ["One. Two! Three", "Write to a.b@c.example now.\n\n- x\n- y", "...", "", "\n\nHi?"]
)
def test_that_sentences_joined_are_the_text(text: str) -> None:
    assert "".join(sentences(text)) == text
