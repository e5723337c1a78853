import pytest

from lru import LRUCache


def filled(capacity: int, letters: str) -> LRUCache[str, int]:
    cache: LRUCache[str, int] = LRUCache(capacity)
    for position, letter in enumerate(letters, start=1):
        cache.put(letter, position)
    return cache


def test_a_stored_value_is_returned() -> None:
    assert filled(2, "ab").get("b") == 2


def test_an_absent_value_gives_the_default() -> None:
    cache = filled(2, "a")
    assert cache.get("x") is None
    assert cache.get("x", -1) == -1


def test_the_least_recently_used_value_is_forgotten() -> None:
    assert filled(2, "abc").keys() == ["b", "c"]


def test_reading_counts_as_use() -> None:
    cache = filled(2, "ab")
    cache.get("a")
    cache.put("c", 3)
    assert cache.keys() == ["a", "c"]


def test_writing_again_replaces_the_value_and_counts_as_use() -> None:
    cache = filled(2, "ab")
    cache.put("a", 10)
    cache.put("c", 3)
    assert cache.get("a") == 10
    assert "b" not in cache


def test_asking_whether_a_key_is_there_is_not_use() -> None:
    cache = filled(2, "ab")
    assert "a" in cache
    cache.put("c", 3)
    assert cache.keys() == ["b", "c"]


def test_the_size_never_exceeds_the_capacity() -> None:
    assert len(filled(3, "abcdef")) == 3


def test_clearing_forgets_everything() -> None:
    cache = filled(2, "ab")
    assert len(cache) == 2
    cache.clear()
    assert len(cache) == 0


@pytest.mark.parametrize("capacity", [0, -1])
def test_a_cache_without_room_is_refused(capacity: int) -> None:
    with pytest.raises(ValueError, match="capacity"):
        LRUCache[str, int](capacity)
