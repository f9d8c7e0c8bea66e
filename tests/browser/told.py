"""Replies that no engine gives yet: put where the product keeps its replies.

Only what is said is made up. It is stored by the product's own function, answered by its API and
drawn by its widget; its buttons are offers like any other.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from assistant.conversations import repository, storage
from assistant.conversations.drafts import Draft, ProposalDraft
from backend.core.database import Database
from tests.browser.chat import Chat
from tests.product import Product


def tell(product: Product, chat: Chat, text: str, **parts: Any) -> None:
    """Have the assistant say this in the open conversation, and look at it again."""
    store(product, chat.conversation(), Draft(text, **parts))
    chat.page.reload()
    chat.open()


def propose(product: Product, chat: Chat, operation: str, preview: dict[str, Any]) -> None:
    """Have the assistant show a card that waits for confirmation."""
    proposal = ProposalDraft(operation, {}, preview)
    tell(product, chat, "Please check this.", proposal=proposal)


def store(product: Product, conversation_id: str, draft: Draft) -> None:
    """Keep a reply, from a loop of its own: Playwright has this thread's."""

    async def keep() -> None:
        database = Database(f"sqlite+aiosqlite:///{product.state.folder / 'ask-licensing.db'}")
        try:
            async with database.write() as session:
                conversation = await repository.locked(session, conversation_id)
                await storage.store_draft(session, conversation, draft, "rasa")
        finally:
            await database.dispose()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, keep()).result()
