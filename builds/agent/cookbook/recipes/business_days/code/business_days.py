"""Working days: count them, add them, list the days of a range."""

from collections.abc import Collection, Iterator
from datetime import date, timedelta

_SATURDAY = 5
_ONE_DAY = timedelta(days=1)


def date_range(start: date, end: date) -> Iterator[date]:
    """Yield every day from ``start`` to ``end``, both included."""
    day = start
    while day <= end:
        yield day
        day += _ONE_DAY


def is_business_day(day: date, holidays: Collection[date] = ()) -> bool:
    """Tell whether a day is neither on a weekend nor a holiday."""
    return day.weekday() < _SATURDAY and day not in holidays


def count_business_days(start: date, end: date, holidays: Collection[date] = ()) -> int:
    """Count the business days from ``start`` to ``end``, both included.

    :raises ValueError: the end is before the start.
    """
    if end < start:
        raise ValueError("end must not be before start")
    return sum(is_business_day(day, holidays) for day in date_range(start, end))


def add_business_days(day: date, count: int, holidays: Collection[date] = ()) -> date:
    """Go forward by a number of business days, or back if the number is negative."""
    step = _ONE_DAY if count >= 0 else -_ONE_DAY
    remaining = abs(count)
    while remaining:
        day += step
        remaining -= is_business_day(day, holidays)
    return day
