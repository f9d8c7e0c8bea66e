"""Receipts: what a write did, in words that people can keep."""

from pydantic import BaseModel


class Line(BaseModel):
    """One fact of a receipt or a preview."""

    label: str
    value: str


class Receipt(BaseModel):
    """Says that something was done (or, in a dry run, would be)."""

    title: str
    reference: str | None = None
    lines: list[Line] = []
