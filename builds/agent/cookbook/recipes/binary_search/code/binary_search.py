"""Binary search in a sorted list."""

from collections.abc import Sequence


def binary_search(items: Sequence[int], target: int) -> int:
    """Find a position of a number in a sorted list in O(log n), or -1 if absent.

    Of several equal numbers the first is found.
    """
    position = insertion_point(items, target)
    if position < len(items) and items[position] == target:
        return position
    return -1


def insertion_point(items: Sequence[int], target: int) -> int:
    """Find where a number belongs in a sorted list, before any equal ones."""
    low, high = 0, len(items)
    while low < high:
        middle = (low + high) // 2
        if items[middle] < target:
            low = middle + 1
        else:
            high = middle
    return low
