"""What the analysers said about a build's code."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from agentsite.common.ids import uuid7
from builds.models.build import Build


class CodeAnalysis(models.Model):
    """Scores from 0 to 10 (null where a tool could not run) and findings ``{file, line, rule, message, severity}``."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    build = models.OneToOneField(Build, null=True, blank=True, on_delete=models.CASCADE, related_name="analysis")
    code_to_analyze = models.TextField(blank=True)
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
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "code analyses"
        indexes = [models.Index(fields=["user", "-created_at"])]
        constraints = [
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
        ]

    def __str__(self) -> str:
        return f"analysis {self.id}"
