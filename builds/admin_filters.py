"""Filters of the console that are about more than one column."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from builds import failures, stuck
from builds.models.run import Run

Choices = list[tuple[str, Any]]


class StuckFilter(admin.SimpleListFilter):
    """Runs, and what stands on them, that get nowhere."""

    title = _("stuck")
    parameter_name = "stuck"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:  # noqa: ARG002  Django's signature
        """Return the reasons."""
        return [("any", _("For any reason")), *((code, reason.what) for code, reason in stuck.REASONS.items())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:  # noqa: ARG002
        """Keep what is stuck for the chosen reason."""
        chosen = self.value()
        if chosen is None:
            return queryset
        runs = stuck.stuck_runs(*([chosen] if chosen in stuck.REASONS else []))
        return queryset.filter(**{"pk__in" if queryset.model is Run else "run__in": runs.values("pk")})


class FaultFilter(admin.SimpleListFilter):
    """Whose fault a failure was."""

    title = _("fault")
    parameter_name = "fault"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:  # noqa: ARG002
        """Return who can be at fault."""
        return [
            ("user", _("The request or the settings")),
            ("model", _("The model")),
            ("sandbox", _("The sandbox")),
            ("platform", _("Agentsite")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:  # noqa: ARG002
        """Keep what failed by this one's fault."""
        codes = [code for code, failure in failures.TABLE.items() if failure.fault == self.value()]
        return queryset.filter(error_code__in=codes) if self.value() else queryset


class ErrorCodeFilter(admin.SimpleListFilter):
    """One code; chosen by the links of other pages, shown here so that it can be taken away."""

    title = _("error code")
    parameter_name = "error_code"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:  # noqa: ARG002
        """Return the code that was asked for."""
        code = request.GET.get(self.parameter_name, "")
        return [(code, code)] if code else []

    def has_output(self) -> bool:
        """Be there at all when a code was asked for."""
        return bool(self.lookup_choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:  # noqa: ARG002
        """Keep what failed with this code."""
        return queryset.filter(error_code=self.value()) if self.value() else queryset
