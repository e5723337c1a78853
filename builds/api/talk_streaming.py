"""``/api/v1/conversations/{id}/stream/``."""

from typing import ClassVar
from uuid import UUID

from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from agentsite.accounts.models import Scope
from builds.api.streaming import (
    EVENT_STREAM,
    TOO_MANY,
    StreamingViewSet,
    StreamMessageSerializer,
    cursor_parameters,
)
from builds.chat_streams import ChatStream
from memory.api.conversations import OfConversations
from memory.models.conversation import Conversation


class ConversationStreamViewSet(OfConversations, StreamingViewSet[Conversation]):
    """Conversations as they happen."""

    read_scope: ClassVar[Scope] = Scope.MEMORY_READ
    queryset = Conversation.objects.none()

    @extend_schema(
        operation_id="conversations_stream",
        parameters=cursor_parameters("message"),
        responses={
            (200, EVENT_STREAM): OpenApiResponse(
                StreamMessageSerializer, "Messages of this form, until the conversation is archived or deleted."
            ),
            429: TOO_MANY,
        },
    )
    def stream(self, request: Request, conversation_id: UUID) -> HttpResponseBase:
        """Follow a conversation by Server-Sent Events: messages after a number, then each as it is said.

        `event: message` has the message's `seq` as `id`, and as `data` the same JSON as the list. Beside them stands
        how the work on them goes, at the start and whenever it changes: `event: job` (`id`, `status`, `mode`, `build`,
        and as `approval` what it waits for) and `event: build` (`id`, `status`, `verification`). `event: output` is a
        piece of what a model writes just now (`job`, `text`); it is not kept and may be missed. `event: reset` tells
        in `last_seq` where the stream goes on when the number asked for is none of this conversation. `event: end` with
        a `reason` (`archived`, `deleted`, `access`) is the last; a stream that breaks off without it can be continued
        with `Last-Event-ID`. Comments keep the line open.
        """
        conversation = self.conversation(conversation_id)
        return self.answered(request, lambda viewer, after: ChatStream(viewer, conversation, after))
