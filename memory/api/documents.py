"""``/api/v1/memory/documents/``."""

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope
from agentsite.common.errors import not_found
from agentsite.common.parsing import BoundedJSONParser
from agentsite.common.serializers import ErrorSerializer, StrictSerializer
from memory import documents
from memory.archives import MAX_FILE_BYTES
from memory.models.vectors import VectorMemory

PAGE = 100


class DocumentQuerySerializer(StrictSerializer):
    """Where a page begins, and what the names hold."""

    after = serializers.CharField(max_length=500, required=False, default="", help_text="Names after this one alone.")
    search = serializers.CharField(max_length=200, required=False, default="", help_text="Stands in the name.")


class NewTextSerializer(StrictSerializer):
    """A text, with the name that says what it is."""

    name = serializers.CharField(max_length=documents.MAX_NAME, help_text="notes.md, tool.py …; prose without ending.")
    text = serializers.CharField(max_length=MAX_FILE_BYTES, trim_whitespace=False)


class UploadSerializer(StrictSerializer):
    """A text file, a file of code, or a zip of a repository."""

    file = serializers.FileField()


class ImportedSerializer(serializers.Serializer[None]):
    """What came of it."""

    files = serializers.IntegerField(help_text="Texts that are remembered.")
    passages = serializers.IntegerField()
    skipped = serializers.IntegerField(help_text="Members of an archive that are no text of a known kind.")


class DocumentSerializer(serializers.Serializer[None]):
    """A document in memory."""

    name = serializers.CharField(source="source_file")
    passages = serializers.IntegerField()
    characters = serializers.IntegerField()
    imported_at = serializers.DateTimeField()


class DocumentPageSerializer(serializers.Serializer[None]):
    """A page of documents, by name."""

    results = DocumentSerializer(many=True)
    next_after = serializers.CharField(allow_null=True, help_text="`after` of the next page; null on the last.")


class DocumentViewSet(ApiViewSet[Any]):
    """The caller's own documents in memory."""

    read_scope: ClassVar[Scope] = Scope.MEMORY_READ
    write_scope: ClassVar[Scope] = Scope.MEMORY_WRITE
    serializer_class = DocumentSerializer
    parser_classes = (BoundedJSONParser, MultiPartParser)
    pagination_class = None
    queryset = VectorMemory.objects.none()

    @extend_schema(parameters=[DocumentQuerySerializer], responses=DocumentPageSerializer)
    def retrieve(self, request: Request) -> Response:
        """Return a page of documents, by name."""
        asked = DocumentQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        rows = documents.listed(self.user, after=given["after"], words=given["search"], limit=PAGE + 1)
        following = rows[PAGE - 1].source_file if len(rows) > PAGE else None
        page = {"results": rows[:PAGE], "next_after": following}
        return Response(DocumentPageSerializer(page).data)  # type: ignore[arg-type]  # read only

    @extend_schema(
        request={"application/json": NewTextSerializer, "multipart/form-data": UploadSerializer},
        responses={201: ImportedSerializer, 409: OpenApiResponse(ErrorSerializer, "There is no room for more.")},
    )
    def create(self, request: Request) -> Response:
        """Bring a text, or upload a file or a zip; the same name again replaces what was there."""
        if request.content_type.startswith("multipart/"):
            upload = UploadSerializer(data=request.data)
            upload.is_valid(raise_exception=True)
            file: Any = upload.validated_data["file"]
            done = documents.import_upload(user=self.user, name=file.name, stream=file, size=file.size)
        else:
            text = NewTextSerializer(data=request.data)
            text.is_valid(raise_exception=True)
            done = documents.import_text(user=self.user, **text.validated_data)
        return Response(ImportedSerializer(done).data, status=201)  # type: ignore[arg-type]  # read only

    @extend_schema(responses={204: None})
    def destroy(self, _request: Request, name: str) -> Response:
        """Take a file, or all files of an archive, out of memory."""
        if not documents.delete_document(user=self.user, name=name):
            raise not_found()
        return Response(status=204)
