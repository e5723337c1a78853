"""ISO 8601 durations such as ``P1DT2H30M``, as ``timedelta`` and back."""

import re
from datetime import timedelta
from decimal import Decimal

_DURATION = re.compile(
    r"(?P<sign>[+-])?P(?:(?P<weeks>\d{1,9})W|(?:(?P<days>\d{1,9})D)?"
    r"(?:T(?:(?P<hours>\d{1,9})H)?(?:(?P<minutes>\d{1,9})M)?"
    r"(?:(?P<seconds>\d{1,9}(?:[.,]\d{1,6})?)S)?)?)",
    re.ASCII,
)
_UNITS = ("weeks", "days", "hours", "minutes", "seconds")


def parse_duration(text: str) -> timedelta:
    """Read an ISO 8601 duration of weeks, days, hours, minutes and seconds.

    Years and months are refused, because their length is not fixed.

    :raises ValueError: the text is not such a duration.
    """
    match = _DURATION.fullmatch(text)
    if match is None or text.endswith(("P", "T")):
        raise ValueError(f"not an ISO 8601 duration: {text[:40]!r}")
    values = {unit: Decimal((match[unit] or "0").replace(",", ".")) for unit in _UNITS}
    microseconds = int(values.pop("seconds") * 1_000_000)
    whole = {unit: int(value) for unit, value in values.items()}
    duration = timedelta(microseconds=microseconds, **whole)
    return -duration if match["sign"] == "-" else duration


def format_duration(duration: timedelta) -> str:
    """Write a duration in ISO 8601, from days down to seconds; zero is ``PT0S``."""
    sign = "-" if duration < timedelta(0) else ""
    duration = abs(duration)
    minutes, seconds = divmod(duration.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = (
        f".{duration.microseconds:06}".rstrip("0") if duration.microseconds else ""
    )
    date = f"{duration.days}D" if duration.days else ""
    time = "".join(
        f"{value}{letter}" for value, letter in ((hours, "H"), (minutes, "M")) if value
    )
    if seconds or fraction or not (date or time):
        time += f"{seconds}{fraction}S"
    return f"{sign}P{date}T{time}" if time else f"{sign}P{date}"
