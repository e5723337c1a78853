"""Analyses as runs: they wait, end once, stop when they are to, and take turns with builds."""

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agentsite.accounts.models import User
from audit.models import AuditLog
from builds import analyses, housekeeping, runner, services, stopping, sweeper
from builds.agent.errors import AgentError, TransientError
from builds.agent.values import SandboxRequest, SandboxResult
from builds.background import InBackground
from builds.models.analysis import CodeAnalysis
from builds.models.run import Run
from builds.runs import places
from builds.runs.claim import MAX_ATTEMPTS, claim_next
from builds.states import State
from tests.flows.analysed import GOOD, Endless, answering, exited, kinds, submitted
from tests.flows.worlds import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]


def test_what_cannot_be_read_has_no_score_and_the_tools_say_why(owner: User) -> None:
    timeout = SandboxResult(outcome="timeout", exit_code=None, stdout=b"", stderr=b"", duration_seconds=60.0)
    analysis = submitted(owner, code="x = 1\n")
    runner.run_next(engines=answering(timeout))
    analysis.refresh_from_db()
    assert (analysis.state, analysis.error_code) == (State.FAILED, "analysis.no_answer")
    assert "timeout" in analysis.error_message
    assert set(analysis.tools_failed.values()) == {"timeout"}
    assert AuditLog.objects.filter(action="analysis.failed", resource_id=str(analysis.id)).count() == 1


def test_what_the_tools_say_can_be_kept_whatever_stands_in_it(owner: User) -> None:
    remark = {"line": 1, "rule": "E1", "severity": "low"}
    ruff = [remark | {"file": "main.py", "message": "nul \0"}] * 3_000
    grave = remark | {"file": "main.py", "message": "grave", "severity": "high"}
    told = json.dumps(json.loads(GOOD) | {"ruff": {"answer": [*ruff, grave]}}).encode()
    analysis = submitted(owner, code="x = 1\n")
    runner.run_next(engines=answering(exited(told)))
    analysis.refresh_from_db()
    assert analysis.state == State.COMPLETED
    assert len(analysis.code_smells) == analyses.MAX_FINDINGS
    assert [found["message"] for found in analysis.code_smells[:2]] == ["grave", "nul \ufffd"]


def test_without_a_sandbox_it_fails_and_says_what_to_do(owner: User) -> None:
    def away() -> Any:
        raise AgentError("sandbox.unavailable")

    analysis = submitted(owner, code="x = 1\n")
    runner.run_next(engines=runner.Engines(sandbox=away))
    analysis.refresh_from_db()
    assert (analysis.state, analysis.error_code) == (State.FAILED, "sandbox.unavailable")
    assert analysis.error_message


def test_it_waits_for_a_sandbox_that_is_busy_without_counting_the_attempt(owner: User) -> None:
    analysis = submitted(owner, code="x = 1\n")
    busy = TransientError("sandbox.busy", retry_after_seconds=5)
    runner.run_next(engines=answering(busy))
    run = Run.objects.get()
    assert (run.state, run.attempts, kinds(analysis)[-1]) == (State.WAITING, 0, "analysis.waiting")
    Run.objects.update(next_attempt_at=timezone.now())
    runner.run_next(engines=answering(exited(GOOD)))
    analysis.refresh_from_db()
    assert analysis.state == State.COMPLETED
    assert kinds(analysis)[2:] == ["analysis.waiting", "analysis.resumed", "analysis.completed"]


def test_a_fault_of_ours_gives_it_an_end(owner: User) -> None:
    def broken(_request: SandboxRequest) -> SandboxResult:
        raise ZeroDivisionError

    analysis = submitted(owner, code="x = 1\n")
    runner.run_next(engines=answering(broken))
    analysis.refresh_from_db()
    assert (analysis.state, analysis.error_code) == (State.FAILED, "platform.error")


def test_one_that_takes_its_workers_down_is_given_up(owner: User) -> None:
    analysis = submitted(owner, code="x = 1\n")
    for _ in range(MAX_ATTEMPTS):
        assert claim_next("worker") is not None
        Run.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert claim_next("worker") is None
    sweeper.sweep()
    analysis.refresh_from_db()
    assert (analysis.state, analysis.error_code) == (State.FAILED, "analysis.worn_out")


def test_a_worker_that_was_replaced_writes_nothing(owner: User) -> None:
    analysis = submitted(owner, code="x = 1\n")

    def slow(_request: SandboxRequest) -> SandboxResult:
        Run.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
        runner.run_next(engines=answering(exited(GOOD)))
        return SandboxResult(outcome="timeout", exit_code=None, stdout=b"", stderr=b"", duration_seconds=60.0)

    runner.run_next(engines=answering(slow))
    analysis.refresh_from_db()
    assert (analysis.state, analysis.error_code, analysis.tools_failed) == (State.COMPLETED, "", {})
    assert kinds(analysis)[-2:] == ["analysis.resumed", "analysis.completed"]
    assert AuditLog.objects.filter(resource_id=str(analysis.id), action="analysis.completed").count() == 1


def test_a_message_that_is_delivered_twice_runs_it_once(owner: User) -> None:
    submitted(owner, code="x = 1\n")
    asked: list[SandboxRequest] = []

    def slow(request: SandboxRequest) -> SandboxResult:
        asked.append(request)
        time.sleep(0.3)
        return exited(GOOD)

    engines = answering(slow)
    with InBackground(lambda: runner.run_next(engines=engines)):
        wait_until(lambda: bool(asked))
        assert runner.run_next(engines=engines) is None
    assert runner.run_next(engines=engines) is None
    assert len(asked) == 1


def test_a_running_one_that_is_deleted_stops_and_goes_when_it_is_deleted_again(owner: User) -> None:
    analysis = submitted(owner, code="x = 1\n")
    with InBackground(lambda: runner.run_next(engines=runner.Engines(sandbox=Endless))):
        wait_until(lambda: "analysis.started" in kinds(analysis), seconds=60)
        assert not analyses.delete_analysis(user=owner, analysis=analysis)
        assert not analyses.delete_analysis(user=owner, analysis=analysis)
    analysis = CodeAnalysis.objects.get()
    assert (analysis.state, kinds(analysis)[2:]) == (State.CANCELLED, ["cancel.requested", "analysis.cancelled"])
    assert analyses.delete_analysis(user=owner, analysis=analysis)
    assert not CodeAnalysis.objects.exists()
    assert not Run.objects.exists()
    actions = AuditLog.objects.filter(resource_id=str(analysis.id)).order_by("id").values_list("action", flat=True)
    assert list(actions) == [
        "analysis.submitted",
        "analysis.cancel_requested",
        "analysis.cancelled",
        "analysis.deleted",
    ]


def test_one_whose_worker_died_after_the_wish_to_stop_is_cancelled_by_the_sweeper(owner: User) -> None:
    analysis = submitted(owner, code="x = 1\n")
    claim_next("worker")
    analyses.delete_analysis(user=owner, analysis=analysis)
    Run.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    sweeper.sweep()
    analysis.refresh_from_db()
    assert analysis.state == State.CANCELLED


def test_a_worker_that_is_told_to_stop_hands_it_back(owner: User) -> None:
    analysis = submitted(owner, code="x = 1\n")
    try:
        with InBackground(lambda: runner.run_next(engines=runner.Engines(sandbox=Endless))):
            wait_until(lambda: "analysis.started" in kinds(analysis), seconds=60)
            stopping.begin()
    finally:
        stopping._stopping.clear()
    run = Run.objects.get()
    assert (run.state, run.attempts) == (State.PENDING, 0)


def test_one_that_takes_too_long_ends(owner: User, settings: Any) -> None:
    settings.AGENT_NODE_SECONDS = 0
    analysis = submitted(owner, code="x = 1\n")
    runner.run_next(engines=runner.Engines(sandbox=Endless))
    analysis.refresh_from_db()
    assert (analysis.state, analysis.error_code) == (State.FAILED, "analysis.timeout")


def test_builds_and_analyses_share_turns_and_limits(owner: User, stranger: User, settings: Any) -> None:
    settings.AGENT_USER_CONCURRENCY = 2
    mine = [submitted(owner, code="x = 1\n") for _ in range(3)]
    build = services.submit_build(user=stranger, project_name="Roman", requirements="Roman numerals")
    places_now = [places.place_of(run) for run in (*(one.run for one in mine if one.run), build.run)]
    assert [place and place.position for place in places_now] == [1, 3, 4, 2]
    claims = [claim_next("worker") for _ in range(5)]
    assert [claim and claim.run_id for claim in claims] == [mine[0].run_id, build.run_id, mine[1].run_id, None, None]


def test_old_events_of_an_analysis_go_as_those_of_a_build(owner: User, settings: Any) -> None:
    settings.EVENT_RETENTION_DAYS = 1
    submitted(owner, code="x = 1\n")
    runner.run_next(engines=answering(exited(GOOD)))
    assert housekeeping.tidy()["events"] == 0
    CodeAnalysis.objects.update(completed_at=timezone.now() - timedelta(days=2))
    assert housekeeping.tidy()["events"] == 3
