"""How much a column may hold, as constraints that both databases can check."""

from django.db.models import BaseConstraint, CheckConstraint, TextField
from django.db.models.functions import Cast, Length
from django.db.models.lookups import LessThanOrEqual

MAX_JSON = 16_384
MAX_RAW_JSON = 65_536
"""What a program stores of another program's answer."""


def text_within(column: str, most: int, *, name: str) -> BaseConstraint:
    """Let a text have so many characters at most."""
    return CheckConstraint(condition=LessThanOrEqual(Length(column), most), name=name)


def json_within(column: str, most: int, *, name: str) -> BaseConstraint:
    """Let a JSON value be so long at most, as the database writes it."""
    written = Length(Cast(column, TextField()))
    return CheckConstraint(condition=LessThanOrEqual(written, most), name=name)
