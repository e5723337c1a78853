"""Verified builds that are put onto a branch: where to, and each time that it was tried."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from agentsite.common.ids import uuid7
from builds.models.build import Build
from builds.models.run import Run, RunState

SHA_LENGTH = 40


def _commit_or_nothing(field: str) -> Q:
    # Not by a pattern: SQLite alone knows none, and whoever checks a copy of the database would stumble over it.
    return Q(**{field: ""}) | Q(Exact(Length(field), SHA_LENGTH))


class DeploymentTarget(models.Model):
    """A branch of a repository on this server, or of one elsewhere."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="deployment_targets")
    name = models.SlugField(_("name"), max_length=64)
    branch = models.CharField(_("branch"), max_length=100, default="main")
    remote_url = models.CharField(_("remote"), max_length=2000, blank=True)
    """Empty: the repository is on this server, which offers it to be cloned."""
    username = models.CharField(_("user name there"), max_length=100, blank=True)
    credential_encrypted = models.TextField(blank=True, editable=False)
    """What the remote asks for; it has to be known again for that, so it is encrypted, not hashed."""
    healthy_sha = models.CharField(_("last healthy commit"), max_length=40, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)
    """Since when nothing is deployed there any more."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="deployment_target_name_unique"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(branch=""), name="deployment_target_named"),
            models.CheckConstraint(condition=_commit_or_nothing("healthy_sha"), name="deployment_target_sha"),
            models.CheckConstraint(
                condition=~Q(remote_url="") | Q(credential_encrypted="", username=""),
                name="deployment_target_secret_needs_remote",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.branch})"

    def get_absolute_url(self) -> str:
        """Return the address of the target's page."""
        return reverse("builds:deployment_target", kwargs={"target_id": self.id})

    @property
    def is_local(self) -> bool:
        """Say whether its repository is on this server."""
        return not self.remote_url

    @property
    def has_credential(self) -> bool:
        """Say whether something is shown to the remote."""
        return bool(self.credential_encrypted)


class DeploymentKind(models.TextChoices):
    """What is put onto the branch."""

    DEPLOY = "deploy", _("deployment")
    ROLLBACK = "rollback", _("rollback")


class DeploymentStatus(models.TextChoices):
    """How far it came, and how it ended."""

    BUILDING = "building", _("building")
    TESTING = "testing", _("testing")
    DEPLOYING = "deploying", _("deploying")
    HEALTHY = "healthy", _("healthy")
    ROLLED_BACK = "rolled_back", _("rolled back")
    FAILED = "failed", _("failed")


STAGES = (DeploymentStatus.BUILDING, DeploymentStatus.TESTING, DeploymentStatus.DEPLOYING)
ENDED = (DeploymentStatus.HEALTHY, DeploymentStatus.ROLLED_BACK, DeploymentStatus.FAILED)


class Deployment(models.Model):
    """One try to put a tree onto a branch, on a run of its own; ``status`` follows the run's stages and its end.

    One that waits, in the queue or for a yes, is ``building``, and one that was cancelled ``failed``: its run says so.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="deployment")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="deployments")
    build = models.ForeignKey(Build, null=True, blank=True, on_delete=models.SET_NULL, related_name="deployments")
    target = models.ForeignKey(DeploymentTarget, on_delete=models.CASCADE, related_name="deployments")
    kind = models.CharField(_("kind"), max_length=16, choices=DeploymentKind.choices, default=DeploymentKind.DEPLOY)
    restores = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("brings back")
    )
    """Of a rollback: the deployment whose tree it brings back."""
    project_name = models.CharField(_("project name"), max_length=255)
    language = models.CharField(_("language"), max_length=32)
    branch = models.CharField(_("branch"), max_length=100)
    status = models.CharField(
        _("status"), max_length=16, choices=DeploymentStatus.choices, default=DeploymentStatus.BUILDING
    )
    git_sha = models.CharField(_("commit"), max_length=40, blank=True)
    previous_sha = models.CharField(_("commit before"), max_length=40, blank=True)
    """Where the branch was when the commit was made; empty when there was no branch."""
    tree_hash = models.CharField(max_length=64, blank=True)
    report_text = models.TextField(_("report"), blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    error_message = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["status", "created_at"]),
            models.Index(fields=["user", "-id"]),
            models.Index(fields=["target", "-id"]),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=DeploymentStatus.values), name="deployment_status_known"),
            models.CheckConstraint(condition=Q(kind__in=DeploymentKind.values), name="deployment_kind_known"),
            models.CheckConstraint(condition=~Q(branch=""), name="deployment_branch_not_empty"),
            models.CheckConstraint(
                condition=_commit_or_nothing("git_sha") & _commit_or_nothing("previous_sha"),
                name="deployment_shas_are_shas",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["deploying", "healthy", "rolled_back"]) | ~Q(git_sha=""),
                name="deployment_has_a_commit_before_it_moves",
            ),
            models.CheckConstraint(
                condition=Q(status__in=ENDED, finished_at__isnull=False)
                | (~Q(status__in=ENDED) & Q(finished_at__isnull=True)),
                name="deployment_finished_at_exactly_when_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.git_sha[:10] or self.id} {self.status}"

    def get_absolute_url(self) -> str:
        """Return the address of the deployment's page."""
        return reverse("builds:deployment", kwargs={"deployment_id": self.id})

    @property
    def is_ended(self) -> bool:
        """Say whether it has ended."""
        return self.status in ENDED

    @property
    def is_cancelled(self) -> bool:
        """Say whether it ended because somebody did not want it."""
        return self.run.state == RunState.CANCELLED

    @property
    def candidate_ref(self) -> str:
        """Return the name that its commit has in the target's repository."""
        return f"refs/agentsite/candidates/{self.id}"
