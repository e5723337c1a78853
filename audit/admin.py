"""The audit log in the operator's console: to read, never to write."""

from django.contrib import admin
from django.http import HttpRequest

from audit.models import AuditLog


@admin.register(AuditLog)
class AuditLogAdmin(admin.ModelAdmin[AuditLog]):
    """Entries, newest first."""

    list_display = ("created_at", "user_label", "action", "resource_type", "resource_id", "severity", "success")
    list_filter = ("event_category", "severity", "success")
    search_fields = ("user_label", "action", "resource_id")
    date_hierarchy = "created_at"
    ordering = ("-id",)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  Django's signature
        """Entries are written with the act."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditLog | None = None) -> bool:  # noqa: ARG002
        """Entries are never changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditLog | None = None) -> bool:  # noqa: ARG002
        """Entries are never deleted here."""
        return False
