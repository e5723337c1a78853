"""``/api/v1/conversations/{id}/messages/``, and how a conversation is followed, taken along and what it cost."""

import json
from typing import Any, ClassVar, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope
from agentsite.common.errors import not_found
from agentsite.common.serializers import ErrorSerializer, MoneyField
from builds.agent.values import JsonDict
from builds.api.streaming import (
    PARAMETERS,
    TOO_MANY,
    TYPE,
    StreamingViewSet,
    StreamMessageSerializer,
    asked_after,
)
from builds.conversation_stream import ConversationStream
from builds.jobs import selectors, services
from builds.models.approval import WhileBusy
from memory import conversations
from memory.api.conversations import MessageSerializer, MessageViewSet, NewMessageSerializer, OwnConversations
from memory.api.fields import ObjectField
from memory.models.conversation import Conversation
from memory.models.message import Message


class SaidSerializer(MessageSerializer):
    """One message, with what is done about it."""

    job = serializers.SerializerMethodField(help_text="What sees to it; null for what the agent itself says.")
    metadata = ObjectField(
        source="extra_metadata",
        read_only=True,
        help_text="Of what the agent says: `job`, `links` (builds), `approval`, `outline`, tokens.",
    )

    class Meta(MessageSerializer.Meta):
        fields = [*MessageSerializer.Meta.fields, "job", "metadata"]
        read_only_fields = fields

    def get_job(self, message: Message) -> UUID | None:
        """Return the job that was made for it."""
        job = getattr(message, "job", None)
        return job.id if job else None


class SaySerializer(NewMessageSerializer):
    """What the caller says to the agent."""

    while_busy = serializers.ChoiceField(
        choices=WhileBusy.choices,
        required=False,
        help_text="What happens while the agent is still at an earlier message; as the account has it when left out.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Drop what has one value only."""
        attrs.pop("role", None)
        return attrs


class SpentSerializer(serializers.Serializer[None]):
    """What a conversation used, its builds included."""

    calls = serializers.IntegerField()
    tokens_input = serializers.IntegerField()
    tokens_output = serializers.IntegerField()
    cost_usd = MoneyField()


class TalkViewSet(MessageViewSet):
    """What is said in one of the caller's conversations; what the caller says is a job for the agent."""

    serializer_class = SaidSerializer
    write_scope: ClassVar[Scope] = Scope.BUILDS_WRITE

    def get_queryset(self) -> QuerySet[Message]:
        """Start at the caller's conversation."""
        return super().get_queryset().select_related("job")

    @extend_schema(operation_id="conversations_messages_list", responses=SaidSerializer(many=True))
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List messages, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        operation_id="conversations_messages_create",
        request=SaySerializer,
        responses={
            200: OpenApiResponse(SaidSerializer, "It was there already."),
            201: SaidSerializer,
            409: OpenApiResponse(ErrorSerializer, "The conversation is archived, or the agent is busy."),
        },
    )
    def create(self, request: Request, conversation_id: UUID) -> Response:
        """Say something to the agent; its answer comes as a further message."""
        conversation = self.conversation(conversation_id)
        wanted = SaySerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        given: dict[str, Any] = wanted.validated_data
        said = services.say(user=self.user, conversation=conversation, api_key=self.key, **given)
        where = reverse("conversation-api-messages", args=[conversation.pk])
        status = 201 if said.is_new else 200
        return Response(SaidSerializer(said.message).data, status=status, headers={"Location": where})


class ConversationUsageViewSet(OwnConversations, ApiViewSet[Conversation]):
    """What a conversation cost."""

    serializer_class = SpentSerializer  # type: ignore[assignment]  # no model stands behind it
    read_scope: ClassVar[Scope] = Scope.USAGE_READ

    @extend_schema(operation_id="conversations_usage_retrieve", responses=SpentSerializer)
    def retrieve(self, _request: Request, conversation_id: UUID) -> Response:
        """Return what a conversation used: its jobs, and the builds that they started."""
        spent = selectors.spent_in(self.conversation(conversation_id))
        return Response(SpentSerializer(cast("Any", spent)).data)


class ConversationStreamViewSet(StreamingViewSet[Conversation]):
    """Conversations as they happen."""

    read_scope: ClassVar[Scope] = Scope.MEMORY_READ
    write_scope: ClassVar[Scope] = Scope.MEMORY_WRITE

    @extend_schema(
        operation_id="conversations_stream",
        parameters=PARAMETERS,
        responses={
            (200, TYPE): OpenApiResponse(StreamMessageSerializer, "Messages of this form, until it is archived."),
            429: OpenApiResponse(ErrorSerializer, TOO_MANY),
        },
    )
    def stream(self, request: Request, conversation_id: UUID) -> HttpResponseBase:
        """Follow a conversation by Server-Sent Events.

        `event: message` has a message's number as its `id` and the same JSON as in the list as its `data`; every one
        after the given number comes, once and in order. `event: job` (`id`, `status`, `mode`, `build`) and
        `event: build` (`id`, `status`, `verification`, `project_name`) say how the newest stand, at first and whenever
        that changes. `event: output` (`node`, `text`) is a piece of what a model writes just now; it may be missed.
        `event: end` follows when the conversation was archived. Comments keep the line open.
        """
        conversation = conversations.find_conversation(self.user, conversation_id)
        if conversation is None:
            raise not_found()
        after = asked_after(request)
        return self.following(request, lambda viewer: ConversationStream(viewer, conversation, after, _shown))


def _shown(message: Message) -> JsonDict:
    """Write a message as the list does, dates and all."""
    shown: JsonDict = json.loads(JSONRenderer().render(SaidSerializer(message).data))
    return shown
