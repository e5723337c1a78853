"""Bars by day or hour, in the units of a picture. The page has the same as a table beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format

WIDTH, HEIGHT, _GAP = 600, 96, 0.2
_LEAST = 1.5
"""The height of the smallest amount that is not nothing."""
Amount = int | Decimal
Shown = Callable[..., str]


@dataclass(frozen=True)
class Bar:
    """One day's bar, in the picture's units."""

    x: float
    y: float
    width: float
    height: float
    words: str
    is_part: bool = False
    """Whether it marks a part of the bar behind it."""


@dataclass(frozen=True)
class Chart:
    """Amounts by day; ``most`` stands beside the highest bar."""

    title: str
    most: str
    total: str
    first: date
    last: date
    bars: Sequence[Bar]
    is_weekly: bool = False
    """Whether a bar is a week, named by its first day."""

    @property
    def ends_today(self) -> bool:
        """Say whether the last day is today (UTC)."""
        return self.last == timezone.now().astimezone(UTC).date()


@dataclass(frozen=True)
class Column:
    """What is drawn of one day, or of the hour that begins at a moment."""

    day: date
    amount: Amount
    part: Amount = 0
    """How much of it is marked."""
    part_words: str = ""


def chart(title: str, columns: Sequence[Column], shown: Shown) -> Chart:
    """Draw a bar for each day that has an amount, oldest first."""
    amounts = [column.amount for column in columns]
    most = max(amounts)
    bars = [bar for number, column in enumerate(columns) for bar in _bars(number, len(columns), column, most, shown)]
    return Chart(title, shown(most) if most else "", shown(sum(amounts)), columns[0].day, columns[-1].day, bars)


def _bars(number: int, count: int, column: Column, most: Amount, shown: Shown) -> list[Bar]:
    parts = [(column.amount, "", False), (column.part, f" {column.part_words}".rstrip(), True)]
    return [
        _bar(number, count, amount / most, f"{when(column.day)}: {shown(amount)}{words}", is_part)
        for amount, words, is_part in parts
        if amount
    ]


def _bar(number: int, count: int, share: float | Decimal, words: str, is_part: bool) -> Bar:  # noqa: FBT001
    step, height = WIDTH / count, max(_LEAST, HEIGHT * float(share))
    left, width = step * (number + _GAP / 2), step * (1 - _GAP)
    return Bar(round(left, 2), round(HEIGHT - height, 2), round(width, 2), round(height, 2), words, is_part)


def when(day: date) -> str:
    """Name a day, or the hour that begins at a moment."""
    return date_format(day, "SHORT_DATETIME_FORMAT" if isinstance(day, datetime) else "DATE_FORMAT")
