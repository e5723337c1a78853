"""``/api/v1/approvals/``, and when the agent asks."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope
from agentsite.common.errors import not_found
from agentsite.common.pagination import KeysetPagination
from agentsite.common.serializers import ErrorSerializer, MoneyField, ReadSerializer, StrictSerializer
from builds import validation
from builds.approvals import policy, selectors, services
from builds.models.approval import (
    MAX_REASON,
    AgentPreference,
    Approval,
    ApprovalPolicy,
    ApprovalStatus,
    Door,
    WhileBusy,
)
from memory.api.fields import UUID_REGEX, QuerySerializer

_LATE = OpenApiResponse(ErrorSerializer, "Somebody was faster, or nobody answered in time.")


class ApprovalFilterSerializer(QuerySerializer):
    """The query of a list; what is left out narrows nothing."""

    status = serializers.ChoiceField(choices=ApprovalStatus.choices, required=False)
    conversation = serializers.UUIDField(required=False)


class ProposalSerializer(serializers.Serializer[None]):
    """What the agent would do."""

    action = serializers.CharField()
    project_name = serializers.CharField()
    requirements = serializers.CharField()
    language = serializers.CharField()
    model = serializers.CharField(help_text="provider:name")
    cost_at_most_usd = serializers.CharField(
        allow_null=True, help_text="It becomes the build's budget; null when nobody can say the model's price."
    )
    files = serializers.ListField(child=serializers.CharField(), help_text="Which files change, as far as is known.")
    parent = serializers.CharField(help_text="The build that would be changed; empty for a new one.")  # type: ignore[assignment]
    attempt = serializers.IntegerField()


class ApprovalSerializer(ReadSerializer[Approval]):
    """A proposal, and the answer to it."""

    conversation = serializers.UUIDField(source="conversation_id", read_only=True, allow_null=True)
    job = serializers.UUIDField(source="job_id", read_only=True, allow_null=True)
    build = serializers.UUIDField(source="build_id", read_only=True, allow_null=True)
    started = serializers.UUIDField(
        source="job.build_id", read_only=True, allow_null=True, default=None, help_text="The build it led to."
    )
    proposal = ProposalSerializer(read_only=True)
    resolved_via = serializers.CharField(read_only=True, help_text="web, api, telegram, timeout or agent; else empty.")
    resolved_by = serializers.CharField(source="resolved_by.username", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Approval
        fields = [
            "id",
            "conversation",
            "job",
            "build",
            "started",
            "action",
            "proposal_text",
            "proposal",
            "changes",
            "status",
            "reason",
            "created_at",
            "expires_at",
            "resolved_at",
            "resolved_by",
            "resolved_via",
        ]
        read_only_fields = fields


class ChangesSerializer(StrictSerializer):
    """What is approved otherwise than proposed; what is left out stays."""

    project_name = serializers.CharField(max_length=validation.MAX_NAME, required=False)
    requirements = serializers.CharField(max_length=validation.MAX_REQUIREMENTS, required=False, trim_whitespace=False)
    language = serializers.CharField(max_length=32, required=False)
    budget_usd = serializers.DecimalField(max_digits=12, decimal_places=6, min_value=0, required=False, allow_null=True)


class ApproveSerializer(StrictSerializer):
    """A yes."""

    changes = ChangesSerializer(required=False)


class RejectSerializer(StrictSerializer):
    """A no."""

    reason = serializers.CharField(
        max_length=MAX_REASON, required=False, allow_blank=True, help_text="It goes back to the agent."
    )


class ApprovalViewSet(mixins.ListModelMixin, ApiViewSet[Approval]):
    """What the agent proposed to the caller."""

    read_scope: ClassVar[Scope] = Scope.BUILDS_READ
    write_scope: ClassVar[Scope] = Scope.BUILDS_WRITE
    serializer_class = ApprovalSerializer
    pagination_class = KeysetPagination
    lookup_value_regex = UUID_REGEX
    lookup_url_kwarg = "approval_id"
    queryset = Approval.objects.none()

    def get_queryset(self) -> QuerySet[Approval]:
        """Start at the caller."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return selectors.approvals_of(self.user).filter(**ApprovalFilterSerializer.read(self.request.query_params))

    def _answered(self, approval_id: str, **given: Any) -> Response:
        found = selectors.find_approval(self.user, UUID(approval_id))
        if found is None:
            raise not_found()
        answered = services.answer(user=self.user, approval=found, via=Door.API.value, **given)
        return Response(ApprovalSerializer(answered).data)

    @extend_schema(parameters=[ApprovalFilterSerializer], responses=ApprovalSerializer(many=True))
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List proposals, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=ApprovalSerializer)
    def retrieve(self, _request: Request, approval_id: str) -> Response:
        """Return one proposal."""
        found = selectors.find_approval(self.user, UUID(approval_id))
        if found is None:
            raise not_found()
        return Response(ApprovalSerializer(found).data)

    @extend_schema(request=ApproveSerializer, responses={200: ApprovalSerializer, 409: _LATE})
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, approval_id: str) -> Response:
        """Say yes, with changes if any are given. The first answer counts, from whichever door."""
        wanted = ApproveSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        return self._answered(approval_id, approve=True, changes=wanted.validated_data.get("changes"))

    @extend_schema(request=RejectSerializer, responses={200: ApprovalSerializer, 409: _LATE})
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, approval_id: str) -> Response:
        """Say no, with a reason that goes back to the agent. The first answer counts, from whichever door."""
        wanted = RejectSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        return self._answered(approval_id, approve=False, reason=wanted.validated_data.get("reason", ""))


class PreferenceSerializer(ReadSerializer[AgentPreference]):
    """How the agent behaves."""

    approval_above_usd = MoneyField(read_only=True)
    approval_policy_in_force = serializers.SerializerMethodField(help_text="The operator's rule, where it is stricter.")

    class Meta:
        model = AgentPreference
        fields = ["approval_policy", "approval_above_usd", "approval_policy_in_force", "while_busy", "weekly_digest"]
        read_only_fields = fields

    def get_approval_policy_in_force(self, preference: AgentPreference) -> str:
        """Return the stricter one."""
        return policy.in_force(preference.user)


class PreferenceChangesSerializer(StrictSerializer):
    """What is left out stays."""

    approval_policy = serializers.ChoiceField(choices=ApprovalPolicy.choices, required=False)
    approval_above_usd = serializers.DecimalField(
        max_digits=12, decimal_places=6, min_value=0, max_value=policy.MAX_AMOUNT, required=False
    )
    while_busy = serializers.ChoiceField(choices=WhileBusy.choices, required=False)
    weekly_digest = serializers.BooleanField(required=False)


class PreferenceViewSet(ApiViewSet[AgentPreference]):
    """When the agent asks the caller, and what it does by itself."""

    read_scope: ClassVar[Scope] = Scope.BUILDS_READ
    write_scope: ClassVar[Scope] = Scope.ADMIN
    serializer_class = PreferenceSerializer

    @extend_schema(operation_id="me_agent_retrieve", responses=PreferenceSerializer)
    def retrieve(self, _request: Request) -> Response:
        """Return how the agent behaves."""
        return Response(PreferenceSerializer(policy.preference_of(self.user)).data)

    @extend_schema(
        operation_id="me_agent_partial_update", request=PreferenceChangesSerializer, responses=PreferenceSerializer
    )
    def partial_update(self, request: Request) -> Response:
        """Change how the agent behaves."""
        wanted = PreferenceChangesSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        changed = policy.change_preference(user=self.user, **wanted.validated_data)
        return Response(PreferenceSerializer(changed).data)
