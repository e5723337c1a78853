"""Proposals that wait for a yes, and when somebody wants to be asked."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agentsite.common.ids import uuid7
from builds.models.build import Build
from builds.models.deployment import Deployment
from builds.models.job import Job
from memory.models.bounds import text_within
from memory.models.conversation import Conversation

MAX_REASON = 2_000


class Action(models.TextChoices):
    """What happens after a yes."""

    BUILD = "build", _("a new build")
    FORK = "fork", _("a change of a build")
    DEPLOY = "deploy", _("a deployment")


class ApprovalStatus(models.TextChoices):
    """What became of a proposal."""

    PENDING = "pending", _("waits for an answer")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    SUPERSEDED = "superseded", _("replaced by a newer one")
    EXPIRED = "expired", _("expired")


class Door(models.TextChoices):
    """Where an answer came from."""

    WEB = "web", _("web")
    API = "api", _("API")
    TELEGRAM = "telegram", _("Telegram")
    TIMEOUT = "timeout", _("time ran out")
    AGENT = "agent", _("the agent")


class Approval(models.Model):
    """What the agent would do, and the one answer to it. Only the person it is addressed to may answer."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="approvals")
    conversation = models.ForeignKey(
        Conversation, null=True, blank=True, on_delete=models.SET_NULL, related_name="approvals"
    )
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.CASCADE, related_name="approvals")
    build = models.ForeignKey(Build, null=True, blank=True, on_delete=models.SET_NULL, related_name="approvals")
    """What it is about: the build that would be changed."""
    deployment = models.ForeignKey(
        Deployment, null=True, blank=True, on_delete=models.CASCADE, related_name="approvals"
    )
    """What waits for the answer, beside a job."""
    action = models.CharField(_("action"), max_length=16, choices=Action.choices)
    proposal_text = models.TextField(_("proposal"))
    proposal = models.JSONField(default=dict)
    """``builds.agent.talking.values.Proposal``: request, model, what it may cost at most, which files change."""
    changes = models.JSONField(default=dict, blank=True)
    """What was approved otherwise than proposed."""
    status = models.CharField(
        _("status"), max_length=16, choices=ApprovalStatus.choices, default=ApprovalStatus.PENDING
    )
    reason = models.TextField(_("reason"), blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    reminded_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(_("answered"), null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    resolved_via = models.CharField(_("answered by way of"), max_length=16, choices=Door.choices, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-id"]),
            models.Index(fields=["expires_at"], condition=Q(status="pending"), name="approval_pending_expires"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=ApprovalStatus.values), name="approval_status_known"),
            models.CheckConstraint(condition=Q(action__in=Action.values), name="approval_action_known"),
            models.CheckConstraint(condition=Q(resolved_via__in=["", *Door.values]), name="approval_door_known"),
            models.CheckConstraint(
                condition=Q(status=ApprovalStatus.PENDING, resolved_at__isnull=True, resolved_via="")
                | (~Q(status=ApprovalStatus.PENDING) & Q(resolved_at__isnull=False) & ~Q(resolved_via="")),
                name="approval_resolved_exactly_when_answered",
            ),
            models.UniqueConstraint(
                fields=["conversation"],
                condition=Q(status=ApprovalStatus.PENDING),
                name="approval_one_pending_per_conversation",
            ),
            text_within("reason", MAX_REASON, name="approval_reason_within"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.status}"

    @property
    def is_pending(self) -> bool:
        """Say whether nobody has answered yet."""
        return self.status == ApprovalStatus.PENDING


class ApprovalPolicy(models.TextChoices):
    """When the agent asks before it acts."""

    ALWAYS = "always", _("always")
    ABOVE = "above", _("above an amount")
    DEPLOYMENTS = "deployments", _("only for deployments")
    NEVER = "never", _("never")


class WhileBusy(models.TextChoices):
    """What happens to a message that comes while the agent works on an earlier one."""

    QUEUE = "queue", _("it waits for its turn")
    INTERRUPT = "interrupt", _("it stops the earlier one")
    REJECT = "reject", _("it is refused")


class AgentPreference(models.Model):
    """How somebody wants the agent to behave; who has no row has the defaults."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="agent_preference")
    approval_policy = models.CharField(
        _("ask before building"), max_length=16, choices=ApprovalPolicy.choices, default=ApprovalPolicy.ALWAYS
    )
    approval_above_usd = models.DecimalField(_("amount in USD"), max_digits=12, decimal_places=6, default=Decimal(0))
    while_busy = models.CharField(
        _("a message while the agent works"), max_length=16, choices=WhileBusy.choices, default=WhileBusy.QUEUE
    )
    weekly_digest = models.BooleanField(_("a summary of the builds each week"), default=False)
    notes_facts = models.BooleanField(_("notes facts that are stated in conversations"), default=True)
    digested_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(approval_policy__in=ApprovalPolicy.values), name="policy_known"),
            models.CheckConstraint(condition=Q(while_busy__in=WhileBusy.values), name="while_busy_known"),
            models.CheckConstraint(condition=Q(approval_above_usd__gte=0), name="policy_amount_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.approval_policy}, {self.while_busy}"
