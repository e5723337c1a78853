"""``/api/v1/analyses/``."""

from typing import Any, ClassVar
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope
from agentsite.common.errors import not_found
from agentsite.common.pagination import KeysetPagination
from agentsite.common.serializers import ErrorSerializer
from builds import analyses
from builds.api.analysis_serializers import (
    AnalysisDetailSerializer,
    AnalysisFilterSerializer,
    AnalysisRowSerializer,
    NewAnalysisSerializer,
)
from builds.models.analysis import AnalysisQuerySet, CodeAnalysis


class AnalysisViewSet(mixins.ListModelMixin, ApiViewSet[CodeAnalysis]):
    """Analyses of the caller's builds and of code that was sent in; an operator sees everybody's."""

    read_scope: ClassVar[Scope] = Scope.BUILDS_READ
    write_scope: ClassVar[Scope] = Scope.BUILDS_WRITE
    serializer_class = AnalysisRowSerializer
    pagination_class = KeysetPagination
    lookup_value_regex = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    lookup_url_kwarg = "analysis_id"
    queryset = CodeAnalysis.objects.none()

    def get_queryset(self) -> AnalysisQuerySet:
        """Start at the caller."""
        if getattr(self, "swagger_fake_view", False):
            return CodeAnalysis.objects.none()
        wanted = AnalysisFilterSerializer(data=self.request.query_params)
        wanted.is_valid(raise_exception=True)
        return wanted.narrowed(analyses.visible_analyses(self.user))

    def _analysis(self, analysis_id: str) -> CodeAnalysis:
        found = analyses.find_analysis(self.user, UUID(analysis_id))
        if found is None:
            raise not_found()
        return found

    @extend_schema(parameters=[AnalysisFilterSerializer], responses=AnalysisRowSerializer(many=True))
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List analyses, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewAnalysisSerializer, responses={202: AnalysisDetailSerializer})
    def create(self, request: Request) -> Response:
        """Have code analysed that was not built here; a worker does it, the answer says where to look."""
        wanted = NewAnalysisSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        made = analyses.submit_analysis(user=self.user, **wanted.validated_data)
        address = reverse("analysis-api-detail", kwargs={"analysis_id": made.id})
        return Response(AnalysisDetailSerializer(made).data, status=202, headers={"Location": address})

    @extend_schema(responses=AnalysisDetailSerializer)
    def retrieve(self, _request: Request, analysis_id: str) -> Response:
        """Return one analysis."""
        return Response(AnalysisDetailSerializer(self._analysis(analysis_id)).data)

    @extend_schema(
        responses={
            202: OpenApiResponse(AnalysisDetailSerializer, "A worker has it; it is asked to stop, and then cancelled."),
            204: OpenApiResponse(description="It is gone, and so is its code."),
            409: OpenApiResponse(ErrorSerializer, "It belongs to a build."),
        }
    )
    def destroy(self, _request: Request, analysis_id: str) -> Response:
        """Delete an analysis with its code; ask one that is being worked on to stop."""
        if analyses.delete_analysis(user=self.user, analysis=self._analysis(analysis_id)):
            return Response(status=204)
        body: Any = AnalysisDetailSerializer(self._analysis(analysis_id)).data
        return Response(body, status=202)
