"""Entries that a version without leaves wrote, before an update or while one is under way."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection

from audit import append_only, sealing, verifying
from audit.leaves import leaf_of
from audit.models import AuditLog
from tests.audit.logbook import found_here, run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]


@pytest.fixture
def _before_seals() -> Iterator[None]:
    call_command("migrate", "audit", "0002_row_level_security", verbosity=0)
    yield
    call_command("migrate", verbosity=0)


def write_as_before() -> None:
    run(
        "INSERT INTO audit_auditlog (user_label, action, event_category, severity, resource_type, resource_id,"
        " description, user_agent, success, error_message, details, created_at) VALUES ('ada', 'act.done', 'general',"
        """ 'info', '', '7', '', '', true, '', '{"b": 1.0, "a": "é"}', '2026-01-02 03:04:05.000006')"""
    )


@pytest.mark.usefixtures("_before_seals")
def test_what_was_there_gets_its_leaves() -> None:
    for _ in range(3):
        write_as_before()
    call_command("migrate", verbosity=0)
    assert all(entry.leaf == leaf_of(entry) for entry in AuditLog.objects.all())
    assert sealing.seal_all() == 3
    assert found_here() is None


def test_an_entry_without_a_leaf_gets_one_with_its_seal() -> None:
    write_as_before()
    assert AuditLog.objects.get().leaf == ""
    assert sealing.seal_all() == 1
    assert verifying.verify().findings == []
    append_only.take_down(connection)
    try:
        run("UPDATE audit_auditlog SET action = 'act.dona'")
    finally:
        append_only.put_up(connection)
    found = found_here()
    assert found is not None
    assert (found.code, found.entry) == ("entry.changed", AuditLog.objects.get().pk)
