"""Deployments in the operator's console: to look at. What is shown to remotes is nobody's to see."""

from django.contrib import admin

from agentsite.common.read_only import ReadOnly
from builds.models.deployment import Deployment, DeploymentTarget


@admin.register(DeploymentTarget)
class DeploymentTargetAdmin(ReadOnly, admin.ModelAdmin[DeploymentTarget]):
    """Where people put their builds."""

    list_display = ("name", "user", "branch", "remote_url", "healthy_sha", "archived_at", "created_at")
    search_fields = ("=id", "name", "user__username")
    list_select_related = ("user",)
    ordering = ("-id",)
    exclude = ("credential_encrypted",)


@admin.register(Deployment)
class DeploymentAdmin(ReadOnly, admin.ModelAdmin[Deployment]):
    """What was put there, and what became of it."""

    list_display = ("created_at", "user", "project_name", "target", "kind", "status", "git_sha", "error_code")
    list_filter = ("status", "kind")
    search_fields = ("=id", "=run__id", "=build__id", "git_sha", "user__username", "error_code")
    list_select_related = ("user", "target")
    ordering = ("-id",)
