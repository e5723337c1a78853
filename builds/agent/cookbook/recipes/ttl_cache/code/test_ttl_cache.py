import pytest

from ttl_cache import TTLCache


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> TTLCache[str, int]:
    return TTLCache(10, clock)


def test_a_fresh_value_is_returned(cache: TTLCache[str, int], clock: Clock) -> None:
    cache.set("a", 1)
    clock.now += 9.9
    assert cache.get("a") == 1


def test_a_value_expires(cache: TTLCache[str, int], clock: Clock) -> None:
    cache.set("a", 1)
    clock.now += 10
    assert cache.get("a") is None
    assert cache.get("a", -1) == -1


def test_storing_again_starts_the_time_anew(
    cache: TTLCache[str, int], clock: Clock
) -> None:
    cache.set("a", 1)
    clock.now += 8
    cache.set("a", 2)
    clock.now += 8
    assert cache.get("a") == 2


def test_a_value_can_have_its_own_time(cache: TTLCache[str, int], clock: Clock) -> None:
    cache.set("short", 1, ttl_seconds=1)
    cache.set("long", 2, ttl_seconds=100)
    clock.now += 50
    assert (cache.get("short"), cache.get("long")) == (None, 2)


def test_deleting_tells_whether_the_value_was_there(
    cache: TTLCache[str, int], clock: Clock
) -> None:
    cache.set("a", 1)
    cache.set("b", 2)
    assert [cache.delete("a"), cache.delete("a")] == [True, False]
    clock.now += 10
    assert cache.delete("b") is False


def test_purging_counts_the_expired_values(
    cache: TTLCache[str, int], clock: Clock
) -> None:
    cache.set("a", 1)
    cache.set("b", 2)
    clock.now += 10
    cache.set("c", 3)
    assert cache.purge() == 2
    assert cache.get("c") == 3


def test_expired_values_are_not_counted(
    cache: TTLCache[str, int], clock: Clock
) -> None:
    cache.set("a", 1)
    assert len(cache) == 1
    clock.now += 10
    assert len(cache) == 0


def test_the_real_clock_is_the_default() -> None:
    cache: TTLCache[str, int] = TTLCache(1000)
    cache.set("a", 1)
    assert cache.get("a") == 1


@pytest.mark.parametrize("seconds", [0, -5])
def test_a_time_that_is_not_positive_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        TTLCache[str, int](seconds)
