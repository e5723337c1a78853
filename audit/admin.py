"""The audit log in the operator's console: to read and to verify, never to write."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from agentsite.common.read_only import ReadOnly
from audit import actions, services, verifying
from audit.models import AuditAnchor, AuditLog, AuditSeal, AuditTombstone, Category
from audit.verify_export import Walk

MOST_COUNTED = 10_000
"""Entries that can be reached by turning pages; filters lead further back."""
VERIFIED_AT_ONCE = 50_000
"""So many entries or a few more are looked at while somebody waits; ``manage.py audit_verify`` looks at all."""


class BoundedPaginator(Paginator[AuditLog]):
    """Count no further than anybody turns pages: millions would be counted for each of them."""

    @cached_property
    def count(self) -> int:
        """Return how many entries there are, or how many are counted at most."""
        rows = cast("QuerySet[AuditLog]", self.object_list)
        return rows.order_by()[:MOST_COUNTED].count()


class ActionFilter(admin.SimpleListFilter):
    """What was done, of all that is known: asking the table for its values would read all of it."""

    title = lazy("action")
    parameter_name = "action"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        """Offer every action."""
        return [(name, name) for name in sorted(actions.SENTENCES)]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[AuditLog]) -> QuerySet[AuditLog]:
        """Narrow to the one that was chosen."""
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditLog)
class AuditLogAdmin(ReadOnly, admin.ModelAdmin[AuditLog]):
    """Entries, newest first."""

    list_display = ("created_at", "user_label", "sentence", "description", "resource", "severity", "success")
    list_filter = ("event_category", "severity", "success", "created_at", ActionFilter)
    search_fields = ("user_label",)  # for the field; what is searched is below
    search_help_text = lazy("A user's name, an action such as user.logged_in, or a thing such as build/ID; exactly.")
    show_full_result_count = False
    paginator = BoundedPaginator
    ordering = ("-id",)

    @admin.display(description=lazy("action"), ordering="action")
    def sentence(self, entry: AuditLog) -> str:
        """Say what was done."""
        return actions.sentence(entry.action)

    @admin.display(description=lazy("resource"))
    def resource(self, entry: AuditLog) -> str:
        """Say what it was done to."""
        return f"{entry.resource_type}/{entry.resource_id}" if entry.resource_id else entry.resource_type

    def get_search_results(
        self, _request: HttpRequest, queryset: QuerySet[AuditLog], search_term: str
    ) -> tuple[QuerySet[AuditLog], bool]:
        """Find what an index knows: who, what, or what it was done to."""
        if not search_term:
            return queryset, False
        kind, slash, number = search_term.partition("/")
        who = get_user_model().objects.filter(username=search_term).values_list("pk", flat=True)
        asked = Q(user_id__in=list(who)) | Q(action=search_term) | Q(user_id__isnull=True, user_label=search_term)
        return queryset.filter(Q(resource_type=kind, resource_id=number) if slash else asked), False

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


@admin.register(AuditTombstone)
class AuditTombstoneAdmin(ReadOnly, admin.ModelAdmin[AuditTombstone]):
    """What was retired."""

    list_display = ("first_seal", "last_seal", "entry_count", "last_moment", "retired_by", "created_at")
    ordering = ("-first_seal",)


@admin.register(AuditAnchor)
class AuditAnchorAdmin(ReadOnly, admin.ModelAdmin[AuditAnchor]):
    """What the address of anchors was told."""

    list_display = ("number", "told_hash", "told_at")
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
