"""Find the article that answers a question, or say that there is none.

Two searches look at it: by words (BM25) and by meaning (sentence embedding). Their results
are added up, and below a line that was measured on a set of questions the answer is “none”.
"""

import hashlib
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import bm25s
import numpy as np
from numpy.typing import NDArray

from backend.core.portals import Portal
from backend.core.settings import settings
from backend.knowledge.articles import Article, load_articles
from backend.knowledge.embedding import (
    DIMENSIONS,
    SentenceEmbedding,
    Vectors,
    sentence_embedding,
)
from backend.knowledge.vocabulary import Mender, Vocabulary

# Measured with tests/knowledge/questions.yml; see test_answers.py.
WORDS_COUNT = 0.4
"""What a perfect match of words adds to the likeness of meaning, which is at most 1."""
STEADY = 3
"""How many of an article's texts speak for it. Every article has at least that many."""
STRANGE_WORDS_COST = 0.15
"""Taken off when no word of the question stands in any article; less when some do."""
VIDEO_COST = 0.05
"""An article comes before a film about the same thing, unless the film was asked for."""
FITS = 0.47
"""Below this an article does not answer the question."""

EXCERPT_CHARACTERS = 320

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class Found:
    """An article that answers, its best passage as plain text, and how well it fits (0 to 1.3)."""

    article: Article
    excerpt: str
    score: float


class KnowledgeSearch:
    """An index over all articles, held in memory. Thread-safe: nothing changes after building."""

    def __init__(
        self,
        articles: Sequence[Article],
        vocabulary: Vocabulary,
        embedding: SentenceEmbedding,
        cache: Path,
    ) -> None:
        """Index `articles`. Embeddings of unchanged passages are taken from the file `cache`."""
        self.articles = list(articles)
        self._vocabulary = vocabulary
        self._embedding = embedding
        self._passages = [article.passages for article in self.articles]
        texts, self._rows, self._about_count = self._what_is_embedded()
        self._vectors = embed_once(texts, embedding, cache)
        self._index_words()
        self._mend = Mender((*texts, *vocabulary.same_meaning), embedding.is_one_word)

    def search(self, question: str, portal: Portal | None = None) -> list[Found]:
        """What answers `question`, best first; empty when nothing fits well enough.

        With `portal`, only articles that concern it.
        """
        mended = self._mend(question)
        terms = self._vocabulary.terms(mended)
        if not terms and not question.strip():
            return []
        spelled = self._vocabulary.spell_out(mended)
        alike = self._vectors @ self._embedding([spelled])[0]
        scores = self._meaning(alike) + WORDS_COUNT * self._words(terms) - self._deductions(terms)
        order = np.argsort(-scores, kind="stable")
        return [
            Found(self.articles[i], self._excerpt(i, alike), round(float(scores[i]), 4))
            for i in map(int, order)
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

    def _what_is_embedded(self) -> tuple[list[str], list[slice], list[int]]:
        """Texts to embed, where each article's are, and how many of those are no passages."""
        texts: list[str] = []
        rows: list[slice] = []
        shown: list[int] = []
        for article, passages in zip(self.articles, self._passages, strict=True):
            about = [f"{article.title}. {', '.join(article.topics)}", *article.questions]
            own = [*about, *(f"{article.title}. {passage}" for passage in passages)]
            rows.append(slice(len(texts), len(texts) + len(own)))
            texts += [self._vocabulary.spell_out(text) for text in own]
            shown.append(len(about))
        return texts, rows, shown

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
        counts: dict[str, int] = {}
        for terms in corpus:
            for term in set(terms):
                counts[term] = counts.get(term, 0) + 1
        self._counts = counts

    def _meaning(self, alike: Vectors) -> Scores:
        """How alike each article is to the question: its nearest text, steadied by the next two.

        One lucky phrase is not enough, and a long article has no advantage.
        """
        nearest = np.full((len(self.articles), STEADY), -1, dtype=np.float32)
        for number, rows in enumerate(self._rows):
            nearest[number] = np.sort(alike[rows])[: -STEADY - 1 : -1]
        meaning: Scores = (nearest[:, 0] + nearest.mean(axis=1)) / 2
        return meaning

    def _rarity(self, term: str) -> float:
        """How much a term tells (its inverse document frequency): rare ones tell more."""
        count = self._counts.get(term, 0)
        return float(np.log1p((len(self.articles) - count + 0.5) / (count + 0.5)))

    def _words(self, terms: Sequence[str]) -> Scores:
        """How well each article matches by words, 0 to 1 (1: every term, as often as can be)."""
        known = [term for term in terms if term in self._counts]
        if not known:
            return np.zeros(len(self.articles), dtype=np.float32)
        best = sum(self._rarity(term) for term in terms)
        scores: Scores = self._bm25.get_scores(known) / np.float32(best)
        return scores

    def _deductions(self, terms: Sequence[str]) -> Scores:
        total = sum(self._rarity(term) for term in terms)
        strange = sum(self._rarity(term) for term in terms if term not in self._counts)
        share = strange / total if total else 0.0
        about_films = {"video", "film", "watch", "record"} & set(terms)
        film = 0.0 if about_films else VIDEO_COST
        return np.array(
            [
                STRANGE_WORDS_COST * share + (film if article.kind == "video" else 0.0)
                for article in self.articles
            ],
            dtype=np.float32,
        )

    def _excerpt(self, number: int, alike: Vectors) -> str:
        """The passage of an article that comes nearest to the question."""
        passages = alike[self._rows[number]][self._about_count[number] :]
        return _shortened(self._passages[number][int(passages.argmax())])


_search: KnowledgeSearch | None = None
_building = threading.Lock()


def knowledge_search() -> KnowledgeSearch:
    """The search of this process. The first call builds it, which may take a moment."""
    global _search
    with _building:
        if _search is None:
            folder = settings().data_dir / "knowledge"
            _search = KnowledgeSearch(
                load_articles(folder), Vocabulary.read(folder / "vocabulary.yml"),
                sentence_embedding(), settings().state_dir / "knowledge-embeddings.npz",
            )
    return _search


def ready() -> bool:
    """Whether questions are answered at once. The first call begins to build the search."""
    if _search is None and not _building.locked():
        threading.Thread(target=knowledge_search, name="knowledge", daemon=True).start()
    return _search is not None


def embed_once(texts: Sequence[str], embedding: SentenceEmbedding, cache: Path) -> Vectors:
    """Embed `texts`, taking what is already in `cache` and keeping the rest there.

    The cache is keyed by the text's hash, so that an edited article costs only itself. A file
    that can't be read is made anew.
    """
    keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    stored = _read_cache(cache)
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in stored}
    if missing:
        stored |= dict(zip(missing, embedding(list(missing.values())), strict=True))
        _write_cache(cache, {key: stored[key] for key in keys})
    return np.stack([stored[key] for key in keys])


def _read_cache(file: Path) -> dict[str, Vectors]:
    try:
        with np.load(file, allow_pickle=False) as kept:
            keys, vectors = kept["keys"].tolist(), kept["vectors"]
    except (OSError, ValueError, KeyError, EOFError):
        return {}
    if vectors.dtype != np.float32 or vectors.shape != (len(keys), DIMENSIONS):
        return {}
    return dict(zip(keys, vectors, strict=True))


def _write_cache(file: Path, vectors: dict[str, Vectors]) -> None:
    """Write beside it and rename: a reader never sees half a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f"{file.stem}.{os.getpid()}.npz")
    np.savez(beside, keys=np.array(list(vectors)), vectors=np.stack(list(vectors.values())))
    beside.replace(file)


def _browsing_order(article: Article, portal: Portal | None) -> tuple[int, int, str]:
    start = "getting started" in article.topics
    rank = 0 if start and article.kind == "article" else 1 if article.kind == "video" else 2
    return rank, 0 if portal == article.portals[0] else 1, article.title


def _shortened(text: str) -> str:
    """At most `EXCERPT_CHARACTERS`, cut between words."""
    if len(text) <= EXCERPT_CHARACTERS:
        return text
    return f"{text[:EXCERPT_CHARACTERS].rsplit(' ', 1)[0].rstrip(',;:–-')} …"
