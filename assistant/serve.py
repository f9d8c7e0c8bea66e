"""Runs the application: `python -m assistant.serve`."""

import asyncio
from types import FrameType

import uvicorn

from assistant.conversations.hub import hub
from assistant.main import create_app
from backend.core.settings import settings

GRACE_SECONDS = 2


class Server(uvicorn.Server):
    """Ends open streams at once when told to stop; uvicorn alone would wait for them."""

    loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Remember the loop, to reach it from a signal handler."""
        self.loop = asyncio.get_running_loop()
        await super().startup(sockets)  # type: ignore[arg-type]

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Close the streams, then stop as uvicorn does."""
        if self.loop is not None:
            self.loop.call_soon_threadsafe(hub().closing.set)
        super().handle_exit(sig, frame)


def main() -> None:
    """Serve until told to stop."""
    config = settings()
    server = Server(
        uvicorn.Config(
            create_app(),
            host=config.host,
            port=config.port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            server_header=False,
        )
    )
    server.run()
    if not server.started:
        raise SystemExit(3)


if __name__ == "__main__":
    main()
