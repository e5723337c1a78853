"""``/api/v1/jobs/``."""

from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope
from agentsite.common.errors import not_found
from agentsite.common.pagination import KeysetPagination
from agentsite.common.serializers import ReadSerializer
from builds import selectors as builds
from builds import timeline
from builds.api.reading import number
from builds.api.serializers import EventPageSerializer
from builds.jobs import selectors, services
from builds.models.job import Job, JobMode, JobStatus
from builds.models.usage import Scope as LedgerScope
from memory.api.fields import UUID_REGEX, QuerySerializer


class JobFilterSerializer(QuerySerializer):
    """The query of a list; what is left out narrows nothing."""

    conversation = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(choices=JobStatus.choices, required=False)
    mode = serializers.ChoiceField(choices=JobMode.choices, required=False)
    scope = serializers.ChoiceField(choices=LedgerScope.choices, required=False)


class JobSerializer(ReadSerializer[Job]):
    """What the agent does about a message, or by itself."""

    conversation = serializers.UUIDField(source="conversation_id", read_only=True, allow_null=True)
    build = serializers.UUIDField(
        source="build_id", read_only=True, allow_null=True, help_text="The build that it started."
    )
    message_seq = serializers.IntegerField(source="trigger_message.seq", read_only=True, allow_null=True, default=None)
    answer_seq = serializers.IntegerField(source="answer_message.seq", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Job
        fields = [
            "id",
            "conversation",
            "task",
            "scope",
            "mode",
            "status",
            "message_seq",
            "answer_seq",
            "build",
            "error_code",
            "error_message",
            "created_at",
            "started_at",
            "finished_at",
        ]
        read_only_fields = fields


class JobViewSet(mixins.ListModelMixin, ApiViewSet[Job]):
    """The caller's jobs; nobody else's, for they tell of conversations."""

    read_scope: ClassVar[Scope] = Scope.BUILDS_READ
    write_scope: ClassVar[Scope] = Scope.BUILDS_WRITE
    serializer_class = JobSerializer
    pagination_class = KeysetPagination
    lookup_value_regex = UUID_REGEX
    lookup_url_kwarg = "job_id"
    queryset = Job.objects.none()

    def get_queryset(self) -> QuerySet[Job]:
        """Start at the caller."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return selectors.jobs_of(self.user).filter(**JobFilterSerializer.read(self.request.query_params))

    def _job(self, job_id: str) -> Job:
        found = selectors.find_job(self.user, UUID(job_id))
        if found is None:
            raise not_found()
        return found

    @extend_schema(parameters=[JobFilterSerializer], responses=JobSerializer(many=True))
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List jobs, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=JobSerializer)
    def retrieve(self, _request: Request, job_id: str) -> Response:
        """Return one job."""
        return Response(JobSerializer(self._job(job_id)).data)

    @extend_schema(request=None, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, _request: Request, job_id: str) -> Response:
        """Ask a job to stop, and withdraw what it asked for; one that has ended stays as it is."""
        services.cancel_job(user=self.user, job=self._job(job_id))
        return Response(JobSerializer(self._job(job_id)).data)

    @extend_schema(
        parameters=[OpenApiParameter("after", OpenApiTypes.INT, description="Only events with a greater number.")],
        responses=EventPageSerializer,
    )
    @action(detail=True)
    def events(self, request: Request, job_id: str) -> Response:
        """Return the timeline after a number, at most 500 events."""
        job = self._job(job_id)
        rows = builds.timeline_after(job.run_id, number(request, "after", 0))
        return Response({"events": [timeline.as_json(row) for row in rows], "last_seq": job.run.last_seq})
