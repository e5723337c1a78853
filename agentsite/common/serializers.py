"""What every part of the API says and asks in the same way."""

from typing import Any

from rest_framework import serializers


class StrictSerializer(serializers.Serializer[None]):
    """Refuse fields that are not known, so that a misspelt one is not silently ignored."""

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        """Check the names that were sent."""
        unknown = set(self.initial_data) - set(self.fields) if isinstance(self.initial_data, dict) else set()
        if unknown:
            raise serializers.ValidationError({name: ["There is no such field."] for name in sorted(unknown)})
        return attrs


class MoneyField(serializers.DecimalField):
    """US dollars, to the millionth."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=14, decimal_places=6, **options)


class ErrorBodySerializer(serializers.Serializer[None]):
    """What went wrong and what to do."""

    code = serializers.CharField()
    message = serializers.CharField()
    hint = serializers.CharField(allow_blank=True)
    fields = serializers.DictField(child=serializers.ListField(child=serializers.CharField()), required=False)  # type: ignore[assignment]
    request_id = serializers.CharField(allow_blank=True)


class ErrorSerializer(serializers.Serializer[None]):
    """The one error shape."""

    error = ErrorBodySerializer()
