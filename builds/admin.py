"""Builds in the operator's console: to look at, and to cancel or retry; never to edit."""

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from agentsite.accounts.models import User
from agentsite.common.errors import AppError
from agentsite.common.read_only import ReadOnly
from builds import admin_jobs, price_list, services  # noqa: F401  what it registers is seen by importing it
from builds.models.analysis import CodeAnalysis
from builds.models.build import Build
from builds.models.evidence import Evidence
from builds.models.files import BuildFile
from builds.models.price import ModelPrice
from builds.models.reservation import Reservation
from builds.models.run import Run, RunEvent
from builds.models.usage import TokenUsage
from builds.models.webhook import WebhookDelivery, WebhookEndpoint


class FileInline(ReadOnly, admin.TabularInline[BuildFile, Build]):
    """The files of every attempt."""

    model = BuildFile
    fields = readonly_fields = ("attempt", "path", "size", "is_test", "blob")
    extra = 0


class UsageInline(ReadOnly, admin.TabularInline[TokenUsage, Build]):
    """The ledger."""

    model = TokenUsage
    fields = readonly_fields = (
        "created_at",
        "purpose",
        "provider",
        "model",
        "tokens_input",
        "tokens_output",
        "cost_usd",
        "is_estimated",
    )
    extra = 0


class EvidenceInline(ReadOnly, admin.TabularInline[Evidence, Build]):
    """What was proved."""

    model = Evidence
    fields = readonly_fields = ("kind", "passed", "tree_hash", "tools", "created_at")
    extra = 0


class EventInline(ReadOnly, admin.TabularInline[RunEvent, Run]):
    """The timeline."""

    model = RunEvent
    fields = readonly_fields = ("seq", "created_at", "node", "kind", "payload")
    ordering = ("seq",)
    extra = 0


@admin.register(Build)
class BuildAdmin(ReadOnly, admin.ModelAdmin[Build]):
    """Builds of everybody."""

    list_display = (
        "project_name",
        "user",
        "status",
        "verification",
        "language",
        "model",
        "created_at",
        "duration_seconds",
    )
    list_filter = ("status", "verification", "language", "created_at")
    search_fields = ("=id", "project_name", "requirements", "user__username", "error_code")
    list_select_related = ("user",)
    date_hierarchy = "created_at"
    ordering = ("-id",)
    show_full_result_count = False
    inlines = (EvidenceInline, FileInline, UsageInline)
    actions = ("cancel", "retry")

    @admin.action(description=_("Cancel the selected builds"))
    def cancel(self, request: HttpRequest, builds: QuerySet[Build]) -> None:
        """Ask builds to stop."""
        self._each(request, builds, services.cancel_build)

    @admin.action(description=_("Retry the selected builds"))
    def retry(self, request: HttpRequest, builds: QuerySet[Build]) -> None:
        """Submit builds again."""
        self._each(request, builds, services.retry_build)

    def _each(self, request: HttpRequest, builds: QuerySet[Build], act: Any) -> None:
        done = 0
        for build in builds.select_related("user", "run"):
            try:
                act(user=cast("User", request.user), build=build)
                done += 1
            except AppError as error:
                self.message_user(request, f"{build.project_name}: {error.message} {error.hint}", messages.WARNING)
        told = ngettext("%(count)d build.", "%(count)d builds.", done) % {"count": done}
        self.message_user(request, told, messages.SUCCESS)


@admin.register(Run)
class RunAdmin(ReadOnly, admin.ModelAdmin[Run]):
    """Runs: who holds what, and their timelines."""

    list_display = ("id", "kind", "user", "state", "lease_owner", "lease_expires_at", "attempts", "last_seq")
    list_filter = ("kind", "state")
    search_fields = ("=id", "user__username", "lease_owner")
    list_select_related = ("user",)
    ordering = ("-id",)
    show_full_result_count = False
    inlines = (EventInline,)


@admin.register(ModelPrice)
class ModelPriceAdmin(admin.ModelAdmin[ModelPrice]):
    """Prices that come before the shipped list; a change is known everywhere within a minute."""

    list_display = ("provider", "pattern", "since", "input_usd", "output_usd", "updated_at")
    list_filter = ("provider",)
    search_fields = ("pattern",)

    def save_model(self, request: HttpRequest, obj: ModelPrice, form: object, change: bool) -> None:  # noqa: ARG002, FBT001  Django's signature
        """Store a price."""
        price_list.set_price(user=cast("User", request.user), price=obj)

    def delete_model(self, request: HttpRequest, obj: ModelPrice) -> None:
        """Delete a price."""
        price_list.remove_price(user=cast("User", request.user), price=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ModelPrice]) -> None:
        """Delete the selected prices."""
        for price in queryset:
            price_list.remove_price(user=cast("User", request.user), price=price)


@admin.register(Reservation)
class ReservationAdmin(ReadOnly, admin.ModelAdmin[Reservation]):
    """Money that is set aside for model calls."""

    list_display = ("created_at", "user", "build", "amount_usd", "state")
    list_filter = ("state",)
    search_fields = ("user__username", "=build__id")
    list_select_related = ("user", "build")
    ordering = ("-id",)
    show_full_result_count = False


@admin.register(CodeAnalysis)
class CodeAnalysisAdmin(ReadOnly, admin.ModelAdmin[CodeAnalysis]):
    """Scores of builds, and of code that was sent in by itself."""

    list_display = (
        "id",
        "build",
        "user",
        "language",
        "state",
        "quality_score",
        "security_score",
        "maintainability_index",
        "error_code",
        "created_at",
    )
    list_filter = ("language", "run__state", "created_at")
    search_fields = ("=id", "=build__id", "user__username", "error_code")
    list_select_related = ("build", "user", "run")
    ordering = ("-id",)
    show_full_result_count = False


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnly, admin.ModelAdmin[WebhookEndpoint]):
    """Who is told of builds. Addresses may hold secrets of their receivers: only hosts are shown."""

    list_display = ("host", "user", "kinds", "pause_reason", "failures_in_row", "last_delivered_at", "created_at")
    list_filter = ("pause_reason",)
    search_fields = ("user__username",)
    list_select_related = ("user",)
    ordering = ("-id",)
    show_full_result_count = False
    exclude = ("url", "secret_encrypted")


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnly, admin.ModelAdmin[WebhookDelivery]):
    """What was told, and how it was taken."""

    list_display = ("created_at", "kind", "endpoint", "state", "attempts", "answer_status", "error", "next_attempt_at")
    list_filter = ("state", "kind")
    search_fields = ("=id", "endpoint__user__username", "=build__id")
    list_select_related = ("endpoint",)
    ordering = ("-id",)
    show_full_result_count = False
    exclude = ("event",)
