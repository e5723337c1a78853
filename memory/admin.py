"""What memory holds, in the operator's console: to read, never to write."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from memory import admin_rows  # noqa: F401  it registers the others
from memory.models.vectors import VectorMemory


@admin.register(VectorMemory)
class VectorMemoryAdmin(admin.ModelAdmin[VectorMemory]):
    """Passages, newest first."""

    list_display = ("created_at", "title", "collection", "content_type", "language", "user", "verified", "is_indexed")
    list_filter = ("collection", "content_type", "language", "verified", "is_indexed")
    list_select_related = ("user",)
    search_fields = ("title", "source_file")
    ordering = ("-id",)
    exclude = ("embedding",)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[VectorMemory]:
        """Leave the long columns in the database."""
        return super().get_queryset(request).defer("embedding", "terms")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  Django's signature
        """Passages are written by services."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  Django's signature
        """Passages are never changed here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  Django's signature
        """Passages go with their build or their owner."""
        return False
