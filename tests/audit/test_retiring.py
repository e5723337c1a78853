"""Retention: the oldest seals lose their entries as a whole, a tombstone tells of them, and nothing else passes."""

import contextlib
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from agentsite.accounts.models import User
from agentsite.common import acting
from audit import append_only, copying, retiring, sealing, signing, verifying
from audit import verify_export as proof
from audit.models import AuditLog, AuditSeal, AuditSealItem, AuditTombstone
from audit.selectors import tombstone_as_told
from tests.audit.logbook import (
    ENTRIES,
    SEALS,
    entry_number,
    export,
    found_elsewhere,
    found_here,
    run,
    write_log,
    written,
)

pytestmark = [pytest.mark.django_db, pytest.mark.engine]
needs_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no roles")


@pytest.fixture(autouse=True)
def _log() -> None:
    write_log()


def retired(*seals: int) -> None:
    """Retire up to these seals, one batch after the other."""
    for last in seals:
        batch = retiring.batch_before(timezone.now())
        assert batch is not None
        part = AuditSealItem.objects.filter(seal_id__gte=batch.first_seal, seal_id__lte=last).count()
        retiring.retire(retiring.Batch(batch.first_seal, last, part), by="a test")


def command(*words: str) -> str:
    told = StringIO()
    call_command("audit_retire", *words, stdout=told)
    return told.getvalue()


def test_what_is_retired_is_gone_and_the_rest_is_vouched_for(tmp_path: Path, anchor_file: Path) -> None:
    retired(2)
    left = {entry_number(3, place) for place in range(ENTRIES)} | {entry_number(SEALS + 1, 0)}
    assert set(AuditLog.objects.exclude(action="audit.retired").values_list("id", flat=True)) == left
    assert set(AuditSealItem.objects.values_list("seal_id", flat=True)) == {3}
    walk = verifying.verify()
    assert (walk.findings, walk.seals, walk.retired) == ([], SEALS, 2 * ENTRIES)
    status, words = found_elsewhere(export(tmp_path), "--anchors", str(anchor_file))
    assert (status, f"{2 * ENTRIES} entries were retired." in words) == (0, True)


def test_who_retired_what_is_written_down() -> None:
    retired(2)
    entry = AuditLog.objects.get(action="audit.retired")
    assert entry.details == {"first_seal": 1, "last_seal": 2, "entries": 8, "by": "a test", "export": ""}
    assert sealing.seal_all() == 2
    assert found_here() is None


def test_one_batch_follows_the_other_and_sealing_goes_on() -> None:
    retired(1, 2)
    assert sealing.seal_all() == 3
    assert list(AuditTombstone.objects.order_by("first_seal").values_list("first_seal", "last_seal")) == [
        (1, 1),
        (2, 2),
    ]
    assert verifying.verify(last_entries=ENTRIES).findings == []
    assert found_here() is None


def test_the_triggers_stand_again() -> None:
    retired(1)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        run("DELETE FROM audit_auditlog")


def test_a_batch_is_as_old_as_its_newest_entry() -> None:
    append_only.take_down(connection)
    AuditLog.objects.filter(pk=entry_number(2, 1)).update(created_at=timezone.now() + timedelta(days=1))
    batch = retiring.batch_before(timezone.now())
    assert batch is not None
    assert (batch.first_seal, batch.last_seal, batch.entry_count) == (1, 1, ENTRIES)
    assert retiring.batch_before(timezone.now() - timedelta(hours=1)) is None


def test_what_no_anchor_covers_stays(anchor_file: Path) -> None:
    lines = anchor_file.read_text().splitlines(keepends=True)
    anchor_file.write_text("".join(lines[:2]))
    batch = retiring.batch_before(timezone.now())
    assert batch is not None
    assert batch.last_seal == 2
    anchor_file.write_text(lines[0].replace('"hash": "', '"hash": "0'))
    assert retiring.batch_before(timezone.now()) is None


def test_the_command_writes_what_goes_and_proves_it(tmp_path: Path, anchor_file: Path) -> None:
    path, now = tmp_path / "old.jsonl", timezone.now().isoformat()
    assert command("--before", now, "--dry-run") == "Would be removed: 12 entries of seals 1 to 3.\n"
    lines = anchor_file.read_text().splitlines(keepends=True)
    anchor_file.write_text("".join(lines[:2]))
    assert "Removed: 8 entries of seals 1 to 2." in command("--before", now, "--export", str(path))
    anchor_file.write_text("".join(lines))
    stone = AuditTombstone.objects.get()
    assert stone.export_hash == hashlib.sha256(path.read_bytes()).hexdigest()
    status, words = found_elsewhere(path, "--anchors", str(anchor_file))
    assert status == 0
    assert words.startswith("8 entries, 2 seals: Nothing was changed. This ends with seal 2 on purpose.")
    assert [json.loads(line)["kind"] for line in path.read_text().splitlines()].count("entry") == 8


def test_a_dry_run_removes_nothing() -> None:
    assert "Nothing is sealed, anchored and old enough." in command("--keep-days", "1", "--dry-run")
    assert AuditLog.objects.count() == SEALS * ENTRIES + 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "one of the arguments"),
        (("--keep-days", "0", "--no-export"), "above 0"),
        (("--before", "2999-01-01", "--no-export"), "that is over"),
        (("--before", "yesterday"), "invalid"),
    ],
)
def test_what_makes_no_sense_is_refused(words: tuple[str, ...], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        command(*words)


def test_a_copy_is_asked_for_and_overwrites_nothing(tmp_path: Path) -> None:
    now = timezone.now().isoformat()
    with pytest.raises(CommandError, match="--no-export"):
        command("--before", now)
    with pytest.raises(CommandError, match="Nothing was removed"):
        command("--before", now, "--export", str(tmp_path / "away" / "old.jsonl"))
    (tmp_path / "old.jsonl").write_text("mine")
    with pytest.raises(CommandError, match="Nothing was removed"):
        command("--before", now, "--export", str(tmp_path / "old.jsonl"))
    assert (tmp_path / "old.jsonl").read_text() == "mine"
    assert AuditLog.objects.count() == SEALS * ENTRIES + 1


def test_what_was_tampered_with_is_not_retired() -> None:
    append_only.take_down(connection)
    run("UPDATE audit_auditlog SET description = 'another' WHERE id = %s", entry_number(1, 2))
    append_only.put_up(connection)
    with pytest.raises(CommandError, match=f"Nothing was removed: .* entry {entry_number(1, 2)} of seal 1 was changed"):
        command("--before", timezone.now().isoformat(), "--no-export")
    assert AuditLog.objects.count() == SEALS * ENTRIES + 1


def test_a_copy_that_stood_behind_what_was_retired_goes_on(settings: Any, tmp_path: Path) -> None:
    retired(2)
    settings.AUDIT_COPY_FILE = str(tmp_path / "copy.jsonl")
    copying.catch_up()
    assert [json.loads(line)["seal"] for line in (tmp_path / "copy.jsonl").read_text().splitlines()] == [3] * ENTRIES


def edited() -> None:
    run("UPDATE audit_audittombstone SET retired_by = 'nobody' WHERE first_seal = 1")


def edited_to_cover_more() -> None:
    run("UPDATE audit_audittombstone SET last_seal = 2 WHERE first_seal = 1")
    run("DELETE FROM audit_auditlog WHERE id < %s", entry_number(3, 0))
    run("DELETE FROM audit_auditsealitem WHERE seal_id = 2")


def removed() -> None:
    run("DELETE FROM audit_audittombstone")


def removed_without_a_tombstone() -> None:
    run("DELETE FROM audit_auditlog WHERE id BETWEEN %s AND %s", entry_number(2, 0), entry_number(2, 9))
    run("DELETE FROM audit_auditsealitem WHERE seal_id = 2")


def removed_from_the_middle() -> None:
    retiring._tombstone(retiring.Batch(3, 3, ENTRIES), "whoever has the key", "").save(force_insert=True)
    run("DELETE FROM audit_auditlog WHERE id BETWEEN %s AND %s", entry_number(3, 0), entry_number(3, 9))
    run("DELETE FROM audit_auditsealitem WHERE seal_id = 3")


def put_back_into_its_seal() -> None:
    leaf = written(entry_number(1, 0)).leaf
    run(
        "INSERT INTO audit_auditsealitem (entry_id, seal_id, position, leaf) VALUES (%s, 1, 0, %s)",
        entry_number(1, 0),
        leaf,
    )


def put_back() -> None:
    written(entry_number(1, 0), at=timezone.now() - timedelta(minutes=20))


def seal_removed_with_what_it_tells() -> None:
    run("DELETE FROM audit_auditseal WHERE number = 1")


Tampering = Callable[[], None]
FOUND: dict[Tampering, tuple[str, int | None]] = {
    edited: ("tombstone.signature", 1),
    edited_to_cover_more: ("tombstone.signature", 1),
    removed: ("tombstone.missing", 1),
    removed_without_a_tombstone: ("tombstone.missing", 2),
    removed_from_the_middle: ("tombstone.order", 3),
    put_back_into_its_seal: ("entry.added", 1),
    put_back: ("entry.unsealed", None),
    seal_removed_with_what_it_tells: ("seal.missing", 1),
}


@pytest.mark.parametrize("tamper", FOUND, ids=lambda tamper: tamper.__name__)
def test_tampering_with_retention_is_named_here_and_elsewhere(
    tamper: Tampering, tmp_path: Path, anchor_file: Path
) -> None:
    retired(1)
    append_only.take_down(connection)
    tamper()
    first = found_here()
    assert first is not None
    assert (first.code, first.seal) == FOUND[tamper]
    status, words = found_elsewhere(export(tmp_path), "--anchors", str(anchor_file))
    assert (status, words.splitlines()[0]) == (1, f"{first.code}: {first.text}")


def test_a_tombstone_signed_with_a_stolen_key_has_to_fit_its_seals() -> None:
    with transaction.atomic():
        stone = retiring._tombstone(retiring.Batch(1, 1, ENTRIES), "who", "")
        stone.root_hash = AuditSeal.objects.get(number=2).root_hash
        stone.signature = signing.sign(proof.signed_part(tombstone_as_told(stone)))
        stone.save(force_insert=True)
        append_only.take_down(connection)
        run("DELETE FROM audit_auditlog WHERE id < %s", entry_number(2, 0))
        run("DELETE FROM audit_auditsealitem WHERE seal_id = 1")
    found = found_here()
    assert found is not None
    assert (found.code, found.seal) == ("tombstone.root", 1)


@needs_postgresql
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_auditlog",
        "DELETE FROM audit_auditsealitem",
        "UPDATE audit_auditlog SET description = ''",
        "UPDATE audit_audittombstone SET last_seal = 3",
        "DELETE FROM audit_audittombstone",
        "TRUNCATE audit_auditlog",
        "DELETE FROM audit_auditseal",
        "INSERT INTO audit_auditlog SELECT * FROM audit_auditlog",
        "DELETE FROM accounts_user",
    ],
)
def test_the_role_for_retention_can_do_nothing_else(statement: str) -> None:
    retired(1)
    before = counted()
    run("SELECT set_config('audit.retiring', 'on', true)")
    role = acting.acting(acting.Actor(acting.RETENTION))
    with contextlib.suppress(ProgrammingError, IntegrityError), transaction.atomic(), role:  # no right, or a trigger
        run(statement)
    assert counted() == before
    assert not AuditLog.objects.filter(action="act.done", description="").exists()


def counted() -> list[int]:
    return [model._default_manager.count() for model in (AuditLog, AuditSealItem, AuditSeal, AuditTombstone, User)]


@needs_postgresql
def test_the_servers_own_login_removes_nothing_with_the_setting_alone() -> None:
    retired(1)
    run("SELECT set_config('audit.retiring', 'on', true)")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        run("DELETE FROM audit_auditlog")


@needs_postgresql
def test_without_the_role_the_command_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acting, "RETENTION", "retention_nobody_made")
    with pytest.raises(CommandError, match=r"no role .*_retention_nobody_made: let the login of manage.py prepare"):
        command("--before", timezone.now().isoformat(), "--no-export")
    assert AuditLog.objects.count() == SEALS * ENTRIES + 1
