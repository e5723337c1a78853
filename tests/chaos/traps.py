"""Catching a worker at an exact point: the database lets it wait inside the transaction that tells of it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

LOCK = 4_711  # any number that the product doesn't lock
CATCH_SECONDS = 60.0
SETUP = f"""
CREATE TABLE IF NOT EXISTS chaos_trap (kind text, node text);
CREATE OR REPLACE FUNCTION chaos_catch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM chaos_trap WHERE kind = NEW.kind AND node = NEW.node) THEN
    PERFORM pg_advisory_xact_lock({LOCK});
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER chaos_catch BEFORE INSERT ON builds_runevent FOR EACH ROW EXECUTE FUNCTION chaos_catch();
"""
CAUGHT = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"


@dataclass(frozen=True)
class Point:
    """The moment before an event is committed, together with what it tells of."""

    kind: str
    node: str

    def __str__(self) -> str:
        return f"{self.node or 'build'}: {self.kind}"


class Traps:
    """Sets one trap at a time for whatever run comes by."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._connection = connection
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])

    def set(self, point: Point) -> None:
        """Let whoever comes to this point wait there, and no longer at the one before."""
        self._connection.execute("DELETE FROM chaos_trap")
        self._connection.execute("INSERT INTO chaos_trap VALUES (%s, %s)", [point.kind, point.node])

    def wait_until_caught(self) -> bool:
        """Say whether somebody came."""
        until = time.monotonic() + CATCH_SECONDS
        while not self._caught():
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True

    def hang_up(self) -> None:
        """End the connection of who is caught, as the system does with a killed process's once nobody waits there."""
        for pid in self._caught():
            self._connection.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])  # waits until it has ended

    def open(self) -> None:
        """Remove the trap and let go on who is in it."""
        self._connection.execute("DELETE FROM chaos_trap")
        self._connection.execute("SELECT pg_advisory_unlock_all()")

    def _caught(self) -> list[int]:
        return [row[0] for row in self._connection.execute(CAUGHT, [LOCK])]


@contextmanager
def traps(database_url: str) -> Iterator[Traps]:
    """Lay them out in a database, and open them at the end."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(SETUP)
        laid = Traps(connection)
        try:
            yield laid
        finally:
            laid.open()
            connection.execute("DROP TRIGGER chaos_catch ON builds_runevent")
