"""Who sees which rows of builds: functions and policies, for the migrations that put them up."""

from django.db import migrations

from agentsite.common.row_security import guard, on_postgresql

# They look past the policies, for those of builds and of shares would ask each other for ever.
SHARED = """
    CREATE FUNCTION agentsite_reads_build(asked uuid) RETURNS boolean
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
        AS $$ SELECT EXISTS (
            SELECT FROM builds_buildshare AS share
            WHERE share.build_id = asked AND (share.expires_at IS NULL OR share.expires_at > now()) AND (
                share.user_id = agentsite_user() OR share.user_id IS NULL AND share.id = ANY (agentsite_links())
            )
        ) $$;
    CREATE FUNCTION agentsite_reads_run(asked uuid) RETURNS boolean
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
        AS $$ SELECT EXISTS (
            SELECT FROM builds_build AS build WHERE build.run_id = asked AND agentsite_reads_build(build.id)
        ) $$;
"""
NOT_SHARED = "DROP FUNCTION agentsite_reads_run(uuid); DROP FUNCTION agentsite_reads_build(uuid);"


def owned_through(table: str, parent: str, key: str) -> tuple[str, str]:
    """Return the conditions that a row's parent is one's own, and that it may be read, which its own policy says."""
    found = f"EXISTS (SELECT FROM {parent} AS parent WHERE parent.id = {table}.{key}"
    return f"{found} AND parent.user_id = (SELECT agentsite_user()))", f"{found})"


def guard_child(table: str, parent: str, key: str, *, read: str | None = None) -> migrations.RunPython:
    """Let a row be seen by whoever sees the row that it belongs to."""
    write, readable = owned_through(table, parent, key)
    return guard(table, write=write, read=readable if read is None else read)


def walls() -> list[migrations.RunPython]:
    """Return the policies; what belongs to builds is seen by their owners, and read by those they are shared with.

    Blobs are no one's: they are found by the hash of what is in them, through files, which are behind the wall.
    """
    return [
        on_postgresql(SHARED, NOT_SHARED),
        guard("builds_build", read="agentsite_reads_build(id)"),
        guard("builds_run", read="agentsite_reads_run(id)"),
        guard_child("builds_runevent", "builds_run", "run_id"),
        guard_child("builds_effect", "builds_run", "run_id", read="false"),
        guard_child("builds_buildfile", "builds_build", "build_id"),
        guard_child("builds_evidence", "builds_build", "build_id"),
        guard("builds_codeanalysis", read=owned_through("builds_codeanalysis", "builds_build", "build_id")[1]),
        guard("builds_tokenusage", read=owned_through("builds_tokenusage", "builds_build", "build_id")[1]),
        guard("builds_reservation"),
        guard("builds_socketticket"),
        guard("builds_webhookendpoint"),
        guard_child("builds_webhookdelivery", "builds_webhookendpoint", "endpoint_id", read="false"),
        guard_child(
            "builds_buildshare",
            "builds_build",
            "build_id",
            read="user_id = (SELECT agentsite_user()) OR user_id IS NULL AND id = ANY (agentsite_links())",
        ),
    ]
