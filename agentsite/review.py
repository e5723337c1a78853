"""What starts and is still a mistake: settings that don't fit together, files that others may read."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from agentsite import env

_HERE = {"127.0.0.1", "localhost", "::1"}
_SHORTEST_KEY = 32
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
KEY_FILES = ("secret-key", "audit-signing-key")


@dataclass(frozen=True)
class Remark:
    """One thing to mend."""

    about: str
    """A setting's name, or a file's below the data directory."""
    advice: str
    stops_builds: bool = False


def remarks() -> list[Remark]:
    """Return all that is found, settings first."""
    return [*_settings(), *_mail_and_metrics(), *_several_processes(), *_files()]


def _settings() -> Iterator[Remark]:
    host = urlsplit(settings.SITE_URL).hostname or ""
    is_open = settings.HOST not in _HERE
    if settings.DEBUG:
        yield Remark("DEBUG", "Set it to false: its pages show code and settings to whoever meets an error.")
    if len(settings.SECRET_KEY) < _SHORTEST_KEY:
        yield Remark("DJANGO_SECRET_KEY", f"Give at least {_SHORTEST_KEY} characters, or none: then one is made.")
    if settings.HTTPS and not settings.SITE_URL:
        yield Remark("SITE_URL", "Set it: without it messages and chats carry no links to this site.")
    if settings.SITE_URL.startswith("https:") and not settings.HTTPS:
        yield Remark("HTTPS", "Set it to true: SITE_URL is reached over HTTPS, so cookies should be sent over it only.")
    if settings.HTTPS and not settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        yield Remark("TRUSTED_PROXIES", "Set it to 1: behind a proxy all callers else have the proxy's address.")
    if host and not _is_allowed(host):
        yield Remark("ALLOWED_HOSTS", "Add the host of SITE_URL: requests for it are refused.")
    if is_open and set(settings.ALLOWED_HOSTS) <= _HERE | {"[::1]"}:
        yield Remark("ALLOWED_HOSTS", "Add the name under which others reach this machine, or set HOST to 127.0.0.1.")
    if is_open and not settings.HTTPS:
        yield Remark("HOST", "Passwords cross the network in plain text: put a proxy with HTTPS in front.")
    if settings.TELEGRAM_WEBHOOK and not settings.SITE_URL.startswith("https:"):
        yield Remark(
            "TELEGRAM_WEBHOOK", "Telegram calls addresses with HTTPS only: change SITE_URL, or set it to false."
        )


def _is_allowed(host: str) -> bool:
    return any(
        allowed in {"*", host} or (allowed.startswith(".") and f".{host}".endswith(allowed))
        for allowed in settings.ALLOWED_HOSTS
    )


def _mail_and_metrics() -> Iterator[Remark]:
    if settings.SIGNUP == "open" and "console" in settings.EMAIL_BACKEND:
        yield Remark("EMAIL_URL", "Set it: who signs up has to confirm an address, and no e-mail is sent.")
    if settings.PROMETHEUS_ENABLED and not settings.PROMETHEUS_TOKEN:
        yield Remark("PROMETHEUS_TOKEN", "Set it: without it only operators who are logged in see /metrics.")


def _several_processes() -> Iterator[Remark]:
    if settings.DATABASE_URL and not settings.REDIS_URL:
        yield Remark("REDIS_URL", "Set it: without it processes share no cache, and pages are not told at once.")
    if settings.REDIS_URL and not settings.DATABASE_URL:
        yield Remark("DATABASE_URL", "Set it: several processes need PostgreSQL; SQLite is for the one-command server.")
    if settings.DATABASE_URL and not settings.CHROMA_URL:
        yield Remark("CHROMA_URL", "Set it: files of vectors belong to one process, the others search by words.")


def _files() -> Iterator[Remark]:
    folder = Path(settings.DATA_DIR)
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        advice = "This user cannot write there: give it the directory, or run as its owner."
        yield Remark("AGENTSITE_DATA_DIR", advice, stops_builds=True)
        return
    found = folder.stat()
    if found.st_mode & _OTHERS & ~stat.S_IXGRP & ~stat.S_IXOTH:
        yield Remark("AGENTSITE_DATA_DIR", "Others may look into it: chmod 700.")
    if found.st_uid != os.geteuid():
        yield Remark(
            "AGENTSITE_DATA_DIR", "It is another user's: what commands make there as this one, that one can't use."
        )
    for path in (*(folder / name for name in KEY_FILES), env.BASE_DIR / ".env"):
        if path.is_file() and path.stat().st_mode & _OTHERS:
            yield Remark(path.name, "Others may read this secret: chmod 600.")
