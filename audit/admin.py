"""The audit log in the operator's console: to read and to verify, never to write."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from agentsite.common.read_only import ReadOnly
from audit import services, verifying
from audit.models import AuditLog, AuditSeal, Category
from audit.verify_export import Walk

VERIFIED_AT_ONCE = 50_000
"""So many entries or a few more are looked at while somebody waits; ``manage.py audit_verify`` looks at all."""


@admin.register(AuditLog)
class AuditLogAdmin(ReadOnly, admin.ModelAdmin[AuditLog]):
    """Entries, newest first."""

    list_display = ("created_at", "user_label", "action", "resource_type", "resource_id", "severity", "success")
    list_filter = ("event_category", "severity", "success")
    search_fields = ("user_label", "action", "resource_id")
    date_hierarchy = "created_at"
    ordering = ("-id",)

    def get_urls(self) -> list[URLPattern]:
        """Add the button's address."""
        verify = self.admin_site.admin_view(require_POST(self.verify))
        return [path("verify/", verify, name="audit_auditlog_verify"), *super().get_urls()]

    def verify(self, request: HttpRequest) -> HttpResponse:
        """Verify the newest entries, and tell what was found."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        walk = verifying.verify(last_entries=VERIFIED_AT_ONCE)
        with transaction.atomic():
            found = {"entries": walk.entries, "seals": walk.seals, "faults": walk.faults}
            services.record("audit.verified", user=request.user, details=found, category=Category.SECURITY)  # type: ignore[arg-type]  # staff
        messages.add_message(request, messages.ERROR if walk.faults else messages.SUCCESS, told(walk))
        return redirect("admin:audit_auditlog_changelist")


@admin.register(AuditSeal)
class AuditSealAdmin(ReadOnly, admin.ModelAdmin[AuditSeal]):
    """Seals, newest first."""

    list_display = ("number", "created_at", "entry_count", "key_id", "root_hash")
    ordering = ("-number",)


def told(walk: Walk) -> str:
    """Return what was found, for a person."""
    seen = {"entries": walk.entries, "seals": walk.seals, "uncovered": walk.uncovered}
    if walk.findings:
        fault = {"faults": walk.faults, "first": walk.findings[0].text}
        return _("%(faults)s faults in the newest %(entries)s entries; the first: %(first)s.") % (seen | fault)
    return (
        _(
            "The newest %(entries)s entries in %(seals)s seals are as they were written. No anchor covers the last"
            " %(uncovered)s of them yet."
        )
        % seen
    )
