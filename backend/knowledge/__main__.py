"""`python -m backend.knowledge`: write the vectors that are shipped with the articles.

To be run after articles were edited. Without it everything works too, only the next start
takes longer.
"""

from backend.knowledge.search import knowledge_search, shipped_vectors


def main() -> None:
    """Compute what is missing, and write the file anew without what is no longer needed."""
    search = knowledge_search()
    search.embed.keep_all(search.texts, shipped_vectors())
    print(f"{len(search.texts)} vectors → {shipped_vectors()}")


if __name__ == "__main__":
    main()
