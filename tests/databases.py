"""Databases of a test's own, beside the one that was given."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.sql import SQL, Identifier

from agentsite.common.acting import PERSON, RETENTION, SERVICE


@contextmanager
def own_database() -> Iterator[str]:
    """Give the address of a new database, and take it away at the end with the roles that were made for it."""
    given, name = os.environ["DATABASE_URL"], f"agentsite_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(given, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    try:
        yield urlunsplit(urlsplit(given)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(given, autocommit=True) as connection:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
            for role in (PERSON, SERVICE, RETENTION):
                connection.execute(SQL("DROP ROLE IF EXISTS {}").format(Identifier(f"{name}_{role}")))


def as_web(url: str, password: str) -> str:
    """Return the address for a web process of its own login."""
    parts = urlsplit(url)
    server = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.path[1:]}_{PERSON}:{password}@{server}"))
