"""A build: what somebody asked for and what came of it."""

from functools import cache
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from agentsite.common.ids import uuid7
from builds.models.run import Run, RunState
from builds.querysets import BuildQuerySet
from builds.states import FINAL, Verification

_NO_BUILD = UUID(int=0)


class BuildVerification(models.TextChoices):
    """``builds.states.Verification`` with words for people."""

    UNVERIFIED = Verification.UNVERIFIED.value, _("unverified")
    PARTLY = Verification.PARTLY.value, _("partly verified")
    VERIFIED = Verification.VERIFIED.value, _("verified")


class Build(models.Model):
    """One request and its result. ``status`` says how the run ended, ``verification`` what was proved."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="builds")
    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="build")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children")
    forked_attempt = models.PositiveIntegerField(null=True, blank=True)
    """Which of the parent's attempts a fork started from; its files are this build's attempt 0."""
    api_key = models.ForeignKey(
        "accounts.ApiKey", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    """The key it was submitted with; its monthly budget is the build's, too."""
    conversation = models.ForeignKey(
        "memory.Conversation", null=True, blank=True, on_delete=models.SET_NULL, related_name="builds", editable=False
    )
    """Where it was asked for; it is told there how it ended."""
    project_name = models.CharField(_("project name"), max_length=255)
    description = models.TextField(_("description"), blank=True)
    requirements = models.TextField(_("requirements"))
    language = models.CharField(_("language"), max_length=32, default="python")
    tags = models.JSONField(_("tags"), default=list, blank=True)
    redactions = models.JSONField(default=dict, blank=True, editable=False)
    """The highest number of each kind of placeholder in the request and in those it comes from; see ``guarding``."""
    status = models.CharField(_("status"), max_length=16, choices=RunState.choices, default=RunState.PENDING)
    verification = models.CharField(
        _("verification"), max_length=16, choices=BuildVerification.choices, default=BuildVerification.UNVERIFIED
    )
    wanted_model = models.CharField(_("wanted model"), max_length=200, blank=True)
    model = models.CharField(_("model"), max_length=200, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    duration_seconds = models.FloatField(null=True, blank=True)
    generated_code = models.TextField(blank=True)
    summary = models.TextField(blank=True)
    test_results = models.JSONField(default=dict, blank=True)
    """The last ``TestReport``; empty before the first test run."""
    proofs = models.JSONField(default=list, blank=True)
    """What was proved: a list of ``Proof``, strongest first."""
    build_logs = models.TextField(blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    error_message = models.TextField(blank=True)
    error_details = models.JSONField(default=dict, blank=True)
    use_memory = models.BooleanField(_("uses memory"), default=True)
    """Whether it may learn from what earlier builds left."""
    excluded_memory = models.JSONField(default=list, blank=True)
    """Identifiers of passages, and of builds whose passages, it shall not be shown."""
    celery_task_id = models.CharField(max_length=64, blank=True)
    budget_usd = models.DecimalField(_("budget in USD"), max_digits=12, decimal_places=6, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    remembered_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When its files were put into memory; null until then, and where there is nothing to learn from."""

    came_alone = False
    """Whether it is known, without asking the database, that no file came with it."""
    objects = BuildQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["user", "-created_at"]),
            models.Index(fields=["user", "-id"]),
            models.Index(fields=["status", "created_at"]),
            models.Index(fields=["celery_task_id"]),
            models.Index(fields=["error_code", "-id"], name="build_by_error", condition=~Q(error_code="")),
            models.Index(
                fields=["id"],
                name="build_to_remember",
                condition=Q(status=RunState.COMPLETED, remembered_at__isnull=True),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(requirements=""), name="build_requirements_not_empty"),
            models.CheckConstraint(condition=Q(status__in=RunState.values), name="build_status_known"),
            models.CheckConstraint(
                condition=Q(verification__in=BuildVerification.values), name="build_verification_known"
            ),
            models.CheckConstraint(
                condition=Q(status__in=sorted(FINAL), completed_at__isnull=False)
                | (~Q(status__in=sorted(FINAL)) & Q(completed_at__isnull=True)),
                name="build_completed_at_exactly_when_final",
            ),
            models.CheckConstraint(
                condition=Q(budget_usd__isnull=True) | Q(budget_usd__gte=0), name="build_budget_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_name} ({self.status})"

    def get_absolute_url(self) -> str:
        """Return the address of the build's page."""
        return _page_of(_NO_BUILD).replace(str(_NO_BUILD), str(self.id))

    @property
    def is_final(self) -> bool:
        """Say whether the build has ended."""
        return self.status in FINAL


@cache
def _page_of(build_id: UUID) -> str:
    """Return an address, looked up once: a list that did so for each of its rows spent a tenth of its time on it."""
    return reverse("builds:detail", kwargs={"build_id": build_id})
