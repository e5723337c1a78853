from datetime import date

import pytest

from business_days import (
    add_business_days,
    count_business_days,
    date_range,
    is_business_day,
)

FRIDAY = date(2024, 3, 1)
SATURDAY = date(2024, 3, 2)
MONDAY = date(2024, 3, 4)


def test_a_range_holds_both_ends() -> None:
    assert list(date_range(FRIDAY, MONDAY)) == [
        FRIDAY,
        SATURDAY,
        date(2024, 3, 3),
        MONDAY,
    ]


def test_a_range_that_ends_before_it_starts_is_empty() -> None:
    assert list(date_range(MONDAY, FRIDAY)) == []
    assert list(date_range(MONDAY, MONDAY)) == [MONDAY]


def test_weekdays_are_business_days_and_weekends_are_not() -> None:
    assert is_business_day(FRIDAY) is True
    assert is_business_day(SATURDAY) is False


def test_a_holiday_is_not_a_business_day() -> None:
    assert is_business_day(MONDAY, {MONDAY}) is False
    assert is_business_day(MONDAY, {FRIDAY}) is True


def test_business_days_are_counted_with_both_ends() -> None:
    assert count_business_days(FRIDAY, MONDAY) == 2
    assert count_business_days(date(2024, 2, 1), date(2024, 2, 29)) == 21


def test_holidays_are_not_counted() -> None:
    assert count_business_days(FRIDAY, MONDAY, [MONDAY]) == 1


def test_an_end_before_the_start_is_refused() -> None:
    with pytest.raises(ValueError, match="end"):
        count_business_days(MONDAY, FRIDAY)


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        (FRIDAY, 1, MONDAY),
        (FRIDAY, 5, date(2024, 3, 8)),
        (MONDAY, -1, FRIDAY),
        (SATURDAY, 1, MONDAY),
        (SATURDAY, 0, SATURDAY),
    ],
)
def test_weekends_are_skipped_when_adding(
    start: date, count: int, expected: date
) -> None:
    assert add_business_days(start, count) == expected


def test_holidays_are_skipped_when_adding() -> None:
    assert add_business_days(FRIDAY, 1, {MONDAY}) == date(2024, 3, 5)
