"""Statements that wait for the next one and go out with it, in one message.

For a small insertion the message costs more than the work: two processes wake up for it, and nobody needs its answer
before something else is asked. See docs/adr/0029-insertions-that-wait-for-the-next-statement.md.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from agentsite.common.acting import Actor, current


@dataclass(frozen=True)
class Waiting:
    """A statement that has not been sent yet."""

    actor: Actor | None
    """For whom it is."""
    text: str = ""
    """With its values in it; empty for the one that the others go out with."""
    receive: Callable[[Any], None] | None = None
    """Takes the database's answer, from a cursor that stands at it."""


@dataclass
class _Batch:
    in_transaction: bool
    statements: list[Waiting] = field(default_factory=list)


@contextmanager
def batched() -> Iterator[None]:
    """Let insertions wait for the next statement, or for the end of the block.

    What goes out together is one transaction, that which is open or one of its own; within a block without one, none
    may begin. What the database has against one is raised where it is sent, and a row's key is known from there on. On
    SQLite, where nothing has to be sent, nothing waits.
    """
    connection: Any = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql" or is_batching(connection):
        yield
        return
    connection.batch = batch = _Batch(connection.in_atomic_block)
    try:
        yield
        if batch.statements:
            with connection.cursor() as cursor:
                cursor.execute("")
    finally:
        connection.batch = None


def is_batching(connection: BaseDatabaseWrapper) -> bool:
    """Say whether statements may wait on this connection."""
    return getattr(connection, "batch", None) is not None


def wait(connection: Any, text: str, receive: Callable[[Any], None]) -> None:
    """Let a statement wait, behind those that do.

    :raises RuntimeError: in a transaction that began within the batch: its end would not take along what waits.
    """
    if connection.in_atomic_block != connection.batch.in_transaction:
        raise RuntimeError("a transaction has to begin around a batch, not within")
    connection.batch.statements.append(Waiting(current(), text, receive))


def taken(connection: Any) -> list[Waiting]:
    """Return what waits; it is the caller's to send."""
    if not is_batching(connection):
        return []
    waiting: list[Waiting] = connection.batch.statements
    connection.batch.statements = []
    return waiting
