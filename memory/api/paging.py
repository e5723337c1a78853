"""Orders of the list of memories."""

import re
from typing import Any

from django.db.models import CharField, F, Field, IntegerField, QuerySet, Value
from django.db.models.functions import Cast, Concat, LPad, Round
from django.views import View
from rest_framework.request import Request

from agentsite.common.pagination import KeysetPagination
from memory.models.memory import Memory

ORDERS = {"-created_at": "-id", "created_at": "id", "-importance": "-rank", "importance": "rank"}
_RANK = re.compile(r"[0-9]{7}:[0-9a-f-]{32,36}")
_PARTS = 1_000_000


def ranked(memories: QuerySet[Memory]) -> QuerySet[Memory]:
    """Give each memory a key that sorts by importance to the millionth, and by age where that is the same."""
    text: Field[Any, Any] = CharField()
    share = LPad(Cast(Cast(Round(F("importance") * _PARTS), IntegerField()), text), 7, Value("0"))
    return memories.annotate(rank=Concat(share, Value(":"), Cast("id", text), output_field=text))


class MemoryPagination(KeysetPagination):
    """Newest first, or in the order that was asked for."""

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: View) -> tuple[str, ...]:  # noqa: ARG002
        """Return the order that was asked for."""
        return (ORDERS.get(request.query_params.get("order", ""), "-id"),)

    def _is_key(self, position: str) -> bool:
        return bool(_RANK.fullmatch(position)) if self.ordering[0].endswith("rank") else super()._is_key(position)
