"""Structured logs on standard error: lines for people, JSON where a collector reads them.

Messages of people are never logged.
"""

import logging
import sys

import structlog

from backend.core.settings import settings


def configure_logs() -> None:
    """Set up structlog and the standard library's loggers once."""
    level = logging.getLevelName(settings().log_level.upper())
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings().log_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr, force=True)
    # It logs its own building of an index, at any level that is set for others.
    logging.getLogger("bm25s").setLevel(logging.WARNING)
