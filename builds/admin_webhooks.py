"""Webhooks in the operator's console: to look at."""

from django.contrib import admin

from agentsite.common.read_only import ReadOnly
from builds.models.webhook import WebhookDelivery, WebhookEndpoint


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnly, admin.ModelAdmin[WebhookEndpoint]):
    """Who is told of builds. Addresses may hold secrets of their receivers: only hosts are shown."""

    list_display = ("host", "user", "kinds", "pause_reason", "failures_in_row", "last_delivered_at", "created_at")
    list_filter = ("pause_reason",)
    search_fields = ("user__username",)
    list_select_related = ("user",)
    ordering = ("-id",)
    exclude = ("url", "secret_encrypted")


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnly, admin.ModelAdmin[WebhookDelivery]):
    """What was told, and how it was taken."""

    list_display = ("created_at", "kind", "endpoint", "state", "attempts", "answer_status", "error", "next_attempt_at")
    list_filter = ("state", "kind")
    search_fields = ("=id", "=build__id", "endpoint__user__username")
    list_select_related = ("endpoint",)
    ordering = ("-id",)
    exclude = ("event",)
