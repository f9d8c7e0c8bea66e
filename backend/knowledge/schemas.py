"""What the knowledge calls answer."""

from pydantic import BaseModel, Field

from backend.core.portals import Portal
from backend.core.settings import settings
from backend.knowledge.articles import Kind
from backend.knowledge.search import Found


class KnowledgeItem(BaseModel):
    """An article or a video that answers, with the passage that does."""

    id: str
    title: str
    url: str = Field(description="A page for people, to be shown as the source of an answer")
    excerpt: str = Field(description="The passage that answers best, plain text")
    kind: Kind
    portals: list[Portal]
    topics: list[str]
    score: float = Field(description="How well it fits; what doesn't fit is left out")
    source: str | None = Field(description="Where its facts come from, or where a film is watched")

    operation: str | None = Field(description="The call that does what this explains")

    @classmethod
    def of(cls, found: Found) -> "KnowledgeItem":
        """What a search found, as it is answered."""
        article = found.article
        return cls(
            id=article.id,
            title=article.title,
            excerpt=found.excerpt,
            kind=article.kind,
            url=f"{settings().base_url}/knowledge/{article.id}",
            portals=article.portals,
            topics=article.topics,
            score=found.score,
            source=str(article.source) if article.source else None,
            operation=article.operation,
        )
