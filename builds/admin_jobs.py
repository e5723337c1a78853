"""Conversations' jobs and proposals in the operator's console: to look at, never to answer in somebody's name."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from agentsite.common.read_only import ReadOnly
from builds.models.approval import AgentPreference, Approval
from builds.models.job import Job


@admin.register(Job)
class JobAdmin(ReadOnly, admin.ModelAdmin[Job]):
    """What the agent did about messages, and by itself."""

    list_display = ("created_at", "user", "task", "mode", "status", "scope", "error_code", "finished_at")
    list_filter = ("status", "mode", "scope", "task")
    search_fields = ("=id", "=run__id", "user__username", "error_code")
    list_select_related = ("user",)
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        """Read what a row shows along with it."""
        return super().get_queryset(request).select_related("user", "run", "conversation", "build")


@admin.register(Approval)
class ApprovalAdmin(ReadOnly, admin.ModelAdmin[Approval]):
    """What the agent asked for, and who answered."""

    list_display = ("created_at", "user", "action", "status", "project", "resolved_via", "resolved_by", "expires_at")
    list_filter = ("status", "action", "resolved_via")
    search_fields = ("=id", "=job__id", "user__username")
    list_select_related = ("user", "resolved_by")
    ordering = ("-id",)

    @admin.display(description=_("project"))
    def project(self, approval: Approval) -> str:
        """Return the name of what would be built."""
        return str(approval.proposal.get("project_name", ""))


@admin.register(AgentPreference)
class AgentPreferenceAdmin(ReadOnly, admin.ModelAdmin[AgentPreference]):
    """When people want to be asked."""

    list_display: Any = ("user", "approval_policy", "approval_above_usd", "while_busy", "weekly_digest", "notes_facts")
    list_filter = ("approval_policy", "while_busy", "weekly_digest", "notes_facts")
    search_fields = ("user__username",)
    list_select_related = ("user",)
    ordering = ("-id",)
