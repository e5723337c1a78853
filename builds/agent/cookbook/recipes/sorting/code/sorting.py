"""Sorting algorithms, written out; each returns a new list in ascending order."""

from collections.abc import Sequence


def bubble_sort(numbers: Sequence[float]) -> list[float]:
    """Swap neighbours until nothing is out of order; O(n²)."""
    result = list(numbers)
    for end in range(len(result) - 1, 0, -1):
        swapped = False
        for position in range(end):
            if result[position] > result[position + 1]:
                pair = result[position : position + 2]
                result[position : position + 2] = reversed(pair)
                swapped = True
        if not swapped:
            break
    return result


def insertion_sort(numbers: Sequence[float]) -> list[float]:
    """Insert each number where it belongs among those before it; O(n²)."""
    result: list[float] = []
    for number in numbers:
        position = len(result)
        while position and result[position - 1] > number:
            position -= 1
        result.insert(position, number)
    return result


def merge_sort(numbers: Sequence[float]) -> list[float]:
    """Sort both halves and merge them; O(n log n)."""
    if len(numbers) <= 1:
        return list(numbers)
    middle = len(numbers) // 2
    return _merged(merge_sort(numbers[:middle]), merge_sort(numbers[middle:]))


def quick_sort(numbers: Sequence[float]) -> list[float]:
    """Split around a pivot and sort both sides; O(n log n) on average."""
    if len(numbers) <= 1:
        return list(numbers)
    pivot = numbers[len(numbers) // 2]
    smaller = [number for number in numbers if number < pivot]
    equal = [number for number in numbers if number == pivot]
    larger = [number for number in numbers if number > pivot]
    return quick_sort(smaller) + equal + quick_sort(larger)


def _merged(left: list[float], right: list[float]) -> list[float]:
    result = []
    first = second = 0
    while first < len(left) and second < len(right):
        if left[first] <= right[second]:
            result.append(left[first])
            first += 1
        else:
            result.append(right[second])
            second += 1
    return result + left[first:] + right[second:]
