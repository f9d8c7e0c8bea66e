"""Calls that a machine makes with a token of its own: who may, and how much at once."""

import hmac
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, ClassVar

from fastapi import Request, Response
from pydantic import SecretStr

from backend.core.problems import Problem
from backend.core.settings import settings
from backend.core.unit_of_work import UnitOfWorkRoute


@dataclass(frozen=True)
class Machine:
    """Who calls: its name for people, the setting that holds its token, and what a message of it
    may weigh. `advice` says how to make one smaller.
    """

    name: str
    setting: str
    about: str
    largest: int
    advice: str

    @property
    def variable(self) -> str:
        """The setting as an environment variable."""
        return self.setting.upper()


class MachineRoute(UnitOfWorkRoute):
    """Looks at the token before anything is read, and reads no more than a message may have."""

    machine: ClassVar[Machine]

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the transaction's handler: who is refused begins none."""
        endpoint = super().get_route_handler()

        async def handle(request: Request) -> Response:
            _require_token(request, self.machine)
            await _read(request, self.machine)
            return await endpoint(request)

        return handle


def _require_token(request: Request, machine: Machine) -> None:
    """401 without the very token; in a time that tells nothing of how near it was."""
    configured: SecretStr | None = getattr(settings(), machine.setting)
    wanted = configured.get_secret_value() if configured else ""
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    same = hmac.compare_digest(shown.strip().encode(), wanted.encode())
    if not (wanted and same and scheme.lower() == "bearer"):
        raise Problem(
            401,
            machine.setting.replace("_", "-"),
            f"Only {machine.name} can do this",
            f"There is no valid token of {machine.name} with this request.",
            f"Send {machine.variable} as a bearer token; a person’s token is none.",
            headers={"WWW-Authenticate": "Bearer"},
        )


async def _read(request: Request, machine: Machine) -> None:
    """413 as soon as it is too much, whatever length was announced."""
    announced = request.headers.get("Content-Length", "")
    if announced.isdigit() and int(announced) > machine.largest:
        raise _too_large(machine)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > machine.largest:
            raise _too_large(machine)
    # Where Starlette keeps a body that was read: whoever reads it next finds it there.
    request._body = bytes(body)


def _too_large(machine: Machine) -> Problem:
    return Problem(
        413,
        "too-large",
        "Too large",
        f"A message about {machine.about} has at most {machine.largest:,} bytes.",
        machine.advice,
    )
