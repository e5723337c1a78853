"""``/api/v1/settings/``: what operators can change while everything runs."""

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope
from agentsite.accounts.runtime import selectors, services
from agentsite.accounts.runtime.models import MAX_REASON, MAX_VALUE, RuntimeSetting
from agentsite.accounts.runtime.selectors import Shown
from agentsite.accounts.runtime.table import BY_NAME
from agentsite.common.errors import AppError, not_found
from agentsite.common.serializers import StrictSerializer

MAX_HISTORY = 100
_AS_TEXT = "As it would stand in the environment."


class ChangeSerializer(serializers.Serializer[None]):
    """One change."""

    version = serializers.IntegerField(source="number")
    value = serializers.SerializerMethodField(help_text=f"{_AS_TEXT} Null: as in the environment again.")
    reason = serializers.CharField(allow_blank=True)
    set_by = serializers.CharField(source="set_by_label")
    set_at = serializers.DateTimeField()

    def get_value(self, row: Any) -> str | None:
        """Return the text, or None for a change back."""
        return None if row.is_reset else str(row.value)


class SettingSerializer(serializers.Serializer[None]):
    """A setting, with what is in force."""

    name = serializers.ChoiceField(choices=sorted(BY_NAME))
    value = serializers.CharField(allow_blank=True, help_text=f"What is in force. {_AS_TEXT}")
    environment = serializers.CharField(allow_blank=True, help_text="What the environment says.")
    is_changed = serializers.BooleanField(help_text="Whether an operator's value is in force.")
    version = serializers.IntegerField(help_text="Of the last change; 0 when there was none.")
    meaning = serializers.CharField()
    allowed = serializers.CharField(help_text="What may be given.")
    under_way = serializers.CharField(source="setting.under_way", help_text="What a change means for what runs.")


class SettingDetailSerializer(SettingSerializer):
    """A setting with its history."""

    history = ChangeSerializer(many=True, help_text=f"Newest first, at most {MAX_HISTORY}.")
    warning = serializers.CharField(allow_blank=True, help_text="What is better known of the value just set.")


class ChangeSettingSerializer(StrictSerializer):
    """What a setting shall be."""

    value = serializers.CharField(
        max_length=MAX_VALUE,
        allow_blank=True,
        allow_null=True,
        help_text=f"{_AS_TEXT} Null: as in the environment again.",
    )
    reason = serializers.CharField(max_length=MAX_REASON, required=False, allow_blank=True)
    version = serializers.IntegerField(
        min_value=0,
        max_value=2**31 - 1,
        required=False,
        help_text="The one you saw: when there is a newer one by now, nothing is changed.",
    )


class SettingViewSet(ApiViewSet[RuntimeSetting]):
    """What operators can change while everything runs."""

    read_scope: ClassVar[Scope] = Scope.ADMIN
    write_scope: ClassVar[Scope] = Scope.ADMIN
    pagination_class = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let operators in, and nobody else."""
        super().initial(request, *args, **kwargs)
        if not self.user.is_operator:
            raise AppError(
                "request.forbidden",
                _("Only operators may do this."),
                hint=_("Ask an operator for what you need."),
                http_status=403,
            )

    @extend_schema(responses=SettingSerializer(many=True))
    def list(self, _request: Request) -> Response:
        """List every setting that can change."""
        return Response(SettingSerializer(selectors.all_shown(), many=True).data)  # type: ignore[arg-type]  # read only

    @extend_schema(responses=SettingDetailSerializer)
    def retrieve(self, _request: Request, setting_name: str) -> Response:
        """Show one setting with its history."""
        return _detail(selectors.shown(setting_name))

    @extend_schema(request=ChangeSettingSerializer, responses=SettingDetailSerializer)
    def partial_update(self, request: Request, setting_name: str) -> Response:
        """Change a setting for all processes, within ten seconds."""
        asked = ChangeSettingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given: dict[str, Any] = {"user": self.user, "name": setting_name, **asked.validated_data}
        if given["value"] is None:
            del given["value"]
            outcome = services.reset_setting(**given)
        else:
            outcome = services.set_setting(**given)
        return _detail(outcome.shown, outcome.warning)


def _detail(shown: Shown | None, warning: str = "") -> Response:
    if shown is None:
        raise not_found()
    rows = list(selectors.history(shown.name)[:MAX_HISTORY])
    told = {"history": ChangeSerializer(rows, many=True).data, "warning": warning}  # type: ignore[arg-type]  # read only
    return Response({**SettingSerializer(shown).data, **told})  # type: ignore[arg-type]  # read only
