"""What somebody newly wrote, in the habits of many mail programs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.inbound.words import newly_said, text_of_html

HISTORY = {
    "gmail": "On Tue, Nov 24, 2026 at 3:04 PM Ask Licensing <case+1.x@r.example> wrote:\n> Hello\n",
    "folded": "On Tue, Nov 24, 2026 at 3:04 PM Ask Licensing\n<case+1.a@r.example>\nwrote:\n> Hi",
    "german": "Am 24.11.2026 um 15:04 schrieb Ask Licensing:\n> Hallo",
    "french": "Le 24 nov. 2026 à 15:04, Ask Licensing a écrit :\n> Bonjour",
    "outlook": "From: Ask Licensing <a@b.example>\nSent: Tuesday\nTo: Nadia\nSubject: C-1\n\nHello",
    "german outlook": "Von: Ask Licensing\nGesendet: Dienstag\nAn: Nadia\nBetreff: C-1\n\nHallo",
    "dashes": "-----Original Message-----\nFrom: x\n\nHello",
    "line": "________________________________\nFrom: Ask\nHello",
    "signature": "-- \nNadia Fjordheim\nNorthwind",
    "phone": "Sent from my iPhone",
    "quoted": "> Hello Nadia,\n> we answered.",
}


@pytest.mark.parametrize("history", HISTORY.values(), ids=HISTORY)
def test_that_history_and_signature_are_cut(history: str) -> None:
    assert newly_said(f"It works now.\n\nThank you!\n\n{history}") == "It works now.\n\nThank you!"


@pytest.mark.parametrize(
    "said",
    ["On Monday we wrote: nothing.", "From: the portal I get an error", "a -- b", "To: be or not"],
)
def test_that_words_that_only_look_alike_stay(said: str) -> None:
    assert newly_said(said) == said


def test_that_answers_between_quoted_lines_are_kept() -> None:
    assert newly_said("> Which order?\n4100001\n> Since when?\nMonday\n") == "4100001\nMonday"


def test_that_of_html_only_words_are_left() -> None:
    markup = (
        "<html><head><title>t</title><style>p{}</style></head><body><p>It <b>works</b>&nbsp;now."
        "<script>alert('x')</script></p><ul><li>one<li>two</ul><img src=x onerror=alert(1)>"
        "<div class='gmail_quote'><div>On Monday wrote</div></div></body></html>"
    )
    assert text_of_html(markup) == "It works now.\n\n- one\n- two"


@given(st.text(alphabet="<>/abipscrt=\"' !-&;\n", max_size=200))
def test_that_no_markup_is_too_broken(markup: str) -> None:
    text_of_html(markup)
    newly_said(markup)
