"""The audit log in the operator's console: to read, never to write."""

from django.contrib import admin

from agentsite.common.read_only import ReadOnly
from audit.models import AuditLog


@admin.register(AuditLog)
class AuditLogAdmin(ReadOnly, admin.ModelAdmin[AuditLog]):
    """Entries, newest first."""

    list_display = ("created_at", "user_label", "action", "resource_type", "resource_id", "severity", "success")
    list_filter = ("event_category", "severity", "success")
    search_fields = ("user_label", "action", "resource_id")
    date_hierarchy = "created_at"
    ordering = ("-id",)
