"""Builds and runs in the operator's console: to look at, to cancel, to retry, to reassign; never to edit."""

from datetime import UTC
from typing import Any, cast
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from agentsite.accounts.models import User
from agentsite.common.confirming import NothingMore, Question, confirmed
from agentsite.common.read_only import ReadOnly
from builds import (
    admin_deployments,  # noqa: F401  what these register is seen by importing them
    admin_jobs,  # noqa: F401
    admin_money,  # noqa: F401
    admin_webhooks,  # noqa: F401
    operating,
    services,
    stuck,
)
from builds.admin_filters import ErrorCodeFilter, FaultFilter, StuckFilter
from builds.admin_page import MOST_EVENTS, console_page
from builds.models.analysis import CodeAnalysis
from builds.models.build import Build
from builds.models.files import BuildFile
from builds.models.run import Run, RunEvent
from builds.pages.durations import duration
from builds.pages.marks import status_mark, verification_mark
from builds.pages.telling import events_panel
from builds.states import State
from builds.templatetags.shown import drawn

MOST_CHARACTERS = 200_000
_CANCEL = Question(
    _("Cancel"),
    _("They are asked to stop. What they have stored so far can still be read; what they have spent is spent."),
    _("Cancel the builds"),
    is_harmful=True,
)
_RETRY = Question(
    _("Retry"),
    _("Each is submitted again from its start, as a new build of your own. It counts against your own limits."),
    _("Retry the builds"),
    NothingMore,
)


def _hold(row: Build | Run) -> str:
    """Return which hold on a run is meant: that of the worker that was seen with it."""
    run = row.run if isinstance(row, Build) else row
    return f"{run.state}/{run.fence}"


_REASSIGN = Question(
    _("Reassign to another worker"),
    _(
        "Each is taken from the worker that holds it and goes back into the queue; whatever that worker still does is"
        " refused. Another one goes on after the last finished step. For workers that hang."
    ),
    _("Reassign"),
    is_harmful=True,
    seen=_hold,
)


class MayOperate:
    """Acts on builds need the permission to change them, though nothing of them is edited here."""

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Say whether somebody may act on what stands here."""
        return cast("User", request.user).has_perm("builds.change_build")


@admin.register(Build)
class BuildAdmin(MayOperate, ReadOnly, admin.ModelAdmin[Build]):
    """Builds of everybody."""

    list_display = ("name", "user", "state", "proved", "model", "error_code", "submitted", "took")
    list_filter = (StuckFilter, "status", "verification", FaultFilter, ErrorCodeFilter, "language", "created_at")
    search_fields = ("=id", "=run__id", "=error_code", "user__username", "project_name", "requirements")
    search_help_text = _("Id, error code or username; words of the newest builds")
    list_select_related = ("user",)
    ordering = ("-id",)
    actions = ("cancel", "retry", "reassign")
    unlisted = ("requirements", "description", "generated_code", "summary", "build_logs", "error_message")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Build]:
        """Leave the long columns in the database."""
        long = ("test_results", "proofs", "error_details", "redactions", "excluded_memory")
        return super().get_queryset(request).defer(*self.unlisted, *long)

    @admin.display(description=_("project"))
    def name(self, build: Build) -> str:
        """Return the project's name."""
        return build.project_name

    @admin.display(description=_("status"))
    def state(self, build: Build) -> SafeString:
        """Show the status."""
        return drawn(status_mark(build.status))

    @admin.display(description=_("verification"))
    def proved(self, build: Build) -> SafeString:
        """Show what was proved."""
        return drawn(verification_mark(build.verification))

    @admin.display(description=_("submitted (UTC)"))
    def submitted(self, build: Build) -> str:
        """Show when it was asked for."""
        return f"{build.created_at.astimezone(UTC):%Y-%m-%d %H:%M}"

    @admin.display(description=_("took"))
    def took(self, build: Build) -> str:
        """Show how long it took."""
        return "" if build.duration_seconds is None else duration(build.duration_seconds)

    @confirmed(_CANCEL, "operate")
    def cancel(self, request: HttpRequest, build: Build, given: dict[str, Any]) -> None:
        """Ask a build to stop."""
        services.cancel_build(user=cast("User", request.user), build=build, reason=given["reason"])

    @confirmed(_RETRY, "operate")
    def retry(self, request: HttpRequest, build: Build, _given: dict[str, Any]) -> None:
        """Submit a build again."""
        services.retry_build(user=cast("User", request.user), build=build)

    @confirmed(_REASSIGN, "operate")
    def reassign(self, request: HttpRequest, build: Build, given: dict[str, Any]) -> None:
        """Take a build from its worker."""
        operating.reassign_run(user=cast("User", request.user), run=build.run, reason=given["reason"])

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of files."""
        shown = self.admin_site.admin_view(self.show_file)
        return [path("<uuid:build_id>/files/<int:file_id>/", shown, name="builds_build_file"), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002  Django's signature
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """Show everything about one build."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        page = console_page(_uuid(object_id))
        if page is None:
            raise Http404
        context = self._context(request, page.build) | {
            "page": page,
            "may_operate": self.has_operate_permission(request),
        }
        return TemplateResponse(request, "admin/builds/build/page.html", context)

    def show_file(self, request: HttpRequest, build_id: UUID, file_id: int) -> HttpResponse:
        """Show a file of one attempt as text."""
        file = BuildFile.objects.select_related("blob", "build__user").filter(build_id=build_id, pk=file_id).first()
        if not self.has_view_permission(request):
            raise PermissionDenied
        if file is None:
            raise Http404
        text = bytes(file.blob.content).decode("utf-8", "replace")
        shown = {"file": file, "text": text[:MOST_CHARACTERS], "is_cut": len(text) > MOST_CHARACTERS}
        return TemplateResponse(request, "admin/builds/build/file.html", self._context(request, file.build) | shown)

    def _context(self, request: HttpRequest, build: Build) -> dict[str, Any]:
        named = {"title": build.project_name, "opts": self.opts, "original": build, "object": build}
        return self.admin_site.each_context(request) | named


@admin.register(Run)
class RunAdmin(MayOperate, ReadOnly, admin.ModelAdmin[Run]):
    """Runs: who holds what, and their timelines."""

    list_display = ("id", "kind", "user", "status", "lease_owner", "lease_expires_at", "attempts", "last_seq")
    list_filter = (StuckFilter, "kind", "state")
    search_fields = ("=id", "user__username", "lease_owner")
    search_help_text = _("Id or username; the holder's name among the newest runs")
    list_select_related = ("user",)
    ordering = ("-id",)
    exclude = ("graph_state",)
    change_form_template = "admin/builds/run/change_form.html"
    actions = ("reassign",)
    unlisted = ("graph_state",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        """Leave the agent's state in the database."""
        return super().get_queryset(request).defer("graph_state")

    def is_offered(self, act: str, row: Run) -> bool:
        """Offer to reassign what is held."""
        return act != "reassign" or row.state == State.RUNNING

    @admin.display(description=_("state"))
    def status(self, run: Run) -> SafeString:
        """Show the state."""
        return drawn(status_mark(run.state))

    @confirmed(_REASSIGN, "operate")
    def reassign(self, request: HttpRequest, run: Run, given: dict[str, Any]) -> None:
        """Take a run from its worker."""
        operating.reassign_run(user=cast("User", request.user), run=run, reason=given["reason"])

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show a run with the newest part of its timeline, and why it is stuck if it is."""
        run = Run.objects.filter(pk=_uuid(object_id)).defer("graph_state").first()
        newest = list(RunEvent.objects.filter(run=run).order_by("-seq")[:MOST_EVENTS]) if run else []
        shown = {
            "run": run,
            "events": events_panel(newest, MOST_EVENTS).rows,
            "events_left": max(0, run.last_seq - len(newest)) if run else 0,
            "reason": stuck.reason_of(run, newest[0].created_at if newest else None) if run else None,
        }
        return super().change_view(request, object_id, form_url, (extra_context or {}) | shown)


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
    list_filter = ("language", "run__state", FaultFilter, ErrorCodeFilter, "created_at")
    search_fields = ("=id", "=build__id", "=error_code", "user__username")
    list_select_related = ("build", "user", "run")
    ordering = ("-id",)
    unlisted = ("code_to_analyze",)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
