"""Filters of lists of millions of rows."""

from typing import Any

from django.contrib.admin import AllValuesFieldListFilter
from django.contrib.admin.utils import get_fields_from_path
from django.db.models import Field, Model
from django.http import HttpRequest

NEWEST = 5_000
"""Of so many of the newest rows a filter offers the values; others can stand in an address."""


class NewestValuesFilter(AllValuesFieldListFilter):
    """Offer the values that the newest rows have: to find all, the database would read every row."""

    def __init__(self, field: Field[Any, Any], request: HttpRequest, *args: Any, **given: Any) -> None:
        super().__init__(field, request, *args, **given)
        rows: type[Model] = field.model
        newest = rows._default_manager.order_by("-pk").values("pk")[:NEWEST]
        found = rows._default_manager.filter(pk__in=newest).order_by(field.name)
        self.lookup_choices = found.values_list(field.name, flat=True).distinct()


_TEXT = ("CharField", "TextField", "SlugField", "EmailField")


def bounded(model: type[Model], wanted: Any) -> Any:
    """Return a filter that costs little, in place of one that looks for all values of a column."""
    if not isinstance(wanted, str):
        return wanted
    *_way, column = get_fields_from_path(model, wanted)
    is_free_text = column.get_internal_type() in _TEXT and not getattr(column, "choices", None)
    return (wanted, NewestValuesFilter) if is_free_text else wanted
