import pytest

from stack_queue import Queue, Stack


def stack_of(*items: int) -> Stack[int]:
    stack: Stack[int] = Stack()
    for item in items:
        stack.push(item)
    return stack


def queue_of(*items: int) -> Queue[int]:
    queue: Queue[int] = Queue()
    for item in items:
        queue.enqueue(item)
    return queue


def test_the_last_item_leaves_the_stack_first() -> None:
    stack = stack_of(1, 2, 3)
    assert [stack.pop(), stack.pop(), stack.pop()] == [3, 2, 1]


def test_the_first_item_leaves_the_queue_first() -> None:
    queue = queue_of(1, 2, 3)
    assert [queue.dequeue(), queue.dequeue(), queue.dequeue()] == [1, 2, 3]


def test_peeking_changes_nothing() -> None:
    stack, queue = stack_of(1, 2), queue_of(1, 2)
    assert (stack.peek(), queue.peek()) == (2, 1)
    assert (len(stack), len(queue)) == (2, 2)


def test_items_can_come_and_go() -> None:
    stack = stack_of(1, 2)
    stack.pop()
    stack.push(5)
    assert [stack.pop(), stack.pop()] == [5, 1]


def test_they_are_empty_at_first() -> None:
    assert [Stack[int]().is_empty(), stack_of(1).is_empty()] == [True, False]
    assert [Queue[int]().is_empty(), queue_of(1).is_empty()] == [True, False]


def test_an_empty_stack_gives_nothing() -> None:
    with pytest.raises(IndexError, match="stack is empty"):
        Stack[int]().pop()
    with pytest.raises(IndexError, match="stack is empty"):
        Stack[int]().peek()


def test_an_empty_queue_gives_nothing() -> None:
    with pytest.raises(IndexError, match="queue is empty"):
        Queue[int]().dequeue()
    with pytest.raises(IndexError, match="queue is empty"):
        Queue[int]().peek()
