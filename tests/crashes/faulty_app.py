"""The app with one fault built in, run as a process by the tests of crashes.

`FAULT=die_before_receipt` ends the process, as `kill -9` would, after a confirmation was carried
out and before the chat says so. `FAULT=slow_actions` makes every custom action take a second, so
that Rasa can be killed in the middle of a turn.
"""

import asyncio
import os
import signal
from typing import Any

from assistant import serve
from assistant.proposals import service
from backend.core import client


async def _die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _slow(call: Any) -> Any:
    async def slowly(self: Any, name: str, arguments: Any, caller: Any, **options: Any) -> Any:
        if caller.via == "rasa":
            await asyncio.sleep(1)
        return await call(self, name, arguments, caller, **options)

    return slowly


if __name__ == "__main__":
    match os.environ["FAULT"]:
        case "die_before_receipt":
            service._settle = _die  # type: ignore[assignment]
        case "slow_actions":
            client.LicensingApi.call = _slow(client.LicensingApi.call)  # type: ignore[method-assign]
        case other:
            raise SystemExit(f"no fault is called {other}")
    serve.main()
