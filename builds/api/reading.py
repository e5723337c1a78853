"""Reading what an address names, and the pages of a timeline."""

from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.common.errors import invalid
from builds import selectors, timeline

_MAX_DIGITS = 12
AFTER = OpenApiParameter("after", OpenApiTypes.INT, description="Only events with a greater number.")


def event_page(request: Request, run_id: UUID, last_seq: int) -> Response:
    """Answer with the timeline of a run after the number that was asked for."""
    rows = selectors.timeline_after(run_id, number(request, "after", 0))
    return Response({"events": [timeline.as_json(row) for row in rows], "last_seq": last_seq})


def attempt_asked(request: Request) -> int | None:
    """Return the attempt named in the query, if any."""
    return number(request, "attempt", 0) if "attempt" in request.query_params else None


def number(request: Request, name: str, default: int) -> int:
    """Read a whole number from the query.

    :raises AppError: ``request.invalid``.
    """
    return whole(name, request.query_params.get(name, str(default)))


def whole(name: str, text: str) -> int:
    """Return a whole number that was sent under a name.

    :raises AppError: ``request.invalid``.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise invalid(**{name: _("Give a whole number from 0.")})
    return int(text)
