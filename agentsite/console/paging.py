"""Lists of which nobody counts a million rows."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

MOST = 2_000
"""So many rows of a list can be leafed through; filters and search find the others."""


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # generic for the type checker only
    """Count no further than a list can be leafed through."""

    template_name = "admin/bounded_pages.html"
    most = MOST

    @cached_property
    def count(self) -> int:
        """Return how many rows there are, at most ``MOST``."""
        rows = self.object_list
        return rows.order_by()[:MOST].count() if isinstance(rows, QuerySet) else min(len(rows), MOST)

    @property
    def is_cut(self) -> bool:
        """Say whether there may be more rows than are counted."""
        return self.count == MOST
