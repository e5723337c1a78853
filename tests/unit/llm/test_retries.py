"""Trying again."""

from collections.abc import Callable

import pytest

from builds.agent.errors import AgentError, Cancelled, TransientError
from builds.agent.llm.retries import call_with_retries
from builds.agent.scripted.clock import ManualClock


def _failing(*faults: Exception) -> Callable[[float], str]:
    left = list(faults)

    def attempt(seconds: float) -> str:
        if left:
            raise left.pop(0)
        return f"{seconds:.0f} s left"

    return attempt


def _call(attempt: Callable[[float], str], clock: ManualClock, *, retries: int = 3, total: float = 600) -> str:
    return call_with_retries(
        attempt,
        passing={"model.overloaded", "model.unreachable"},
        retries=retries,
        total_seconds=total,
        clock=clock,
        is_cancelled=lambda: clock.monotonic() > 500,
    )


def test_a_call_that_works_waits_for_nothing() -> None:
    clock = ManualClock()
    assert _call(_failing(), clock) == "600 s left"
    assert clock.slept == []


def test_waits_grow_and_the_time_left_shrinks() -> None:
    clock = ManualClock()
    told = _call(_failing(*[TransientError("model.unreachable")] * 3), clock)
    assert 3.5 <= clock.total_slept <= 7
    assert told in {f"{left} s left" for left in range(593, 598)}


def test_a_short_wait_that_was_asked_for_is_kept() -> None:
    clock = ManualClock()
    _call(_failing(TransientError("model.overloaded", retry_after_seconds=7)), clock, retries=1)
    assert clock.total_slept == pytest.approx(7)


def test_a_long_wait_is_left_to_whoever_asked() -> None:
    clock = ManualClock()
    with pytest.raises(TransientError) as caught:
        _call(_failing(*[TransientError("model.overloaded", retry_after_seconds=3600)] * 2), clock, retries=1)
    assert clock.slept == []
    assert caught.value.retry_after_seconds == 3600
    assert caught.value.details == {"attempts": 1}


def test_other_faults_end_the_call() -> None:
    clock = ManualClock()
    with pytest.raises(AgentError) as caught:
        _call(_failing(AgentError("model.rejected", status=400)), clock)
    assert caught.value.details == {"status": 400}
    assert clock.slept == []


def test_a_wait_is_interrupted_by_a_cancel() -> None:
    clock = ManualClock(now=495)
    with pytest.raises(Cancelled):
        _call(_failing(TransientError("model.overloaded", retry_after_seconds=9)), clock)
    assert clock.monotonic() < 501


def test_a_fault_that_is_not_named_as_passing_ends_the_call() -> None:
    clock = ManualClock()
    with pytest.raises(TransientError, match=r"model\.cut_off"):
        _call(_failing(TransientError("model.overloaded"), TransientError("model.cut_off")), clock)
    assert len(clock.slept) > 0
