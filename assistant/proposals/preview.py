"""What a card shows of a write: from the dry run's answer before, from the real one after."""

import re
from collections import Counter
from typing import Any

from assistant.wording import say, wording
from backend.core.cards import card_of
from backend.core.client import Operation

_IDENTIFIER = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CASE = re.compile(r"C-\d+")
# What became of a row: these did nothing, whatever else the API calls its successes.
SKIPPED, FAILED = "skipped", "failed"
_SKIPPED = frozenset({SKIPPED, "unchanged"})


def preview_of(title: str, body: dict[str, Any]) -> dict[str, Any]:
    """The preview of a dry run: its lines, its rows, and how many of them would be done."""
    receipt = body.get("receipt") or {}
    lines = receipt.get("lines") or []
    reference = number_of(receipt)
    if reference and not any(line["value"] == reference for line in lines):
        label = say("reference" if is_number(reference) else "subject")
        lines = [{"label": label, "value": reference}, *lines]
    preview: dict[str, Any] = {"title": title, "lines": lines}
    rows = results(body)
    if rows:
        preview |= {"table": table_of(rows), "note": _summary(rows, "would")}
    return preview | {key: told for key in ("checks", "warnings") if (told := _lines(body, key))}


def with_terms(preview: dict[str, Any], operation: Operation) -> dict[str, Any]:
    """The preview with what the person accepts by confirming it, which its button says."""
    if not operation.accepts:
        return preview
    terms = "\n\n".join(one.terms for one in operation.accepts.values())
    button = " ".join(one.button for one in operation.accepts.values())
    return preview | {"terms": terms, "confirm": button}


def receipt_card(operation: str, body: dict[str, Any]) -> dict[str, Any]:
    """The card of what was done, with what became of each row, or with the file that it makes."""
    receipt = body.get("receipt") or {}
    shown = card_of(operation, body) or {}
    card = shown | {"kind": "receipt", **receipt, "reference": number_of(receipt)}
    rows = results(body)
    return card | {"table": table_of(rows)} if rows else card


def number_of(receipt: dict[str, Any]) -> str | None:
    """The number that people can quote; an identifier of ours is none."""
    reference = receipt.get("reference")
    return str(reference) if reference and not _IDENTIFIER.fullmatch(str(reference)) else None


def is_number(reference: str) -> bool:
    """Whether it is a case's number rather than the name of what was changed."""
    return _CASE.fullmatch(reference) is not None


def done_summary(body: dict[str, Any]) -> str:
    """How many of the rows were done; empty for what is no list."""
    rows = results(body)
    return _summary(rows, "did") if rows else ""


def results(body: dict[str, Any]) -> list[dict[str, Any]]:
    """What became, or would become, of each row of a bulk write."""
    rows = body.get("results")
    if not isinstance(rows, list):
        return []
    return [row for row in rows if isinstance(row, dict) and "status" in row]


def done(rows: list[dict[str, Any]]) -> int:
    """How many rows are more than skipped or failed."""
    return sum(_outcome(row) not in {SKIPPED, FAILED} for row in rows)


def _outcome(row: dict[str, Any]) -> str:
    return SKIPPED if row["status"] in _SKIPPED else str(row["status"])


def table_of(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The rows as a table: what each is about first, then what became of it."""
    labels: dict[str, str] = wording("results.columns")
    keys = [key for key in labels if any(row.get(key) not in (None, "") for row in rows)]
    return {
        "columns": [{"key": key, "label": labels[key]} for key in keys],
        "rows": [{key: _text(row.get(key)) for key in keys} for row in rows],
    }


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _summary(rows: list[dict[str, Any]], tense: str) -> str:
    count = Counter(map(_outcome, rows))
    successes, total = done(rows), len(rows)
    if successes == total:
        return say(f"results.{tense}_all", total=total)
    rest = [say(f"results.{one}", count=count[one]) for one in (SKIPPED, FAILED) if count[one]]
    return say(f"results.{tense}", done=successes, total=total, rest=" ".join(rest))


def _lines(body: dict[str, Any], key: str) -> list[str]:
    told = body.get(key)
    return [str(line) for line in told] if isinstance(told, list) else []
