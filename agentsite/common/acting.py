"""For whom the database is asked: the second wall, behind the querysets that start at the user.

On PostgreSQL every statement of a request is sent together with the role and the user it is for, both local to its
transaction; policies (``agentsite.common.row_security``) then hide what is not theirs, whatever the statement says.
Workers and commands name nobody: they ask with the rights of their own login.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.sql import Literal

from agentsite.common.batched import Waiting, ignore, taken

PERSON, SERVICE, RETENTION = "web", "service", "retention"
"""Roles: who asks for a person, for the operator and the server, and to retire entries of the audit log."""
_IN_CHARGE_OF_TRANSACTIONS = ("SAVEPOINT", "RELEASE", "ROLLBACK")


@dataclass(frozen=True)
class Actor:
    """Whom the policies let see what."""

    role: str
    user_id: int | None = None
    links: tuple[int, ...] = ()
    """Shares by link that were opened in this session."""


_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)
NOBODY = Actor(PERSON)


def become(actor: Actor) -> None:
    """Ask for somebody else from here on, until the request ends."""
    _actor.set(actor)


@contextmanager
def acting(actor: Actor | None) -> Iterator[None]:
    """Ask for somebody, and for whom it was before afterwards; decorates functions as well."""
    before = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(before)


@contextmanager
def as_server() -> Iterator[None]:
    """Ask for the server itself, where a request needs what is nobody's: whose a key is, how long the queue is.

    Also where it was found out before that somebody may see what is read. Decorates functions as well.
    """
    with acting(Actor(SERVICE)):
        yield


def accompany(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Let a connection tell for whom each of its statements is; for ``connection_created``."""
    if connection.vendor == "postgresql" and _told not in connection.execute_wrappers:
        connection.execute_wrappers.append(_told)


def _told(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:  # noqa: FBT001  Django's signature
    connection = context["connection"]
    waiting = taken(connection)
    before = _before(waiting, introduction(connection, sql))
    if not before:
        return execute(sql, params, many, context)
    if many:
        raise NotImplementedError("many statements at once can't tell for whom they are")
    if params is not None:  # the driver remembers how a text is taken apart, but not one for each user
        sql, params = context["cursor"].mogrify(sql, params), None
    # One message, so one round trip; and without an open transaction all of it is one.
    result = execute("; ".join([*(text for text, _receive in before), sql]), params, many, context)
    for _text, receive in before:
        receive(context["cursor"])
        context["cursor"].nextset()
    return result


def _before(waiting: Sequence[Waiting], own: str) -> list[tuple[str, Callable[[Any], None]]]:
    """Return what goes before a statement, each with what takes its answer; who was named last is not named again."""
    texts: list[tuple[str, Callable[[Any], None]]] = []
    told = ""
    for each in [*waiting, Waiting(own, "", ignore)]:
        if each.introduction and each.introduction != told:
            told = each.introduction
            texts.append((told, ignore))
        if each.text:
            texts.append((each.text, each.receive))
    return texts


def introduction(connection: Any, sql: str) -> str:
    """Return what has to be said before a statement about whom it is for; empty where nothing has to be."""
    actor = _actor.get()
    if not _has_to_tell(actor, connection, sql):
        return ""
    connection.stays_with_actor = actor is not None and connection.in_atomic_block
    return _introduction(actor, role_name(connection, actor.role) if actor else "none")


def _has_to_tell(actor: Actor | None, connection: BaseDatabaseWrapper, sql: str) -> bool:
    if sql.startswith(_IN_CHARGE_OF_TRANSACTIONS):  # they also stand where nothing else is allowed any more
        return False
    if actor is None:  # the open transaction may still be somebody's
        return connection.in_atomic_block and getattr(connection, "stays_with_actor", False)
    return _is_walled(connection)


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


def role_name(connection: BaseDatabaseWrapper, role: str) -> str:
    """Return the name of a role of this database; roles belong to the whole server."""
    return f"{connection.settings_dict['NAME']}_{role}"


def _is_walled(connection: BaseDatabaseWrapper) -> bool:
    name = role_name(connection, PERSON)
    if name not in _walled:
        _walled[name] = has_roles(connection)
    return _walled[name]


_walled: dict[str, bool] = {}


def look_again() -> None:
    """Forget whether there are roles; they are made before processes start."""
    _walled.clear()


def has_roles(connection: BaseDatabaseWrapper, *roles: str) -> bool:
    """Say whether the database has these roles, or both of requests, and this login may take them."""
    asked = (
        "SELECT count(*) = %s FROM pg_roles WHERE rolname = ANY(%s) AND pg_has_role(session_user, oid, 'MEMBER')"
        " AND has_schema_privilege(oid, 'public', 'USAGE')"
    )
    names = [role_name(connection, role) for role in roles or (PERSON, SERVICE)]
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        cursor.execute(asked, [len(names), names])
        row = cursor.fetchone()
    return bool(row and row[0])
