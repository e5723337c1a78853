"""Jobs: what the agent does about a message, or by itself."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agentsite.common.ids import uuid7
from builds.models.build import Build
from builds.models.run import Run
from builds.models.usage import Scope
from builds.states import State
from memory.models.conversation import Conversation
from memory.models.message import Message


class JobMode(models.TextChoices):
    """What is done about a message; found out by the first step."""

    CLASSIFY = "classify", _("reading the message")
    ANSWER = "answer", _("answering")
    PLAN = "plan", _("planning")
    EXECUTE = "execute", _("building")


class JobStatus(models.TextChoices):
    """The state of a job's run, in the words of jobs."""

    QUEUED = "queued", _("waiting in the queue")
    RUNNING = "running", _("running")
    WAITING = "waiting", _("waiting")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELED = "canceled", _("cancelled")


STATUS_OF = {
    State.PENDING: JobStatus.QUEUED,
    State.RUNNING: JobStatus.RUNNING,
    State.WAITING: JobStatus.WAITING,
    State.COMPLETED: JobStatus.DONE,
    State.FAILED: JobStatus.FAILED,
    State.CANCELLED: JobStatus.CANCELED,
}
ENDED = (JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELED)


class Task(models.TextChoices):
    """What a job was made for."""

    MESSAGE = "message", _("a message")
    REMINDER = "reminder", _("a reminder of a proposal")
    DIGEST = "digest", _("the week's builds")


class Job(models.Model):
    """One turn of the agent, on a run of its own; ``status`` follows the run."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="job")
    conversation = models.ForeignKey(
        Conversation, null=True, blank=True, on_delete=models.SET_NULL, related_name="jobs"
    )
    trigger_message = models.OneToOneField(
        Message, null=True, blank=True, on_delete=models.SET_NULL, related_name="job"
    )
    answer_message = models.OneToOneField(
        Message, null=True, blank=True, on_delete=models.SET_NULL, related_name="answering_job"
    )
    api_key = models.ForeignKey(
        "accounts.ApiKey", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    """The key that the message came with; its monthly budget is the job's, too, and that of what it starts."""
    task = models.CharField(_("made for"), max_length=16, choices=Task.choices, default=Task.MESSAGE)
    scope = models.CharField(_("scope"), max_length=16, choices=Scope.choices, default=Scope.REACTIVE)
    mode = models.CharField(_("mode"), max_length=16, choices=JobMode.choices, default=JobMode.CLASSIFY)
    status = models.CharField(_("status"), max_length=16, choices=JobStatus.choices, default=JobStatus.QUEUED)
    payload = models.JSONField(default=dict, blank=True)
    """Of its task, beside the message: of a reminder ``{"approval": id}``, of a digest ``{"since": …}``."""
    build = models.OneToOneField(Build, null=True, blank=True, on_delete=models.SET_NULL, related_name="job")
    """What it started; one job starts one build at most."""
    error_code = models.CharField(max_length=64, blank=True)
    error_message = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["status", "created_at"]),
            models.Index(fields=["conversation", "created_at"]),
            models.Index(fields=["user", "-id"]),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(mode__in=JobMode.values), name="job_mode_known"),
            models.CheckConstraint(condition=Q(status__in=JobStatus.values), name="job_status_known"),
            models.CheckConstraint(condition=Q(task__in=Task.values), name="job_task_known"),
            models.CheckConstraint(condition=Q(scope__in=Scope.values), name="job_scope_known"),
            models.CheckConstraint(
                condition=Q(status__in=ENDED, finished_at__isnull=False)
                | (~Q(status__in=ENDED) & Q(finished_at__isnull=True)),
                name="job_finished_at_exactly_when_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.mode} {self.status}"

    @property
    def is_ended(self) -> bool:
        """Say whether the job has ended."""
        return self.status in ENDED
