from datetime import timedelta

import pytest

from iso_durations import format_duration, parse_duration

PAIRS = [
    ("P1D", timedelta(days=1)),
    ("PT2H30M", timedelta(hours=2, minutes=30)),
    ("P1DT12H", timedelta(days=1, hours=12)),
    ("PT1.5S", timedelta(seconds=1.5)),
    ("PT0.000001S", timedelta(microseconds=1)),
    ("-PT15M", timedelta(minutes=-15)),
    ("P30DT23H59M59S", timedelta(days=30, hours=23, minutes=59, seconds=59)),
]


@pytest.mark.parametrize(("text", "duration"), PAIRS)
def test_a_duration_is_read(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize(("text", "duration"), PAIRS)
def test_a_duration_is_written(text: str, duration: timedelta) -> None:
    assert format_duration(duration) == text


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("P2W", timedelta(weeks=2)),
        ("+PT90S", timedelta(seconds=90)),
        ("PT36H", timedelta(hours=36)),
        ("PT0,5S", timedelta(seconds=0.5)),
    ],
)
def test_other_spellings_are_read(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


def test_zero_is_written_in_seconds() -> None:
    assert format_duration(timedelta(0)) == "PT0S"


def test_zero_is_read() -> None:
    assert parse_duration("PT0S") == timedelta(0)
    assert parse_duration("PT1S") == timedelta(seconds=1)


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1DT", "1D", "P1Y", "P1M", "PT1X", "P1W2D", "PT1H ", "P-1D"],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an ISO 8601 duration"):
        parse_duration(text)
