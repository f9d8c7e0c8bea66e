"""Only a receipt says that something was done; a model's claim of it is taken out."""

import re

from assistant.engines.agent.grounds import Grounds, references

_DONE = r"(?:done|created|opened|submitted|sent|scheduled|booked|cancell?ed|registered|"
_DONE += r"approved|assigned|added|removed|deleted|updated|changed|closed|filed|raised|logged|"
_DONE += r"granted|confirmed|requested|executed|reset|transferred)"
_MANNER = r"(?:now\s+|just\s+|already\s+|also\s+|successfully\s+|been\s+)*"
# "I have opened it" is a claim whatever was read; "it was opened" may be what was read.
_OWN = re.compile(
    rf"\b(?:i(?:’|')?ve|i have|we(?:’|')?ve|we have|i|we|successfully)\s+{_MANNER}{_DONE}\b"
    rf"|^\W*(?:all\s+)?{_DONE}\W*$"
    r"|^\W*(?:receipt|confirmation(?: number)?|reference(?: number)?)\W*:",
    re.IGNORECASE,
)
_TOLD = re.compile(
    rf"\b(?:has been|have been|was|were|is now|are now|case is|request is|training is)\s+"
    rf"{_MANNER}(?P<done>{_DONE})\b|\bcase number (?:is|:)",
    re.IGNORECASE,
)
# "When it has been approved, you get a mail" tells how things work, within one clause.
_CONDITION = re.compile(
    r"\b(?:when|once|if|until|unless|whether|as soon as)\b[^,;:]*$", re.IGNORECASE
)
# The same claims in languages that people often write to us in.
_ELSEWHERE = re.compile(
    r"\b(?:ich habe|wir haben|wurden?|ist jetzt|sind jetzt)\b.{0,120}\b(?:erstellt|eröffnet|"
    r"angelegt|gebucht|storniert|gesendet|abgeschickt|geändert|gelöscht|bestätigt|genehmigt|"
    r"eingereicht)\b"
    r"|\b(?:j(?:’|')ai|nous avons|a été|ont été|est maintenant)\b.{0,120}\b(?:créé|ouvert|"
    r"envoyé|annulé|réservé|enregistré|planifié|confirmé|supprimé)e?s?\b"
    r"|\b(?:he|hemos|ha sido|han sido|se ha)\b.{0,120}\b(?:cread|abiert|enviad|cancelad|"
    r"reservad|registrad|programad|confirmad|eliminad)[oa]s?\b"
    r"|\b(?:jeg har|vi har|er nå|ble|har blitt)\b.{0,120}\b(?:opprettet|åpnet|sendt|bestilt|"
    r"avbestilt|kansellert|registrert|bekreftet|slettet)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?:[^.!?\n]|[.!?](?=\w))+[.!?\n]*|[.!?\n]+")
# What the data must say for the word to be told.
_EVIDENCE = {
    "cancelled": {"cancelled"}, "canceled": {"cancelled"}, "closed": {"closed"},
    "scheduled": {"scheduled"}, "booked": {"scheduled"}, "sent": {"scheduled"},
    "approved": {"approved", "granted"}, "granted": {"granted"}, "assigned": {"assignee"},
    "updated": {"updated_at"}, "changed": {"updated_at"}, "created": {"created_at"},
    "opened": {"created_at"}, "requested": {"created_at"}, "submitted": {"created_at"},
    "registered": {"created_at"}, "filed": {"created_at"}, "raised": {"created_at"},
    "logged": {"created_at"},
}  # fmt: skip


def sentences(text: str) -> list[str]:
    """The text in pieces that end with a sentence or a line; joined they are the text again."""
    return _SENTENCE.findall(text)


def claims(sentence: str, grounds: Grounds) -> bool:
    """Whether a sentence says that something was done which no receipt and no data says.

    What a tool of this turn says may be told ("your case was opened on Monday"), and what a
    receipt of this conversation said; a number that nothing gave is invented.
    """
    named = references(sentence)
    if not named <= grounds.references or _OWN.search(sentence):
        return True
    if _ELSEWHERE.search(sentence):
        return not (grounds.states or named & grounds.receipts)
    told = _TOLD.search(sentence)
    if told is None or named & grounds.receipts:
        return False
    if _CONDITION.search(sentence[: told.start()]):
        return False
    if told["done"] is None:
        return not named
    said = grounds.states | (grounds.earlier if named else set())
    return not _EVIDENCE.get(told["done"].lower(), set()) & said
