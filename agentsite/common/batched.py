"""Statements that wait for the next one and go out with it, in one message.

For a small insertion the message costs more than the work: two processes wake up for it, and nobody needs its answer
before something else is asked. See docs/adr/0029-insertions-that-wait-for-the-next-statement.md.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True)
class Waiting:
    """A statement that has not been sent yet."""

    introduction: str
    """Says for whom it is (``agentsite.common.acting``); empty where nothing has to be said."""
    text: str
    """With its values in it."""
    receive: Callable[[Any], None]
    """Takes the database's answer, from a cursor that stands at it."""


@contextmanager
def batched() -> Iterator[None]:
    """Let insertions wait for the next statement, or for the end of the block.

    What goes out together is one transaction, that which is open or one of its own; none may begin in the block. What
    the database has against one is raised where it is sent, and a row's key is known from there on. On SQLite, where
    nothing has to be sent, nothing waits.
    """
    connection: Any = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql" or is_batching(connection):
        yield
        return
    connection.waiting = []
    try:
        yield
        if connection.waiting:
            with connection.cursor() as cursor:
                cursor.execute("")
    finally:
        connection.waiting = None


def is_batching(connection: BaseDatabaseWrapper) -> bool:
    """Say whether statements may wait on this connection."""
    return getattr(connection, "waiting", None) is not None


def wait(connection: Any, statement: Waiting) -> None:
    """Let a statement wait, behind those that do."""
    connection.waiting.append(statement)


def ignore(_cursor: Any) -> None:
    """Take no answer."""


def taken(connection: Any) -> list[Waiting]:
    """Return what waits; it is the caller's to send."""
    if not is_batching(connection):
        return []
    waiting, connection.waiting = connection.waiting, []
    return list(waiting)
