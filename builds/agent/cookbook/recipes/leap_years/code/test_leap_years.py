import pytest

from leap_years import days_in_month, is_leap_year, leap_years_between


@pytest.mark.parametrize("year", [1600, 2000, 2024, 4])
def test_leap_years_are_recognised(year: int) -> None:
    assert is_leap_year(year) is True
    assert is_leap_year(year + 1) is False


@pytest.mark.parametrize("year", [1900, 2100, 2023, 2026])
def test_other_years_are_not_leap_years(year: int) -> None:
    assert is_leap_year(year) is False
    assert is_leap_year(year * 4 * 100) is True


def test_leap_years_are_listed_with_both_ends() -> None:
    assert leap_years_between(1896, 1908) == [1896, 1904, 1908]


def test_there_may_be_no_leap_years() -> None:
    assert leap_years_between(2001, 2003) == []
    assert leap_years_between(2004, 2004) == [2004]


def test_months_have_their_length() -> None:
    lengths = [days_in_month(2023, month) for month in range(1, 13)]
    assert lengths == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def test_february_is_longer_in_a_leap_year() -> None:
    assert (days_in_month(2024, 2), days_in_month(1900, 2)) == (29, 28)


@pytest.mark.parametrize("month", [0, 13])
def test_other_months_are_refused(month: int) -> None:
    with pytest.raises(ValueError, match="month"):
        days_in_month(2024, month)
