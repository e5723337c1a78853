"""What goes out with each statement on PostgreSQL: what has waited for it, and for whom each of them is.

See ``agentsite.common.acting`` for the second and ``agentsite.common.batched`` for the first.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.sql import Literal

from agentsite.common.acting import Actor, current, is_walled, role_name
from agentsite.common.batched import Waiting, taken

_GOES_BACK = "ROLLBACK"
_IN_CHARGE_OF_TRANSACTIONS = ("SAVEPOINT", "RELEASE", _GOES_BACK)
_SOMEBODY = Actor("")
"""Whom a transaction names that may name anybody."""
Receive = Callable[[Any], None]


def accompany(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Let a connection tell for whom each of its statements is; for ``connection_created``."""
    if connection.vendor == "postgresql" and _told not in connection.execute_wrappers:
        connection.execute_wrappers.append(_told)


def _told(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:  # noqa: FBT001  Django's signature
    connection, cursor = context["connection"], context["cursor"]
    if sql.startswith(_GOES_BACK):  # behind a savepoint: it takes back what waits, and may bring back an actor
        taken(connection)
        connection.stays_with_actor = True
    asked = taken(connection)
    if not sql.startswith(_IN_CHARGE_OF_TRANSACTIONS):  # they also stand where nothing else is allowed any more
        asked.append(Waiting(current()))
    before = _introduced(connection, asked)
    if not before:
        return execute(sql, params, many, context)
    if many:
        raise NotImplementedError("many statements at once can't tell for whom they are")
    if params is not None:  # the driver remembers how a text is taken apart, but not one for each user
        with connection.wrap_database_errors:
            sql, params = cursor.mogrify(sql, params), None
    # One message, so one round trip; and without an open transaction all of it is one.
    result = execute("; ".join([*(text for text, _receive in before), sql]), params, many, context)
    for _text, receive in before:
        if receive:
            receive(cursor)
        cursor.nextset()
    return result


def _introduced(connection: Any, asked: Sequence[Waiting]) -> list[tuple[str, Receive | None]]:
    """Return what goes before a statement, each with what takes its answer; who was named last is not named again.

    Each message names its actors itself; nobody is named where somebody may have been.
    """
    texts: list[tuple[str, Receive | None]] = []
    named = _SOMEBODY if connection.in_atomic_block and getattr(connection, "stays_with_actor", False) else None
    for each in asked:
        actor = each.actor if each.actor and is_walled(connection) else None
        if actor != named:
            named = actor
            texts.append((_introduction(actor, role_name(connection, actor.role) if actor else "none"), None))
        if each.text:
            texts.append((each.text, each.receive))
    connection.stays_with_actor = connection.in_atomic_block and named is not None
    return texts


@lru_cache(maxsize=256)  # each statement of a request begins with the same
def _introduction(actor: Actor | None, role: str) -> str:
    user_id, opened = (actor.user_id, actor.links) if actor else (None, ())
    links = "{" + ",".join(str(int(link)) for link in opened) + "}"
    user = "" if user_id is None else str(int(user_id))
    name = Literal(role).as_string(None)
    return (
        f"SELECT set_config('role', {name}, true), set_config('agentsite.user_id', '{user}', true),"
        f" set_config('agentsite.links', '{links}', true)"
    )
