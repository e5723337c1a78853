"""The index of the passages' words inside the database: FTS5 on SQLite, a tsvector with GIN on PostgreSQL.

It follows the table by itself, whoever writes to it. SQLite drops triggers with a table that a migration makes anew:
such a migration stands in ``around(…)``.
"""

import re
from collections.abc import Sequence
from typing import Any, cast

from django.db import migrations
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.models import BooleanField, F, Func
from django.db.models.expressions import Col
from django.db.models.sql.compiler import SQLCompiler

_SPLIT_BY_FTS5 = re.compile("[\u19b0-\u19c9]")
"""Letters of New Tai Lue that its Unicode tables don't know as letters yet."""
_ROW = "NEW.id, COALESCE('user' || NEW.user_id, 'library'), NEW.terms"
_ADD = f"INSERT INTO memory_words(passage, owner, terms) SELECT {_ROW}"
_TAKE_OUT = "DELETE FROM memory_words WHERE memory_words MATCH 'passage:' || OLD.id"
_CHANGED = "OLD.terms <> NEW.terms OR OLD.user_id IS NOT NEW.user_id"
_SQLITE = (
    """CREATE VIRTUAL TABLE memory_words USING fts5(
        passage, owner, terms, detail=column, columnsize=0, tokenize='unicode61 remove_diacritics 0')""",
    f"CREATE TRIGGER memory_words_adds AFTER INSERT ON memory_vectormemory BEGIN {_ADD}; END",
    f"CREATE TRIGGER memory_words_removes AFTER DELETE ON memory_vectormemory BEGIN {_TAKE_OUT}; END",
    f"""CREATE TRIGGER memory_words_changes AFTER UPDATE OF terms, user_id ON memory_vectormemory
        WHEN {_CHANGED} BEGIN {_TAKE_OUT}; {_ADD}; END""",
    f"{_ADD.replace('NEW.', '')} FROM memory_vectormemory",
)
_NOT_SQLITE = (
    "DROP TRIGGER IF EXISTS memory_words_adds",
    "DROP TRIGGER IF EXISTS memory_words_removes",
    "DROP TRIGGER IF EXISTS memory_words_changes",
    "DROP TABLE IF EXISTS memory_words",
)
_POSTGRESQL = (
    """ALTER TABLE memory_vectormemory ADD COLUMN words tsvector
        GENERATED ALWAYS AS (array_to_tsvector(string_to_array(btrim(terms), ' '))) STORED""",
    "CREATE INDEX memory_words ON memory_vectormemory USING gin (words)",
)
_NOT_POSTGRESQL = (
    "DROP INDEX IF EXISTS memory_words",
    "ALTER TABLE memory_vectormemory DROP COLUMN IF EXISTS words",
)


def index_words() -> migrations.RunPython:
    """Make the index and put in what the table holds."""
    return migrations.RunPython(_run(_SQLITE, _POSTGRESQL), _run(_NOT_SQLITE, _NOT_POSTGRESQL))


def around(*operations: Operation) -> list[Operation]:
    """Take the index down and put it up again around what makes SQLite build the table anew, in either direction."""
    down, up = _run(_NOT_SQLITE, ()), _run(_SQLITE, ())
    return [migrations.RunPython(down, up), *operations, migrations.RunPython(up, down)]


def _run(sqlite: Sequence[str], postgresql: Sequence[str]) -> Any:
    def execute(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        for statement in postgresql if editor.connection.vendor == "postgresql" else sqlite:
            editor.execute(statement, params=None)

    return execute


class HasWord(Func):
    """Whether a passage has at least one of some words, as ``memory.words`` makes them: letters and digits alone.

    :param owners: keys of ``memory.scope``. They only make it fast: the rows are filtered by the scope itself.
    """

    output_field = BooleanField()

    def __init__(self, words: Sequence[str], owners: Sequence[str]) -> None:
        self._words, self._owners = words, owners
        super().__init__(F("id"))

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_extra: Any) -> tuple[str, Any]:  # noqa: ARG002  Django's signature
        """Ask FTS5."""
        owners = " OR ".join(f'"{owner.replace(":", "")}"' for owner in self._owners)
        words = " OR ".join(f'"{word}"' for word in self._words if not _SPLIT_BY_FTS5.search(word))
        if not words:
            return "1 = 0", []
        column, _ = compiler.compile(self.source_expressions[0])
        asked = f"{column} IN (SELECT passage FROM memory_words WHERE memory_words MATCH %s)"  # noqa: S608  a column
        return asked, [f"owner : ({owners}) AND terms : ({words})"]

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_extra: Any) -> tuple[str, Any]:  # noqa: ARG002  Django's signature
        """Ask the tsvector."""
        row = cast("Col", self.source_expressions[0])
        table = compiler.quote_name_unless_alias(row.alias)
        return f'{table}."words" @@ %s::tsquery', [" | ".join(f"'{word}'" for word in self._words)]
