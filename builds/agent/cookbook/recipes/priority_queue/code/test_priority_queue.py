import pytest

from priority_queue import PriorityQueue


def filled(*pairs: tuple[str, float]) -> PriorityQueue[str]:
    queue: PriorityQueue[str] = PriorityQueue()
    for item, priority in pairs:
        queue.push(item, priority)
    return queue


def drained(queue: PriorityQueue[str]) -> list[str]:
    return [queue.pop() for _ in range(len(queue))]


def test_the_smallest_number_comes_out_first() -> None:
    assert drained(filled(("c", 3), ("a", 1), ("b", 2.5))) == ["a", "b", "c"]


def test_equal_priorities_keep_their_order() -> None:
    assert drained(filled(("x", 1), ("y", 0), ("z", 1), ("w", 1))) == list("yxzw")


def test_items_that_cannot_be_compared_are_fine() -> None:
    queue: PriorityQueue[dict[str, int]] = PriorityQueue()
    queue.push({"a": 1}, 1)
    queue.push({"b": 2}, 1)
    assert queue.pop() == {"a": 1}


def test_peeking_leaves_the_item_in_the_queue() -> None:
    queue = filled(("b", 2), ("a", 1))
    assert queue.peek() == "a"
    assert len(queue) == 2


def test_items_can_be_pushed_between_pops() -> None:
    queue = filled(("b", 2), ("d", 4))
    assert queue.pop() == "b"
    queue.push("a", 1)
    assert drained(queue) == ["a", "d"]


def test_a_new_queue_is_empty() -> None:
    queue: PriorityQueue[str] = PriorityQueue()
    assert queue.is_empty() is True
    queue.push("a", 1)
    assert queue.is_empty() is False


def test_an_empty_queue_gives_nothing() -> None:
    queue: PriorityQueue[str] = PriorityQueue()
    with pytest.raises(IndexError, match="empty"):
        queue.pop()
    with pytest.raises(IndexError, match="empty"):
        queue.peek()
