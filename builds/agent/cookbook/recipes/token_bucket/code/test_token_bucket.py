import pytest

from token_bucket import TokenBucket


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_burst_is_allowed_up_to_the_capacity(clock: Clock) -> None:
    bucket = TokenBucket(1, 3, clock)
    assert [bucket.try_acquire() for _ in range(4)] == [True, True, True, False]


def test_tokens_come_back_with_time(clock: Clock) -> None:
    bucket = TokenBucket(2, 1, clock)
    assert bucket.try_acquire()
    clock.now += 0.4
    assert not bucket.try_acquire()
    clock.now += 0.1
    assert bucket.try_acquire()


def test_the_bucket_never_holds_more_than_its_capacity(clock: Clock) -> None:
    bucket = TokenBucket(10, 5, clock)
    clock.now += 100
    assert bucket.available() == 5


def test_several_tokens_can_be_taken_at_once(clock: Clock) -> None:
    bucket = TokenBucket(1, 5, clock)
    assert bucket.try_acquire(4)
    assert bucket.available() == pytest.approx(1)
    assert not bucket.try_acquire(2)


def test_the_wait_is_told(clock: Clock) -> None:
    bucket = TokenBucket(2, 4, clock)
    bucket.try_acquire(4)
    assert bucket.wait_seconds() == pytest.approx(0.5)
    assert bucket.wait_seconds(4) == pytest.approx(2)
    clock.now += 1
    assert bucket.wait_seconds(2) == 0


def test_a_wait_that_never_ends_is_refused(clock: Clock) -> None:
    with pytest.raises(ValueError, match="never"):
        TokenBucket(1, 2, clock).wait_seconds(3)


def test_the_real_clock_is_the_default() -> None:
    bucket = TokenBucket(0.001, 1)
    assert [bucket.try_acquire(), bucket.try_acquire()] == [True, False]


@pytest.mark.parametrize(("rate", "capacity"), [(0, 1), (1, 0), (-1, 1)])
def test_figures_that_are_not_positive_are_refused(
    rate: float, capacity: float
) -> None:
    with pytest.raises(ValueError, match="positive"):
        TokenBucket(rate, capacity)
