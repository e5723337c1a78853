"""What the analysers said about code: of a build, or sent in by itself."""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from agentsite.common.ids import uuid7
from builds.models.build import Build
from builds.models.run import Run
from builds.states import FINAL, State

if TYPE_CHECKING:
    from agentsite.accounts.models import User

REPORTED = (
    "quality_score",
    "security_score",
    "maintainability_index",
    "coverage_percent",
    "lines_of_code",
    "cyclomatic_complexity",
    "security_issues",
    "code_smells",
    "type_errors",
    "recommendations",
    "suggested_refactorings",
    "tools",
    "tools_failed",
)
"""The fields that hold an ``AnalysisReport``, by its own names."""


class AnalysisQuerySet(models.QuerySet["CodeAnalysis"]):
    """Analyses, as adjectives."""

    def visible_to(self, user: "User") -> Self:
        """Keep what this person may see: their own; everything for an operator."""
        return self if user.is_operator else self.filter(user=user)

    def in_state(self, state: str) -> Self:
        """Keep what is in a state; a build's analysis is there once it is complete."""
        has_state = Q(run__state=state)
        return self.filter(has_state | Q(run__isnull=True) if state == State.COMPLETED else has_state)

    def without_code(self) -> Self:
        """Leave the code in the database: it is large."""
        return self.defer("files", "code_to_analyze")


class CodeAnalysis(models.Model):
    """Scores from 0 to 10 (null where a tool could not run) and findings ``{file, line, rule, message, severity}``.

    It belongs to a build, whose workflow made it; or it has a run of its own, which says how far it came.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    build = models.OneToOneField(Build, null=True, blank=True, on_delete=models.CASCADE, related_name="analysis")
    run = models.OneToOneField(Run, null=True, blank=True, on_delete=models.CASCADE, related_name="analysis")
    language = models.CharField(max_length=32, blank=True)
    code_to_analyze = models.TextField(blank=True)
    """A build's main module, or what was sent in as one text."""
    files = models.JSONField(default=dict, blank=True)
    """What was sent in as files: path → text."""
    size_bytes = models.PositiveIntegerField(default=0)
    """Of all that was sent in."""
    quality_score = models.FloatField(null=True, blank=True)
    security_score = models.FloatField(null=True, blank=True)
    maintainability_index = models.FloatField(null=True, blank=True)
    coverage_percent = models.FloatField(null=True, blank=True)
    security_issues = models.JSONField(default=list, blank=True)
    code_smells = models.JSONField(default=list, blank=True)
    type_errors = models.JSONField(default=list, blank=True)
    recommendations = models.JSONField(default=list, blank=True)
    suggested_refactorings = models.JSONField(default=list, blank=True)
    lines_of_code = models.PositiveIntegerField(default=0)
    cyclomatic_complexity = models.FloatField(null=True, blank=True)
    analysis_duration_ms = models.PositiveIntegerField(default=0)
    tools = models.JSONField(default=dict, blank=True)
    tools_failed = models.JSONField(default=dict, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    error_message = models.TextField(blank=True)
    error_details = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)

    objects = AnalysisQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "code analyses"
        indexes = [models.Index(fields=["user", "-created_at"]), models.Index(fields=["user", "-id"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(build__isnull=True, run__isnull=False) | Q(build__isnull=False, run__isnull=True),
                name="analysis_of_a_build_or_with_a_run",
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": 0, f"{name}__lte": top}),
                    name=f"analysis_{name}_in_range",
                )
                for name, top in (
                    ("quality_score", 10),
                    ("security_score", 10),
                    ("maintainability_index", 100),
                    ("coverage_percent", 100),
                )
            ),
        ]

    def __str__(self) -> str:
        return f"analysis {self.id}"

    @property
    def state(self) -> State:
        """Return its run's state; a build's analysis is complete."""
        return State(self.run.state) if self.run else State.COMPLETED

    @property
    def is_final(self) -> bool:
        """Say whether it has ended."""
        return self.state in FINAL
