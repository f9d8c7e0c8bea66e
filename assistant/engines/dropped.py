"""A file in the chat: for the engine that asks for one, else the person is asked what it is for.

The assistant itself answers, whatever engine talks: what may be done with a file needs no
understanding. Attaching it is a write like any other, with a card.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from assistant.conversations import files
from assistant.conversations.drafts import Draft, Outcome
from assistant.conversations.files import ChatFile
from assistant.conversations.models import Message
from assistant.proposals.service import propose
from assistant.situation import Situation
from assistant.wording import say
from backend.core.client import Answer, licensing_api
from backend.core.database import database
from backend.core.problems import Problem

ATTACH = "/attach_file"
_ATTACH_OPERATION, _ADD_OPERATION = "attach_to_case", "add_users"
_MOST_OFFERS = 3
# Roles that may add people somewhere in an account.
_MANAGES = frozenset({"sa_admin", "va_admin"})
Buttons = list[dict[str, str]]


def concerns(situation: Situation) -> bool:
    """Whether a message is a file, or says what an earlier one is for."""
    message = situation.message
    return message.file_id is not None or (message.payload or "").startswith(ATTACH)


async def answer(
    situation: Situation, by_engine: Callable[[Situation], Awaitable[Outcome]]
) -> Outcome:
    """Pass a file to the engine that asked for it, or offer what can be done with it."""
    if situation.message.file_id is None:
        return await _attach(situation)
    try:
        file = await _read(situation, situation.message.file_id)
    except Problem as problem:
        return _outcome(Draft(f"{problem.body.detail} {problem.body.hint}"))
    if not _is_asked_for(situation):
        return _outcome(await _offer(situation, file), file)
    outcome = await by_engine(situation.again(_as_answer(situation.message, file)))
    outcome.why["file"] = _noted(file)
    return outcome


def _outcome(draft: Draft, file: ChatFile | None = None) -> Outcome:
    why = {"file": _noted(file)} if file else {}
    return Outcome([draft], engine="system", why={"routed": "file", **why})


def _noted(file: ChatFile) -> dict[str, Any]:
    """What stays known of it in later turns."""
    return {"file_id": file.id, "filename": file.filename, "told": file.told()}


async def _read(situation: Situation, file_id: str) -> ChatFile:
    conversation = situation.conversation
    async with database().read() as session:
        return await files.find(session, conversation.person, conversation.id, file_id)


def _is_asked_for(situation: Situation) -> bool:
    """An open question for a file; or one of the agent's, whose questions have no kinds."""
    question = situation.question
    if question is None or situation.conversation.form is not None:
        return False
    return (question.ask or {}).get("kind") == "file" or question.engine == "agent"


def _as_answer(message: Message, file: ChatFile) -> Message:
    """The message as engines take it: the model reads what is in the file, Rasa gets it as a
    fact of a message without words.
    """
    said = "/inform" + json.dumps({"file": file.reference}, ensure_ascii=False)
    told = {"text": f"{message.text} {file.told()}", "payload": said, "why": {"file": _noted(file)}}
    return Message.model_validate(message.model_dump() | told)


async def _offer(situation: Situation, file: ChatFile) -> Draft:
    """What may be done with it. An open question stays open."""
    buttons = await _to_add_people(situation, file) if file.lists_people else []
    buttons += await _to_attach(situation, file)
    if file.problem and file.lists_people:
        text = file.problem
    elif not buttons:
        text = say("files.nothing_to_do", filename=file.filename)
        buttons = [{"title": say("files.open_case"), "payload": "/open_case"}]
    elif file.row_count:
        rows = "1 row" if file.row_count == 1 else f"{file.row_count} rows"
        text = say("files.list", filename=file.filename, rows=rows)
    else:
        text = say("files.other", filename=file.filename)
    question = situation.question
    if question is None:
        return Draft(text, buttons=buttons)
    asked = say("files.first", question=question.text)
    return Draft(f"{text}\n\n{asked}", buttons=[*buttons, *question.buttons], ask=question.ask)


async def _to_add_people(situation: Situation, file: ChatFile) -> Buttons:
    """The accounts that the person manages, as far as the API tells and takes such lists."""
    if file.problem or _ADD_OPERATION not in licensing_api().operations:
        return []
    entries = await _items(situation, "list_directory")
    return [
        {
            "title": say("files.add_people", account=entry["name"]),
            "payload": _payload(
                f"/{_ADD_OPERATION}", file=file.reference, smart_account=entry["domain"]
            ),
        }
        for entry in entries
        if entry.get("relation") == "access" and _MANAGES & {*entry.get("roles", ())}
    ][:_MOST_OFFERS]


async def _to_attach(situation: Situation, file: ChatFile) -> Buttons:
    """The person's open cases; first the one that was just talked about."""
    said = [m.case["number"] for m in reversed(situation.recent) if m.case]
    cases = await _items(situation, "list_cases", mine=True, open_only=True, limit=_MOST_OFFERS)
    numbers = [case["number"] for case in cases]
    numbers.sort(key=lambda number: number not in said[:1])
    return [
        {
            "title": say("files.attach", number=number),
            "payload": _payload(ATTACH, file=file.id, case=number),
        }
        for number in numbers
    ]


async def _items(situation: Situation, operation: str, **arguments: Any) -> list[dict[str, Any]]:
    """What a list of the API holds; nothing where it has no such list, or refuses."""
    if operation not in licensing_api().operations:
        return []
    listed: Answer = await licensing_api().call(operation, arguments, situation.caller("rest"))
    return list(listed.body.get("items") or []) if listed.ok else []


def _payload(intent: str, **facts: str) -> str:
    return intent + json.dumps(facts, ensure_ascii=False, separators=(",", ":"))


async def _attach(situation: Situation) -> Outcome:
    """A card that attaches an earlier file to a case."""
    facts = json.loads((situation.message.payload or "").removeprefix(ATTACH))
    arguments = {"case_number": facts["case"], "file_id": facts["file"]}
    return _outcome(await propose(situation.caller("rest"), _ATTACH_OPERATION, arguments))
