"""Find the article that answers a question, or say that there is none.

Two searches look at it: by words (BM25) and by meaning (sentence embedding). Their results
are added up, and below a line that was measured on a set of questions the answer is “none”.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import bm25s
import numpy as np
import yaml
from numpy.typing import NDArray

from backend.core.portals import Portal
from backend.core.settings import settings
from backend.knowledge.articles import Article, load_articles
from backend.knowledge.embedding import Vectors, sentence_embedding
from backend.knowledge.kept_vectors import KeptVectors
from backend.knowledge.vocabulary import Mender, Vocabulary

# Chosen and measured with the questions in tests/knowledge/.
WORDS_COUNT = 0.4
"""What a perfect match of words adds to the likeness of meaning, which is at most 1."""
STEADY = 3
"""How many of an article's texts speak for it. Every article has at least that many."""
STRANGE_WORDS_COST = 0.15
"""Taken off when no word of the question stands in any article; less when some do."""
VIDEO_COST = 0.05
"""An article comes before a film about the same thing, unless the film was asked for."""
ELSEWHERE_COST = 0.5
"""Taken off in proportion to how alike the question is to what no article is about."""
FITS = 0.31
"""Below this an article does not answer the question."""

EXCERPT_CHARACTERS = 320
FILM_WORDS = frozenset({"video", "film", "watch", "record"})

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class Found:
    """An article that answers, its best passage as plain text, how well it fits (to about 1)."""

    article: Article
    excerpt: str
    score: float


class KnowledgeSearch:
    """An index over all articles, held in memory. Thread-safe: building it is the last change."""

    def __init__(
        self,
        articles: Sequence[Article],
        elsewhere: Sequence[str],
        vocabulary: Vocabulary,
        embed: KeptVectors,
    ) -> None:
        """Index `articles`; `elsewhere` are questions that none of them is about."""
        self.articles = list(articles)
        self.embed = embed
        self._vocabulary = vocabulary
        self._passages = [article.passages for article in self.articles]
        self._abouts = [self._about(article) for article in self.articles]
        self._rows: list[slice] = []
        self.texts: list[str] = []
        for about, own in zip(self._abouts, self._titled_passages(), strict=True):
            self._rows.append(slice(len(self.texts), len(self.texts) + len(about) + len(own)))
            self.texts += [*about, *own]
        about_articles = len(self.texts)
        self.texts += elsewhere
        vectors = embed(self.texts)
        self._vectors, self._elsewhere = vectors[:about_articles], vectors[about_articles:]
        self._index_words()
        self._mend = Mender((*self.texts, *vocabulary.same_meaning), embed.model.is_one_word)

    def search(self, question: str, portal: Portal | None = None) -> list[Found]:
        """What answers `question`, best first; empty when nothing fits well enough.

        With `portal`, only articles that concern it.
        """
        mended = self._mend(question)
        terms = self._vocabulary.terms(mended)
        vector = self.embed.model([self._vocabulary.spell_out(mended)])[0]
        alike = self._vectors @ vector
        scores = self._meaning(alike) + WORDS_COUNT * self._words(terms)
        scores -= ELSEWHERE_COST * np.sort(self._elsewhere @ vector)[-2:].mean()
        scores -= self._strangeness(terms) + self._films(terms)
        return [
            Found(self.articles[i], self._excerpt(i, alike), round(float(scores[i]), 4))
            for i in map(int, np.argsort(-scores, kind="stable"))
            if scores[i] >= FITS and (portal is None or portal in self.articles[i].portals)
        ]

    def browse(self, portal: Portal | None = None) -> list[Found]:
        """All articles (of a portal): those to start with first, then films, then the rest."""
        chosen = [
            Found(article, _shortened(passages[0]), 1.0)
            for article, passages in zip(self.articles, self._passages, strict=True)
            if portal is None or portal in article.portals
        ]
        return sorted(chosen, key=lambda found: _browsing_order(found.article, portal))

    def _about(self, article: Article) -> list[str]:
        title = f"{article.title}. {', '.join(article.topics)}"
        return [self._vocabulary.spell_out(text) for text in (title, *article.questions)]

    def _titled_passages(self) -> list[list[str]]:
        return [
            [self._vocabulary.spell_out(f"{article.title}. {passage}") for passage in passages]
            for article, passages in zip(self.articles, self._passages, strict=True)
        ]

    def _index_words(self) -> None:
        """BM25 over each article; its title counts three times, its topics twice."""
        corpus = [
            self._vocabulary.terms(
                " ".join(
                    [
                        *[article.title] * 3,
                        *article.topics * 2,
                        *article.questions,
                        *passages,
                    ]
                )
            )
            for article, passages in zip(self.articles, self._passages, strict=True)
        ]
        self._bm25 = bm25s.BM25()
        self._bm25.index(corpus, show_progress=False)
        self._counts: dict[str, int] = {}
        for terms in corpus:
            for term in set(terms):
                self._counts[term] = self._counts.get(term, 0) + 1

    def _meaning(self, alike: Vectors) -> Scores:
        """How alike each article is to the question: its nearest text, steadied by the next two.

        One lucky phrase is not enough, and a long article has no advantage.
        """
        nearest = np.full((len(self.articles), STEADY), -1, dtype=np.float32)
        for number, rows in enumerate(self._rows):
            nearest[number] = np.sort(alike[rows])[: -STEADY - 1 : -1]
        meaning: Scores = (nearest[:, 0] + nearest.mean(axis=1)) / 2
        return meaning

    def _words(self, terms: Sequence[str]) -> Scores:
        """How well each article matches by words, 0 to 1 (1: every term, as often as can be)."""
        known = [term for term in terms if term in self._counts]
        if not known:
            return np.zeros(len(self.articles), dtype=np.float32)
        best = sum(self._rarity(term) for term in terms)
        scores: Scores = self._bm25.get_scores(known) / np.float32(best)
        return scores

    def _rarity(self, term: str) -> float:
        """How much a term tells (its inverse document frequency): rare ones tell more."""
        count = self._counts.get(term, 0)
        return float(np.log1p((len(self.articles) - count + 0.5) / (count + 0.5)))

    def _strangeness(self, terms: Sequence[str]) -> np.float32:
        told = sum(self._rarity(term) for term in terms)
        strange = sum(self._rarity(term) for term in terms if term not in self._counts)
        return np.float32(STRANGE_WORDS_COST * strange / told if told else 0)

    def _films(self, terms: Sequence[str]) -> Scores:
        cost = 0.0 if FILM_WORDS & set(terms) else VIDEO_COST
        films = [cost if article.kind == "video" else 0.0 for article in self.articles]
        return np.array(films, dtype=np.float32)

    def _excerpt(self, number: int, alike: Vectors) -> str:
        """The passage of an article that comes nearest to the question."""
        passages = alike[self._rows[number]][len(self._abouts[number]) :]
        return _shortened(self._passages[number][int(passages.argmax())])


_search: KnowledgeSearch | None = None
_building = threading.Lock()


def knowledge_search() -> KnowledgeSearch:
    """The search of this process. The first call builds it, which may take a moment."""
    global _search
    with _building:
        if _search is None:
            _search = build_search(settings().data_dir / "knowledge", settings().state_dir)
    return _search


def ready() -> bool:
    """Whether questions are answered at once. The first call begins to build the search."""
    if _search is None and not _building.locked():
        threading.Thread(target=knowledge_search, name="knowledge", daemon=True).start()
    return _search is not None


def build_search(folder: Path, state: Path) -> KnowledgeSearch:
    """Index the articles of `folder`, keeping what had to be computed in `state`."""
    elsewhere = yaml.safe_load((folder / "elsewhere.yml").read_text(encoding="utf-8"))
    return KnowledgeSearch(
        load_articles(folder),
        elsewhere["questions"],
        Vocabulary.read(folder / "vocabulary.yml"),
        KeptVectors(sentence_embedding(), shipped_vectors(folder), state / "knowledge-vectors.npz"),
    )


def shipped_vectors(folder: Path | None = None) -> Path:
    """The file of vectors that comes with the articles."""
    return (folder or settings().data_dir / "knowledge") / "vectors.npz"


def _browsing_order(article: Article, portal: Portal | None) -> tuple[int, bool, str]:
    is_start = "getting started" in article.topics and article.kind == "article"
    rank = 0 if is_start else 1 if article.kind == "video" else 2
    return rank, portal != article.portals[0], article.title


def _shortened(text: str) -> str:
    """At most `EXCERPT_CHARACTERS`, cut between words."""
    if len(text) <= EXCERPT_CHARACTERS:
        return text
    return f"{text[:EXCERPT_CHARACTERS].rsplit(' ', 1)[0].rstrip(',;:–-')} …"
