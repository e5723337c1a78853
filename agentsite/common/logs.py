"""Structured logs on standard error: JSON lines with the request id, never with a secret."""

import logging.config
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET_NAME = re.compile(
    r"(password|secret|token|ticket|api_?key|authorization|cookie|database_url|redis_url)", re.IGNORECASE
)
_SECRET_TEXT = re.compile(
    r"(?P<kept>://[^:/@\s]{0,64}:|\bBearer\s+|(?:/bot|\btoken `)\d{1,20}:|[?&]ticket=|\bsk-|\bag(?:s|t|sw)_)"
    r"[A-Za-z0-9_\-.~+%]{6,200}",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """Replace passwords in addresses, bearer tokens, bot tokens, API keys and tickets by an ellipsis."""
    return _SECRET_TEXT.sub(r"\g<kept>…", text)


def _redact_event(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        event[name] = "…" if _SECRET_NAME.search(name) else _redacted(value)
    return event


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {name: "…" if _SECRET_NAME.search(str(name)) else _redacted(inner) for name, inner in value.items()}
    return [_redacted(inner) for inner in value] if isinstance(value, list | tuple | set) else value


def logging_config(*, level: str, sql_echo: bool) -> None:
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
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
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
            "formatters": {"json": formatter},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": quiet | ours | ({"django.db.backends": {"level": "DEBUG"}} if sql_echo else {}),
        }
    )
