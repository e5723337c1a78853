"""Structured logs on standard error: JSON lines, or colours for a person, with ids of what they are about."""

import logging.config
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog

from agentsite.common.redaction import ELLIPSIS, hide_own, is_secret_name, redact

FORMATS = ("auto", "json", "pretty")
_PLAIN = (int, float, bool, type(None))


@contextmanager
def lines_about(**ids: object) -> Iterator[None]:
    """Let every line of the block carry these.

    What the block notes beside them ends with it, too: threads are used again.
    """
    before = structlog.contextvars.get_contextvars()
    structlog.contextvars.bind_contextvars(**ids)
    try:
        yield
    finally:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(**before)


def note(**ids: object) -> None:
    """Let the lines from here on carry these, until the surrounding block ends."""
    structlog.contextvars.bind_contextvars(**{name: value for name, value in ids.items() if value is not None})


def noted(name: str) -> str:
    """Return what the lines carry under a name; empty when it is nothing."""
    return str(structlog.contextvars.get_contextvars().get(name) or "")


def _redact_event(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        event[name] = _named(name, value) if name not in _OF_THE_LIBRARY else value
    return event


_OF_THE_LIBRARY = {"_record", "_from_structlog"}


def _named(name: str, value: Any) -> Any:
    return ELLIPSIS if is_secret_name(name) and not isinstance(value, _PLAIN) else _redacted(value)


def _redacted(value: Any) -> Any:
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, dict):
        return {redact(str(name)): _named(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(inner) for inner in value]
    return redact(value if isinstance(value, str) else repr(value))


def _hide_in_line(_logger: object, _method: str, line: str) -> str:
    return str(hide_own(line))


def _renderers(log_format: str) -> list[Any]:
    is_pretty = log_format == "pretty" or (log_format == "auto" and sys.stderr.isatty())
    if not is_pretty:
        return [structlog.processors.JSONRenderer(ensure_ascii=False), _hide_in_line]
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain), _hide_in_line]


def logging_config(*, level: str, sql_echo: bool, log_format: str = "auto") -> None:
    """Set up logging for the whole process, the libraries' included."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redact_event,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers(log_format)],
        "foreign_pre_chain": shared,
    }
    quiet = {name: {"level": "WARNING"} for name in ("httpx", "httpcore", "chromadb", "celery")}
    # Addresses of sockets hold tickets: what the server says goes the same way as all else, not its own.
    ours: dict[str, Any] = {name: {"handlers": [], "propagate": True} for name in ("uvicorn", "uvicorn.access")}
    quiet["kombu.connection"] = {"level": "ERROR"}  # the in-process broker has no host name, and says so each time
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"lines": formatter},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": quiet | ours | ({"django.db.backends": {"level": "DEBUG"}} if sql_echo else {}),
        }
    )
