"""Analyse the access log of a web server in the Common Log Format."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

_LINE = re.compile(
    r'(?P<host>\S+) \S+ \S+ \[(?P<time>[^\]]+)\] "(?P<method>[A-Z]+) (?P<path>\S+)'
    r'(?: [^"]*)?" (?P<status>\d{3}) (?P<size>\d+|-)(?: .*)?'
)
_TIME_FORMAT = "%d/%b/%Y:%H:%M:%S %z"
_FIRST_ERROR_STATUS = 400


@dataclass(frozen=True)
class LogEntry:
    """One request."""

    host: str
    time: datetime
    method: str
    path: str
    status: int
    size: int


@dataclass(frozen=True)
class LogSummary:
    """Figures about many requests; ``skipped`` lines could not be read."""

    requests: int
    errors: int
    total_bytes: int
    by_status: dict[int, int]
    top_paths: list[tuple[str, int]]
    top_hosts: list[tuple[str, int]]
    skipped: int


def parse_line(line: str) -> LogEntry:
    """Read one line; what follows the size, as in the combined format, is ignored.

    :raises ValueError: the line is not in the Common Log Format.
    """
    match = _LINE.fullmatch(line.strip())
    if match is None:
        raise ValueError("not a line of the Common Log Format")
    return LogEntry(
        host=match["host"],
        time=datetime.strptime(match["time"], _TIME_FORMAT),
        method=match["method"],
        path=match["path"],
        status=int(match["status"]),
        size=0 if match["size"] == "-" else int(match["size"]),
    )


def analyse_log(lines: Iterable[str], top: int = 5) -> LogSummary:
    """Count requests by status, path and host; errors are statuses from 400 on.

    Empty lines are passed over, lines that cannot be read are counted.
    """
    entries, skipped = _read(lines)
    return LogSummary(
        requests=len(entries),
        errors=sum(entry.status >= _FIRST_ERROR_STATUS for entry in entries),
        total_bytes=sum(entry.size for entry in entries),
        by_status=dict(sorted(Counter(entry.status for entry in entries).items())),
        top_paths=_top(Counter(entry.path for entry in entries), top),
        top_hosts=_top(Counter(entry.host for entry in entries), top),
        skipped=skipped,
    )


def _read(lines: Iterable[str]) -> tuple[list[LogEntry], int]:
    entries = []
    skipped = 0
    for line in lines:
        if not line.strip():
            continue
        try:
            entries.append(parse_line(line))
        except ValueError:
            skipped += 1
    return entries, skipped


def _top(counts: Counter[str], limit: int) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]
