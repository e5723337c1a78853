"""Conway's Game of Life on an endless board."""

from collections import Counter
from collections.abc import Iterable

Cell = tuple[int, int]
_SURVIVES = {2, 3}
_IS_BORN = 3


def parse_board(text: str) -> set[Cell]:
    """Read the live cells, as (row, column), of lines in which ``#`` is alive."""
    return {
        (row, column)
        for row, line in enumerate(text.splitlines())
        for column, letter in enumerate(line)
        if letter == "#"
    }


def render_board(cells: Iterable[Cell], rows: int, columns: int) -> str:
    """Draw the top left part of the board with ``#`` and ``.``."""
    alive = set(cells)
    return "\n".join(
        "".join("#" if (row, column) in alive else "." for column in range(columns))
        for row in range(rows)
    )


def next_generation(cells: Iterable[Cell]) -> set[Cell]:
    """Apply the rules once: birth with three neighbours, survival with two or three."""
    alive = set(cells)
    neighbours = Counter(
        (row + down, column + right)
        for row, column in alive
        for down in (-1, 0, 1)
        for right in (-1, 0, 1)
        if down or right
    )
    return {
        cell
        for cell, count in neighbours.items()
        if count == _IS_BORN or (count in _SURVIVES and cell in alive)
    }


def evolve(cells: Iterable[Cell], generations: int) -> set[Cell]:
    """Apply the rules so many times.

    :raises ValueError: the number of generations is negative.
    """
    if generations < 0:
        raise ValueError("generations must not be negative")
    alive = set(cells)
    for _ in range(generations):
        alive = next_generation(alive)
    return alive
