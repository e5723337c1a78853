"""``/api/v1/builds/{id}/events/stream/``, and what every stream of the API shares."""

from collections.abc import AsyncGenerator, Callable, Coroutine
from functools import wraps
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope
from agentsite.common.errors import AppError, not_found
from agentsite.common.negotiation import FileNegotiation
from agentsite.common.requests import request_id
from agentsite.common.serializers import ErrorSerializer
from builds import sharing
from builds.api.reading import number, whole
from builds.models.build import Build
from builds.sse import Stream, streams
from builds.streams import EventStream
from builds.viewers import Viewer

M = TypeVar("M", bound=Model)
CURSOR = "Last-Event-ID"
EVENT_STREAM = "text/event-stream"
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
TOO_MANY = OpenApiResponse(
    ErrorSerializer,
    "The day's API calls are used up (`Retry-After` says when to come back), or 50 streams are open already.",
)


class StreamMessageSerializer(serializers.Serializer[None]):
    """One message of the stream."""

    event = serializers.CharField(help_text="The kind of an event, or output, reset or end.")
    data = serializers.CharField(help_text="JSON in one line.")  # type: ignore[assignment]
    id = serializers.CharField(required=False, help_text="The event's number; send the last one to come back.")
    retry = serializers.IntegerField(required=False, help_text="After how many milliseconds to come back.")


class StreamResponse(StreamingHttpResponse):
    """The answer that goes on."""

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream, content_type=EVENT_STREAM, headers=_HEADERS)
        self.stream = stream

    def __aiter__(self) -> AsyncGenerator[bytes]:
        """Hand out the stream itself: the handler closes what it was given, and nothing that stands behind it."""
        return aiter(self.stream)


def cursor_parameters(what: str) -> list[OpenApiParameter]:
    """Describe the number that a stream starts after."""
    return [
        OpenApiParameter("after", OpenApiTypes.INT, description=f"Only {what}s with a greater number."),
        OpenApiParameter(
            CURSOR,
            OpenApiTypes.INT,
            OpenApiParameter.HEADER,
            description=f"The number of the last {what} that was received; goes before `after`.",
        ),
    ]


class StreamingViewSet(ApiViewSet[M]):
    """Something as it happens."""

    content_negotiation_class = FileNegotiation

    @classmethod
    def as_view(cls, *given: Any, **more: Any) -> Callable[..., Coroutine[Any, Any, HttpResponseBase]]:  # type: ignore[override]  # the framework has no asynchronous views
        """Return an asynchronous view: callers are let in as everywhere, streams are begun on the event loop."""
        let_in = super().as_view(*given, **more)

        @wraps(let_in)
        async def view(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
            answer: HttpResponseBase = await sync_to_async(let_in)(request, **arguments)
            return _begun(request, answer) if isinstance(answer, StreamResponse) else answer

        return view

    def answered(self, request: Request, begin: Callable[[Viewer, int], Stream]) -> HttpResponseBase:
        """Answer with a stream for who calls, after the number that was asked for; a HEAD begins none."""
        given = request.headers.get(CURSOR)
        after = number(request, "after", 0) if given is None else whole(CURSOR, given)
        if request.method == "HEAD":
            return HttpResponse(content_type=EVENT_STREAM, headers=_HEADERS)
        return StreamResponse(begin(Viewer.of_call(self.user, self.key, request.session), after))


class StreamViewSet(StreamingViewSet[Build]):
    """Builds as they happen."""

    read_scope: ClassVar[Scope] = Scope.BUILDS_READ
    write_scope: ClassVar[Scope] = Scope.BUILDS_WRITE

    @extend_schema(
        operation_id="builds_events_stream",
        parameters=cursor_parameters("event"),
        responses={
            (200, EVENT_STREAM): OpenApiResponse(
                StreamMessageSerializer, "Messages of this form, until the build has ended."
            ),
            429: TOO_MANY,
        },
    )
    def stream(self, request: Request, build_id: UUID) -> HttpResponseBase:
        """Follow a build by Server-Sent Events: the timeline after a number, then each event as it is recorded.

        `id` is an event's number, `event` its kind, `data` the same JSON as in a page of events. `event: output`,
        without an `id`, is a piece of what a model writes just now (`node`, `text`); it is not kept and may be missed.
        `event: reset` tells in `last_seq` where the stream goes on when the number asked for is none of this build.
        After the last event comes `event: end` with the build's `status`, and the stream is over; a stream that breaks
        off without it can be continued with `Last-Event-ID`. Comments keep the line open.
        """
        build = sharing.find_readable(self.user, None, build_id)
        if build is None:
            raise not_found()
        return self.answered(request, lambda viewer, after: EventStream(viewer, build, after))


def _begun(request: HttpRequest, answer: StreamResponse) -> HttpResponseBase:
    try:
        streams.admit(answer.stream)
    except AppError as refused:
        return JsonResponse(refused.as_json(request_id(request)), status=refused.http_status)
    return answer
