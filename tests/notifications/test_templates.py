"""Mails as words: languages, and HTML that says what the text says."""

import pytest

from backend.core.settings import settings
from backend.notifications.rendering import language_of, languages, render

FACTS = {"person": {"name": "Nadia"}, "email": "n@x.example", "code": "123456", "minutes": 30}


def test_that_every_mail_stands_in_a_folder_of_its_language() -> None:
    assert not list((settings().data_dir / "mails").glob("*.txt"))
    assert "en" in languages()


@pytest.mark.parametrize("tag", [None, "", "en", "en-GB", "xx-YY", "../cases"])
def test_that_a_language_we_do_not_have_is_answered_in_english(tag: str | None) -> None:
    assert language_of(tag) == "en"


def test_that_html_says_the_same_and_runs_nothing() -> None:
    hostile = FACTS | {"person": {"name": "<script>alert(1)</script>"}}
    mail = render("account_email_code", hostile)
    assert mail.subject.startswith("123456")
    assert "<script>" in mail.text
    assert "<script>" not in mail.html
    assert "&lt;script&gt;" in mail.html
    assert f'<a href="{settings().base_url}">' in mail.html
    assert '<html lang="en">' in mail.html
