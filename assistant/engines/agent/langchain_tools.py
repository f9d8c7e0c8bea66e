"""Operations as LangChain's tools."""

from typing import Any

from langchain_core.tools import StructuredTool

from assistant.tools import schema_of
from backend.core.client import Operation


def as_tool(operation: Operation) -> StructuredTool:
    """A LangChain tool with the document's schema as it is; the backend validates."""

    async def never_run(**_: Any) -> str:
        raise RuntimeError(f"{operation.id} is carried out by the middleware")

    return StructuredTool(
        name=operation.id,
        description=" ".join(operation.description.split()),
        args_schema=schema_of(operation),
        coroutine=never_run,
        metadata={"writes": operation.writes},
    )
