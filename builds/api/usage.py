"""``/api/v1/usage/``."""

from typing import ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import DailyUsage, Scope
from agentsite.common.errors import invalid
from agentsite.common.serializers import MoneyField
from builds.api.reading import number
from builds.usage import monthly


class AmountsSerializer(serializers.Serializer[None]):
    """What was used in some time."""

    api_calls = serializers.IntegerField()
    builds = serializers.IntegerField()
    tokens_input = serializers.IntegerField()
    tokens_output = serializers.IntegerField()
    cost_usd = MoneyField()


class DaySerializer(serializers.Serializer[None]):
    """One day."""

    day = serializers.DateField(help_text="In UTC.")
    used = AmountsSerializer()


class SpentSerializer(serializers.Serializer[None]):
    """What some model calls used together."""

    calls = serializers.IntegerField()
    tokens_input = serializers.IntegerField()
    tokens_output = serializers.IntegerField()
    cost_usd = MoneyField()
    unpriced_calls = serializers.IntegerField(help_text="Calls whose price is not known: they count nothing.")
    has_price = serializers.BooleanField(help_text="False when a price is not known: the cost is too low.")
    is_estimated = serializers.BooleanField(help_text="Some server gave no usage; its tokens come from the text.")


class ModelShareSerializer(SpentSerializer):
    """What one model was used for."""

    provider = serializers.CharField()
    model = serializers.CharField()


class BuildShareSerializer(SpentSerializer):
    """What one build used."""

    build_id = serializers.UUIDField()
    project_name = serializers.CharField()


class UsageReportSerializer(serializers.Serializer[None]):
    """What the caller used, and what is left."""

    today = AmountsSerializer()
    month = AmountsSerializer(help_text="This calendar month (UTC).")
    days = DaySerializer(many=True, help_text="Oldest first, today last.")
    models = ModelShareSerializer(many=True, help_text="This month's, dearest first.")
    builds = BuildShareSerializer(many=True, help_text="The dearest of this month.")
    api_calls_limit = serializers.IntegerField(help_text="A day.")
    budget_usd = MoneyField(allow_null=True, help_text="A month; no limit when null.")
    committed_usd = MoneyField(help_text="Spent this month, and set aside for calls that are under way.")
    unpriced_calls = serializers.IntegerField(help_text="This month's calls whose price is not known.")
    storage_used_mb = serializers.FloatField(help_text="What the files of all attempts of all builds take.")
    storage_quota_mb = serializers.IntegerField()


class UsageViewSet(ApiViewSet[DailyUsage]):
    """What the caller used."""

    read_scope: ClassVar[Scope] = Scope.USAGE_READ

    @extend_schema(
        operation_id="usage_retrieve",
        parameters=[OpenApiParameter("days", OpenApiTypes.INT, description="How many days to list, 1 to 366.")],
        responses=UsageReportSerializer,
    )
    def retrieve(self, request: Request) -> Response:
        """Return today's and this month's use: by day, by model and by build."""
        days = number(request, "days", monthly.DAYS)
        if not 1 <= days <= monthly.MAX_DAYS:
            raise invalid(days=_("Give a whole number from 1 to %(most)d.") % {"most": monthly.MAX_DAYS})
        return Response(UsageReportSerializer(monthly.usage_of(self.user, days)).data)  # type: ignore[arg-type]  # read only
