"""How far sealing is, for the operator."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit import sealing, selectors
from tests.audit.logbook import entry_number, write_log, written

pytestmark = [pytest.mark.django_db, pytest.mark.engine]


def test_an_empty_log_has_nothing_to_tell() -> None:
    assert selectors.figures() == selectors.AuditFigures(0, 0.0, 0, 0.0, 0)


def test_what_waits_is_counted_by_two_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    write_log()
    written(entry_number(9, 0), at=datetime.now(UTC) - timedelta(seconds=90))
    with CaptureQueriesContext(connection) as queries:
        found = selectors.figures()
    assert (len(queries), found.unsealed, found.last_seal_number) == (2, 2, 3)
    assert 90 <= found.oldest_unsealed_seconds < 120
    assert 0 <= found.last_seal_age_seconds < 30
    monkeypatch.setattr(selectors, "LONGEST_TRANSACTION", timedelta(0))
    assert selectors.figures().unsealed == 2
    sealing.seal_all()
    assert selectors.figures().unsealed == 0
