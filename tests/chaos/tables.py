"""Results as text."""

from collections.abc import Sequence


def as_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return columns, the first to the left and the numbers to the right."""
    texts = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    lines = []
    for first, *rest in texts:
        cells = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *cells]))
    return "\n".join(lines)
