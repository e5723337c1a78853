"""``/api/v1/attachments/``."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope
from agentsite.common.errors import not_found
from agentsite.common.negotiation import FileNegotiation
from agentsite.common.pagination import KeysetPagination
from agentsite.common.serializers import ErrorSerializer, QuerySerializer, ReadSerializer, StrictSerializer
from memory.api import fields
from memory.attachments import handing_out, selectors, services
from memory.models.artifact import MessageArtifact
from memory.models.attachment import Attachment, Family, Source


class AttachmentQuerySerializer(QuerySerializer):
    """What the list can be narrowed to."""

    family = serializers.ChoiceField(choices=Family.choices, required=False)


class FileUploadSerializer(StrictSerializer):
    """One file."""

    file = serializers.FileField()


class ArtifactSerializer(ReadSerializer[MessageArtifact]):
    """What was read in a file, or came of a build."""

    content = fields.ObjectField(source="content_json", read_only=True, help_text="What is known beside the text.")
    text = serializers.CharField(
        source="excerpt",
        read_only=True,
        help_text=f"At most {selectors.EXCERPT} characters; a file's own answer has all.",
    )
    characters = serializers.IntegerField(read_only=True, help_text="How long the whole text is.")

    class Meta:
        model = MessageArtifact
        fields = ["id", "kind", "content", "text", "characters", "created_at"]
        read_only_fields = fields


class WholeArtifactSerializer(ArtifactSerializer):
    """What was read in a file."""

    text = serializers.CharField(read_only=True)


class AttachmentSerializer(ReadSerializer[Attachment]):
    """A file, and what was read in it."""

    message = serializers.IntegerField(
        source="message_id",
        allow_null=True,
        read_only=True,
        help_text="Null until it is said; then it goes after a day.",
    )
    facts = fields.ObjectField(read_only=True, help_text="What its headers say; `unread`: why it could not be read.")
    artifacts = ArtifactSerializer(many=True, read_only=True)

    class Meta:
        model = Attachment
        fields = [
            "id",
            "message",
            "name",
            "family",
            "media_type",
            "size",
            "sha256",
            "facts",
            "source",
            "read_at",
            "created_at",
            "artifacts",
        ]
        read_only_fields = fields


class WholeAttachmentSerializer(AttachmentSerializer):
    """A file, and all that was read in it."""

    artifacts = WholeArtifactSerializer(many=True, read_only=True)


class OfAttachments:
    """Find what an address names among the caller's own files."""

    read_scope: ClassVar[Scope] = Scope.MEMORY_READ
    write_scope: ClassVar[Scope] = Scope.MEMORY_WRITE

    def attachment(self: Any, attachment_id: str | UUID) -> Attachment:
        """Return a file of the caller's."""
        found = selectors.find(self.user, UUID(str(attachment_id)))
        if found is None:
            raise not_found()
        return found


class AttachmentViewSet(OfAttachments, mixins.ListModelMixin, ApiViewSet[Attachment]):
    """The caller's files."""

    serializer_class = AttachmentSerializer
    pagination_class = KeysetPagination
    parser_classes = (MultiPartParser,)
    lookup_value_regex = fields.UUID_REGEX
    lookup_url_kwarg = "attachment_id"
    queryset = Attachment.objects.none()

    def get_queryset(self) -> QuerySet[Attachment]:
        """Start at the caller."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        asked = AttachmentQuerySerializer.read(self.request.query_params)
        return selectors.with_artifacts(selectors.of(self.user).filter(**asked))

    @extend_schema(parameters=[AttachmentQuerySerializer], responses=AttachmentSerializer(many=True))
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List files, newest first, with the beginning of what was read in each."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        request={"multipart/form-data": FileUploadSerializer},
        responses={
            201: AttachmentSerializer,
            409: OpenApiResponse(ErrorSerializer, "There is no room for more."),
            413: OpenApiResponse(ErrorSerializer, "It is too large."),
        },
    )
    def create(self, request: Request) -> Response:
        """Bring a file; name it in a message, and the agent reads it. One that nothing names goes after a day."""
        upload = FileUploadSerializer(data=request.data)
        upload.is_valid(raise_exception=True)
        file: Any = upload.validated_data["file"]
        services.check_size(file.size)
        made = services.store(user=self.user, name=file.name, content=file.read(), source=Source.API)
        where = reverse("attachment-api-detail", kwargs={"attachment_id": made.pk})
        return Response(AttachmentSerializer(made).data, status=201, headers={"Location": where})

    @extend_schema(responses=WholeAttachmentSerializer)
    def retrieve(self, _request: Request, attachment_id: str) -> Response:
        """Return one file with all that was read in it."""
        return Response(WholeAttachmentSerializer(selectors.whole(self.attachment(attachment_id))).data)

    @extend_schema(responses={204: None})
    def destroy(self, _request: Request, attachment_id: str) -> Response:
        """Delete a file with all that was read in it."""
        services.delete(user=self.user, attachment=self.attachment(attachment_id))
        return Response(status=204)


class AttachmentContentViewSet(OfAttachments, ApiViewSet[Attachment]):
    """What the caller's files hold."""

    content_negotiation_class = FileNegotiation
    queryset = Attachment.objects.none()

    @extend_schema(
        operation_id="attachments_content", responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}
    )
    def retrieve(self, _request: Request, attachment_id: UUID) -> HttpResponse:
        """Hand a file out, to be saved and never to be shown in place."""
        return handing_out.download(self.attachment(attachment_id), to=self.user)
