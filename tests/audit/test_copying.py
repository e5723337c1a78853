"""The second copy: each sealed entry once, whatever stopped the writing."""

import json
from pathlib import Path
from typing import Any

import pytest

from audit import copying, sealing
from audit.models import AuditSealItem
from tests.audit.logbook import ENTRIES, SEALS, write_log

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def copy(settings: Any, tmp_path: Path) -> Path:
    settings.AUDIT_COPY_FILE = str(tmp_path / "copy.jsonl")
    write_log()
    return tmp_path / "copy.jsonl"


def assert_whole(copy: Path) -> None:
    lines = [json.loads(line) for line in copy.read_text().splitlines()]
    sealed = AuditSealItem.objects.order_by("seal", "position").values_list("entry_id", flat=True)
    assert [line["id"] for line in lines] == list(sealed)
    assert all(line["content"]["details"] == {"n": line["id"]} for line in lines)


def test_sealed_entries_are_copied_as_they_are_sealed(copy: Path) -> None:
    assert_whole(copy)
    assert len(copy.read_text().splitlines()) == SEALS * ENTRIES
    sealing.seal_all()
    assert_whole(copy)


def test_copying_again_adds_nothing(copy: Path) -> None:
    before = copy.read_text()
    copying.catch_up()
    assert copy.read_text() == before


@pytest.mark.parametrize("lost", [1, 40, 300, 1500, 1_000_000])
def test_a_copy_that_was_cut_goes_on_where_it_ends(copy: Path, lost: int) -> None:
    copy.write_bytes(copy.read_bytes()[:-lost])
    copying.catch_up()
    assert_whole(copy)


def test_lines_longer_than_one_look_are_found(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "_TAIL_BYTES", 8)
    before = copy.read_text()
    copying.catch_up()
    assert copy.read_text() == before


def test_a_copy_that_cannot_be_written_stops_no_sealing(settings: Any, tmp_path: Path) -> None:
    settings.AUDIT_COPY_FILE = str(tmp_path / "away" / "copy.jsonl")
    assert sealing.seal_all() == 1
