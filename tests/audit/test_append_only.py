"""What was written to the log is neither changed nor removed, whoever asks the database."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from agentsite.accounts.models import User
from audit import append_only
from audit import services as audit
from audit.models import AuditAnchor, AuditLog, AuditSeal, AuditSealItem, AuditTombstone
from tests.audit.logbook import write_log

pytestmark = [pytest.mark.django_db, pytest.mark.engine]
needs_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="what only SQLite can do")
CHANGES = {
    "audit_auditlog": "UPDATE audit_auditlog SET description = 'another'",
    "audit_auditseal": "UPDATE audit_auditseal SET entry_count = 3",
    "audit_auditsealitem": "UPDATE audit_auditsealitem SET position = position + 100",
    "audit_audittombstone": "UPDATE audit_audittombstone SET last_seal = 3",
    "audit_auditanchor": "UPDATE audit_auditanchor SET told_hash = ''",
}
REPLACEMENTS = {
    "audit_auditlog": "INSERT OR REPLACE INTO audit_auditlog SELECT * FROM audit_auditlog",
    "audit_auditseal": "INSERT OR REPLACE INTO audit_auditseal SELECT * FROM audit_auditseal WHERE number = 1",
    "audit_auditsealitem": "REPLACE INTO audit_auditsealitem (entry_id, seal_id, position, leaf) VALUES (5, 1, 0, '')",
    "audit_audittombstone": "INSERT OR REPLACE INTO audit_audittombstone SELECT * FROM audit_audittombstone",
    "audit_auditanchor": "REPLACE INTO audit_auditanchor SELECT * FROM audit_auditanchor",
}


@pytest.fixture(autouse=True)
def _log() -> None:
    write_log()
    now = timezone.now()
    AuditTombstone.objects.create(
        first_seal=1, last_seal=1, entry_count=0, first_moment=now, last_moment=now, created_at=now
    )
    AuditAnchor.objects.create(number=1, told_hash="0" * 64, told_at=now)


def counted() -> list[int]:
    tables = (AuditLog, AuditSeal, AuditSealItem, AuditTombstone, AuditAnchor)
    return [model._default_manager.count() for model in tables]


def assert_refused(statement: str) -> None:
    before = counted()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert counted() == before


@pytest.mark.parametrize("table", append_only.TABLES)
def test_no_row_is_changed(table: str) -> None:
    assert_refused(CHANGES[table])


@pytest.mark.parametrize("table", append_only.TABLES)
def test_no_row_is_removed(table: str) -> None:
    assert_refused(f"DELETE FROM {table}")  # noqa: S608  names of ours


@needs_sqlite
@pytest.mark.parametrize("table", append_only.TABLES)
def test_no_row_is_replaced(table: str) -> None:
    assert_refused(REPLACEMENTS[table])


@pytest.mark.services
@pytest.mark.parametrize("table", append_only.TABLES)
def test_no_table_is_emptied(table: str) -> None:
    assert_refused(f"TRUNCATE {table} CASCADE")


@pytest.mark.services
def test_a_session_that_plays_a_replica_would_be_refused_too() -> None:
    # Only a superuser can play one, and the tests' login need not be.
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text, tgenabled FROM pg_trigger WHERE tgname = 'append_only'")
        assert dict(cursor.fetchall()) == dict.fromkeys(append_only.TABLES, "A")


@pytest.mark.services
def test_an_insert_that_would_change_what_is_there_is_refused() -> None:
    assert_refused(
        "INSERT INTO audit_auditseal SELECT * FROM audit_auditseal WHERE number = 1"
        " ON CONFLICT (number) DO UPDATE SET entry_count = 1"
    )


def test_somebody_can_go_and_their_entries_stay(owner: User) -> None:
    audit.record("build.submitted", user=owner)
    owner.delete()
    assert AuditLog.objects.filter(user_label="owner", user_id__isnull=False).count() == 1
