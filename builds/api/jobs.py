"""``/api/v1/jobs/``."""

from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope
from agentsite.common.errors import not_found
from agentsite.common.pagination import KeysetPagination
from builds.api.reading import AFTER, event_page
from builds.api.serializers import EventPageSerializer
from builds.api.talk_serializers import JobFilterSerializer, JobSerializer
from builds.jobs import selectors, services
from builds.models.job import Job
from memory.api.fields import UUID_REGEX


class JobViewSet(mixins.ListModelMixin, ApiViewSet[Job]):
    """What the agent does for the caller; nobody else sees it."""

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

    def _job(self, job_id: str | UUID) -> Job:
        job = selectors.find_job(self.user, UUID(str(job_id)))
        if job is None:
            raise not_found()
        return job

    @extend_schema(parameters=[JobFilterSerializer], responses=JobSerializer(many=True))
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List jobs, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=JobSerializer)
    def retrieve(self, _request: Request, job_id: str) -> Response:
        """Return one job."""
        return Response(JobSerializer(self._job(job_id)).data)

    @extend_schema(parameters=[AFTER], responses=EventPageSerializer)
    @action(detail=True)
    def events(self, request: Request, job_id: str) -> Response:
        """Return a job's timeline after a number, at most 500 events."""
        job = self._job(job_id)
        return event_page(request, job.run_id, job.run.last_seq)

    @extend_schema(request=None, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, _request: Request, job_id: str) -> Response:
        """Ask a job to stop, or withdraw what it proposed; one that has ended stays as it is."""
        services.cancel_job(user=self.user, job=self._job(job_id))
        return Response(JobSerializer(self._job(job_id)).data)
