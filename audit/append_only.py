"""Triggers that let rows be added and nothing else, for whoever is logged in, on both engines.

SQLite drops a table's triggers when Django makes the table anew, as it does for most changes of a column: a migration
that changes one of these tables ends with ``guard`` again. A test looks whether they stand.
"""

from collections.abc import Iterator

from django.db import migrations
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLES = {
    "audit_auditlog": "id = NEW.id",
    "audit_auditseal": "number = NEW.number",
    "audit_auditsealitem": "entry_id = NEW.entry_id OR (seal_id = NEW.seal_id AND position = NEW.position)",
    "audit_audittombstone": "first_seal = NEW.first_seal OR last_seal = NEW.last_seal",
    "audit_auditanchor": "number = NEW.number",
}
"""Every table, and which of its rows one like NEW would replace."""
RETIRED = ("audit_auditlog", "audit_auditsealitem")
"""What retention removes from; ``audit.retiring`` alone."""
_REFUSAL = """
    CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND TG_TABLE_NAME IN ('audit_auditlog', 'audit_auditsealitem')
            AND current_user = current_database() || '_retention' AND current_setting('audit.retiring', true) = 'on'
        THEN RETURN NULL; END IF;
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$;
"""


def guard(*tables: str) -> migrations.RunPython:
    """Put the triggers of these tables up."""

    def forwards(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        put_up(editor.connection, *tables)

    def backwards(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        take_down(editor.connection, *tables)

    return migrations.RunPython(forwards, backwards)


def put_up(connection: BaseDatabaseWrapper, *tables: str) -> None:
    """Let rows be added only."""
    if connection.vendor == "postgresql":
        _execute(connection, [_REFUSAL])
    for table in tables or TABLES:
        if connection.vendor == "postgresql":
            _execute(connection, list(_on_postgresql(table)))
        else:
            _execute(connection, list(_on_sqlite(table, TABLES[table])))


def take_down(connection: BaseDatabaseWrapper, *tables: str) -> None:
    """Let everything be done."""
    for table in tables or TABLES:
        if connection.vendor == "postgresql":
            _execute(connection, [f"DROP TRIGGER IF EXISTS append_only ON {table}"])
        else:
            _execute(connection, [f"DROP TRIGGER IF EXISTS {table}_{name}" for name in ("update", "delete", "replace")])


def _on_postgresql(table: str) -> Iterator[str]:
    yield (
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
    )
    yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only"  # for a session that plays a replica, too


def _on_sqlite(table: str, same: str) -> Iterator[str]:
    refusal = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    yield f"CREATE TRIGGER {table}_update BEFORE UPDATE ON {table} {refusal}"
    yield f"CREATE TRIGGER {table}_delete BEFORE DELETE ON {table} {refusal}"
    # INSERT OR REPLACE removes the row that is in its way without a word to the triggers for DELETE.
    there = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608  names of ours
    yield f"CREATE TRIGGER {table}_replace BEFORE INSERT ON {table} {there} {refusal}"


def _execute(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
