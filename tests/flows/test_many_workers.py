"""Several workers at once, and workers that are told to stop."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from agentsite.accounts.models import User
from builds import runner, stopping, tasks
from builds.background import InBackground
from builds.models.build import Build
from builds.models.run import Run, RunEvent
from builds.runs import fence, status
from builds.runs.claim import Claim, claim_next
from builds.runs.errors import StaleFence
from builds.states import State
from tests.flows.worlds import model_server, submitted, wait_until
from tests.stand_ins import scripts

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]


@pytest.fixture
def _stopping() -> Iterator[None]:
    yield
    stopping._stopping.clear()


def claimed_at_once(count: int) -> list[Claim]:
    start = threading.Barrier(count)

    def claim(number: int) -> Claim | None:
        try:
            start.wait()
            return claim_next(f"worker-{number}")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return [found for found in pool.map(claim, range(count)) if found]


def test_workers_that_claim_at_once_keep_the_limit_per_user(owner: User, settings: Any) -> None:
    settings.AGENT_USER_CONCURRENCY = 2
    for _ in range(8):
        submitted(owner)
    claims = claimed_at_once(8)
    assert len(claims) == 2
    assert Run.objects.filter(state=State.RUNNING).count() == 2


def test_workers_that_claim_at_once_never_get_the_same_run(owner: User, stranger: User, settings: Any) -> None:
    settings.AGENT_USER_CONCURRENCY = 64
    for user in (owner, stranger):
        for _ in range(3):
            submitted(user)
    claims = claimed_at_once(8)
    assert len({claim.run_id for claim in claims}) == len(claims) == 6


@pytest.mark.services
def test_a_worker_that_stopped_in_the_middle_of_a_write_holds_up_nobody_else(owner: User) -> None:
    submitted(owner)
    stuck = claim_next("stuck")
    assert stuck is not None
    Run.objects.update(lease_expires_at=timezone.now())
    other = submitted(owner)
    is_held, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with fence.held(stuck.run_id, stuck.fence):
            is_held.set()
            go_on.wait(5)

    with InBackground(write):
        assert is_held.wait(5)
        started = time.monotonic()
        claims = claimed_at_once(1)
        go_on.set()
    assert [claim.run_id for claim in claims] == [other.run_id]
    assert time.monotonic() - started < 5


@pytest.mark.services
def test_the_database_takes_back_what_a_stopped_worker_holds(owner: User) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("15s",)


@pytest.mark.usefixtures("_stopping")
@pytest.mark.sandbox
def test_a_worker_that_is_told_to_stop_hands_its_build_back_and_another_goes_on(owner: User) -> None:
    with model_server(scripts.SLOW) as server:
        build = submitted(owner)
        with InBackground(tasks.run_waiting):
            wait_until(lambda: len(server.requests) > 1)
            stopping.begin()
    run = Run.objects.get(id=build.run_id)
    assert (run.state, run.attempts, run.lease_expires_at) == (State.PENDING, 0, None)
    stopping._stopping.clear()
    asked = len(server.requests)
    with model_server(scripts.GOOD_BUILD) as server:
        runner.run_next()
    assert 0 < len(server.requests) < 4 <= asked + len(server.requests)
    assert Build.objects.get().verification == "verified"


@pytest.mark.usefixtures("_stopping")
def test_a_worker_that_is_told_to_stop_begins_nothing(owner: User) -> None:
    submitted(owner)
    stopping.begin()
    assert tasks.run_waiting() == 0
    assert Run.objects.get().state == State.PENDING


def test_a_build_that_cannot_be_closed_as_it_should_still_gets_an_end(owner: User) -> None:
    class Odd:
        name = "odd:model"

        def complete(self, *_: Any, **__: Any) -> Any:
            raise ZeroDivisionError

    build = submitted(owner)
    runner.run_next(engines=runner.Engines(model=lambda _name: Odd()))
    build.refresh_from_db()
    assert (build.status, build.error_code) == (State.FAILED, "platform.error")
    assert "ZeroDivisionError" not in build.error_message


def test_a_run_whose_owner_is_gone_is_given_up(owner: User) -> None:
    build = submitted(owner)
    claim = claim_next("worker")
    assert claim is not None
    owner.delete()
    assert not RunEvent.objects.filter(run_id=build.run_id).exists()
    assert not status.request_cancel(build.run_id)
    with pytest.raises(StaleFence), fence.held(claim.run_id, claim.fence):
        pytest.fail("a worker wrote for a run that is gone")
