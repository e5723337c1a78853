"""Whoever owns the database and takes the triggers down is found out, here and by the verifier of exports."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit import append_only, sealing, verifying
from audit.leaves import leaf_of
from audit.models import AuditLog
from tests.audit.logbook import (
    ENTRIES,
    SEALS,
    backdate,
    entry_number,
    export,
    found_elsewhere,
    found_here,
    run,
    write_log,
    written,
)

pytestmark = [pytest.mark.django_db, pytest.mark.engine]
VICTIM, NEIGHBOUR = entry_number(2, 1), entry_number(2, 2)
BETWEEN, WAITING = VICTIM + 5, entry_number(SEALS + 1, 0)


def changed() -> None:
    run("UPDATE audit_auditlog SET description = 'act 1000211' WHERE id = %s", VICTIM)


def changed_with_its_leaf() -> None:
    changed()
    run("UPDATE audit_auditlog SET leaf = %s WHERE id = %s", leaf_of(AuditLog.objects.get(pk=VICTIM)), VICTIM)


def changed_with_every_leaf() -> None:
    changed_with_its_leaf()
    leaf = AuditLog.objects.get(pk=VICTIM).leaf
    run("UPDATE audit_auditsealitem SET leaf = %s WHERE entry_id = %s", leaf, VICTIM)


def changed_before_its_seal() -> None:
    run("UPDATE audit_auditlog SET success = NOT success WHERE id = %s", WAITING)


def deleted() -> None:
    run("DELETE FROM audit_auditlog WHERE id = %s", VICTIM)


def deleted_with_its_place() -> None:
    deleted()
    run("DELETE FROM audit_auditsealitem WHERE entry_id = %s", VICTIM)


def inserted() -> None:
    backdate(BETWEEN, minutes=20)


def inserted_and_sealed_later() -> None:
    backdate(BETWEEN, minutes=20)
    assert sealing.seal_all()


def inserted_into_a_seal() -> None:
    leaf = written(BETWEEN).leaf
    run("INSERT INTO audit_auditsealitem (entry_id, seal_id, position, leaf) VALUES (%s, 2, 4, %s)", BETWEEN, leaf)


def contents_swapped() -> None:
    for old, new in ((VICTIM, 1), (NEIGHBOUR, VICTIM), (1, NEIGHBOUR)):
        run("UPDATE audit_auditlog SET id = %s WHERE id = %s", new, old)


def places_swapped() -> None:
    for entry, place in ((VICTIM, 99), (NEIGHBOUR, 1), (VICTIM, 2)):
        run("UPDATE audit_auditsealitem SET position = %s WHERE entry_id = %s", place, entry)


def seal_edited() -> None:
    run("UPDATE audit_auditseal SET entry_count = 3 WHERE number = 2")


def seal_removed() -> None:
    run("DELETE FROM audit_auditseal WHERE number = 2")


def end_cut() -> None:
    run("DELETE FROM audit_auditlog WHERE id >= %s", entry_number(SEALS, 0))
    run("DELETE FROM audit_auditsealitem WHERE seal_id = %s", SEALS)
    run("DELETE FROM audit_auditseal WHERE number = %s", SEALS)


def end_cut_and_sealed_anew() -> None:
    end_cut()
    written(entry_number(SEALS, 0))
    assert sealing.seal_all()


Tampering = Callable[[], None]
FOUND: dict[Tampering, tuple[str, int | None, int | None]] = {
    changed: ("entry.changed", 2, VICTIM),
    changed_with_its_leaf: ("entry.changed", 2, VICTIM),
    changed_with_every_leaf: ("seal.root", 2, entry_number(2, 0)),
    changed_before_its_seal: ("entry.changed", None, WAITING),
    deleted: ("entry.missing", 2, VICTIM),
    deleted_with_its_place: ("entry.removed", 2, NEIGHBOUR),
    inserted: ("entry.unsealed", None, BETWEEN),
    inserted_and_sealed_later: ("entry.inserted", SEALS + 1, BETWEEN),
    inserted_into_a_seal: ("entry.added", 2, BETWEEN),
    contents_swapped: ("entry.changed", 2, VICTIM),
    places_swapped: ("entry.order", 2, VICTIM),
    seal_edited: ("seal.signature", 2, None),
    seal_removed: ("seal.missing", 2, None),
    end_cut: ("seal.cut", SEALS, None),
    end_cut_and_sealed_anew: ("seal.anchor", SEALS, None),
}


@pytest.fixture(autouse=True)
def _log() -> None:
    write_log()


@pytest.mark.parametrize("tamper", FOUND, ids=lambda tamper: tamper.__name__)
def test_tampering_is_named_here_and_elsewhere(tamper: Tampering, tmp_path: Path, anchor_file: Path) -> None:
    append_only.take_down(connection)
    tamper()
    code, seal, entry = FOUND[tamper]
    first = found_here()
    assert first is not None
    assert (first.code, first.seal, first.entry) == (code, seal, entry)
    with pytest.raises(CommandError, match=first.text):
        call_command("audit_verify", verbosity=0)
    status, words = found_elsewhere(export(tmp_path), "--anchors", str(anchor_file))
    assert (status, words.splitlines()[0]) == (1, f"{code}: {first.text}")


def test_what_nobody_touched_is_vouched_for_up_to_the_last_anchor(tmp_path: Path, anchor_file: Path) -> None:
    walk = verifying.verify()
    assert (walk.findings, walk.seals, walk.entries) == ([], SEALS, SEALS * ENTRIES + 1)
    assert walk.window().startswith(f"The last anchor covers seal {SEALS} of ")
    assert walk.window().endswith(" 1 entries now.")
    status, words = found_elsewhere(export(tmp_path), "--anchors", str(anchor_file))
    assert (status, walk.window() in words) == (0, True)


def test_what_was_cut_after_the_last_anchor_is_in_the_window_that_is_told(anchor_file: Path) -> None:
    anchor_file.write_text("".join(anchor_file.read_text().splitlines(keepends=True)[:-1]))
    before = verifying.verify()
    assert (before.findings, before.uncovered) == ([], ENTRIES + 1)
    append_only.take_down(connection)
    end_cut()
    after = verifying.verify()
    assert (after.findings, after.uncovered) == ([], 0)


def test_a_chain_that_was_signed_anew_is_not_what_was_anchored(settings: Any, tmp_path: Path) -> None:
    key = settings.AUDIT_SIGNING_KEY
    append_only.take_down(connection)
    changed_with_its_leaf()
    run("DELETE FROM audit_auditsealitem")
    run("DELETE FROM audit_auditseal")
    settings.AUDIT_SIGNING_KEY, settings.AUDIT_ANCHOR_FILE = "another", str(tmp_path / "other.jsonl")
    assert sealing.seal_all()
    path = export(tmp_path)
    assert found_elsewhere(path)[0] == 0
    settings.AUDIT_SIGNING_KEY = key
    public = call_output("audit_key")
    status, words = found_elsewhere(path, "--key", public, "--anchors", str(tmp_path / "anchors.jsonl"))
    assert status == 1
    assert "seal.signature: seal 1" in words
    assert "seal.anchor: seal 1" in words


def call_output(command: str) -> str:
    target = StringIO()
    call_command(command, stdout=target)
    return target.getvalue().strip()


def test_a_line_that_was_changed_in_an_export_is_named(tmp_path: Path) -> None:
    path = export(tmp_path)
    path.write_text(path.read_text().replace(f'"act {VICTIM}"', '"nothing"'))
    assert found_elsewhere(path)[1].startswith(f"entry.changed: entry {VICTIM} of seal 2")


def test_an_export_without_its_end_is_refused(tmp_path: Path) -> None:
    path = export(tmp_path)
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    assert found_elsewhere(path) == (2, f"{path}: its end is missing\n")


def test_an_export_holds_each_entry_once(tmp_path: Path) -> None:
    lines = [json.loads(line) for line in export(tmp_path).read_text().splitlines()]
    numbers = [line["id"] for line in lines if line["kind"] in {"entry", "unsealed"}]
    assert numbers == list(AuditLog.objects.order_by("id").values_list("id", flat=True))
