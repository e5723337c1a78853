"""``/api/v1/approvals/``."""

from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope
from agentsite.common.errors import not_found
from agentsite.common.pagination import KeysetPagination
from agentsite.common.serializers import ErrorSerializer
from builds.api.talk_serializers import (
    ApprovalFilterSerializer,
    ApprovalSerializer,
    ApproveSerializer,
    RejectSerializer,
)
from builds.approvals import selectors, services
from builds.models.approval import Approval, Door
from memory.api.fields import UUID_REGEX

_TOO_LATE = OpenApiResponse(ErrorSerializer, "It was answered before, or nobody answered it in time.")


class ApprovalViewSet(mixins.ListModelMixin, ApiViewSet[Approval]):
    """What the agent proposed to the caller; nobody else sees or answers it."""

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

    def _approval(self, approval_id: str) -> Approval:
        approval = selectors.find_approval(self.user, UUID(approval_id))
        if approval is None:
            raise not_found()
        return approval

    @extend_schema(parameters=[ApprovalFilterSerializer], responses=ApprovalSerializer(many=True))
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List proposals, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=ApprovalSerializer)
    def retrieve(self, _request: Request, approval_id: str) -> Response:
        """Return one proposal."""
        return Response(ApprovalSerializer(self._approval(approval_id)).data)

    @extend_schema(request=ApproveSerializer, responses={200: ApprovalSerializer, 409: _TOO_LATE})
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, approval_id: str) -> Response:
        """Say yes, as proposed or with changes; of several answers the first one counts."""
        approval = self._approval(approval_id)
        wanted = ApproveSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        given = services.answer(user=self.user, approval=approval, approve=True, via=Door.API, **wanted.validated_data)
        return Response(ApprovalSerializer(given).data)

    @extend_schema(request=RejectSerializer, responses={200: ApprovalSerializer, 409: _TOO_LATE})
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, approval_id: str) -> Response:
        """Say no; the reason goes back to the agent."""
        approval = self._approval(approval_id)
        wanted = RejectSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        given = services.answer(user=self.user, approval=approval, approve=False, via=Door.API, **wanted.validated_data)
        return Response(ApprovalSerializer(given).data)
