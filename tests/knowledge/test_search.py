"""What a search gives back, and what it does with odd questions."""

import time
from pathlib import Path

import pytest

from backend.core.portals import PORTAL_NAMES, Portal
from backend.knowledge.articles import Article
from backend.knowledge.embedding import sentence_embedding
from backend.knowledge.kept_vectors import KeptVectors, read_vectors, write_vectors
from backend.knowledge.search import (
    EXCERPT_CHARACTERS,
    FITS,
    KnowledgeSearch,
    build_search,
    shipped_vectors,
)
from backend.knowledge.vocabulary import Vocabulary


def first(search: KnowledgeSearch, question: str) -> str:
    return search.search(question)[0].article.id


def test_that_the_best_passage_is_shown_as_plain_text(search: KnowledgeSearch) -> None:
    found = search.search("how many rows may a user file have")[0]
    assert "at most 500 rows" in found.excerpt
    assert "**" not in found.excerpt
    assert "\n" not in found.excerpt


def test_that_results_are_sorted_and_above_the_line(search: KnowledgeSearch) -> None:
    scores = [found.score for found in search.search("assign an order to a Smart Account")]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) > 1
    assert min(scores) >= FITS
    assert all(len(f.excerpt) <= EXCERPT_CHARACTERS + 2 for f in search.search("orders"))


def test_that_a_portal_leaves_out_everything_else(search: KnowledgeSearch) -> None:
    found = search.search("how do I get started", Portal.LRP)
    assert found
    assert all(Portal.LRP in one.article.portals for one in found)


@pytest.mark.parametrize(
    ("typed", "article"),
    [
        ("virtaul acount", "what-is-a-virtual-account"),
        ("WHAT IS A VA???", "what-is-a-virtual-account"),
        ("delegaet aprovals", "delegate-approvals"),
        ("fulfilment contact", "fulfillment-contact"),
        ("out of complience", "out-of-compliance"),
    ],
)
def test_that_typing_mistakes_and_spellings_are_understood(
    search: KnowledgeSearch, typed: str, article: str
) -> None:
    assert first(search, typed) == article


def test_that_a_film_comes_first_only_when_one_is_asked_for(search: KnowledgeSearch) -> None:
    assert first(search, "assign an order after the sale") == "assign-order"
    assert first(search, "video about assigning an order") == "video-assign-order"


@pytest.mark.parametrize(
    "odd",
    [
        "asdf qwertz uiop",
        "?????",
        "12345",
        "<script>document.write(1)</script>",
        "'; DROP TABLE articles; --",
        "🙂",
        "x" * 1000,
        "\x00\x07",
    ],
)
def test_that_nonsense_has_no_answer(search: KnowledgeSearch, odd: str) -> None:
    assert search.search(odd) == []


@pytest.mark.parametrize("portal", list(Portal))
def test_that_every_portal_can_be_browsed_from_its_beginning(
    search: KnowledgeSearch, portal: Portal
) -> None:
    best, *rest = search.browse(portal)
    assert "getting started" in best.article.topics
    assert best.article.portals[0] == portal
    assert rest


@pytest.mark.parametrize("portal", list(Portal))
def test_that_who_asks_for_training_gets_the_portals_beginning(
    search: KnowledgeSearch, portal: Portal
) -> None:
    found = search.search(f"getting started with {PORTAL_NAMES[portal]}", portal)
    assert "getting started" in found[0].article.topics
    assert found[0].article.portals[0] == portal


def test_that_the_shipped_vectors_are_up_to_date(search: KnowledgeSearch, tmp_path: Path) -> None:
    """Else run `python -m backend.knowledge`."""
    cache = tmp_path / "cache.npz"
    KeptVectors(sentence_embedding(), shipped_vectors(), cache)(search.texts)
    assert not cache.exists()
    assert len(read_vectors(shipped_vectors())) == len(set(search.texts))


def test_that_an_edited_article_costs_only_itself(tmp_path: Path) -> None:
    cache = tmp_path / "cache.npz"
    KeptVectors(sentence_embedding(), tmp_path / "none.npz", cache)(["one text", "another"])
    asked: list[str] = []

    class Counting(type(sentence_embedding())):  # type: ignore[misc]
        def __init__(self) -> None:
            pass

        def __call__(self, texts: list[str]) -> object:
            asked.extend(texts)
            return sentence_embedding()(texts)

    KeptVectors(Counting(), tmp_path / "none.npz", cache)(["one text", "edited"])
    assert asked == ["edited"]


@pytest.mark.parametrize("damage", [b"", b"not a file of vectors", b"PK\x03\x04 half a file"])
def test_that_a_damaged_cache_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    cache = tmp_path / "cache.npz"
    cache.write_bytes(damage)
    vectors = KeptVectors(sentence_embedding(), tmp_path / "none.npz", cache)(["a text"])
    assert vectors.shape == (1, 384)
    assert len(read_vectors(cache)) == 1


def test_that_vectors_of_another_model_are_not_used(tmp_path: Path) -> None:
    file = tmp_path / "cache.npz"
    write_vectors(file, {b"0" * 16: sentence_embedding()(["x"])[0][:100]})
    assert read_vectors(file) == {}


def test_that_the_index_is_built_within_a_second_or_so(folder: Path, tmp_path: Path) -> None:
    before = time.process_time()
    build_search(folder, tmp_path)
    spent = time.process_time() - before
    print(f"\nindex built in {spent:.2f} s of processor time")
    assert spent < 2


def test_that_short_forms_are_spelled_out_once(folder: Path) -> None:
    vocabulary = Vocabulary.read(folder / "vocabulary.yml")
    assert vocabulary.spell_out("what is a VA") == "what is a virtual account"
    once = vocabulary.spell_out("orders in CLC")
    assert vocabulary.spell_out(once) == once


def test_that_every_article_is_found_by_its_title(search: KnowledgeSearch) -> None:
    def found_by_title(article: Article) -> bool:
        return article.id in [f.article.id for f in search.search(article.title)[:2]]

    assert [a.id for a in search.articles if not found_by_title(a)] == []
