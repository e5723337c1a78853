"""Who sees which rows of conversations, for the migrations that put the policies up."""

from django.db import migrations

from agentsite.common.row_security import guard


def guard_child(table: str, parent: str, key: str, owned: str = "") -> migrations.RunPython:
    """Let a row be whose its parent is; a parent that has no owner itself is seen only by whose it is."""
    return guard(table, write=f"EXISTS (SELECT FROM {parent} AS parent WHERE parent.id = {table}.{key}{owned})")
