"""``/api/v1/conversations/{id}/…``: saying something to the agent, what that cost, a copy of it, and a ticket."""

from collections.abc import AsyncIterator
from typing import ClassVar
from uuid import UUID

from django.http import StreamingHttpResponse
from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope
from agentsite.common.negotiation import FileNegotiation
from agentsite.common.rendering import as_json
from agentsite.common.serializers import ErrorSerializer
from builds import tickets
from builds.api.talk_serializers import (
    ConversationUsageSerializer,
    NewMessageSerializer,
    SaidSerializer,
    TranscriptMessageSerializer,
    TranscriptSerializer,
)
from builds.api.tickets import TicketSerializer, told_once
from builds.jobs import selectors, services
from builds.sse import asked
from memory import conversations
from memory.api.conversations import ConversationSerializer, MessageSerializer, MessageViewSet, OfConversations
from memory.attachments.selectors import filed, with_files
from memory.models.conversation import Conversation
from memory.models.message import Message

_PAGE = 100


class TalkViewSet(MessageViewSet):
    """What is said in one of the caller's conversations; the agent answers there."""

    read_scope: ClassVar[Scope] = Scope.MEMORY_READ
    write_scope: ClassVar[Scope] = Scope.BUILDS_WRITE

    @extend_schema(
        operation_id="conversations_messages_create",
        request=NewMessageSerializer,
        responses={
            200: OpenApiResponse(SaidSerializer, "It was there already."),
            201: SaidSerializer,
            409: OpenApiResponse(
                ErrorSerializer, "The conversation is archived, or the agent is busy and no message is to wait."
            ),
        },
    )
    def create(self, request: Request, conversation_id: UUID) -> Response:
        """Say something; a job sees to it, and what the agent says about it is a later message."""
        conversation = self.conversation(conversation_id)
        wanted = NewMessageSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        given = {name: value for name, value in wanted.validated_data.items() if name != "role"}
        said = services.say(user=self.user, conversation=conversation, api_key=self.key, **given)
        answer = {**MessageSerializer(filed(said.message)).data, "job": said.job.id if said.job else None}
        where = reverse("conversation-api-messages", args=[conversation.pk])
        return Response(answer, status=201 if said.is_new else 200, headers={"Location": where})


class ConversationUsageViewSet(OfConversations, ApiViewSet[Conversation]):
    """What a conversation used."""

    read_scope: ClassVar[Scope] = Scope.USAGE_READ
    queryset = Conversation.objects.none()

    @extend_schema(operation_id="conversations_usage", responses=ConversationUsageSerializer)
    def retrieve(self, _request: Request, conversation_id: UUID) -> Response:
        """Return what the jobs and the builds of a conversation used."""
        used = selectors.spending_in(self.conversation(conversation_id))
        return Response(ConversationUsageSerializer(used).data)  # type: ignore[arg-type]  # read only


class TranscriptViewSet(OfConversations, ApiViewSet[Conversation]):
    """A copy of a conversation."""

    content_negotiation_class = FileNegotiation
    queryset = Conversation.objects.none()

    @extend_schema(operation_id="conversations_export", responses=TranscriptSerializer)
    def retrieve(self, _request: Request, conversation_id: UUID) -> StreamingHttpResponse:
        """Return all that was said in a conversation, in order and with what is known about each message, as a file."""
        conversation = self.conversation(conversation_id)
        conversations.note_export(conversation, to=self.user)
        name = f'attachment; filename="conversation-{conversation.pk}.json"'
        response = StreamingHttpResponse(_transcript(conversation), content_type="application/json")
        response["Content-Disposition"] = name
        return response


class ConversationTicketViewSet(OfConversations, ApiViewSet[Conversation]):
    """Tickets for the socket of a conversation."""

    write_scope: ClassVar[Scope] = Scope.MEMORY_READ
    never_kept: ClassVar[tuple[str, ...]] = ("ticket", "url")
    serializer_class = TicketSerializer  # type: ignore[assignment]  # what is answered is no conversation
    queryset = Conversation.objects.none()

    @extend_schema(operation_id="conversations_ticket_create", request=None, responses={201: TicketSerializer})
    def create(self, request: Request, conversation_id: UUID) -> Response:
        """Make a ticket that opens the socket of a conversation once within 30 seconds, for programs.

        The socket ends when the key that asked for the ticket does.
        """
        conversation = self.conversation(conversation_id)
        made = tickets.make_ticket(
            user=self.user,
            conversation=conversation,
            api_key=self.key,
            session_key=request.session.session_key or "",
        )
        return told_once(request, made)


async def _transcript(conversation: Conversation) -> AsyncIterator[str]:
    """Write a conversation a page of messages at a time."""
    yield f'{{"conversation": {as_json(ConversationSerializer(conversation).data)}, "messages": ['
    seq, comma = 0, ""
    while messages := await asked(_page, conversation, seq):
        for message in messages:
            yield comma + as_json(TranscriptMessageSerializer(message).data)
            seq, comma = message.seq, ","
    yield "]}"


def _page(conversation: Conversation, after: int) -> list[Message]:
    return list(with_files(conversations.messages_of(conversation)).filter(seq__gt=after).order_by("seq")[:_PAGE])
