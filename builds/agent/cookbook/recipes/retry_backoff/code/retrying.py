"""Try a call again after an error, with growing pauses between the attempts."""

import functools
import time
from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def backoff_delays(
    attempts: int, delay: float, factor: float, max_delay: float
) -> Iterator[float]:
    """Yield the pauses in seconds between so many attempts, each ``factor`` longer."""
    for _ in range(attempts - 1):
        yield min(delay, max_delay)
        delay = min(delay * factor, max_delay)


def retry(  # noqa: PLR0913 - each setting of the decorator is optional
    attempts: int = 3,
    delay: float = 1.0,
    factor: float = 2.0,
    *,
    max_delay: float = 60.0,
    exceptions: tuple[type[Exception], ...] = (Exception,),
    sleep: Callable[[float], None] = time.sleep,
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Decorate a function so that a failed call is tried again.

    After the last attempt its error is raised. Errors other than ``exceptions`` are
    raised at once. ``sleep`` can be replaced, so that tests need not wait.

    :raises ValueError: fewer than one attempt.
    """
    if attempts < 1:
        raise ValueError("attempts must be at least 1")

    def decorate(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        @functools.wraps(function)
        def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            for pause in backoff_delays(attempts, delay, factor, max_delay):
                try:
                    return function(*args, **kwargs)
                except exceptions:
                    sleep(pause)
            return function(*args, **kwargs)

        return call

    return decorate
