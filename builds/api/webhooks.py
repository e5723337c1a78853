"""``/api/v1/webhooks/``."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope
from agentsite.common.errors import invalid, not_found
from agentsite.common.serializers import StrictSerializer
from builds.models.webhook import DeliveryState, PauseReason, WebhookDelivery, WebhookEndpoint
from builds.webhooks import outcomes, selectors, services, targets
from builds.webhooks.kinds import PUBLIC

_KINDS = sorted(PUBLIC)


class NewWebhookSerializer(StrictSerializer):
    """Where to, and of what."""

    url = serializers.CharField(
        max_length=targets.MAX_URL, help_text="https, on a public address; others only where the operator allows it."
    )
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=_KINDS),
        min_length=1,
        max_length=len(_KINDS),
        help_text="Of what to tell.",
    )


class WebhookChangesSerializer(StrictSerializer):
    """What is left out stays."""

    url = serializers.CharField(max_length=targets.MAX_URL, required=False)
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=_KINDS), min_length=1, max_length=len(_KINDS), required=False
    )
    is_paused = serializers.BooleanField(required=False, help_text="Resuming sends what was kept in the meantime.")


class WebhookSerializer(serializers.ModelSerializer[WebhookEndpoint]):
    """An endpoint, without its secret."""

    kinds = serializers.ListField(child=serializers.ChoiceField(choices=_KINDS), read_only=True)
    is_paused = serializers.BooleanField(read_only=True)
    pause_reason = serializers.ChoiceField(choices=PauseReason.choices, read_only=True, allow_blank=True)

    class Meta:
        model = WebhookEndpoint
        fields = [
            "id",
            "url",
            "kinds",
            "is_paused",
            "pause_reason",
            "failures_in_row",
            "last_delivered_at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


class MadeWebhookSerializer(WebhookSerializer):
    """An endpoint that was just given a secret."""

    secret = serializers.CharField(
        read_only=True, allow_null=True, help_text="Told this once; null when the same POST is sent again."
    )

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]
        read_only_fields = fields


class DeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    """What was, or is to be, told, and how the last attempt ended."""

    error = serializers.ChoiceField(choices=sorted(outcomes.ERRORS), read_only=True, allow_blank=True)
    error_message = serializers.SerializerMethodField()

    class Meta:
        model = WebhookDelivery
        fields = [
            "id",
            "kind",
            "build",
            "state",
            "attempts",
            "error",
            "error_message",
            "answer_status",
            "answer_body",
            "duration_ms",
            "created_at",
            "last_attempt_at",
            "next_attempt_at",
            "delivered_at",
        ]
        read_only_fields = fields

    def get_error_message(self, delivery: WebhookDelivery) -> str:
        """Say what went wrong."""
        return outcomes.sentence(delivery.error)


class _Webhooks:
    read_scope: ClassVar[Scope] = Scope.BUILDS_READ
    write_scope: ClassVar[Scope] = Scope.BUILDS_WRITE

    def _endpoint(self: Any, endpoint_id: str | int) -> WebhookEndpoint:
        found = selectors.find_endpoint(self.user, int(endpoint_id))
        if found is None:
            raise not_found()
        return found


class WebhookViewSet(_Webhooks, mixins.ListModelMixin, ApiViewSet[WebhookEndpoint]):
    """The caller's endpoints: addresses that are told of events of the caller's builds."""

    never_kept: ClassVar[tuple[str, ...]] = ("secret",)
    serializer_class = WebhookSerializer
    lookup_value_regex = "[0-9]{1,18}"
    lookup_url_kwarg = "endpoint_id"
    queryset = WebhookEndpoint.objects.none()

    def get_queryset(self) -> QuerySet[WebhookEndpoint]:
        """Start at the caller."""
        return self.queryset if getattr(self, "swagger_fake_view", False) else selectors.endpoints_of(self.user)

    @extend_schema(request=NewWebhookSerializer, responses={201: MadeWebhookSerializer})
    def create(self, request: Request) -> Response:
        """Register an address; the secret that signs is in this answer and never again."""
        wanted = NewWebhookSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        made = services.create_endpoint(user=self.user, **wanted.validated_data)
        address = reverse("webhook-api-detail", kwargs={"endpoint_id": made.endpoint.pk})
        return Response(_with_secret(made), status=201, headers={"Location": address})

    @extend_schema(responses=WebhookSerializer)
    def retrieve(self, _request: Request, endpoint_id: str) -> Response:
        """Return one endpoint."""
        return Response(WebhookSerializer(self._endpoint(endpoint_id)).data)

    @extend_schema(request=WebhookChangesSerializer, responses=WebhookSerializer)
    def partial_update(self, request: Request, endpoint_id: str) -> Response:
        """Change the address or the kinds, pause or resume."""
        endpoint = self._endpoint(endpoint_id)
        wanted = WebhookChangesSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        changed = services.change_endpoint(user=self.user, endpoint=endpoint, **wanted.validated_data)
        return Response(WebhookSerializer(changed).data)

    @extend_schema(responses={204: None})
    def destroy(self, _request: Request, endpoint_id: str) -> Response:
        """Delete an endpoint and its log."""
        services.delete_endpoint(user=self.user, endpoint=self._endpoint(endpoint_id))
        return Response(status=204)

    @extend_schema(request=None, responses=MadeWebhookSerializer)
    @action(detail=True, methods=["post"])
    def rotate(self, _request: Request, endpoint_id: str) -> Response:
        """Exchange the secret: the old one signs nothing from now on."""
        return Response(_with_secret(services.rotate_secret(user=self.user, endpoint=self._endpoint(endpoint_id))))

    @extend_schema(request=None, responses={202: DeliverySerializer})
    @action(detail=True, methods=["post"])
    def ping(self, _request: Request, endpoint_id: str) -> Response:
        """Have a ping sent; the log of deliveries says what came of it."""
        made = services.ping(user=self.user, endpoint=self._endpoint(endpoint_id))
        return Response(DeliverySerializer(made).data, status=202)


class DeliveryViewSet(_Webhooks, mixins.ListModelMixin, ApiViewSet[WebhookDelivery]):
    """What one of the caller's endpoints was told."""

    serializer_class = DeliverySerializer
    queryset = WebhookDelivery.objects.none()

    def get_queryset(self) -> QuerySet[WebhookDelivery]:
        """Start at the caller's endpoint."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        state = self.request.query_params.get("state", "")
        if state and state not in DeliveryState.values:
            raise invalid(state=_("Choose one of: %(choices)s.") % {"choices": ", ".join(DeliveryState.values)})
        return selectors.deliveries_of(self._endpoint(self.kwargs["endpoint_id"]), state)

    @extend_schema(
        operation_id="webhooks_deliveries_list",
        parameters=[OpenApiParameter("state", str, enum=DeliveryState.values, description="Only those in this state.")],
    )
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List deliveries of the last 30 days, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(operation_id="webhooks_deliveries_redeliver", request=None, responses={202: DeliverySerializer})
    def redeliver(self, _request: Request, endpoint_id: int, delivery_id: UUID) -> Response:
        """Send a delivery again under the same id, or at once when it waits for its next attempt."""
        found = selectors.deliveries_of(self._endpoint(endpoint_id)).filter(pk=delivery_id).first()
        if found is None:
            raise not_found()
        again = services.redeliver(user=self.user, delivery=found)
        return Response(DeliverySerializer(again).data, status=202)


def _with_secret(made: services.NewSecret) -> dict[str, object]:
    return WebhookSerializer(made.endpoint).data | {"secret": made.secret}
