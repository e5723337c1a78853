"""A run: the durable record that everything long shares, with its events and its journal."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agentsite.common.ids import uuid7
from agentsite.common.tracing import current_parent
from builds.states import FINAL, State


class RunKind(models.TextChoices):
    """What a run does."""

    BUILD = "build", _("build")
    ANALYSIS = "analysis", _("code analysis")
    JOB = "job", _("job")
    DEPLOYMENT = "deployment", _("deployment")
    SHADOW = "shadow", _("shadow build")


class RunState(models.TextChoices):
    """``builds.states.State`` with words for people."""

    PENDING = State.PENDING.value, _("waiting in the queue")
    RUNNING = State.RUNNING.value, _("running")
    WAITING = State.WAITING.value, _("waiting")
    COMPLETED = State.COMPLETED.value, _("completed")
    FAILED = State.FAILED.value, _("failed")
    CANCELLED = State.CANCELLED.value, _("cancelled")


class Run(models.Model):
    """One long-running piece of work: who holds it, how far it came, and its event counter.

    Every write of a worker carries the ``fence`` it claimed with in its WHERE, so a worker that was replaced can
    change nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=16, choices=RunKind.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=16, choices=RunState.choices, default=RunState.PENDING)
    priority = models.SmallIntegerField(default=0)
    lease_owner = models.CharField(max_length=100, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveBigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    """How often it was taken up since it last got anywhere."""
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)
    """Since when it has waited for its provider without getting anywhere."""
    worked_seconds = models.FloatField(default=0.0)
    """How long workers have held it, over all attempts."""
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    graph_state = models.JSONField(default=dict, blank=True)
    """The last checkpoint: ``{"version": 1, "checkpoint": …, "metadata": …}``.

    Before the first one ``{"version": 1, "start": …}`` with the state of a retry or fork, or empty.
    """
    last_seq = models.PositiveBigIntegerField(default=0)
    trace_parent = models.CharField(max_length=64, blank=True, default=current_parent, db_default="", editable=False)
    """``traceparent`` (W3C) of the request that made it, so that workers go on in its trace; empty without one."""
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "next_attempt_at"]),
            models.Index(fields=["user", "state"]),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="run_state_known"),
            models.CheckConstraint(condition=Q(kind__in=RunKind.values), name="run_kind_known"),
            models.CheckConstraint(
                condition=Q(state=RunState.RUNNING, lease_expires_at__isnull=False)
                | (~Q(state=RunState.RUNNING) & Q(lease_expires_at__isnull=True)),
                name="run_lease_exactly_while_running",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id} {self.state}"

    @property
    def is_final(self) -> bool:
        """Say whether the run has ended for good."""
        return self.state in FINAL


class RunEvent(models.Model):
    """One line of a run's timeline; append-only, ``seq`` counts 1, 2, 3 … without gaps."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=64)
    node = models.CharField(max_length=32, blank=True)
    payload = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["run", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["run", "seq"], name="run_event_seq_unique"),
            models.CheckConstraint(condition=Q(seq__gte=1), name="run_event_seq_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"


class EffectState(models.TextChoices):
    """Whether an effect's result is stored."""

    STARTED = "started", _("started")
    DONE = "done", _("done")


class Effect(models.Model):
    """The journal: one row for each effect, its result stored before anybody uses it."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="effects")
    key = models.CharField(max_length=200)
    """``step:hash`` where step names node and iteration, and the hash covers what was given."""
    kind = models.CharField(max_length=16)
    state = models.CharField(max_length=16, choices=EffectState.choices, default=EffectState.DONE)
    result = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "key"], name="effect_key_unique"),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(finished_at__gte=F("created_at")),
                name="effect_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.key
