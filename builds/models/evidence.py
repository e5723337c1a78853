"""What the server proved, kept so that it can be checked again."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from builds.models.build import Build


class EvidenceKind(models.TextChoices):
    """Which proof it is."""

    CLEAN_RUN = "clean_run", _("clean run")
    ACCEPTANCE = "acceptance", _("examples by themselves")
    NEGATIVE_CONTROL = "negative_control", _("negative control")
    REORDER = "reorder", _("another order")
    INDEPENDENCE = "independence", _("independent tests")
    DEPLOYMENT = "deployment", _("deployment")


class Evidence(models.Model):
    """One proof: what was run, on which tree, with which tools, and what came out."""

    build = models.ForeignKey(Build, on_delete=models.CASCADE, related_name="evidence")
    kind = models.CharField(max_length=24, choices=EvidenceKind.choices)
    passed = models.BooleanField()
    report = models.JSONField(default=dict)
    tree_hash = models.CharField(max_length=64)
    tools = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "evidence"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {'passed' if self.passed else 'failed'}"
