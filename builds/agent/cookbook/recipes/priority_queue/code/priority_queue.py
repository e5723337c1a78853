"""A priority queue on a binary heap."""

import heapq
from itertools import count
from typing import Generic, TypeVar

Item = TypeVar("Item")


class PriorityQueue(Generic[Item]):
    """Give out items by priority, the smallest number first.

    Items of equal priority come out in the order in which they went in; the items
    themselves are never compared.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Item]] = []
        self._order = count()

    def push(self, item: Item, priority: float) -> None:
        """Add an item in O(log n)."""
        heapq.heappush(self._heap, (priority, next(self._order), item))

    def pop(self) -> Item:
        """Remove and return the first item in O(log n).

        :raises IndexError: the queue is empty.
        """
        if not self._heap:
            raise IndexError("the queue is empty")
        return heapq.heappop(self._heap)[2]

    def peek(self) -> Item:
        """Return the first item and leave it in the queue.

        :raises IndexError: the queue is empty.
        """
        if not self._heap:
            raise IndexError("the queue is empty")
        return self._heap[0][2]

    def is_empty(self) -> bool:
        """Tell whether nothing is waiting."""
        return not self._heap

    def __len__(self) -> int:
        return len(self._heap)
