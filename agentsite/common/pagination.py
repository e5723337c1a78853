"""Pages by key: a page costs the same however far back it lies."""

from rest_framework.pagination import CursorPagination


class KeysetPagination(CursorPagination):
    """Page newest first by the time-ordered primary key, with opaque cursors."""

    ordering = "-id"
    page_size_query_param = "page_size"
    max_page_size = 100
