"""Messages, jobs and proposals on the wire."""

from decimal import Decimal

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agentsite.common.serializers import MoneyField, QuerySerializer, ReadSerializer, StrictSerializer
from builds.api.serializers import ObjectField
from builds.approvals.policy import MAX_AMOUNT
from builds.models.approval import MAX_REASON, Action, Approval, ApprovalPolicy, ApprovalStatus, WhileBusy
from builds.models.job import Job, JobMode, JobStatus
from builds.models.usage import Scope
from memory.api.conversations import ConversationSerializer, MessageSerializer
from memory.attachments.services import MAX_PER_MESSAGE
from memory.models.message import MAX_CONTENT


class NewMessageSerializer(StrictSerializer):
    """What the caller's user says to the agent."""

    content = serializers.CharField(
        max_length=MAX_CONTENT,
        trim_whitespace=False,
        allow_blank=True,
        default="",
        help_text="May be empty with files.",
    )
    attachments = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=MAX_PER_MESSAGE,
        required=False,
        help_text="Files of the caller's that no message has yet, out of `POST /attachments/`.",
    )
    role = serializers.ChoiceField(choices=["user"], default="user", help_text="Nobody else's words are taken here.")
    platform_message_id = serializers.CharField(
        max_length=64,
        required=False,
        allow_blank=True,
        help_text="The caller's own name for the message: one that is there already is returned, not stored again.",
    )
    language = serializers.CharField(max_length=16, required=False, allow_blank=True)
    while_busy = serializers.ChoiceField(
        choices=WhileBusy.choices,
        required=False,
        help_text="What happens while the agent is at an earlier message; as `/me/agent/` says when left out.",
    )


class SaidSerializer(MessageSerializer):
    """A message that was said, and what the agent does about it."""

    job = serializers.UUIDField(
        read_only=True, allow_null=True, help_text="The job that sees to it; null where a repeated message has none."
    )

    class Meta(MessageSerializer.Meta):
        fields = [*MessageSerializer.Meta.fields, "job"]
        read_only_fields = fields


class TranscriptMessageSerializer(MessageSerializer):
    """A message with all that is known about it."""

    metadata = ObjectField(source="extra_metadata", read_only=True, help_text="Its job, proposal, builds, tokens.")

    class Meta(MessageSerializer.Meta):
        fields = [*MessageSerializer.Meta.fields, "metadata"]
        read_only_fields = fields


class TranscriptSerializer(serializers.Serializer[None]):
    """A conversation with all that was said in it, oldest first."""

    conversation = ConversationSerializer()
    messages = TranscriptMessageSerializer(many=True)


class ConversationUsageSerializer(serializers.Serializer[None]):
    """What a conversation's jobs and builds used."""

    calls = serializers.IntegerField()
    tokens_input = serializers.IntegerField()
    tokens_output = serializers.IntegerField()
    cost_usd = MoneyField()
    is_estimated = serializers.BooleanField(help_text="Some server gave no usage; its tokens come from the text.")
    has_price = serializers.BooleanField(help_text="False when a price is not known: the cost is too low.")


class JobFilterSerializer(QuerySerializer):
    """What the list of jobs can be narrowed to."""

    conversation = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(choices=JobStatus.choices, required=False)
    mode = serializers.ChoiceField(choices=JobMode.choices, required=False)
    scope = serializers.ChoiceField(choices=Scope.choices, required=False)


class JobSerializer(ReadSerializer[Job]):
    """What the agent does about a message, or by itself."""

    conversation = serializers.UUIDField(source="conversation_id", allow_null=True, read_only=True)
    message = serializers.IntegerField(
        source="trigger_message_id", allow_null=True, read_only=True, help_text="What it is about."
    )
    answer = serializers.IntegerField(
        source="answer_message_id", allow_null=True, read_only=True, help_text="The message that it ended with."
    )
    build = serializers.UUIDField(source="build_id", allow_null=True, read_only=True, help_text="What it started.")
    approval = serializers.UUIDField(allow_null=True, read_only=True, help_text="The proposal that it waits for.")
    last_seq = serializers.IntegerField(
        source="run.last_seq", read_only=True, help_text="The number of its newest event."
    )

    class Meta:
        model = Job
        fields = [
            "id",
            "conversation",
            "message",
            "answer",
            "task",
            "scope",
            "mode",
            "status",
            "build",
            "approval",
            "error_code",
            "error_message",
            "last_seq",
            "created_at",
            "started_at",
            "finished_at",
        ]
        read_only_fields = fields


class ApprovalFilterSerializer(QuerySerializer):
    """What the list of proposals can be narrowed to."""

    conversation = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(choices=ApprovalStatus.choices, required=False)


class ProposalSerializer(serializers.Serializer[None]):
    """What would be done, complete."""

    action = serializers.ChoiceField(choices=Action.choices)
    project_name = serializers.CharField()
    requirements = serializers.CharField()
    language = serializers.CharField()
    model = serializers.CharField()
    budget_usd = serializers.CharField(allow_null=True)
    cost_at_most_usd = serializers.CharField(allow_null=True, help_text="Null: the model's price is not known.")
    files = serializers.ListField(child=serializers.CharField(), help_text="Which would be written or changed.")
    parent = serializers.CharField(allow_blank=True, help_text="The build that would be changed; empty for a new one.")  # type: ignore[assignment]
    parent_name = serializers.CharField(allow_blank=True)
    attempt = serializers.IntegerField()


@extend_schema_field(ProposalSerializer)
class ProposalField(serializers.JSONField):
    """A proposal, as it was stored."""


class ApprovalSerializer(ReadSerializer[Approval]):
    """What the agent would do, and what became of it."""

    conversation = serializers.UUIDField(source="conversation_id", allow_null=True, read_only=True)
    job = serializers.UUIDField(source="job_id", allow_null=True, read_only=True)
    build = serializers.UUIDField(
        source="build_id", allow_null=True, read_only=True, help_text="The build that would be changed."
    )
    started_build = serializers.UUIDField(
        source="job.build_id", allow_null=True, read_only=True, help_text="The build that its job started."
    )
    proposal = ProposalField(read_only=True)
    changes = ObjectField(read_only=True, help_text="What was approved otherwise than proposed.")
    resolved_by = serializers.CharField(source="resolved_by.username", allow_null=True, read_only=True)
    resolved_via = serializers.CharField(
        read_only=True, help_text="Where from: `web`, `api`, `telegram`, `timeout` or `agent`; empty while it waits."
    )

    class Meta:
        model = Approval
        fields = [
            "id",
            "conversation",
            "job",
            "action",
            "status",
            "build",
            "started_build",
            "proposal_text",
            "proposal",
            "changes",
            "reason",
            "created_at",
            "expires_at",
            "resolved_at",
            "resolved_by",
            "resolved_via",
        ]
        read_only_fields = fields


class ChangesSerializer(StrictSerializer):
    """What to build otherwise than proposed; what is left out stays."""

    project_name = serializers.CharField(max_length=255, required=False)
    requirements = serializers.CharField(max_length=20_000, trim_whitespace=False, required=False)
    language = serializers.CharField(max_length=32, required=False)
    budget_usd = serializers.DecimalField(max_digits=12, decimal_places=6, min_value=0, required=False, allow_null=True)


class ApproveSerializer(StrictSerializer):
    """A yes, as it is or with changes."""

    changes = ChangesSerializer(required=False)


class RejectSerializer(StrictSerializer):
    """A no."""

    reason = serializers.CharField(
        max_length=MAX_REASON, required=False, allow_blank=True, help_text="The agent takes it into account."
    )


class PreferenceChangesSerializer(StrictSerializer):
    """What is left out stays."""

    approval_policy = serializers.ChoiceField(choices=ApprovalPolicy.choices, required=False)
    approval_above_usd = serializers.DecimalField(
        max_digits=12, decimal_places=6, min_value=Decimal(0), max_value=MAX_AMOUNT, required=False
    )
    while_busy = serializers.ChoiceField(choices=WhileBusy.choices, required=False)
    weekly_digest = serializers.BooleanField(required=False)
    notes_facts = serializers.BooleanField(required=False)


class PreferenceSerializer(serializers.Serializer[None]):
    """How the agent behaves towards the caller."""

    approval_policy = serializers.ChoiceField(choices=ApprovalPolicy.choices, help_text="When it asks before it acts.")
    approval_policy_in_force = serializers.ChoiceField(
        choices=ApprovalPolicy.choices, help_text="The stricter of the caller's choice and the operator's rule."
    )
    approval_above_usd = MoneyField(help_text="Of the policy `above`: what costs at most this is not asked about.")
    while_busy = serializers.ChoiceField(
        choices=WhileBusy.choices, help_text="What happens to a message while the agent is at an earlier one."
    )
    weekly_digest = serializers.BooleanField(help_text="Whether it sums up the builds of each week.")
    notes_facts = serializers.BooleanField(help_text="Whether it notes facts that are stated in conversations.")
