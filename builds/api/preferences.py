"""``/api/v1/me/agent/``."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope
from builds.api.talk_serializers import PreferenceChangesSerializer, PreferenceSerializer
from builds.approvals import policy
from builds.models.approval import AgentPreference


class AgentPreferenceViewSet(ApiViewSet[AgentPreference]):
    """How the agent behaves towards the caller."""

    read_scope: ClassVar[Scope] = Scope.USAGE_READ
    write_scope: ClassVar[Scope] = Scope.ADMIN
    queryset = AgentPreference.objects.none()

    @extend_schema(operation_id="me_agent_retrieve", responses=PreferenceSerializer)
    def retrieve(self, _request: Request) -> Response:
        """Say when the agent asks first, and what it does when several messages come."""
        return self._shown(policy.preference_of(self.user))

    @extend_schema(operation_id="me_agent_update", request=PreferenceChangesSerializer, responses=PreferenceSerializer)
    def partial_update(self, request: Request) -> Response:
        """Change when the agent asks first, or what it does when several messages come."""
        wanted = PreferenceChangesSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        return self._shown(policy.change_preference(user=self.user, **wanted.validated_data))

    def _shown(self, preference: AgentPreference) -> Response:
        names = ("approval_policy", "approval_above_usd", "while_busy", "weekly_digest", "notes_facts")
        told = {name: getattr(preference, name) for name in names}
        told["approval_policy_in_force"] = policy.in_force(self.user)
        return Response(PreferenceSerializer(told).data)  # type: ignore[arg-type]  # read only
