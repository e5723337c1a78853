"""Read a CSV file and summarise its numeric columns."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ColumnSummary:
    """Figures about the numbers of one column."""

    count: int
    total: float
    mean: float
    minimum: float
    maximum: float


def read_rows(path: Path | str) -> list[dict[str, str]]:
    """Read a CSV file with a header line into one dictionary per row.

    :raises ValueError: no header line, or a row with more or fewer cells than it.
    """
    with Path(path).open(newline="", encoding="utf-8-sig") as file:
        lines = [line for line in csv.reader(file) if line]
    if not lines:
        raise ValueError("the file has no header line")
    header = lines[0]
    for number, line in enumerate(lines[1:], start=1):
        if len(line) != len(header):
            raise ValueError(f"row {number} has {len(line)} cells, not {len(header)}")
    return [dict(zip(header, line, strict=True)) for line in lines[1:]]


def summarise(rows: Iterable[Mapping[str, str]]) -> dict[str, ColumnSummary]:
    """Summarise every column whose filled cells are all numbers."""
    columns: dict[str, list[str]] = {}
    for row in rows:
        for name, cell in row.items():
            columns.setdefault(name, []).append(cell.strip())
    summaries = {}
    for name, cells in columns.items():
        numbers = _numbers([cell for cell in cells if cell])
        if numbers:
            summaries[name] = _summary(numbers)
    return summaries


def summarise_file(path: Path | str) -> dict[str, ColumnSummary]:
    """Read a CSV file and summarise its numeric columns.

    :raises ValueError: the file is not a CSV table with a header line.
    """
    return summarise(read_rows(path))


def _numbers(cells: list[str]) -> list[float]:
    try:
        return [float(cell) for cell in cells]
    except ValueError:
        return []


def _summary(numbers: list[float]) -> ColumnSummary:
    total = sum(numbers)
    return ColumnSummary(
        len(numbers), total, total / len(numbers), min(numbers), max(numbers)
    )
