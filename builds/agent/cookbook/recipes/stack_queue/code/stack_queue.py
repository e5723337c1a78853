"""A stack and a queue."""

from collections import deque
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Stack(Generic[Item]):
    """Last in, first out; each operation takes O(1)."""

    def __init__(self) -> None:
        self._items: list[Item] = []

    def push(self, item: Item) -> None:
        """Put an item on top."""
        self._items.append(item)

    def pop(self) -> Item:
        """Take the top item away and return it.

        :raises IndexError: the stack is empty.
        """
        if not self._items:
            raise IndexError("the stack is empty")
        return self._items.pop()

    def peek(self) -> Item:
        """Return the top item and leave it there.

        :raises IndexError: the stack is empty.
        """
        if not self._items:
            raise IndexError("the stack is empty")
        return self._items[-1]

    def is_empty(self) -> bool:
        """Tell whether there is nothing on the stack."""
        return not self._items

    def __len__(self) -> int:
        return len(self._items)


class Queue(Generic[Item]):
    """First in, first out; each operation takes O(1)."""

    def __init__(self) -> None:
        self._items: deque[Item] = deque()

    def enqueue(self, item: Item) -> None:
        """Put an item at the end."""
        self._items.append(item)

    def dequeue(self) -> Item:
        """Take the first item away and return it.

        :raises IndexError: the queue is empty.
        """
        if not self._items:
            raise IndexError("the queue is empty")
        return self._items.popleft()

    def peek(self) -> Item:
        """Return the first item and leave it there.

        :raises IndexError: the queue is empty.
        """
        if not self._items:
            raise IndexError("the queue is empty")
        return self._items[0]

    def is_empty(self) -> bool:
        """Tell whether nobody is waiting."""
        return not self._items

    def __len__(self) -> int:
        return len(self._items)
