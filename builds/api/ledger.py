"""``/api/v1/usage/ledger/`` and ``/api/v1/usage/calls/``: the model calls, summed, listed and as CSV."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope
from agentsite.common.negotiation import FileNegotiation
from agentsite.common.serializers import MoneyField, QuerySerializer
from builds import downloads
from builds.api.usage import ModelShareSerializer, SpentSerializer
from builds.models.usage import Scope as Cause
from builds.models.usage import TokenUsage
from builds.usage import ledger


class LedgerQuerySerializer(QuerySerializer):
    """Which calls; what is left out narrows nothing."""

    since = serializers.DateField(required=False, help_text="In UTC; six days before `until` unless given.")
    until = serializers.DateField(required=False, help_text="In UTC, included; today unless given.")
    scope = serializers.ChoiceField(choices=Cause.choices, required=False)
    provider = serializers.CharField(max_length=32, required=False)
    model = serializers.CharField(max_length=200, required=False)
    conversation = serializers.UUIDField(required=False, help_text="Of its jobs and of the builds that they started.")

    @classmethod
    def wanted(cls, query: Any) -> ledger.Wanted:
        """Return which calls a query asks for.

        :raises ValidationError: a name or value that is none.
        :raises AppError: ``request.invalid``.
        """
        return ledger.wanted(**cls.read(query))


class LedgerDaySerializer(SpentSerializer):
    """One day."""

    day = serializers.DateField(help_text="In UTC.")
    proactive = SpentSerializer(help_text="What of it the agent used by itself.")


class ScopeShareSerializer(SpentSerializer):
    """What was asked for, or what the agent did by itself."""

    scope = serializers.ChoiceField(choices=Cause.choices)


class ProviderShareSerializer(SpentSerializer):
    """What one provider was used for."""

    provider = serializers.CharField()


class ConversationShareSerializer(SpentSerializer):
    """What one conversation used."""

    conversation_id = serializers.UUIDField(allow_null=True, help_text="Null for what belongs to none.")
    title = serializers.CharField(allow_blank=True)


class LedgerSerializer(serializers.Serializer[None]):
    """The model calls of some days; all but the days with the dearest first."""

    since = serializers.DateField(source="wanted.since")
    until = serializers.DateField(source="wanted.until")
    total = SpentSerializer()
    days = LedgerDaySerializer(many=True, help_text="Oldest first; days without use are there too.")
    scopes = ScopeShareSerializer(many=True)
    providers = ProviderShareSerializer(many=True)
    models = ModelShareSerializer(many=True)
    conversations = ConversationShareSerializer(many=True, help_text="The dearest only.")


class CallSerializer(serializers.ModelSerializer[TokenUsage]):
    """One model call."""

    cost_usd = MoneyField()
    build_id = serializers.UUIDField(allow_null=True)
    job_id = serializers.UUIDField(allow_null=True)
    conversation_id = serializers.UUIDField(allow_null=True)

    class Meta:
        model = TokenUsage
        fields = ("id", *ledger.CALL_COLUMNS, "build_id", "job_id", "conversation_id")
        read_only_fields = fields


class LedgerViewSet(ApiViewSet[TokenUsage]):
    """Where the caller's money went."""

    read_scope: ClassVar[Scope] = Scope.USAGE_READ
    queryset = TokenUsage.objects.none()

    @extend_schema(operation_id="usage_ledger", parameters=[LedgerQuerySerializer], responses=LedgerSerializer)
    def retrieve(self, request: Request) -> Response:
        """Return what was used in the last seven days, or others: by day, scope, provider, model and conversation."""
        which = LedgerQuerySerializer.wanted(request.query_params)
        return Response(LedgerSerializer(ledger.ledger_of(self.user, which)).data)  # type: ignore[arg-type]  # read only


class CallViewSet(mixins.ListModelMixin, ApiViewSet[TokenUsage]):
    """The caller's model calls."""

    read_scope: ClassVar[Scope] = Scope.USAGE_READ
    serializer_class = CallSerializer
    queryset = TokenUsage.objects.none()

    def get_queryset(self) -> QuerySet[TokenUsage]:
        """Start at the caller."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return ledger.calls_of(self.user, LedgerQuerySerializer.wanted(self.request.query_params))

    @extend_schema(operation_id="usage_calls", parameters=[LedgerQuerySerializer], responses=CallSerializer(many=True))
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List model calls, newest first."""
        return super().list(request, *args, **kwargs)


class CallFileViewSet(ApiViewSet[TokenUsage]):
    """The caller's model calls as a table for a spreadsheet."""

    read_scope: ClassVar[Scope] = Scope.USAGE_READ
    queryset = TokenUsage.objects.none()
    content_negotiation_class = FileNegotiation

    @extend_schema(
        operation_id="usage_calls_export",
        parameters=[LedgerQuerySerializer],
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def retrieve(self, request: Request) -> HttpResponseBase:
        """Return model calls as CSV, oldest first; at most 100 000."""
        return downloads.calls_file(self.user, LedgerQuerySerializer.wanted(request.query_params))
