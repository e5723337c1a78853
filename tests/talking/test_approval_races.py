"""Several answers to one proposal at the same instant, from real processes on PostgreSQL: one of them counts."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection, transaction

from agentsite.accounts.models import User
from audit.models import AuditLog
from builds.approvals import services as approvals
from builds.jobs import outcomes as jobs
from builds.models.approval import Approval
from builds.models.job import Job
from builds.models.run import Run, RunEvent
from builds.runs.claim import claim_next
from builds.runs.lanes import TALK
from tests.composition import ROOT
from tests.talking.conversing import PROPOSAL, opened, said

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]
TIMES = 100
APART_SECONDS = 0.05


def asked(user: User) -> Approval:
    """Return a proposal for whose answer a job waits."""
    job = said(opened(user), "Write to_roman(number).")
    claim = claim_next("tests", run_id=job.run_id, lane=TALK)
    assert claim is not None
    jobs.begin_job(run_id=claim.run_id, fence=claim.fence, model="cookbook:recipes")
    assert jobs.ask_for_approval(run_id=claim.run_id, fence=claim.fence, proposal=PROPOSAL, speech="en")
    return job.approvals.get()


def answered_at_once(
    user: User, doors: Sequence[str], rows: Sequence[Approval], at: Sequence[float]
) -> list[list[str]]:
    """Let each door answer all proposals at their moments; return what each of them was told."""
    made = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = os.environ | {"DATABASE_URL": urlunsplit(made), "DJANGO_SETTINGS_MODULE": "agentsite.settings"}
    given = json.dumps({"user": user.pk, "at": list(at), "approvals": [str(row.id) for row in rows]})
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.talking.answering", door],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for door in doors
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write(given)
        process.stdin.close()
        process.stdin = None
    return [json.loads(process.communicate(timeout=120)[0]) for process in started]


def moments() -> list[float]:
    first = time.time() + 8.0
    return [first + number * APART_SECONDS for number in range(TIMES)]


def assert_answered_once(rows: Sequence[Approval]) -> None:
    """Each was answered once, told once, and its job can go on once."""
    kinds = {"approval.approved", "approval.rejected", "approval.expired"}
    for row in rows:
        assert AuditLog.objects.filter(resource_id=str(row.id), action__in=kinds).count() == 1
        assert row.job is not None
        assert RunEvent.objects.filter(run_id=row.job.run_id, kind__in=kinds).count() == 1
    runs = Run.objects.filter(id__in=Job.objects.filter(approvals__in=rows).values("run_id"))
    assert set(runs.values_list("state", flat=True)) == {"waiting"}
    assert not runs.filter(next_attempt_at=None).exists()


def test_of_three_doors_that_answer_at_once_exactly_one_wins_each_of_100_times(owner: User) -> None:
    rows = [asked(owner) for _ in range(TIMES)]
    doors = ("web", "api", "telegram")
    told = answered_at_once(owner, doors, rows, moments())
    for number, row in enumerate(rows):
        outcomes = [each[number] for each in told]
        assert sorted(outcomes) == ["approval.answered", "approval.answered", "won"]
        row.refresh_from_db()
        winner = doors[outcomes.index("won")]
        assert (row.resolved_via, row.resolved_by) == (winner, owner)
        assert row.status == ("rejected" if winner == "telegram" else "approved")
    assert_answered_once(rows)


def test_of_an_answer_and_the_end_of_its_time_one_wins_each_of_100_times(owner: User) -> None:
    rows, at = [asked(owner) for _ in range(TIMES)], moments()
    with transaction.atomic():
        for row, moment in zip(rows, at, strict=True):
            Approval.objects.filter(id=row.id).update(expires_at=datetime.fromtimestamp(moment, UTC))
    # A hair before the end, so that some are in time.
    yes, clock = answered_at_once(owner, ("web", "clock"), rows, [moment - 0.0005 for moment in at])
    approvals.expire_due()
    for outcome, row in zip(yes, rows, strict=True):
        row.refresh_from_db()
        assert (outcome, row.status) in {("won", "approved"), ("approval.expired", "expired")}
    assert len(clock) == TIMES
    assert_answered_once(rows)
