"""Who sees which rows of conversations, for the migrations that put the policies up."""

from django.db import migrations

from agentsite.common.row_security import guard


def guard_child(table: str, parent: str, key: str, owned: str = "") -> migrations.RunPython:
    """Let a row be whose its parent is; a parent that has no owner itself is seen only by whose it is."""
    return guard(table, write=f"EXISTS (SELECT FROM {parent} AS parent WHERE parent.id = {table}.{key}{owned})")


def guard_artifacts() -> migrations.RunPython:
    """Let what belongs to a message, to a file or to both be whose all of that is."""
    table = "memory_messageartifact"
    parents = (("memory_message", "message_id"), ("memory_attachment", "attachment_id"))
    conditions = [
        f"({table}.{key} IS NULL OR EXISTS (SELECT FROM {parent} AS parent WHERE parent.id = {table}.{key}))"
        for parent, key in parents
    ]
    return guard(table, write=" AND ".join(conditions))


def without(guarded: migrations.RunPython) -> migrations.RunPython:
    """Take policies down that an earlier migration put up."""
    return migrations.RunPython(guarded.reverse_code, guarded.code)
