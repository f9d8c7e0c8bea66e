"""How often the search finds the right article, and knows when there is none.

`pytest tests/knowledge/test_answers.py -s` prints the numbers.
"""

import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import yaml

from backend.knowledge.embedding import sentence_embedding
from backend.knowledge.search import KnowledgeSearch
from backend.knowledge.vocabulary import Vocabulary

HERE = Path(__file__).parent
DIRECT: dict[str, Any] = yaml.safe_load((HERE / "questions.yml").read_text())
SITUATIONS: dict[str, Any] = yaml.safe_load((HERE / "situations.yml").read_text())
CHOSEN_WITH = 112
CHOSEN_WITH_UNANSWERED = 90

Answers = Callable[[str], list[str]]


@pytest.fixture(scope="module")
def answers(search: KnowledgeSearch) -> Answers:
    """The ids of what is answered, best first; each question is searched once."""
    return cache(lambda question: [found.article.id for found in search.search(question)])


def hit_rates(answers: Answers, questions: list[dict[str, Any]]) -> tuple[float, float]:
    """How often a right article comes first, and among the first three."""
    first = among_three = 0
    for question in questions:
        ids = answers(question["ask"])[:3]
        first += ids[:1] != [] and ids[0] in question["right"]
        among_three += bool(set(ids) & set(question["right"]))
    return first / len(questions), among_three / len(questions)


def silence_rate(answers: Answers, questions: list[str]) -> float:
    """How often nothing is answered."""
    return sum(not answers(question) for question in questions) / len(questions)


def test_that_there_are_enough_questions() -> None:
    assert len(DIRECT["answered"]) >= 120
    assert len(DIRECT["unanswered"]) >= 40


@pytest.mark.parametrize("part", [slice(None), slice(CHOSEN_WITH, None)], ids=["all", "unseen"])
def test_that_the_right_article_comes_first(answers: Answers, part: slice) -> None:
    questions = DIRECT["answered"][part]
    first, among_three = hit_rates(answers, questions)
    print(f"\n{len(questions)} questions: right first {first:.1%}, among three {among_three:.1%}")
    assert first >= 0.85
    assert among_three >= (0.95 if part == slice(None) else 0.9)


@pytest.mark.parametrize(
    "part", [slice(None), slice(CHOSEN_WITH_UNANSWERED, None)], ids=["all", "unseen"]
)
def test_that_it_does_not_answer_what_it_does_not_know(answers: Answers, part: slice) -> None:
    questions = DIRECT["unanswered"][part]
    silent = silence_rate(answers, questions)
    print(f"\n{len(questions)} questions without an answer: none given to {silent:.1%}")
    assert silent >= 0.9


def test_that_described_situations_are_understood_more_often_than_not(
    answers: Answers,
) -> None:
    first, among_three = hit_rates(answers, SITUATIONS["answered"])
    print(
        f"\n{len(SITUATIONS['answered'])} situations: right first {first:.1%}, "
        f"among three {among_three:.1%}"
    )
    assert first >= 0.6
    assert among_three >= 0.7


def test_that_a_search_costs_little_more_than_reading_the_question(
    search: KnowledgeSearch,
) -> None:
    embedding, questions = sentence_embedding(), [q["ask"] for q in DIRECT["answered"]]
    reading, searching = [], []
    for question in questions:
        before = time.perf_counter()
        embedding([question])
        between = time.perf_counter()
        search.search(question)
        reading.append(between - before)
        searching.append(time.perf_counter() - between)
    ratio = median(s / r for s, r in zip(searching, reading, strict=True))
    print(
        f"\nmedian {median(searching) * 1000:.1f} ms a search, {median(reading) * 1000:.1f} ms "
        f"of it the embedding, ratio {ratio:.2f}"
    )
    assert ratio <= 2


def test_that_no_question_is_taken_from_the_articles(search: KnowledgeSearch, folder: Path) -> None:
    terms = Vocabulary.read(folder / "vocabulary.yml").terms
    asked_there = [
        set(terms(text))
        for article in search.articles
        for text in (article.title, *article.questions)
        if terms(text)
    ]

    def likeness(question: str) -> float:
        own = set(terms(question))
        return max(len(own & other) / len(own | other) for other in asked_there)

    taken = [
        q["ask"]
        for q in [*DIRECT["answered"], *SITUATIONS["answered"]]
        if likeness(q["ask"]) > 0.75
    ]
    assert taken == []


def test_that_right_articles_exist_and_each_article_is_asked_for(search: KnowledgeSearch) -> None:
    ids = {article.id for article in search.articles if article.kind == "article"}
    films = {article.id for article in search.articles} - ids
    asked_for = {
        right for q in [*DIRECT["answered"], *SITUATIONS["answered"]] for right in q["right"]
    }
    assert asked_for - films == ids
