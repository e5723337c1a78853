"""``/api/v1/statistics/``."""

from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import DailyUsage, Scope
from agentsite.common.serializers import MoneyField
from builds.usage.statistics import DEFAULT, RANGES, statistics_of

_RATE: dict[str, Any] = {"allow_null": True, "help_text": "From 0 to 1; null when nothing ended."}


class CountsSerializer(serializers.Serializer[None]):
    """What some builds came to."""

    builds = serializers.IntegerField()
    ended = serializers.IntegerField(help_text="Completed or failed.")
    verified = serializers.IntegerField()
    verified_rate = serializers.FloatField(**_RATE)
    first_try = serializers.IntegerField(help_text="Verified without a repair.")
    first_try_rate = serializers.FloatField(**_RATE)
    repairs = serializers.IntegerField(help_text="Of those that ended.")
    repairs_per_build = serializers.FloatField(allow_null=True, help_text="Null when nothing ended.")
    cost_usd = MoneyField(help_text="Of all model calls of the time, those of talks and of deleted builds among them.")


class PeriodSerializer(CountsSerializer):
    """One day or week."""

    begins_on = serializers.DateField(help_text="In UTC; weeks begin on Mondays.")


class LanguageSerializer(serializers.Serializer[None]):
    """One language's part."""

    language = serializers.CharField()
    builds = serializers.IntegerField()


class StreaksSerializer(serializers.Serializer[None]):
    """Days in a row (UTC) with a verified build, of all time."""

    current = serializers.IntegerField()
    longest = serializers.IntegerField()


class StatisticsSerializer(serializers.Serializer[None]):
    """How the caller's builds went."""

    range = serializers.ChoiceField(choices=list(RANGES), source="name")
    unit = serializers.ChoiceField(choices=["day", "week"])
    since = serializers.DateField(help_text="The first day, in UTC.")
    total = CountsSerializer()
    periods = PeriodSerializer(many=True, help_text="Oldest first, the running one last.")
    languages = LanguageSerializer(many=True, help_text="Most builds first.")
    streaks = StreaksSerializer()


class StatisticsViewSet(ApiViewSet[DailyUsage]):
    """How the caller's builds went."""

    read_scope: ClassVar[Scope] = Scope.USAGE_READ

    @extend_schema(
        operation_id="statistics_retrieve",
        parameters=[
            OpenApiParameter(
                "range", OpenApiTypes.STR, enum=list(RANGES), default=DEFAULT, description="The time that is looked at."
            )
        ],
        responses=StatisticsSerializer,
    )
    def retrieve(self, request: Request) -> Response:
        """Return builds, verified rate, repairs, cost and streaks. Deleted builds are not counted; their cost is."""
        found = statistics_of(self.user, request.query_params.get("range", DEFAULT))
        return Response(StatisticsSerializer(found).data)  # type: ignore[arg-type]  # read only
