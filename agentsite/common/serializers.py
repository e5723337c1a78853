"""What every part of the API says and asks in the same way."""

from collections.abc import Callable, Mapping
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

from django.db.models import Model
from rest_framework import serializers

M = TypeVar("M", bound=Model)


class StrictSerializer(serializers.Serializer[None]):
    """Refuse fields that are not known, at any depth, so that a misspelt one is not silently ignored."""

    def to_internal_value(self, data: Any) -> Any:
        """Check the names that were sent."""
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, Mapping) else []
        if unknown:
            raise serializers.ValidationError({name: ["There is no such field."] for name in unknown})
        return super().to_internal_value(data)


class ReadSerializer(serializers.ModelSerializer[M]):
    """Lay out rows that are only read; how is worked out once for the class, not again for each request and row."""

    def to_representation(self, instance: M) -> dict[str, Any]:
        """Return one row as it goes over the wire."""
        columns = self._columns()
        return {name: None if (value := get(instance)) is None else show(value) for name, get, show in columns}

    @classmethod
    @cache
    def _columns(cls) -> list[tuple[str, Callable[[M], Any], Callable[[Any], Any]]]:
        model: type[Model] = cls.Meta.model
        own = {column.attname for column in model._meta.concrete_fields}  # noqa: SLF001  Django's public API
        return [
            (
                name,
                attrgetter(field.source) if field.source and field.source in own else field.get_attribute,
                field.to_representation,
            )
            for name, field in cls().fields.items()
        ]


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
