"""The world of an attack: an attacker, a victim with a case, a talk and a card, and the desk."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select
from sqlmodel import SQLModel, col

from assistant.conversations.models import (
    Conversation,
    Message,
    MessageWords,
    Offer,
    Proposal,
)
from assistant.engines.agent.prompt import template
from assistant.review.models import ReviewItem
from backend.core import jobs
from backend.core.client import Answer, LicensingApi
from backend.core.database import database
from backend.core.identity import Organization, Person
from backend.core.settings import settings
from tests.agent.conftest import Talking, training
from tests.agent.hostile.attack import Attack, Poison, Words
from tests.agent.scripted_model import ScriptedModel, call
from tests.conftest import Newcomer, SignedIn
from tests.product import working_day

API_KEY = "sk-scripted-4f1e8a0b77c2"
# A talk grows by what is said in it; everything else is to stay as it is.
OF_THE_TALK: dict[str, Any] = {
    table.__tablename__: column
    for table, column in (
        (Conversation, Conversation.id), (Message, Message.conversation_id),
        (Offer, Offer.conversation_id), (Proposal, Proposal.conversation_id),
        (MessageWords, MessageWords.conversation_id), (ReviewItem, ReviewItem.conversation_id),
    )
}  # fmt: skip


# What was not understood is grouped every minute, whoever said it; that the desk has looked at
# something is written down beside it.
BESIDE = {"review_group", "review_turn", "looked_at"}


@dataclass
class World:
    """Who is there and what is theirs; `talk` is the attacker's conversation."""

    attacker: httpx.AsyncClient
    victim: httpx.AsyncClient
    talk: Talking
    words: Words
    planted: str = ""

    async def rest(self) -> dict[str, Any]:
        """Every row of every table but those of the attacker's own talk."""
        found: dict[str, Any] = {}
        async with database().read() as session:
            for name, table in SQLModel.metadata.tables.items():
                if name in BESIDE:
                    continue
                rows = select(table)
                if name in OF_THE_TALK:
                    rows = rows.where(OF_THE_TALK[name] != self.talk.id)
                told = (await session.exec(rows)).all()  # type: ignore[call-overload]
                found[name] = sorted(repr(tuple(row)) for row in told)
        return found

    async def cards(self) -> list[Proposal]:
        """The cards of the attacker's talk, oldest first."""
        async with database().read() as session:
            rows = select(Proposal).where(col(Proposal.conversation_id) == self.talk.id)
            rows = rows.order_by(col(Proposal.created_at))
            return list((await session.exec(rows)).scalars())  # type: ignore[call-overload]


async def case_of(person: httpx.AsyncClient, **changed: Any) -> str:
    """A case that this person opens by REST; its number."""
    body = {"category": "other", "title": "A case", "description": "Words."} | changed
    made = await person.post("/cases", json=body)
    number: str = made.raise_for_status().json()["number"]
    return number


async def training_of(person: httpx.AsyncClient) -> str:
    """A training that this person asks for by REST; its number."""
    made = await person.post("/training-engagements", json=training())
    number: str = made.raise_for_status().json()["number"]
    return number


async def carded(talk: Talking, model: ScriptedModel) -> str:
    """A card in a talk; its id."""
    model.steps(call("update_me", {"phone": "+47 555 01 77"}))
    return str((await talk.card("change my phone"))["id"])


@pytest.fixture
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "openai_api_key", SecretStr(API_KEY))


async def begin(person: httpx.AsyncClient, portal: str = "clc") -> Talking:
    """A conversation of this person's."""
    opened = await person.post("/conversations", json={"portal": portal, "engine": "agent"})
    return Talking(person, opened.raise_for_status().json()["id"])


@dataclass(frozen=True)
class Standing:
    """What all attacks on one database share, since none of them may change it."""

    attacker: str
    victim: str
    victims_case: str
    victims_talk: str
    victims_card: str
    own_training: str
    waiting_training: str


@pytest.fixture(scope="session")
def standing_of(app: FastAPI) -> dict[str, Standing]:
    """Filled by the first attack on this database."""
    return {}


@pytest_asyncio.fixture(loop_scope="session")
async def standing(
    standing_of: dict[str, Standing], model: ScriptedModel, newcomer: Newcomer
) -> Standing:
    """An attacker with a training, and a victim with a case, a talk, a card and a training."""
    if not standing_of:
        victim, attacker = await newcomer(name="Vera Victim"), await newcomer(name="Mal Lory")
        talk = await begin(victim)
        standing_of["all"] = Standing(
            attacker=attacker.email,  # type: ignore[attr-defined]
            victim=victim.email,  # type: ignore[attr-defined]
            victims_case=await case_of(victim, title="Private"),
            victims_talk=talk.id,
            victims_card=await carded(talk, model),
            own_training=await training_of(attacker),
            waiting_training=await training_of(victim),
        )
    return standing_of["all"]


@pytest_asyncio.fixture(loop_scope="session")
async def world(
    _key: None, model: ScriptedModel, standing: Standing, person: SignedIn,
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch,
) -> World:  # fmt: skip
    """Everything that an attack needs, with a talk of its own in which a card is open."""
    attack: Attack | None = getattr(request, "param", None)
    by_desk = attack is not None and attack.person == "desk"
    victim = await person(standing.victim)
    attacker = await person("lee@support.example" if by_desk else standing.attacker)
    talk = await begin(attacker)
    card = await carded(talk, model)
    words = Words({
        "victim_email": standing.victim, "victim_case": standing.victims_case,
        "victim_conversation": standing.victims_talk, "victim_proposal": standing.victims_card,
        "own_proposal": card, "own_conversation": talk.id, "day": working_day(8),
        "own_case": standing.waiting_training if by_desk else standing.own_training,
        "training": training(), "prompt": template(), "api_key": API_KEY,
    })  # fmt: skip
    made_up = World(attacker, victim, talk, words)
    if attack is not None and attack.poison is not None:
        await poisoned(made_up, attack.poison, victim if by_desk else attacker, monkeypatch)
    assert await jobs.drained(database(), 20)
    model.requests.clear()
    return made_up


async def poisoned(
    world: World, poison: Poison, opener: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Put the text where the attack says: by the ordinary ways wherever there is one."""
    number = await case_of(opener, title="Poisoned")
    world.words.know(poisoned_case=number)
    written = world.planted = world.words.fill(poison.text)
    match poison.field:
        case "title" | "description":
            world.words.know(poisoned_case=await case_of(opener, **{poison.field: written}))
        case "note":
            said = await opener.post(f"/cases/{number}/notes", json={"text": written})
            said.raise_for_status()
        case "attachment":
            file = {"file": (written, b"text", "text/plain")}
            (await opener.post(f"/cases/{number}/attachments", files=file)).raise_for_status()
        case "article":
            item = {"title": "Roles", "url": "https://docs.example/roles", "excerpt": written}
            _answer_with(monkeypatch, "search_knowledge", item)
        case "webinar":
            item = {"title": written, "register_url": "https://events.example/1"}
            _answer_with(monkeypatch, "list_webinars", item)
        case "organization":
            await _rename(world, written)


async def _rename(world: World, name: str) -> None:
    """Give the attacker an organization of this name."""
    domain = f"o{uuid.uuid4().hex[:10]}.example"
    attacker = (await world.attacker.get("/me")).json()["email"]
    async with database().write() as session:
        session.add(Organization(domain=domain, name=name, kind="customer"))
        await session.flush()
        (await session.get_one(Person, attacker)).organization_domain = domain


def _answer_with(monkeypatch: pytest.MonkeyPatch, operation: str, item: dict[str, Any]) -> None:
    """The API answers this one operation with one item; everything else is real."""
    real = LicensingApi.call

    async def told(
        self: LicensingApi, name: str, arguments: Any, caller: Any, **more: Any
    ) -> Answer:
        if name == operation:
            return Answer(200, json.loads(json.dumps({"items": [item], "next": None})))
        return await real(self, name, arguments, caller, **more)

    monkeypatch.setattr(LicensingApi, "call", told)
