"""Tries a model call again while its fault may pass by itself."""

import random
from collections.abc import Callable, Container
from functools import partial
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from builds.agent.errors import Cancelled, TransientError
from builds.agent.ports import Clock, IsCancelled

Result = TypeVar("Result")
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 10.0
SLICE_SECONDS = 0.1


def call_with_retries(
    attempt: Callable[[float], Result],
    *,
    passing: Container[str],
    retries: int,
    total_seconds: float,
    clock: Clock,
    is_cancelled: IsCancelled,
) -> Result:
    """Return what ``attempt`` returns, trying again after transient faults with one of the codes ``passing``.

    Waits grow exponentially with jitter; a server's own ``Retry-After`` counts instead. A wait of more than 10 s, or
    one that would pass ``total_seconds``, is not begun: whoever asked has better things to do meanwhile.

    :param attempt: gets the seconds that are left of ``total_seconds``.
    :raises TransientError: the last fault; ``attempts`` in its details when all tries are used up.
    :raises Cancelled: also while waiting.
    """
    started = clock.monotonic()

    def left() -> float:
        return started + total_seconds - clock.monotonic()

    retrying = Retrying(
        retry=retry_if_exception(lambda fault: isinstance(fault, TransientError) and fault.code in passing),
        stop=lambda state: stop_after_attempt(retries + 1)(state) or not _may_wait(state.upcoming_sleep, left()),
        wait=wait_seconds,
        sleep=partial(_wait, clock=clock, is_cancelled=is_cancelled),
        retry_error_callback=_last_fault,
    )
    result: Result = retrying(lambda: attempt(left()))
    return result


def wait_seconds(state: RetryCallState) -> float:
    """Return how long to wait after the latest fault."""
    fault = state.outcome.exception() if state.outcome else None
    asked = fault.retry_after_seconds if isinstance(fault, TransientError) else None
    if asked is not None:
        return asked
    longest = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** (state.attempt_number - 1))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311  # spreads callers out in time, guards no secret


def _may_wait(seconds: float, left: float) -> bool:
    return seconds <= LONGEST_WAIT_SECONDS and seconds < left


def _wait(seconds: float, *, clock: Clock, is_cancelled: IsCancelled) -> None:
    until = clock.monotonic() + seconds
    while (remaining := until - clock.monotonic()) > 0:
        if is_cancelled():
            raise Cancelled
        clock.sleep(min(SLICE_SECONDS, remaining))


def _last_fault(state: RetryCallState) -> None:
    fault = state.outcome.exception() if state.outcome else None
    if isinstance(fault, TransientError):
        details = {**fault.details, "attempts": state.attempt_number}
        raise TransientError(fault.code, retry_after_seconds=fault.retry_after_seconds, **details)
