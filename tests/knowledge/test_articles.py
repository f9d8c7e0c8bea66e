"""The articles themselves, and what happens to a wrong one."""

import re
from pathlib import Path

import pytest

from backend.core.portals import Portal
from backend.knowledge.articles import (
    Article,
    ArticleError,
    load_articles,
    read_article,
)

GOOD = """---
title: A good article
portals: [clc]
topics: [testing]
kind: article
questions: ["What is good?", "What is an article?"]
---

You read it. **Then:**

- you know
- you go on
"""


@pytest.fixture(scope="module")
def articles(folder: Path) -> list[Article]:
    return load_articles(folder)


def test_that_there_are_many_short_ones(articles: list[Article]) -> None:
    words = {a.id: len(re.findall(r"[\w'’@.-]+", a.body)) for a in articles}
    assert len(articles) >= 60
    assert {name: count for name, count in words.items() if not 80 <= count <= 200} == {}
    assert len({a.title for a in articles}) == len(articles)


@pytest.mark.parametrize("portal", list(Portal))
def test_that_every_portal_has_something_to_start_with(
    articles: list[Article], portal: Portal
) -> None:
    starts = [a for a in articles if a.portals[0] == portal and "getting started" in a.topics]
    assert starts


def test_that_films_are_invented_ones(articles: list[Article]) -> None:
    films = [a for a in articles if a.kind == "video"]
    assert len(films) >= 3
    assert all(str(a.source.host).endswith(".example") for a in films if a.source)


def test_that_addresses_of_people_are_invented_ones(articles: list[Article]) -> None:
    addresses = [x for a in articles for x in re.findall(r"[\w.+-]+@[\w-]+\.[\w.-]+", a.body)]
    assert [x for x in addresses if not x.rstrip(".").endswith(".example")] == []


def test_that_a_good_article_is_read(tmp_path: Path) -> None:
    (tmp_path / "good-one.md").write_text(GOOD)
    article = read_article(tmp_path / "good-one.md")
    assert article.id == "good-one"
    assert article.passages == ["You read it. Then: you know; you go on."]


@pytest.mark.parametrize(
    ("instead_of", "write", "complaint"),
    [
        ("title: A good article\n", "", "title: Field required"),
        ("[clc]", "[clx]", "portals.0"),
        ("[clc]", "[]", "portals"),
        ("kind: article", "kind: song", "kind"),
        ("kind: article", "kind: video", "a video needs a source"),
        ("kind: article", "kind: article\nsource: somewhere", "source"),
        ("kind: article", "kind: article\nauthor: me", "author: Extra inputs"),
        ('["What is good?", "What is an article?"]', '["What?"]', "questions"),
        ("title: A", "title: [A", "not YAML"),
        ("---\ntitle", "title", "begin with front matter"),
    ],
)
def test_that_a_wrong_article_is_named_with_what_is_wrong(
    tmp_path: Path, instead_of: str, write: str, complaint: str
) -> None:
    file = tmp_path / "wrong-one.md"
    file.write_text(GOOD.replace(instead_of, write, 1))
    with pytest.raises(ArticleError, match=re.escape(complaint)) as raised:
        read_article(file)
    assert "wrong-one" in str(raised.value)


def test_that_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ArticleError, match="no articles"):
        load_articles(tmp_path)


def test_that_html_and_dangerous_links_do_not_run(tmp_path: Path) -> None:
    file = tmp_path / "evil-one.md"
    file.write_text(GOOD + "\n<script>alert(1)</script> [x](javascript:alert(1)) <b onclick=y>\n")
    html = read_article(file).html
    assert "<script" not in html
    assert 'href="javascript' not in html
    assert "<b onclick" not in html
