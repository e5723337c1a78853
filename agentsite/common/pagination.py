"""Pages by key: a page costs the same however far back it lies."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

if TYPE_CHECKING:  # the framework loads this file while it loads its views
    from rest_framework.views import APIView


class KeysetPagination(CursorPagination):
    """Page newest first by the primary key, which grows with time, with opaque cursors."""

    ordering = "-id"
    page_size_query_param = "page_size"
    max_page_size = 100
    _rows: QuerySet[Any]

    def paginate_queryset(  # type: ignore[override]  # a list has no keys to page by
        self, queryset: QuerySet[Any], request: Request, view: "APIView | None" = None
    ) -> list[Any] | None:
        """Return one page."""
        self._rows = queryset
        return super().paginate_queryset(queryset, request, view)

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Read the cursor.

        :raises NotFound: it is none that this server gave out for this list.
        """
        cursor = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None and not self._is_key(str(cursor.position)):
            raise NotFound(self.invalid_cursor_message)
        return cursor

    def _is_key(self, position: str) -> bool:
        key = self._rows.model._meta.pk  # noqa: SLF001  Django's public API
        try:
            key.run_validators(key.to_python(position))
        except ValidationError:
            return False
        return True
