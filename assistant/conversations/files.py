"""Files that a person puts into the chat: kept with the conversation, read only there."""

import csv
from dataclasses import dataclass
from functools import cached_property
from io import StringIO

from fastapi import UploadFile
from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.conversations import repository
from assistant.conversations.models import ConversationFile, Message
from assistant.conversations.problems import no_conversation
from assistant.conversations.schemas import FileShown, FileStored
from assistant.wording import say
from backend.core import clock, files
from backend.core.database import database
from backend.core.identity import Person
from backend.core.ids import new_id
from backend.core.problems import not_found

# What a list may have that people are added from.
MOST_ROWS = 500
MOST_TEXT = 256 * 1024
CSV = "text/csv"
_FIRST_ROWS = 3
_NAMES = ("identifier", "email", "e-mail", "user", "cco id")


@dataclass(frozen=True)
class ChatFile:
    """A file of a conversation with its bytes."""

    id: str
    filename: str
    content: bytes

    @property
    def media_type(self) -> str:
        """What it is; a text whose name says so is a CSV file."""
        kind = files.kind_of(self.content) or "application/octet-stream"
        is_list = kind == "text/plain" and self.filename.lower().endswith(".csv")
        return CSV if is_list else kind

    @cached_property
    def rows(self) -> list[list[str]]:
        """The rows of a CSV file that have anything in them, its heading included."""
        if self.media_type != CSV:
            return []
        text = files.text_of(self.content) or ""
        first = text.partition("\n")[0]
        delimiter = ";" if first.count(";") > first.count(",") else ","
        cells = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
        try:
            return [row for row in cells if any(cell.strip() for cell in row)]
        except csv.Error:
            return []

    @property
    def _has_heading(self) -> bool:
        return bool(self.rows) and self.rows[0][0].strip().lower() in _NAMES

    @property
    def row_count(self) -> int:
        """Rows below the heading."""
        return len(self.rows) - self._has_heading

    @property
    def lists_people(self) -> bool:
        """Whether its rows look like people: a heading that says so, or addresses."""
        return self._has_heading or any("@" in row[0] for row in self.rows)

    @property
    def problem(self) -> str | None:
        """Why nothing can be taken from it, in words; None for a list that is not too long."""
        if self.media_type != CSV:
            return say("files.no_list", filename=self.filename)
        if len(self.content) > MOST_TEXT:
            size = len(self.content) // 1024
            return say("files.too_large", filename=self.filename, size=size, most=MOST_TEXT // 1024)
        if self.row_count > MOST_ROWS:
            return say(
                "files.too_long", filename=self.filename, rows=self.row_count, most=MOST_ROWS
            )
        return None if self.row_count else say("files.no_rows", filename=self.filename)

    @property
    def text(self) -> str | None:
        """The text of a list that is not too long."""
        return None if self.problem else files.text_of(self.content)

    @property
    def reference(self) -> str:
        """What stands for its content in a slot or in the arguments of a call."""
        return files.reference(self.id, self.filename)

    def told(self) -> str:
        """What a model is told of it: data, and how all of it is passed on."""
        if self.problem:
            return f"[file {self.filename}: {self.problem}]"
        begin = "\n".join(",".join(row) for row in self.rows[: _FIRST_ROWS + self._has_heading])
        return (
            f"[file {self.filename}: CSV, {self.row_count} rows, the first of them:\n{begin}\n"
            f"A tool takes all rows when you give it “{self.reference}” in place of the rows.]"
        )


def words_of(message: Message) -> str:
    """What a person's message says to a model, also when it was a file."""
    told = ((message.why or {}).get("file") or {}).get("told")
    return f"{message.text} {told}" if message.file_id and told else message.text


async def store(person: Person, conversation_id: str, upload: UploadFile) -> FileStored:
    """Keep a file that was put into one's own conversation."""
    name, _, content = await files.received(upload)
    row = ConversationFile(
        id=new_id(),
        conversation_id=conversation_id,
        filename=name,
        size=len(content),
        at=clock.now(),
    )
    async with database().write() as session:
        if await repository.locked_own(session, conversation_id, person.id) is None:
            raise no_conversation()
        files.keep(row.id, content)
        session.add(row)
    return FileStored(file_id=row.id, filename=row.filename, size=row.size)


async def find(session: AsyncSession, person: str, conversation_id: str, file_id: str) -> ChatFile:
    """A file of one's own conversation; 404 `Problem` for any other."""
    conversation = await repository.own(session, conversation_id, person)
    if conversation is None:
        raise no_conversation()
    row = await session.get(ConversationFile, file_id)
    if row is None or row.conversation_id != conversation_id:
        raise not_found(
            "file of that id in this conversation", "Put it into this conversation again."
        )
    return ChatFile(row.id, row.filename, files.kept(row.id, row.filename))


def shown(file: ChatFile) -> FileShown:
    """A file as it is read: its text if it is a list that something can be made of."""
    return FileShown(
        file_id=file.id,
        filename=file.filename,
        size=len(file.content),
        media_type=file.media_type,
        rows=file.row_count,
        text=file.text,
        problem=file.problem,
    )
