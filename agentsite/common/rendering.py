"""JSON as the API writes it."""

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.renderers import JSONRenderer
from rest_framework.utils.encoders import JSONEncoder

_write_other = JSONEncoder().default
"""Decimals, texts that are translated late, and whatever else the framework can write and the library can't."""


class ApiJSONRenderer(JSONRenderer):
    """Write what the framework's renderer does, moments and UUIDs without a detour by texts."""

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """Return UTF-8; nothing for None."""
        if data is not None and ";" not in (accepted_media_type or ""):  # an indent can be asked for behind it
            try:
                return orjson.dumps(data, default=_write_other, option=orjson.OPT_UTC_Z)
            except TypeError:  # a whole number of more than 64 bits, for one
                pass
        rendered: bytes = super().render(data, accepted_media_type, renderer_context)
        return rendered


def as_json(data: Any) -> str:
    """Return how the API writes something."""
    return ApiJSONRenderer().render(data).decode()
