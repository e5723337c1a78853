"""Entries a second through ``audit.record`` beside plain inserts of the same row, by one process and by several.

Each entry is a transaction of its own. The plain rows go by the same model into a table that has the same columns and
indexes, but neither leaves nor triggers. Rounds take turns. Uses a new database beside DATABASE_URL's, or SQLite.

With --seconds, processes write as fast as they can for so long while sealing runs beside them as a worker does it, and
the age of the oldest entry without a seal is looked at each second.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack

import django

from tests.composition import ROOT

RECORD, PLAIN = "record", "plain"
PLAIN_TABLE = "audit_plain"
WARM_UP = 50
IN_FLIGHT = 10_000
"""Numbers below the last that was sealed which may still become visible: more than writers have open."""
DETAILS = {"project": "roman", "kinds": ["code", "tests"], "count": 3}


def main() -> None:
    """Measure and print, or be one of the processes that write."""
    asked = _arguments()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentsite.settings")
    if asked.write:
        _write(asked.write, asked.count, asked.until)
        return
    if asked.seal:
        _seal_beside()
        return
    with ExitStack() as stack:
        if os.environ.get("DATABASE_URL"):
            from tests.databases import own_database

            os.environ["DATABASE_URL"] = stack.enter_context(own_database())
        django.setup()
        _prepare()
        if asked.seconds:
            _sustain(max(asked.processes), asked.seconds)
            return
        _say(f"{asked.count} entries a process, {asked.rounds} rounds in turns\n\n")
        _say(f"{'processes':>9} {'plain/s':>9} {'record/s':>9} {'ratio':>6}  worst–best of rounds\n")
        for processes in asked.processes:
            _compare(processes, asked.rounds, asked.count)
        _seal_and_verify()


def _compare(processes: int, rounds: int, count: int) -> None:
    rates: dict[str, list[float]] = {PLAIN: [], RECORD: []}
    for _ in range(rounds):
        for kind, seen in rates.items():
            seen.append(_round(kind, processes, count))
    plain, record = (statistics.median(rates[kind]) for kind in (PLAIN, RECORD))
    ratios = sorted(one / other for one, other in zip(rates[RECORD], rates[PLAIN], strict=True))
    _say(f"{processes:>9} {plain:9.0f} {record:9.0f} {record / plain:6.2f}  {ratios[0]:.2f}–{ratios[-1]:.2f}\n")


def _round(kind: str, processes: int, count: int) -> float:
    """Let processes write once all are ready; return entries a second from then to the last one's end."""
    words = [sys.executable, "-m", "tests.benchmarks.audit", "--write", kind, "--count", str(count)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    writers = [subprocess.Popen(words, cwd=ROOT, **pipes) for _ in range(processes)]  # type: ignore[call-overload]
    for writer in writers:
        writer.stdout.readline()
    started = time.time()
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    ends = [float(writer.stdout.readline()) for writer in writers]
    for writer in writers:
        writer.communicate()
    return processes * count / (max(ends) - started)


def _sustain(processes: int, seconds: int) -> None:
    """Let processes write without a pause beside ordinary sealing, and print how old an entry without a seal became."""
    from django.db import connections

    words = [sys.executable, "-m", "tests.benchmarks.audit"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    until = [*words, "--write", RECORD, "--until", str(seconds)]
    writers = [subprocess.Popen(until, cwd=ROOT, **pipes) for _ in range(processes)]  # type: ignore[call-overload]
    for writer in writers:
        writer.stdout.readline()
    sealer = subprocess.Popen([*words, "--seal"], cwd=ROOT)
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    ages: list[float] = []
    while any(writer.poll() is None for writer in writers):
        ages.append(_oldest_age())
        time.sleep(1)
    written = sum(int(writer.stdout.readline()) for writer in writers)
    sealer.terminate()
    sealer.wait()
    connections.close_all()
    _say(f"{processes} processes wrote {written} entries in {seconds} s: {written / seconds:.0f}/s\n")
    _say(f"oldest entry without a seal, looked at {len(ages)} times: {max(ages):.1f} s at most\n")
    _seal_and_verify()


def _oldest_age() -> float:
    """Return how old the oldest entry without a seal is, among those that may be."""
    from django.db.models import Max
    from django.utils import timezone

    from audit.models import AuditSeal
    from audit.selectors import unsealed

    newest = AuditSeal.objects.order_by("-number").first()
    sealed = (newest.items.aggregate(last=Max("entry_id"))["last"] or 0) if newest else 0
    oldest = unsealed(max(0, sealed - IN_FLIGHT)).values_list("created_at", flat=True).first()
    return (timezone.now() - oldest).total_seconds() if oldest else 0.0


def _seal_beside() -> None:
    """Seal as a worker does, until the end."""
    django.setup()
    from audit import sealing
    from builds.chores import Chore

    chore = Chore(sealing.LOOK_SECONDS, sealing.seal_due)
    while True:
        chore.take_turn()
        time.sleep(0.5)


def _write(kind: str, count: int, seconds: int) -> None:
    django.setup()
    from django.db import transaction

    act = _act(kind)
    if seconds:
        _write_until(act, seconds)
        return
    for number in range(WARM_UP + count):
        if number == WARM_UP:
            _say("ready\n")
            sys.stdin.readline()
        with transaction.atomic():
            act(str(number))
    _say(f"{time.time()}\n")


def _write_until(act: Callable[[str], object], seconds: int) -> None:
    from django.db import transaction

    _say("ready\n")
    sys.stdin.readline()
    end, number = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        with transaction.atomic():
            act(str(number))
        number += 1
    _say(f"{number}\n")


def _act(kind: str) -> Callable[[str], object]:
    """Return what writes one entry."""
    from agentsite.common.acting import as_server
    from audit import services
    from audit.models import AuditLog

    if kind == RECORD:
        return lambda number: services.record("build.submitted", user=None, resource_id=number, details=DETAILS)
    AuditLog._meta.db_table = PLAIN_TABLE

    def insert(number: str) -> None:
        with as_server():
            AuditLog.objects.create(
                action="build.submitted", user_label="system", resource_id=number, details=dict(DETAILS)
            )

    return insert


def _prepare() -> None:
    """Migrate, and make the plain table."""
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {PLAIN_TABLE}")
        if connection.vendor == "postgresql":
            cursor.execute(f"CREATE TABLE {PLAIN_TABLE} (LIKE audit_auditlog INCLUDING ALL)")
            return
        cursor.execute(
            "SELECT sql FROM sqlite_master WHERE tbl_name = 'audit_auditlog' AND type IN ('table', 'index')"
            " AND sql IS NOT NULL ORDER BY type DESC"
        )
        for (sql,) in cursor.fetchall():
            plain = sql.replace('"audit_auditlog"', f'"{PLAIN_TABLE}"')
            cursor.execute(re.sub(r'^(CREATE (?:UNIQUE )?INDEX) "', r'\1 "plain_', plain))


def _seal_and_verify() -> None:
    from audit import sealing, verifying

    started = time.perf_counter()
    count = sealing.seal_all()
    sealed = time.perf_counter()
    walk = verifying.verify()
    ended = time.perf_counter()
    _say(f"\n{count} entries sealed at {count / (sealed - started):.0f}/s,")
    _say(f" verified at {walk.entries / (ended - sealed):.0f}/s with {walk.faults} faults\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench audit", description=__doc__)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--count", type=int, default=1_500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=0, help="write for so long beside ordinary sealing")
    parser.add_argument("--until", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--seal", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--write", choices=(RECORD, PLAIN), help=argparse.SUPPRESS)
    return parser.parse_args()


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
