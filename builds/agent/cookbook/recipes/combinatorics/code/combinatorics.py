"""Factorials, permutations and combinations."""


def factorial(number: int) -> int:
    """Multiply the whole numbers from 1 to a number; the factorial of 0 is 1.

    :raises ValueError: the number is negative.
    """
    if number < 0:
        raise ValueError("number must not be negative")
    result = 1
    for factor in range(2, number + 1):
        result *= factor
    return result


def permutations_count(total: int, chosen: int) -> int:
    """Count the ordered choices of some out of a total.

    :raises ValueError: a figure is negative.
    """
    if total < 0 or chosen < 0:
        raise ValueError("figures must not be negative")
    if chosen > total:
        return 0
    return factorial(total) // factorial(total - chosen)


def combinations_count(total: int, chosen: int) -> int:
    """Count the choices of some out of a total, whatever their order.

    :raises ValueError: a figure is negative.
    """
    return permutations_count(total, chosen) // factorial(chosen)
