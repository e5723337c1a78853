"""What an entry's leaf is over: the same before it is stored and after it was read, on either engine."""

import uuid
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from agentsite.accounts.models import User
from audit import services as audit
from audit.leaves import content_of, leaf_of
from audit.models import AuditLog, Category, Severity

pytestmark = [pytest.mark.django_db, pytest.mark.engine]
DETAILS: list[dict[Any, Any]] = [
    {},
    {"b": 1, "a": {"d": [1, "x", None], "c": True}},
    {"cost": 0.1 + 0.2, "whole": 2.0, "minus": -0.0, "large": 1e16, "huge": 1e300, "tiny": 1e-320, "e": 1e-7},
    {"number": 2**63, "over": 10**40},
    {"text": "Ünïcode – русский 🙂 \x7f \u2028", "quoted": '"\\/\n'},
    {1: "a number", None: "as JSON has it"},
    {"pair": (1, 2), "kind": Category.SECURITY},
]


@pytest.mark.parametrize("details", DETAILS)
def test_an_entry_has_the_leaf_of_what_is_read_back(owner: User, details: dict[Any, Any]) -> None:
    audit.record("act.done", user=owner, description="Ünïcode\n", details=details, severity=Severity.ERROR)
    entry = AuditLog.objects.get()
    assert entry.leaf == leaf_of(entry)


def test_every_column_but_number_and_leaf_is_in_it() -> None:
    columns = {field.attname for field in AuditLog._meta.concrete_fields}
    assert set(content_of(AuditLog())) == columns - {"id", "leaf"} | {"format"}


def test_recording_costs_one_statement(owner: User) -> None:
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        audit.record("act.done", user=owner, resource_id=str(uuid.uuid4()))
    assert len(queries) == 1
