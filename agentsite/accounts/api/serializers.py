"""Keys and accounts on the wire."""

from django.conf import settings
from rest_framework import serializers

from agentsite.accounts import keys
from agentsite.accounts.models import ApiKey, Role, Scope
from agentsite.common.serializers import StrictSerializer


class NewKeySerializer(StrictSerializer):
    """What a new key may do, and for how long."""

    name = serializers.CharField(max_length=keys.MAX_NAME)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=Scope.choices), min_length=1, required=False, max_length=len(Scope.values)
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True, help_text="Never when left out.")
    budget_usd_monthly = serializers.DecimalField(
        max_digits=12, decimal_places=6, min_value=0, required=False, allow_null=True
    )


class RotateSerializer(StrictSerializer):
    """How long the old key goes on working."""

    overlap_seconds = serializers.IntegerField(
        min_value=0,
        max_value=int(keys.MAX_OVERLAP.total_seconds()),
        default=int(keys.ROTATION_OVERLAP.total_seconds()),
        help_text="How long the old key goes on working beside the new one.",
    )


class KeySerializer(serializers.ModelSerializer[ApiKey]):
    """A key; its secret is stored nowhere."""

    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices), read_only=True)
    is_usable = serializers.BooleanField(read_only=True, help_text="False once it was revoked or has expired.")

    class Meta:
        model = ApiKey
        fields = [
            "id",
            "name",
            "prefix",
            "scopes",
            "budget_usd_monthly",
            "is_usable",
            "last_used_at",
            "created_at",
            "expires_at",
        ]
        read_only_fields = fields


class MadeKeySerializer(KeySerializer):
    """A key that was just made."""

    secret = serializers.CharField(
        read_only=True, allow_null=True, help_text="Told this once; null when the same POST is sent again."
    )

    class Meta(KeySerializer.Meta):
        fields = [*KeySerializer.Meta.fields, "secret"]
        read_only_fields = fields

    @classmethod
    def of(cls, made: keys.NewKey) -> dict[str, object]:
        """Lay out a key with its secret."""
        return KeySerializer(made.key).data | {"secret": made.secret}


class ProfileSerializer(StrictSerializer):
    """What people may change of their own account."""

    full_name = serializers.CharField(max_length=150, required=False, allow_blank=True)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)
    history_retention_days = serializers.IntegerField(
        min_value=1,
        max_value=36_500,
        required=False,
        allow_null=True,
        help_text="Days that messages are kept; as the installation has it when null.",
    )


class AccountSerializer(serializers.Serializer[None]):
    """The account that calls."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    email = serializers.CharField(allow_blank=True)
    is_verified = serializers.BooleanField(help_text="Whether the e-mail address was proved.")
    full_name = serializers.CharField(allow_blank=True)
    role = serializers.ChoiceField(choices=Role.choices)
    language = serializers.ChoiceField(choices=settings.LANGUAGES)
    history_retention_days = serializers.IntegerField(
        allow_null=True, help_text="Days that messages are kept; as the installation has it when null."
    )
    api_quota_daily = serializers.IntegerField()
    storage_quota_mb = serializers.IntegerField()
    storage_used_mb = serializers.FloatField(help_text="What the files of all attempts of all builds take.")
    budget_usd_monthly = serializers.DecimalField(
        max_digits=12, decimal_places=6, allow_null=True, help_text="No limit when null."
    )
