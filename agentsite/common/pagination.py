"""Pages by key: a page costs the same however far back it lies."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

from agentsite.common.errors import invalid

if TYPE_CHECKING:  # the framework loads this file while it loads its views
    from rest_framework.views import APIView


MAX_PAGE_SIZE = 100


class KeysetPagination(CursorPagination):
    """Page newest first by the primary key, which grows with time, with opaque cursors."""

    ordering = "-id"
    page_size_query_param = "page_size"
    _rows: QuerySet[Any]

    def paginate_queryset(  # type: ignore[override]  # a list has no keys to page by
        self, queryset: QuerySet[Any], request: Request, view: "APIView | None" = None
    ) -> list[Any] | None:
        """Return one page."""
        self._rows = queryset
        return super().paginate_queryset(queryset, request, view)

    def get_page_size(self, request: Request) -> int | None:
        """Return how many rows were asked for.

        :raises AppError: ``request.invalid``.
        """
        asked = request.query_params.get(self.page_size_query_param)
        if asked is None:
            return self.page_size
        size = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= len(str(MAX_PAGE_SIZE)) else 0
        if not 1 <= size <= MAX_PAGE_SIZE:
            raise invalid(page_size=_("Give a whole number from 1 to %(most)d.") % {"most": MAX_PAGE_SIZE})
        return size

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Read the cursor.

        :raises NotFound: it is none that this server gave out for this list.
        """
        cursor = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None and not self._is_key(str(cursor.position)):
            raise NotFound(self.invalid_cursor_message)
        return cursor

    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:  # noqa: ARG002
        """Describe the query."""
        size = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": self.page_size}
        about_cursor = "Where a page begins: out of `next` or `previous` of another one."
        return [
            {"name": "cursor", "in": "query", "description": about_cursor, "schema": {"type": "string"}},
            {"name": self.page_size_query_param, "in": "query", "description": "Rows of a page.", "schema": size},
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe a page."""
        address = {"type": "string", "format": "uri", "nullable": True}
        around = {"next": address, "previous": address}
        return {
            "type": "object",
            "required": [*around, "results"],
            "properties": around | {"results": schema},
        }

    def _is_key(self, position: str) -> bool:
        key = self._rows.model._meta.pk  # noqa: SLF001  Django's public API
        try:
            key.run_validators(key.to_python(position))
        except ValidationError:
            return False
        return True
