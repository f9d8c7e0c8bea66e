"""`ask-licensing chat`: the same conversation as in the widget, in a terminal.

Options have numbers, offers and what can be done with a card have letters; typing one picks
it, and everything else is what the person says.
"""

import string
import threading
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any

import httpx
import typer
from rich.markdown import Markdown
from rich.markup import escape
from rich.panel import Panel
from rich.prompt import Prompt
from rich.table import Table

from assistant.cli.display import console, say
from assistant.cli.talk import Refused, Reply, Talk

PORTALS = ("clc", "cssm", "scm")
SPEAKERS = {"bot": "Ask Licensing", "person": "Support", "system": "Note"}
Choice = Callable[[], list[Reply]]


def chat(
    address: str, email: str | None, portal: str | None, engine: str | None, token: str | None
) -> int:
    """Hold one conversation, until the person leaves; return the process's exit code."""
    talk = Talk(address)
    try:
        if token:
            talk.use_token(token)
        else:
            name = talk.sign_in(email or _pick_person(talk.people()))
            console.print(
                f"Signed in as [bold]{_plain(name)}[/]. Ctrl-D leaves; what is done stays done."
            )
        Conversation(talk).hold(talk.begin(portal or _pick_portal(), engine))
    except httpx.HTTPError as exc:
        say(f"{address} cannot be reached ({exc}). Is it running? Start it: make run", "red")
        return 1
    except Refused as exc:
        say(str(exc), "red")
        return 1
    except (EOFError, KeyboardInterrupt, typer.Abort):
        console.print()
    finally:
        talk.close()
    return 0


class Conversation:
    """What was shown, and what can be picked now."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._shown: set[str] = set()
        self._choices: dict[str, Choice] = {}
        self._printing = threading.Lock()

    def hold(self, greeting: Iterable[Reply]) -> None:
        """Show the greeting, then take turns until the input ends (`EOFError`)."""
        self._show(greeting)
        self._talk.listen(self._overheard)
        while True:
            said = console.input("[bold cyan]you ›[/] ").strip()
            if not said:
                continue
            if not console.is_terminal:
                say(said)
            try:
                with console.status("…"):
                    replies = self._answer(said)
                self._show(replies)
            except Refused as exc:
                say(str(exc), "red")

    def _answer(self, said: str) -> list[Reply]:
        chosen = self._choices.get(said.lower())
        return chosen() if chosen else self._talk.say(text=said)

    def _overheard(self, reply: Reply) -> None:
        """What the stream brings and no answer of ours did: a support agent, another device."""
        if reply["role"] in {"person", "system"}:
            self._show([reply])

    def _show(self, replies: Iterable[Reply]) -> None:
        with self._printing:
            for reply in replies:
                if reply["id"] in self._shown or reply["role"] == "user":
                    continue
                self._shown.add(reply["id"])
                self._choices = {}
                self._print(reply)

    def _print(self, reply: Reply) -> None:
        console.print(f"[bold green]{SPEAKERS.get(reply['role'], 'Ask Licensing')} ›[/]", end=" ")
        console.print(Markdown(_printable(reply["text"] or "")))
        if reply.get("card"):
            console.print(_card(reply["card"]))
        for source in reply.get("sources") or []:
            say(_printable(f"  source: {source['title']} {source.get('url') or ''}"), "dim")
        proposal = reply.get("proposal")
        if proposal and proposal.get("status") == "open":
            console.print(_preview(proposal["preview"]))
            self._offer_decision(proposal)
        self._offer_options(reply.get("ask") or {})
        for button in reply.get("buttons") or []:
            self._offer_letter(button["title"], _payload(self._talk, button["payload"]))

    def _offer_options(self, ask: dict[str, Any]) -> None:
        """Numbers for one option; of several, their numbers or values are typed with commas."""
        options = ask.get("options") or []
        for number, option in enumerate(options, start=1):
            console.print(f"  [cyan]{number}[/]  {_plain(option['title'])}")
            payload = option.get("payload")
            self._choices[str(number)] = (
                _payload(self._talk, payload) if payload else _text(self._talk, option["value"])
            )
        if ask.get("kind") == "choices" and options:
            console.print("  [dim]several: type them with commas between[/]")
        if ask and not ask.get("required", True):
            console.print("  [dim]may be skipped: type skip[/]")

    def _offer_decision(self, proposal: dict[str, Any]) -> None:
        card, confirm = proposal["id"], proposal["preview"].get("confirm") or "Confirm"
        self._offer_letter(confirm, lambda: self._talk.decide(card, "confirm"))
        self._offer_letter("Change", _payload(self._talk, "/change"))
        self._offer_letter("Cancel", lambda: self._talk.decide(card, "cancel"))

    def _offer_letter(self, title: str, choice: Choice) -> None:
        letter = next(c for c in string.ascii_lowercase if c not in self._choices)
        self._choices[letter] = choice
        console.print(f"  [cyan]{letter}[/]  {_plain(title)}")


def _printable(text: str) -> str:
    """Without control characters: what somebody wrote must not steer the terminal."""
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) != "Cc")


def _plain(text: object) -> str:
    """The same, and brackets in it are brackets."""
    return escape(_printable(str(text)))


def _payload(talk: Talk, payload: str) -> Choice:
    return lambda: talk.say(payload=payload)


def _text(talk: Talk, text: str) -> Choice:
    return lambda: talk.say(text=text)


def _preview(preview: dict[str, Any]) -> Panel:
    told = [preview[key] for key in ("note", "terms") if preview.get(key)]
    return Panel(
        _lines(preview.get("lines"), "\n\n".join(told)),
        title=_plain(preview.get("title") or ""),
        expand=False,
        border_style="yellow",
    )


def _card(card: dict[str, Any]) -> Panel:
    title = _plain(card.get("title") or card.get("number") or card["kind"])
    if card.get("items"):
        return Panel(_items(card["items"]), title=title, expand=False)
    reference = card.get("reference") or card.get("number")
    return Panel(_lines(card.get("lines"), reference), title=title, expand=False)


def _lines(lines: list[dict[str, Any]] | None, note: str | None) -> Table:
    table = Table.grid(padding=(0, 2))
    for line in lines or []:
        table.add_row(f"[dim]{_plain(line['label'])}[/]", _plain(line["value"]))
    if note:
        table.add_row("", _plain(note))
    return table


def _items(items: list[dict[str, Any]]) -> Table:
    table = Table.grid(padding=(0, 2))
    for item in items:
        what = item.get("kind") or item.get("number") or ""
        detail = item.get("detail") or item.get("status") or ""
        row = (what, item.get("title") or "", detail, item.get("url") or "")
        table.add_row(*(_plain(cell) for cell in row))
    return table


def _pick_person(people: list[dict[str, Any]]) -> str:
    """Ask who chats; each person of the demo world is good for something else."""
    for number, person in enumerate(people, start=1):
        email, note = _plain(person["email"]), _plain(person["note"])
        console.print(f"  [cyan]{number:>2}[/]  {email:<28} [dim]{note}[/]")
    said = Prompt.ask("Who are you? A number or an address", console=console, default="1")
    if said.isdigit() and 1 <= int(said) <= len(people):
        return str(people[int(said) - 1]["email"])
    return said


def _pick_portal() -> str:
    return Prompt.ask(
        "Which portal do you come from?", console=console, choices=list(PORTALS), default=PORTALS[0]
    )
