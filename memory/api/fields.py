"""Fields that the parts of memory's API share."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

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
