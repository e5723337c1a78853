"""For whom the database is asked: the second wall, behind the querysets that start at the user.

On PostgreSQL every statement of a request is sent together with the role and the user it is for, both local to its
transaction (``agentsite.common.introduced``); policies (``agentsite.common.row_security``) then hide what is not
theirs, whatever the statement says.
Workers and commands name nobody: they ask with the rights of their own login.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

PERSON, SERVICE, RETENTION = "web", "service", "retention"
"""Roles: who asks for a person, for the operator and the server, and to retire entries of the audit log."""


@dataclass(frozen=True)
class Actor:
    """Whom the policies let see what."""

    role: str
    user_id: int | None = None
    links: tuple[int, ...] = ()
    """Shares by link that were opened in this session."""


_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)
NOBODY = Actor(PERSON)


def current() -> Actor | None:
    """Return for whom is asked here; None: with the rights of the login."""
    return _actor.get()


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


def role_name(connection: BaseDatabaseWrapper, role: str) -> str:
    """Return the name of a role of this database; roles belong to the whole server."""
    return f"{connection.settings_dict['NAME']}_{role}"


def is_walled(connection: BaseDatabaseWrapper) -> bool:
    """Say whether a connection can ask in the roles of requests; found out once."""
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
