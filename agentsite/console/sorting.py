"""Which columns a list may be sorted by: those that an index keeps in order."""

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from unfold.views import ChangeList


class IndexedChangeList(ChangeList):
    """A list that is sorted by nothing else, whatever its address says."""

    def get_ordering_field(self, field_name: str) -> Any:
        """Return what to sort by; None for a column that would have to be sorted anew."""
        wanted = super().get_ordering_field(field_name)
        return wanted if is_ordered(self.model, wanted) else None


def is_ordered(model: type[Model], name: object) -> bool:
    """Say whether an index keeps a model's rows in the order of a column."""
    if not isinstance(name, str):
        return False
    try:
        column: Any = model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    if not column.concrete:
        return False
    is_first = (index.fields[:1] == [name] and index.condition is None for index in model._meta.indexes)
    return bool(column.unique or column.db_index) or any(is_first)
