"""``/api/v1/stats/``."""

from typing import ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope
from agentsite.common.pagination import KeysetPagination
from agentsite.common.serializers import QuerySerializer, ReadSerializer
from memory import stats
from memory.api import fields
from memory.models.stat import Stat


class StatQuerySerializer(QuerySerializer):
    """What the figures can be narrowed to."""

    stat_type = serializers.CharField(max_length=stats.MAX_TYPE, required=False)
    since = serializers.DateTimeField(required=False, help_text="This moment and later.")
    until = serializers.DateTimeField(required=False, help_text="Before this moment.")


class StatSerializer(ReadSerializer[Stat]):
    """One figure."""

    extra_data = fields.ObjectField(read_only=True)

    class Meta:
        model = Stat
        fields = ["id", "stat_type", "value", "extra_data", "created_at"]
        read_only_fields = fields


class StatSummarySerializer(serializers.Serializer[None]):
    """All figures of one type."""

    stat_type = serializers.CharField()
    count = serializers.IntegerField()
    sum = serializers.FloatField()
    mean = serializers.FloatField()
    last = serializers.FloatField()
    last_at = serializers.DateTimeField()


class StatReportSerializer(serializers.Serializer[None]):
    """The figures by type."""

    results = StatSummarySerializer(many=True, help_text="By name; at most 200 types.")


class StatViewSet(mixins.ListModelMixin, ApiViewSet[Stat]):
    """Figures about the caller's work."""

    read_scope: ClassVar[Scope] = Scope.MEMORY_READ
    serializer_class = StatSerializer
    pagination_class = KeysetPagination
    queryset = Stat.objects.none()

    def get_queryset(self) -> QuerySet[Stat]:
        """Start at the caller."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return stats.stats_of(self.user, **StatQuerySerializer.read(self.request.query_params))

    @extend_schema(parameters=[StatQuerySerializer], responses=StatSerializer(many=True))
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List figures, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(parameters=[StatQuerySerializer], responses=StatReportSerializer)
    @action(detail=False, pagination_class=None)
    def summary(self, request: Request) -> Response:
        """Return by type how many figures there are, their sum and mean, and the last one."""
        found = stats.summary_of(self.user, **StatQuerySerializer.read(request.query_params))
        return Response(StatReportSerializer({"results": found}).data)  # type: ignore[arg-type]  # read only
