import pytest

from retrying import backoff_delays, retry


class Flaky:
    """Fails a number of times, then answers with how often it was called."""

    def __init__(self, failures: int, error: type[Exception] = ConnectionError) -> None:
        self.failures = failures
        self.error = error
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        if self.calls <= self.failures:
            raise self.error("no luck")
        return self.calls


def test_a_call_that_works_is_made_once() -> None:
    pauses: list[float] = []

    @retry(sleep=pauses.append)
    def double(number: int, *, plus: int = 0) -> int:
        """Double a number."""
        return number * 2 + plus

    assert double(3, plus=1) == 7
    assert pauses == []
    assert (double.__name__, double.__doc__) == ("double", "Double a number.")


def test_a_failed_call_is_tried_again_after_growing_pauses() -> None:
    pauses: list[float] = []
    work = Flaky(3)

    @retry(attempts=4, delay=0.5, sleep=pauses.append)
    def call() -> int:
        return work()

    assert call() == 4
    assert pauses == [0.5, 1.0, 2.0]


def test_the_last_error_is_raised() -> None:
    pauses: list[float] = []
    work = Flaky(9)

    @retry(attempts=3, sleep=pauses.append)
    def call() -> int:
        return work()

    with pytest.raises(ConnectionError, match="no luck"):
        call()
    assert (work.calls, pauses) == (3, [1.0, 2.0])


def test_other_errors_are_raised_at_once() -> None:
    work = Flaky(1, KeyError)

    @retry(exceptions=(ConnectionError, TimeoutError))
    def call() -> int:
        return work()

    with pytest.raises(KeyError):
        call()
    assert work.calls == 1


def test_pauses_grow_up_to_a_limit() -> None:
    assert list(backoff_delays(5, 1, 3, 10)) == [1, 3, 9, 10]


def test_a_first_pause_over_the_limit_is_cut() -> None:
    assert list(backoff_delays(3, 99, 2, 10)) == [10, 10]


def test_fewer_than_one_attempt_is_refused() -> None:
    with pytest.raises(ValueError, match="attempts"):
        retry(attempts=0)
