"""Files of the conversation in what is proposed: the arguments name them, the call takes them."""

from typing import Any

from assistant.conversations import files
from backend.core.client import Caller, Operation, Upload
from backend.core.database import database
from backend.core.files import referred
from backend.core.problems import FieldError, invalid

# The argument that names the file of an operation whose body is one.
FILE_ID = "file_id"


async def with_file(
    operation: Operation, arguments: dict[str, Any], caller: Caller
) -> tuple[dict[str, Any], Upload | None]:
    """The arguments without the file that they name, and that file.

    Only files of the caller's own conversation: a 404 `Problem` for any other, a 422 one for a
    list that can't be read.
    """
    name = _argument(operation, arguments)
    if name is None:
        return arguments, None
    file_id = (referred(arguments[name]) or (str(arguments[name]),))[0]
    async with database().read() as session:
        file = await files.find(session, caller.person, caller.conversation or "", file_id)
    if name != FILE_ID and file.problem:
        raise invalid([FieldError(field=name, code="file", message=file.problem)])
    rest = {key: value for key, value in arguments.items() if key != name}
    return rest, Upload(file.filename, file.media_type, file.content)


def _argument(operation: Operation, arguments: dict[str, Any]) -> str | None:
    if operation.file_field and FILE_ID in arguments:
        return FILE_ID
    return next((name for name, value in arguments.items() if referred(value)), None)
