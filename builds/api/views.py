"""``/api/v1/builds/``."""

from typing import ClassVar, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope
from agentsite.common.errors import not_found
from agentsite.common.negotiation import FileNegotiation
from agentsite.common.serializers import ErrorSerializer
from builds import downloads, removal, selectors, services, sharing
from builds.api.filters import BuildFilterSerializer, BuildPagination, Newest, narrowed
from builds.api.reading import AFTER, attempt_asked, event_page, number
from builds.api.serializers import (
    AnalysisSerializer,
    AttemptSerializer,
    BuildDetailSerializer,
    BuildSerializer,
    DiffSerializer,
    EventPageSerializer,
    FileListSerializer,
    ForkSerializer,
    NewBuildSerializer,
    RetrySerializer,
)
from builds.models.build import Build
from builds.pages import changes

_ATTEMPT = OpenApiParameter("attempt", OpenApiTypes.INT, description="Number of an attempt; the last one unless given.")


class BuildViewSet(mixins.ListModelMixin, ApiViewSet[Build]):
    """Builds of the caller; an operator sees everybody's."""

    read_scope: ClassVar[Scope] = Scope.BUILDS_READ
    write_scope: ClassVar[Scope] = Scope.BUILDS_WRITE
    serializer_class = BuildSerializer
    pagination_class = BuildPagination
    lookup_value_regex = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    lookup_url_kwarg = "build_id"
    queryset = Build.objects.none()

    def get_queryset(self) -> QuerySet[Build]:
        """Start at the caller."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        query = self.request.query_params
        if query or self.user.is_operator:
            return narrowed(self.user, query)
        return cast("QuerySet[Build]", Newest(self.user))

    def _build(self, build_id: str | UUID) -> Build:
        reads = self.request.method in SAFE_METHODS
        found, joined = UUID(str(build_id)), selectors.ALONE
        build = (
            sharing.find_readable(self.user, None, found, joined)
            if reads
            else selectors.find_build(self.user, found, joined)
        )
        if build is None:
            raise not_found()
        return build

    @extend_schema(parameters=[BuildFilterSerializer], responses=BuildSerializer(many=True))
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List builds, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewBuildSerializer, responses={201: BuildDetailSerializer})
    def create(self, request: Request) -> Response:
        """Submit a build."""
        wanted = NewBuildSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        return self._made(services.submit_build(user=self.user, api_key=self.key, **wanted.validated_data))

    @extend_schema(responses=BuildDetailSerializer)
    def retrieve(self, _request: Request, build_id: str) -> Response:
        """Return one build."""
        return Response(BuildDetailSerializer(self._build(build_id)).data)

    @extend_schema(responses={204: None, 409: OpenApiResponse(ErrorSerializer, "The build has not ended yet.")})
    def destroy(self, _request: Request, build_id: str) -> Response:
        """Delete a build that has ended, with its files and steps; retries and forks of it go on."""
        removal.delete_build(user=self.user, build=self._build(build_id))
        return Response(status=204)

    @extend_schema(parameters=[AFTER], responses=EventPageSerializer)
    @action(detail=True)
    def events(self, request: Request, build_id: str) -> Response:
        """Return the timeline after a number, at most 500 events."""
        build = self._build(build_id)
        return event_page(request, build.run_id, build.run.last_seq)

    @extend_schema(parameters=[_ATTEMPT], responses=FileListSerializer)
    @action(detail=True)
    def files(self, request: Request, build_id: str) -> Response:
        """List the files of an attempt."""
        build = self._build(build_id)
        rows = selectors.files_of(build.id, attempt_asked(request))
        listed = [
            {
                "path": row.path,
                "size": row.size,
                "sha256": row.blob_id,
                "language": row.language,
                "is_test": row.is_test,
            }
            for row in rows
        ]
        numbers = selectors.attempts(build.id)
        return Response({"attempt": rows[0].attempt if rows else 0, "attempts": numbers, "files": listed})

    @extend_schema(responses=AttemptSerializer(many=True))
    @action(detail=True, pagination_class=None, filter_backends=[])
    def attempts(self, _request: Request, build_id: str) -> Response:
        """List the attempts that have files, oldest first."""
        rows = selectors.attempt_sizes(self._build(build_id).id)
        return Response(AttemptSerializer(rows, many=True).data)  # type: ignore[arg-type]  # read only

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "before", OpenApiTypes.INT, description="An attempt; the one before `after` unless given."
            ),
            OpenApiParameter("after", OpenApiTypes.INT, description="An attempt; the last one unless given."),
        ],
        responses=DiffSerializer,
    )
    @action(detail=True)
    def diff(self, request: Request, build_id: str) -> Response:
        """Compare two attempts."""
        build = self._build(build_id)
        asked = [number(request, name, 0) if name in request.query_params else None for name in ("before", "after")]
        return Response(DiffSerializer(changes.compared(build, *asked)).data)  # type: ignore[arg-type]  # read only

    @extend_schema(
        operation_id="builds_file",
        parameters=[_ATTEMPT, OpenApiParameter("path", OpenApiTypes.STR, OpenApiParameter.PATH)],
        responses={(200, "text/plain"): OpenApiTypes.STR},
    )
    def file(self, request: Request, build_id: UUID, path: str) -> HttpResponse:
        """Return one file's text."""
        rows = selectors.files_of(self._build(build_id).id, attempt_asked(request))
        found = next((row for row in rows if row.path == path), None)
        if found is None:
            raise not_found()
        return downloads.plain_text(found, to=self.user)

    @extend_schema(
        parameters=[_ATTEMPT],
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    @action(detail=True, content_negotiation_class=FileNegotiation)
    def archive(self, request: Request, build_id: str) -> HttpResponse:
        """Return the files of an attempt as a zip."""
        build = self._build(build_id)
        rows = selectors.files_of(build.id, attempt_asked(request))
        if not rows:
            raise not_found()
        return downloads.zip_file(build, rows, to=self.user)

    @extend_schema(responses=AnalysisSerializer)
    @action(detail=True)
    def analysis(self, _request: Request, build_id: str) -> Response:
        """Return what the analysers said."""
        found = getattr(self._build(build_id), "analysis", None)
        if found is None:
            raise not_found()
        return Response(AnalysisSerializer(found).data)

    @extend_schema(request=None, responses=BuildDetailSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, _request: Request, build_id: str) -> Response:
        """Ask a build to stop."""
        build = services.cancel_build(user=self.user, build=self._build(build_id))
        return Response(BuildDetailSerializer(build).data)

    @extend_schema(request=RetrySerializer, responses={201: BuildDetailSerializer})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, build_id: str) -> Response:
        """Submit the same request again as a new build: from the start, or from the step that failed."""
        build = self._build(build_id)
        asked = RetrySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        goes_on = asked.validated_data["from"] == "failed"
        again = services.retry_build(
            user=self.user, api_key=self.key, build=build, from_node="failed" if goes_on else ""
        )
        return self._made(again)

    @extend_schema(request=ForkSerializer, responses={201: BuildDetailSerializer})
    @action(detail=True, methods=["post"])
    def fork(self, request: Request, build_id: str) -> Response:
        """Submit a changed request as a new build that starts from an attempt of this one, which may still run."""
        build = self._build(build_id)
        wanted = ForkSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        return self._made(services.fork_build(user=self.user, api_key=self.key, build=build, **wanted.validated_data))

    def _made(self, build: Build) -> Response:
        address = reverse("build-api-detail", kwargs={"build_id": build.id})
        return Response(BuildDetailSerializer(build).data, status=201, headers={"Location": address})
