"""Sealing: every entry in one seal, whoever seals and however late it comes."""

import json
import stat
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections, transaction
from django.utils import timezone

from agentsite import env
from agentsite.accounts.models import User
from audit import sealing, selectors, verifying
from audit import services as audit
from audit import verify_export as proof
from audit.models import AuditLog, AuditSeal, AuditSealItem
from audit.selectors import as_told
from builds.lookout import Lookout
from tests.audit.logbook import found_here, write_log, written
from tests.flows.worlds import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
SEALERS, ROUNDS, AT_ONCE = 6, 5, 40


def record(*numbers: int, user: User | None = None) -> None:
    for number in numbers:
        with transaction.atomic():
            audit.record("act.done", user=user, resource_id=str(number))


def in_thread(act: Callable[[], object]) -> threading.Thread:
    """Run something beside the test with a connection of its own."""

    def run() -> None:
        try:
            act()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_nothing_new_makes_no_seal() -> None:
    record(1, 2)
    assert sealing.seal_due() == 2
    assert sealing.seal_all() == 0
    assert AuditSeal.objects.count() == 1


def test_a_seal_is_made_again_when_the_last_is_old_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    record(1)
    sealing.seal_due()
    record(2)
    assert sealing.seal_due() == 0
    monkeypatch.setattr(sealing, "APART_SECONDS", 0.0)
    assert sealing.seal_due() == 1


def test_what_is_too_much_for_a_seal_is_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "MOST_IN_SEAL", 3)
    record(*range(8))
    assert sealing.seal_all() == 8
    assert list(AuditSeal.objects.order_by("number").values_list("entry_count", flat=True)) == [3, 3, 2]
    assert found_here() is None


def test_each_seal_names_the_one_before_and_is_anchored(anchor_file: Path) -> None:
    write_log()
    seals = [as_told(seal) for seal in AuditSeal.objects.order_by("number")]
    assert [seal["previous_hash"] for seal in seals[1:]] == [proof.seal_hash(seal) for seal in seals[:-1]]
    told = [json.loads(line) for line in anchor_file.read_text().splitlines()]
    assert [line["hash"] for line in told] == [proof.seal_hash(seal) for seal in seals]


def test_an_anchor_that_cannot_be_written_stops_no_sealing(settings: Any, tmp_path: Path) -> None:
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "away" / "anchors.jsonl")
    record(1)
    assert sealing.seal_all() == 1
    walk = verifying.verify()
    assert (walk.findings, walk.uncovered) == ([], 1)


def test_sealers_at_once_seal_each_entry_once() -> None:
    for number in range(ROUNDS):
        record(*range(AT_ONCE))
        ready = threading.Barrier(SEALERS)
        sealed: list[int] = []

        def seal(ready: threading.Barrier = ready, sealed: list[int] = sealed) -> None:
            ready.wait(20)
            sealed.append(sealing.seal_all())

        for thread in [in_thread(seal) for _ in range(SEALERS)]:
            thread.join(60)
        assert sum(sealed) == AT_ONCE
        assert AuditSealItem.objects.count() == AT_ONCE * (number + 1)
    assert found_here() is None


@pytest.mark.services
def test_an_entry_that_becomes_visible_late_is_in_the_next_seal() -> None:
    written_, may_end = threading.Event(), threading.Event()

    def act_slowly() -> None:
        with transaction.atomic():
            audit.record("act.slow", user=None)
            written_.set()
            may_end.wait(20)

    slow = in_thread(act_slowly)
    assert written_.wait(20)
    record(1, 2)
    assert sealing.seal_all() == 2
    may_end.set()
    slow.join(20)
    assert sealing.seal_all() == 1
    late = AuditLog.objects.get(action="act.slow")
    assert late.pk < AuditSealItem.objects.filter(seal=1).earliest("position").entry_id
    assert late.sealed.seal_id == 2
    assert found_here() is None


def test_old_seals_spare_a_look_at_everything_and_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    record(1, 2)
    sealing.seal_all()
    monkeypatch.setattr(selectors, "LONGEST_TRANSACTION", timedelta(0))
    record(3)
    assert sealing.seal_all() == 1
    assert found_here() is None


def test_a_worker_seals_by_itself() -> None:
    record(1)
    with Lookout():
        wait_until(lambda: AuditSealItem.objects.count() == 1)


def test_what_waits_longer_than_it_may_is_told() -> None:
    written(7, at=timezone.now() - proof.WINDOW - timedelta(seconds=1))
    found = found_here()
    assert found is not None
    assert (found.code, found.entry) == ("entry.unsealed", 7)
    sealing.seal_all()
    assert found_here() is None


def test_the_key_is_made_once_and_read_by_its_owner_alone(settings: Any) -> None:
    path = env.data_dir() / "audit-signing-key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == settings.AUDIT_SIGNING_KEY


def test_seals_of_an_earlier_key_are_known_by_its_public_key(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    record(1)
    sealing.seal_all()
    call_command("audit_key")
    public = capsys.readouterr().out.strip()
    settings.AUDIT_SIGNING_KEY = "another"
    record(2)
    sealing.seal_all()
    found = found_here()
    assert found is not None
    assert (found.code, found.seal) == ("seal.signature", 1)
    settings.AUDIT_PUBLIC_KEYS = [public]
    assert found_here() is None
