"""Row-level security for migrations: what each row's owner is, said once more in the database.

Tables keep their owner: migrations, workers and commands, which log in as it, are not held up. Policies are for the
roles that ``agentsite.wall`` makes: ``NAME_web`` asks for a person, ``NAME_service`` for the operator and the server.
"""

from collections.abc import Sequence

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

MINE = "user_id = (SELECT agentsite_user())"
_SERVICE = "(SELECT current_user = current_database() || '_service')"
FUNCTIONS = """
    CREATE FUNCTION agentsite_user() RETURNS bigint LANGUAGE sql STABLE
        AS $$ SELECT NULLIF(current_setting('agentsite.user_id', true), '')::bigint $$;
    CREATE FUNCTION agentsite_links() RETURNS bigint[] LANGUAGE sql STABLE
        AS $$ SELECT COALESCE(NULLIF(current_setting('agentsite.links', true), ''), '{}')::bigint[] $$;
"""
NO_FUNCTIONS = "DROP FUNCTION agentsite_links(); DROP FUNCTION agentsite_user();"


def on_postgresql(forwards: str, backwards: str) -> migrations.RunPython:
    """Run SQL on PostgreSQL only."""

    def run(sql: str) -> object:
        def execute(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
            if editor.connection.vendor == "postgresql":
                editor.execute(sql, params=None)

        return execute

    return migrations.RunPython(run(forwards), run(backwards))  # type: ignore[arg-type]  # what it asks for


def guard(table: str, *, write: str = MINE, read: str = "") -> migrations.RunPython:
    """Let a person read and write only some of a table's rows.

    :param write: a condition on a row; whoever may write it may read it.
    :param read: a condition for further rows that may be read.
    """
    mine, seen = f"({_SERVICE} OR ({write}))", f"({_SERVICE} OR ({write}) OR ({read or 'false'}))"
    forwards = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY reads ON {table} FOR SELECT USING {seen}",
        f"CREATE POLICY adds ON {table} FOR INSERT WITH CHECK {mine}",
        f"CREATE POLICY changes ON {table} FOR UPDATE USING {mine} WITH CHECK {mine}",
        f"CREATE POLICY removes ON {table} FOR DELETE USING {mine}",
    ]
    backwards = [f"DROP POLICY {name} ON {table}" for name in ("reads", "adds", "changes", "removes")]
    backwards.append(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    return on_postgresql(_joined(forwards), _joined(backwards))


def _joined(statements: Sequence[str]) -> str:
    return ";\n".join(statements)
