"""Cells of tables that are opened in a spreadsheet."""

from datetime import datetime

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet compute a text (OWASP, CSV injection)."""


def cell(value: object) -> object:
    """Return a value for a cell; texts that a spreadsheet would compute get an apostrophe before them."""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return value.isoformat() if isinstance(value, datetime) else value
