"""What every part of the API says and asks in the same way."""

from collections.abc import Callable, Mapping
from functools import cache
from operator import attrgetter, methodcaller
from typing import Any, TypeVar

from django.db.models import Model
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.utils.formatting import lazy_format
from rest_framework.utils.serializer_helpers import BindingDict

M = TypeVar("M", bound=Model)


class StrictSerializer(serializers.Serializer[None]):
    """Refuse fields that are not known, at any depth, so that a misspelt one is not silently ignored.

    What is asked for is worked out once for the class, not copied for each request; so fields may not depend on what is
    sent, nor on who sends it, and ``partial`` says nothing to them.
    """

    @property
    def fields(self) -> BindingDict:
        """Return the fields by their names, in order."""
        return self._fields()

    @classmethod
    @cache
    def _fields(cls) -> BindingDict:
        fields = super(StrictSerializer, cls()).fields
        for field in fields.values():
            _say_anew(field)
        return fields

    def to_internal_value(self, data: Any) -> Any:
        """Check the names that were sent."""
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, Mapping) else []
        if unknown:
            raise serializers.ValidationError({name: [_("There is no such field.")] for name in unknown})
        return super().to_internal_value(data)


def _say_anew(field: Any) -> None:
    """Let a field's limits be told in the language of each request: the framework's messages keep that of the first."""
    for validator in field.validators:
        if isinstance(getattr(validator, "message", None), lazy_format):
            kept = validator.message
            validator.message = format_lazy(kept.format_string, *kept.args, **kept.kwargs)
    if hasattr(field, "child"):
        _say_anew(field.child)


class QuerySerializer(StrictSerializer):
    """The query of a list; what is left out narrows nothing."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Let through what the pager reads."""
        return super().get_fields() | {name: serializers.CharField(required=False) for name in ("cursor", "page_size")}

    @classmethod
    def read(cls, query: Any) -> dict[str, Any]:
        """Return what a query asks for, without what is the pager's.

        :raises ValidationError: a name or value that is none.
        """
        asked = cls(data=query)
        asked.is_valid(raise_exception=True)
        return {name: value for name, value in asked.validated_data.items() if name not in {"cursor", "page_size"}}


class LaidOutOnce(serializers.Serializer[Any]):
    """Only read; how a row is laid out is worked out once for the class, not again for each request and row."""

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return one row as it goes over the wire."""
        return {
            name: value if (value := get(instance)) is None or show is None else show(value)
            for name, get, show in self._columns()
        }

    @classmethod
    @cache
    def _columns(cls) -> list[tuple[str, Callable[[Any], Any], Callable[[Any], Any] | None]]:
        model = cls.Meta.model if issubclass(cls, serializers.ModelSerializer) else None
        return [(name, _reader(model, field), _writer(field)) for name, field in cls().fields.items()]


class ReadSerializer(LaidOutOnce, serializers.ModelSerializer[M]):
    """Lay out rows of a model that are only read."""


def _reader(model: type[Model] | None, field: Any) -> Callable[[Any], Any]:
    """Return what ``get_attribute`` would find, without looking again each time what kind of thing it is."""
    source = field.source or ""
    if model is None:
        return attrgetter(source)
    if callable(getattr(model, source, None)):
        return methodcaller(source)
    own = {column.attname for column in model._meta.concrete_fields}  # noqa: SLF001  Django's public API
    required = {column.name for column in model._meta.concrete_fields if column.is_relation and not column.null}  # noqa: SLF001
    related, dot, _rest = source.partition(".")
    return attrgetter(source) if source in own or (dot and related in required) else field.get_attribute


def _writer(field: Any) -> Callable[[Any], Any] | None:
    """Return what makes JSON of a value; None where ``ApiJSONRenderer`` takes it as it is."""
    if type(field) is serializers.ListField and _writer(field.child) is None:
        return None
    return None if isinstance(field, _AS_THEY_ARE) else field.to_representation


_AS_THEY_ARE = (
    *(serializers.CharField, serializers.ChoiceField, serializers.BooleanField, serializers.IntegerField),
    *(serializers.FloatField, serializers.JSONField, serializers.DateTimeField, serializers.UUIDField),
)


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
