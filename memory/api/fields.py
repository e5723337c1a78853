"""Fields that the parts of memory's API share."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agentsite.common.serializers import StrictSerializer

UUID_REGEX = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
NUMBER_REGEX = "[0-9]{1,18}"


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string"},
            {"type": "number"},
            {"type": "boolean"},
            {"type": "array", "items": {}},
            {"type": "object", "additionalProperties": {}},
        ],
        "description": "Any JSON but null, at most 16 KiB and 20 levels deep.",
    }
)
class ValueField(serializers.JSONField):
    """Any JSON value."""


@extend_schema_field({"type": "object", "additionalProperties": {}})
class ObjectField(serializers.JSONField):
    """A JSON object."""


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
