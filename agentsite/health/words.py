"""What is said of a part that needs looking at, and what to do about it, by code."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from builds import failures


class Words(NamedTuple):
    """A sentence for everybody and one for the operator."""

    sentence: str
    advice: str


_SLOT = re.compile(r"%\(\w+\)s")
_START_WORKER = "Start a worker: script/server, or celery --app=agentsite worker --queues=runs,short."
_CHROMA = "Check that the Chroma server runs and that CHROMA_URL is right; searches go by words meanwhile."
_BOT = "Run manage.py run_telegram_bot, or script/server; with TELEGRAM_WEBHOOK, run manage.py run_telegram_bot once."
_ROOM = "Make room: docs/runbook.md says what may be deleted."
TABLE: dict[str, Words] = {
    "part.timed_out": Words("It did not answer in time.", "See whether it runs, and whether the way to it is open."),
    "part.failed": Words("Looking at it failed.", "The log says why."),
    "part.unknown": Words("Not known while the %(through)s does not answer.", "See to that first."),
    "database.unreachable": Words(
        "The database does not answer.", "Check that PostgreSQL runs and that DATABASE_URL is right."
    ),
    "database.behind": Words(
        "The database is older than the program: %(count)s migrations are missing.", "Run manage.py prepare."
    ),
    "broker.unreachable": Words(
        "Redis does not answer: workers find work by themselves, more slowly.",
        "Check that Redis runs and that REDIS_URL is right.",
    ),
    "workers.none": Words("No worker is alive: what is submitted waits.", _START_WORKER),
    "memory.index.unreachable": Words("The vector store does not answer: memory is searched by words.", _CHROMA),
    "memory.index.failed": Words("The vector store answers with an error: memory is searched by words.", _CHROMA),
    "memory.index.locked": Words(
        "Another process has the vector store's files: this one searches by words.",
        "All is well when that is the server; several processes need CHROMA_URL.",
    ),
    "bot.nobody_listens": Words("No process listens to Telegram.", _BOT),
    "bot.not_registered": Words("Telegram was not told where this site is.", _BOT),
    "bot.outbox_late": Words(
        "Messages to Telegram are late.", "See whether workers run and whether TELEGRAM_API_BASE_URL is reached."
    ),
    "disk.low": Words("%(free)s of the disk is free.", _ROOM),
    "disk.full": Words("The disk is full.", _ROOM),
    "disk.few_files": Words("Few more files fit on the disk.", _ROOM),
    "disk.unreadable": Words("The data directory cannot be looked at.", "Check AGENTSITE_DATA_DIR and its owner."),
    "audit.late": Words(
        "Entries of the audit log have waited long for their seal.", "See whether a worker runs, and what its log says."
    ),
}


def sentence(code: str, details: Mapping[str, object]) -> str:
    """Return what a code means."""
    return TABLE[code].sentence % details if code in TABLE else failures.message(code, details)


def advice(code: str, details: Mapping[str, object] | None = None) -> str:
    """Return what an operator does about it."""
    return TABLE[code].advice if code in TABLE else failures.hint(code, details)


def as_markdown() -> str:
    """Return the table as it stands in ``docs/runbook.md``."""
    rows = [f"| `{code}` | {_SLOT.sub('…', said.sentence)} | {said.advice} |" for code, said in TABLE.items()]
    return "\n".join(["| code | means | do |", "|---|---|---|", *rows])
