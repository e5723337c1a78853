"""``/api/v1/conversations/``."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope
from agentsite.common.errors import not_found
from agentsite.common.pagination import KeysetPagination
from agentsite.common.serializers import MoneyField, QuerySerializer, ReadSerializer, StrictSerializer
from memory import conversations, searching
from memory.api import fields
from memory.api.attachments import ArtifactSerializer, AttachmentSerializer
from memory.attachments.selectors import with_files
from memory.models.conversation import Conversation, ConversationStatus, Platform
from memory.models.message import Message


class MessagePagination(KeysetPagination):
    """Newest first, by number."""

    ordering = "-seq"


class ConversationQuerySerializer(QuerySerializer):
    """What the list can be narrowed to."""

    platform = serializers.ChoiceField(choices=Platform.choices, required=False)
    status = serializers.ChoiceField(choices=ConversationStatus.choices, required=False)


class SearchQuerySerializer(QuerySerializer):
    """What is looked for."""

    q = serializers.CharField(max_length=200, help_text="Words that all stand in the message; ten at most are read.")


class NewConversationSerializer(StrictSerializer):
    """A conversation to open; its platform is the API."""

    chat_id = serializers.CharField(
        max_length=conversations.MAX_CHAT_ID,
        required=False,
        allow_blank=True,
        help_text="The caller's own name for a chat: the one that goes on there is returned. Empty: always a new one.",
    )
    title = serializers.CharField(max_length=conversations.MAX_TITLE, required=False, allow_blank=True)


class ConversationChangesSerializer(StrictSerializer):
    """What is left out stays."""

    title = serializers.CharField(max_length=conversations.MAX_TITLE, required=False, allow_blank=True)
    status = serializers.ChoiceField(choices=ConversationStatus.choices, required=False)


class ConversationSerializer(ReadSerializer[Conversation]):
    """A conversation, without what was said in it."""

    class Meta:
        model = Conversation
        fields = ["id", "platform", "chat_id", "title", "intent", "status", "last_seq", "created_at", "updated_at"]
        read_only_fields = fields


class MessageSerializer(ReadSerializer[Message]):
    """One message."""

    conversation = serializers.UUIDField(source="conversation_id", read_only=True)
    cost_usd = MoneyField(read_only=True)
    attachments = AttachmentSerializer(many=True, read_only=True)
    artifacts = ArtifactSerializer(
        source="results", many=True, read_only=True, help_text="What else belongs to it: results of a build."
    )

    class Meta:
        model = Message
        fields = [
            "id",
            "conversation",
            "seq",
            "role",
            "author",
            "content",
            "message_type",
            "language",
            "intent",
            "model_used",
            "cost_usd",
            "platform_message_id",
            "created_at",
            "attachments",
            "artifacts",
        ]
        read_only_fields = fields


class OfConversations:
    """Find what an address names among the caller's own conversations."""

    read_scope: ClassVar[Scope] = Scope.MEMORY_READ
    write_scope: ClassVar[Scope] = Scope.MEMORY_WRITE

    def conversation(self: Any, conversation_id: str | UUID) -> Conversation:
        found = conversations.find_conversation(self.user, UUID(str(conversation_id)))
        if found is None:
            raise not_found()
        return found


class ConversationViewSet(OfConversations, mixins.ListModelMixin, ApiViewSet[Conversation]):
    """The caller's conversations."""

    serializer_class = ConversationSerializer
    pagination_class = KeysetPagination
    lookup_value_regex = fields.UUID_REGEX
    lookup_url_kwarg = "conversation_id"
    queryset = Conversation.objects.none()

    def get_queryset(self) -> QuerySet[Conversation]:
        """Start at the caller."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        asked = ConversationQuerySerializer.read(self.request.query_params)
        return conversations.conversations_of(self.user).filter(**asked)

    @extend_schema(parameters=[ConversationQuerySerializer], responses=ConversationSerializer(many=True))
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List conversations, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        request=NewConversationSerializer,
        responses={
            200: OpenApiResponse(ConversationSerializer, "The one that goes on in this chat already."),
            201: ConversationSerializer,
        },
    )
    def create(self, request: Request) -> Response:
        """Open a conversation, or return the one that goes on in a chat."""
        wanted = NewConversationSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        made, is_new = conversations.open_conversation(user=self.user, platform=Platform.API, **wanted.validated_data)
        where = reverse("conversation-api-detail", kwargs={"conversation_id": made.pk})
        status = 201 if is_new else 200
        return Response(ConversationSerializer(made).data, status=status, headers={"Location": where})

    @extend_schema(responses=ConversationSerializer)
    def retrieve(self, _request: Request, conversation_id: str) -> Response:
        """Return one conversation."""
        return Response(ConversationSerializer(self.conversation(conversation_id)).data)

    @extend_schema(request=ConversationChangesSerializer, responses=ConversationSerializer)
    def partial_update(self, request: Request, conversation_id: str) -> Response:
        """Rename a conversation, archive it, or let it go on."""
        conversation = self.conversation(conversation_id)
        wanted = ConversationChangesSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        changed = conversations.change_conversation(user=self.user, conversation=conversation, **wanted.validated_data)
        return Response(ConversationSerializer(changed).data)

    @extend_schema(responses={204: None})
    def destroy(self, _request: Request, conversation_id: str) -> Response:
        """Delete a conversation with all that was said in it."""
        conversations.delete_conversation(user=self.user, conversation=self.conversation(conversation_id))
        return Response(status=204)


class MessageViewSet(OfConversations, mixins.ListModelMixin, ApiViewSet[Message]):
    """What was said in one of the caller's conversations."""

    serializer_class = MessageSerializer
    pagination_class: type[KeysetPagination] = MessagePagination
    queryset = Message.objects.none()

    def get_queryset(self) -> QuerySet[Message]:
        """Start at the caller's conversation."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        QuerySerializer.read(self.request.query_params)
        return with_files(conversations.messages_of(self.conversation(self.kwargs["conversation_id"])))

    @extend_schema(operation_id="conversations_messages_list", responses=MessageSerializer(many=True))
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List messages, newest first."""
        return super().list(request, *args, **kwargs)


class MessageSearchViewSet(MessageViewSet):
    """What was said in any of the caller's conversations."""

    pagination_class: type[KeysetPagination] = KeysetPagination

    def get_queryset(self) -> QuerySet[Message]:
        """Start at the caller."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        words: str = SearchQuerySerializer.read(self.request.query_params)["q"]
        return with_files(searching.search_messages(self.user, words, door="api"))

    @extend_schema(
        operation_id="conversations_search",
        parameters=[SearchQuerySerializer],
        responses=MessageSerializer(many=True),
    )
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Search the newest 20 000 messages for words, newest first."""
        return mixins.ListModelMixin.list(self, request, *args, **kwargs)
