"""``/api/v1/audit/``: what happened, newest first."""

from typing import ClassVar

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope, User
from agentsite.common.serializers import QuerySerializer, ReadSerializer
from audit import actions, selectors
from audit.models import AuditLog, Category, Severity


class EntryQuerySerializer(QuerySerializer):
    """What the list can be narrowed to."""

    user = serializers.CharField(max_length=150, required=False, help_text="A user's name; for operators.")
    action = serializers.CharField(max_length=64, required=False, help_text="As it is told, e.g. `user.logged_in`.")
    category = serializers.ChoiceField(choices=Category.choices, source="event_category", required=False)
    severity = serializers.ChoiceField(choices=Severity.choices, required=False)
    resource_type = serializers.CharField(max_length=64, required=False, help_text="What it was done to, e.g. `build`.")
    resource_id = serializers.CharField(max_length=64, required=False, help_text="Which of them.")
    since = serializers.DateTimeField(required=False, help_text="From this moment on.")
    until = serializers.DateTimeField(required=False, help_text="Before this moment.")


@extend_schema_field({"type": "object", "additionalProperties": {}})
class DetailsField(serializers.JSONField):
    """What an action tells of itself."""


class EntrySerializer(ReadSerializer[AuditLog]):
    """One entry."""

    user = serializers.CharField(source="user_label", read_only=True, help_text="Who did it; kept when they are gone.")
    sentence = serializers.SerializerMethodField(help_text="The action in words, in the caller's language.")
    category = serializers.ChoiceField(choices=Category.choices, source="event_category", read_only=True)
    details = DetailsField(read_only=True)
    error = serializers.CharField(source="error_message", read_only=True, help_text="Why it was refused, or failed.")

    class Meta:
        model = AuditLog
        fields = [
            "id",
            "created_at",
            "user",
            "action",
            "sentence",
            "description",
            "category",
            "severity",
            "success",
            "error",
            "resource_type",
            "resource_id",
            "details",
            "ip_address",
            "user_agent",
        ]
        read_only_fields = fields

    def get_sentence(self, entry: AuditLog) -> str:
        """Say what was done."""
        return actions.sentence(entry.action)


class AuditViewSet(mixins.ListModelMixin, ApiViewSet[AuditLog]):
    """The audit log: the caller's own entries; an operator's key with the scope ``admin`` reads everybody's."""

    read_scope: ClassVar[Scope] = Scope.USAGE_READ
    serializer_class = EntrySerializer
    queryset = AuditLog.objects.none()

    def get_queryset(self) -> QuerySet[AuditLog]:
        """Start at the caller, or at everything for an operator."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        asked = EntryQuerySerializer.read(self.request.query_params)
        return selectors.entries(user_id=self._whose(asked.pop("user", None)), **asked)

    def _whose(self, name: str | None) -> int | None:
        if not self.user.is_operator:
            if name not in {None, self.user.get_username()}:
                raise PermissionDenied
            return self.user.pk
        if name is None:
            return None
        found = User.objects.filter(username=name).values_list("pk", flat=True).first()
        return found or 0  # nobody's number

    @extend_schema(operation_id="audit_list", parameters=[EntryQuerySerializer], responses=EntrySerializer(many=True))
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List entries, newest first: the caller's own, or everybody's for an operator."""
        return super().list(request, *args, **kwargs)
