"""The model proposes, the person disposes. Engines only ever get as far as a dry run; what
executes is the person's own confirmation, once, with the proposal's id as idempotency key.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from assistant import metrics
from assistant.conversations import repository, storage
from assistant.conversations.drafts import Draft, Outcome, ProposalDraft
from assistant.conversations.models import Proposal
from assistant.proposals.files import with_file
from assistant.proposals.hashing import arguments_hash
from assistant.proposals.preview import (
    done,
    done_summary,
    is_number,
    number_of,
    preview_of,
    receipt_card,
    results,
    table_of,
    with_terms,
)
from assistant.situation import Situation
from assistant.wording import say, wording
from backend.core import clock
from backend.core.client import (
    Answer,
    Caller,
    Operation,
    Via,
    licensing_api,
    without_acceptances,
)
from backend.core.database import database, refuse_open_transaction
from backend.core.problems import Problem, conflict, not_found
from backend.core.sealing import Unreadable, seal, unseal

_FACES: dict[str, Via] = {"agent": "agent", "rasa": "rasa", "mcp": "mcp"}
RECOVER_AFTER = timedelta(seconds=30)
log = structlog.get_logger(__name__)


async def propose(caller: Caller, operation: str, arguments: dict[str, Any]) -> Draft:
    """Dry-run a write and make its card, or say why it can't be done."""
    prepared = await prepare(caller, operation, arguments)
    if isinstance(prepared, Answer):
        return Draft(say_problem(prepared), buttons=list(wording("refused_buttons")))
    return prepared


async def prepare(caller: Caller, operation: str, arguments: dict[str, Any]) -> Draft | Answer:
    """The card of a write that passed its dry run, or the API's refusal."""
    refuse_open_transaction("a dry run")
    known = licensing_api().operations.get(operation)
    if known is None or not known.writes:
        log.warning("not_proposable", operation=operation)
        return Answer(404, {"detail": "I know of no such step.", "hint": say("what_next")})
    arguments = without_acceptances(known, arguments)
    answer = await _call(known, arguments, caller, dry_run=True)
    if not answer.ok:
        return answer
    if answer.body.get("already_exists"):
        return _already(answer.body)
    title = wording("proposals").get(operation) or known.summary
    rows = results(answer.body)
    if rows and not done(rows):
        return _nothing_to_do(title, rows)
    preview = with_terms(preview_of(title, answer.body), known)
    return Draft(say("card"), proposal=ProposalDraft(operation, arguments, preview))


async def _call(
    operation: Operation, arguments: dict[str, Any], caller: Caller, **options: Any
) -> Answer:
    """Call an operation; a file that the arguments name goes with it, or the refusal of it."""
    try:
        sent, upload = await with_file(operation, arguments, caller)
    except Problem as problem:
        body = problem.body.model_dump(exclude_none=True)
        return Answer(problem.body.status, body)
    if upload is not None:
        options["upload"] = upload
    return await licensing_api().call(operation.id, sent, caller, **options)


def _nothing_to_do(title: str, rows: list[dict[str, Any]]) -> Draft:
    """A list of which no row can be done: why for each, and nothing to confirm."""
    return Draft(
        say("results.none", total=len(rows)),
        card={"kind": "table", "title": title, **table_of(rows)},
        buttons=list(wording("refused_buttons")),
    )


def _already(case: dict[str, Any]) -> Draft:
    return Draft(
        say(
            "already",
            number=case["number"],
            title=case["title"],
            status=str(case["status"]).replace("_", " "),
        ),
        buttons=[{"title": say("open_another"), "payload": "/open_another"}],
        case={k: case[k] for k in ("number", "title", "status")},
        card={
            "kind": "case",
            "number": case["number"],
            "title": case["title"],
            "status": case["status"],
            "lines": [],
        },
    )


def say_problem(answer: Answer) -> str:
    """A refusal in words: what is wrong and the next step, field by field where it says so."""
    details = [e["message"] for e in answer.field_errors]
    detail = " ".join(dict.fromkeys(details)) or str(answer.body.get("detail", ""))
    hint = "" if details else str(answer.body.get("hint", ""))
    return say("refused", detail=detail, hint=hint).strip()


async def decide(situation: Situation, *, confirmed: bool) -> Outcome:
    """The person answered the open card in words or with its buttons."""
    proposal = situation.proposal
    if proposal is None:
        return Outcome([Draft(say("nothing_open"))], engine="system")
    seq = situation.message.seq
    why = {"proposal": proposal.id, "operation": proposal.operation, "confirmed": confirmed}
    try:
        if confirmed:
            await confirm(proposal.person, proposal.conversation_id, proposal.id, seq)
        else:
            await cancel(proposal.person, proposal.conversation_id, proposal.id, seq)
    except Problem as problem:
        why["refused"] = problem.body.title
        if problem.body.status != 409:
            draft = Draft(problem.body.detail, buttons=storage.card_buttons(proposal.preview))
            return Outcome([draft], engine="system", why=why)
        if not await _was_answered(proposal.conversation_id, seq):
            draft = Draft(f"{problem.body.detail} {problem.body.hint}")
            return Outcome([draft], engine="system", why=why)
    return Outcome([], engine="system", why=why)


async def _was_answered(conversation_id: str, seq: int) -> bool:
    async with database().read() as session:
        return bool(await repository.replies_to(session, conversation_id, seq))


@dataclass(frozen=True)
class Settled:
    """A proposal that has ended, with the API's answer and the reply that said so."""

    proposal: Proposal
    result: dict[str, Any] | None
    reply_seq: int | None


async def confirm(
    person: str, conversation_id: str, proposal_id: str, in_reply_to: int | None = None
) -> Settled:
    """Execute a proposal for its person. Repeating gives the first answer again.

    Raises a 404 `Problem` for somebody else's, a 409 when it was superseded, cancelled, has
    expired or is refused by a rule now, and a 503 when the outcome is not known yet.
    """
    proposal = await _begin(person, conversation_id, proposal_id, in_reply_to)
    if proposal.status == "executed":
        return _settled(proposal)
    via = _FACES.get(proposal.engine, "rest")
    refuse_open_transaction("a confirmation")
    try:
        answer = await _call(
            licensing_api().operations[proposal.operation],
            proposal.arguments,
            Caller(person, conversation_id, via),
            confirmed=True,
            idempotency_key=proposal.id,
        )
    except httpx.HTTPError as exc:
        raise _not_known() from exc
    if answer.status >= 500:
        raise _not_known()
    return await _settle(proposal, answer, in_reply_to)


def _not_known() -> Problem:
    return Problem(
        503,
        "unfinished",
        "Not finished yet",
        say("failed"),
        "Confirm again in a moment; it happens once at most.",
        headers={"Retry-After": "2"},
    )


async def _begin(
    person: str, conversation_id: str, proposal_id: str, in_reply_to: int | None
) -> Proposal:
    """Note that the person confirmed, before anything is done."""
    expired = False
    async with database().write() as session:
        proposal = await _locked(session, person, conversation_id, proposal_id)
        if proposal.status == "executed":
            return proposal
        _refuse_ended(proposal)
        if proposal.arguments_hash != arguments_hash(proposal.arguments):
            raise conflict(
                "changed",
                "This card was changed",
                "Its content is not what was shown.",
                "Ask for it again.",
            )
        expired = not proposal.confirmed_at and proposal.expires_at <= clock.now()
        if expired:
            await _end(session, proposal, "expired", say("expired"), in_reply_to)
        elif not proposal.confirmed_at:
            proposal.confirmed_at, proposal.confirmed_in = clock.now(), in_reply_to
            session.add(proposal)
    if expired:
        _refuse_ended(proposal)
    return proposal


async def _locked(
    session: AsyncSession, person: str, conversation_id: str, proposal_id: str
) -> Proposal:
    """Locked behind its conversation, in the order of a turn: nobody waits for each other."""
    own = await repository.locked_own(session, conversation_id, person)
    proposal = await repository.locked_proposal(session, proposal_id) if own else None
    if proposal is None or proposal.conversation_id != conversation_id:
        raise not_found("proposal of that id", "Ask for it in your own conversation.")
    return proposal


_ENDED = {
    "superseded": "It was replaced by a newer one.",
    "cancelled": "It was cancelled.",
    "expired": "It has expired; nothing was sent.",
    "failed": "A rule refused it when it was confirmed.",
    "executed": "It was carried out already.",
}


def _is_open(proposal: Proposal) -> bool:
    """A card that was confirmed goes on, also when a newer one took its place meanwhile."""
    confirmed = proposal.confirmed_at is not None
    return proposal.status == "open" or (proposal.status == "superseded" and confirmed)


def _refuse_ended(proposal: Proposal) -> None:
    if not _is_open(proposal):
        raise conflict(
            f"proposal-{proposal.status}",
            "This card is no longer open",
            _ENDED[proposal.status],
            "Tell the assistant again what you need.",
        )


async def _end(
    session: AsyncSession,
    proposal: Proposal,
    status: str,
    text: str,
    in_reply_to: int | None,
    **shown: Any,
) -> int:
    """Set the status and say so in the chat, in one transaction; the reply's number."""
    proposal.status = status
    session.add(proposal)
    conversation = await repository.locked(session, proposal.conversation_id)
    conversation.fresh_session = conversation.fresh_session or status in {"executed", "cancelled"}
    session.add(conversation)
    await session.flush()
    message = await storage.store_draft(
        session, conversation, Draft(text, **shown), proposal.engine, in_reply_to=in_reply_to
    )
    metrics.PROPOSALS.labels(proposal.operation, status).inc()
    return message.seq


async def _settle(confirmed: Proposal, answer: Answer, in_reply_to: int | None) -> Settled:
    """Keep the answer and show the receipt; of two at once, the second finds it done."""
    async with database().write() as session:
        proposal = await _locked(session, confirmed.person, confirmed.conversation_id, confirmed.id)
        if proposal.status == "executed":
            return _settled(proposal)
        if answer.ok:
            text, shown = _done(proposal.operation, answer.body)
            seq = await _end(session, proposal, "executed", text, in_reply_to, **shown)
            proposal.result = {"sealed": seal(json.dumps(answer.body)), "reply_seq": seq}
            session.add(proposal)
            return _settled(proposal)
        if _is_open(proposal):
            await _end(
                session,
                proposal,
                "failed",
                say_problem(answer),
                in_reply_to,
                buttons=list(wording("refused_buttons")),
            )
    body = answer.body
    raise conflict(
        "refused",
        str(body.get("title") or "Refused"),
        str(body.get("detail") or ""),
        str(body.get("hint") or ""),
    )


def _done(operation: str, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The sentence and the card that say what was done, from the receipt alone."""
    receipt = body.get("receipt") or {}
    title, reference = receipt.get("title", ""), number_of(receipt)
    said = "done_reference" if reference and is_number(reference) else "done_to"
    text = say(said if reference else "done", title=title, reference=reference)
    text = f"{text} {done_summary(body)}".strip()
    shown: dict[str, Any] = {"card": receipt_card(operation, body)}
    if {"number", "title", "status"} <= body.keys():
        shown["case"] = {k: body[k] for k in ("number", "title", "status")}
    return text, shown


def _settled(proposal: Proposal) -> Settled:
    result = proposal.result or {}
    try:
        body = json.loads(unseal(result["sealed"])) if "sealed" in result else None
    except Unreadable:
        body = None  # it was done; what it answered is in the transcript's receipt
    return Settled(proposal, body, result.get("reply_seq"))


async def cancel(
    person: str, conversation_id: str, proposal_id: str, in_reply_to: int | None = None
) -> Settled:
    """Discard a proposal; repeating is harmless, and what was executed can't be cancelled."""
    async with database().write() as session:
        proposal = await _locked(session, person, conversation_id, proposal_id)
        seq = (proposal.result or {}).get("reply_seq")
        if proposal.status not in {"cancelled", "expired"}:
            _refuse_ended(proposal)
            if proposal.confirmed_at:
                raise conflict(
                    "confirmed",
                    "You have confirmed this already",
                    "It is being carried out.",
                    "Wait a moment for its receipt.",
                )
            seq = await _end(session, proposal, "cancelled", say("cancelled"), in_reply_to)
            proposal.result = {"reply_seq": seq}
            session.add(proposal)
        return Settled(proposal, None, seq)


async def finish_confirmed(older_than: timedelta = RECOVER_AFTER) -> None:
    """Carry out what was confirmed and cut short, by a crash or a time-out.

    One that can't be finished does not keep the others from it.
    """
    async with database().read() as session:
        left = await repository.half_confirmed(session, older_than)
    for proposal in left:
        try:
            await confirm(
                proposal.person, proposal.conversation_id, proposal.id, proposal.confirmed_in
            )
        except Problem as problem:
            log.warning(
                "confirmation_not_finished", proposal=proposal.id, problem=problem.body.title
            )
        except Exception:
            log.exception("confirmation_not_finished", proposal=proposal.id)
