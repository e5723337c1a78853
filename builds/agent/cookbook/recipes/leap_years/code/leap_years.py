"""Leap years and the length of months in the Gregorian calendar."""

_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FEBRUARY = 2


def is_leap_year(year: int) -> bool:
    """Tell whether a year has 366 days."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def leap_years_between(first: int, last: int) -> list[int]:
    """List the leap years from one year to another, both included."""
    return [year for year in range(first, last + 1) if is_leap_year(year)]


def days_in_month(year: int, month: int) -> int:
    """Tell how many days a month has; months are counted from 1.

    :raises ValueError: there is no such month.
    """
    if not 1 <= month <= len(_LENGTHS):
        raise ValueError("month must be between 1 and 12")
    return _LENGTHS[month - 1] + (month == _FEBRUARY and is_leap_year(year))
