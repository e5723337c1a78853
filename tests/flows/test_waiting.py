"""A provider that asks for a pause: builds wait for it, and go on by themselves."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from agentsite.accounts.models import User
from builds import housekeeping, runner, selectors, services
from builds.models.build import Build
from builds.models.pause import ProviderPause
from builds.models.run import Effect, Run, RunEvent
from builds.sandbox.remote import RemoteSandbox
from builds.states import State
from tests.contract.runner_service import TOKEN, free_port, running_runner
from tests.flows.worlds import built, ended, model_server, submitted
from tests.stand_ins import scripts
from tests.stand_ins.replies import Reply

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
ROMAN_REQUEST = "A function that converts integers to Roman numerals and back"
BUSY = Reply(status=429, headers={"Retry-After": "120"})


def busy_once() -> dict[str, tuple[Reply, ...]]:
    return {**scripts.GOOD_BUILD, "analyse": (BUSY, *scripts.GOOD_BUILD["analyse"])}


def end_pause() -> None:
    past = timezone.now() - timedelta(seconds=1)
    ProviderPause.objects.update(until=past)
    Run.objects.filter(state=State.WAITING).update(next_attempt_at=past)


def test_a_build_waits_for_as_long_as_the_provider_asks(owner: User) -> None:
    with model_server(busy_once()):
        build = built(owner)
    run = Run.objects.get()
    assert (build.status, run.state, run.attempts, run.lease_expires_at) == (State.WAITING, State.WAITING, 0, None)
    assert run.next_attempt_at is not None
    assert timedelta(seconds=100) < run.next_attempt_at - timezone.now() <= timedelta(seconds=120)
    assert RunEvent.objects.get(kind="build.waiting").payload["code"] == "model.overloaded"


def test_nothing_is_asked_of_a_provider_before_its_pause_ends(owner: User) -> None:
    with model_server(busy_once()) as server:
        built(owner)
        assert runner.run_next() is None
        second = built(owner)
        assert (second.status, len(server.requests)) == (State.WAITING, 1)


@pytest.mark.sandbox
def test_a_build_outlives_a_restart_of_the_sandbox_runner(owner: User) -> None:
    sandbox = RemoteSandbox(f"http://127.0.0.1:{free_port()}", TOKEN)
    engines = runner.Engines(sandbox=lambda: sandbox)
    build = submitted(owner, ROMAN_REQUEST)
    runner.run_next(engines=engines)
    build.refresh_from_db()
    assert (build.status, RunEvent.objects.latest("id").payload["code"]) == (State.WAITING, "sandbox.unreachable")
    end_pause()
    with running_runner(port=urlsplit(sandbox.url).port):
        runner.run_next(engines=engines)
    build.refresh_from_db()
    assert (build.status, build.verification) == (State.COMPLETED, "verified")


@pytest.mark.sandbox
def test_a_build_goes_on_by_itself_when_the_pause_is_over(owner: User) -> None:
    with model_server(busy_once()):
        build = built(owner)
        end_pause()
        ended(build)
    assert (build.status, build.verification) == (State.COMPLETED, "verified")
    assert ProviderPause.objects.get().failures == 0
    assert Run.objects.get().waiting_since is None


def test_a_provider_that_stays_away_is_given_up_after_the_limit(owner: User, settings: Any) -> None:
    settings.AGENT_PROVIDER_WAIT_SECONDS = 600
    with model_server({"analyse": (Reply(status=529, headers={"Retry-After": "400"}),) * 2}):
        build = built(owner)
        assert build.status == State.WAITING
        end_pause()
        Run.objects.update(waiting_since=timezone.now() - timedelta(seconds=400))
        runner.run_next()
    build.refresh_from_db()
    assert (build.status, build.error_code) == (State.FAILED, "model.overloaded")


def test_pauses_grow_while_nobody_says_how_long(owner: User) -> None:
    pauses = []
    with model_server(lambda _body: Reply(status=503)):
        submitted(owner)
        for _ in range(3):
            runner.run_next()
            pauses.append((ProviderPause.objects.get().until - timezone.now()).total_seconds())
            end_pause()
    assert pauses == sorted(pauses)
    assert pauses[2] > 2 * pauses[0]


def test_a_waiting_build_is_cancelled_at_once(owner: User) -> None:
    with model_server(busy_once()):
        build = services.cancel_build(user=owner, build=built(owner))
    assert build.status == State.CANCELLED
    assert selectors.timeline_after(build.run_id, 0)[-1].kind == "build.cancelled"


def test_a_step_that_takes_too_long_ends_the_build(owner: User, settings: Any) -> None:
    settings.AGENT_NODE_SECONDS = 0.3
    with model_server({"analyse": (Reply(text=scripts.ANALYSIS, first_delay_seconds=5),)}):
        build = built(owner)
    assert (build.status, build.error_code) == (State.FAILED, "build.node_timeout")
    assert "analyse" in build.error_message


def test_a_builds_time_counts_over_all_its_attempts(owner: User, settings: Any) -> None:
    settings.AGENT_BUILD_SECONDS = 100
    build = submitted(owner)
    Run.objects.update(worked_seconds=100)
    with model_server({"analyse": (Reply(text=scripts.ANALYSIS, first_delay_seconds=5),)}):
        runner.run_next()
    build.refresh_from_db()
    assert (build.status, build.error_code) == (State.FAILED, "build.timeout")


@pytest.mark.sandbox
def test_the_steps_of_old_builds_are_deleted_and_those_of_new_ones_kept(owner: User) -> None:
    with model_server(scripts.GOOD_BUILD):
        old = built(owner)
    with model_server(scripts.GOOD_BUILD):
        new = built(owner)
    Build.objects.filter(id=old.id).update(completed_at=timezone.now() - timedelta(days=91))
    assert housekeeping.tidy()["events"] > 5
    assert selectors.timeline_after(old.run_id, 0) == []
    assert not Effect.objects.filter(run_id=old.run_id).exists()
    assert set(Run.objects.get(id=old.run_id).graph_state) == {"version", "lasting"}
    assert housekeeping.tidy()["states"] == 0
    assert len(selectors.timeline_after(new.run_id, 0)) > 5
    assert Effect.objects.filter(run_id=new.run_id).exists()
