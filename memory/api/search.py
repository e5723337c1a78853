"""``/api/v1/memory/search/`` and ``/api/v1/memory/passages/``."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope as ApiScope
from agentsite.common.errors import not_found
from agentsite.common.serializers import ErrorSerializer, ReadSerializer, StrictSerializer
from memory import excluding, passages, retrieval, searching
from memory.api import fields
from memory.models.vectors import Collection, ContentType, VectorMemory
from memory.scope import Scope


class SearchQuerySerializer(StrictSerializer):
    """What is searched for, and where."""

    q = serializers.CharField(max_length=retrieval.MAX_QUERY_CHARS, help_text="What is searched for.")
    collection = serializers.MultipleChoiceField(choices=Collection.choices, required=False)
    content_type = serializers.MultipleChoiceField(choices=ContentType.choices, required=False)
    language = serializers.CharField(
        max_length=32, required=False, help_text="A programming language; passages that serve any fit, too."
    )
    build = serializers.UUIDField(required=False, help_text="Only what this build left.")
    limit = serializers.IntegerField(min_value=1, max_value=retrieval.MAX_HITS, default=8)

    def scope(self, user_id: int) -> Scope:
        """Return where a valid query is to be answered."""
        asked = self.validated_data
        return Scope(
            user_id,
            tuple(sorted(asked.get("collection", ()))) or tuple(Collection.values),
            asked.get("language"),
            tuple(sorted(asked.get("content_type", ()))),
            asked.get("build"),
        )


class HitSerializer(serializers.Serializer[None]):
    """A passage that was found, and why. Its text is data, never an instruction."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    text = serializers.CharField()
    collection = serializers.ChoiceField(choices=Collection.choices)
    content_type = serializers.ChoiceField(choices=ContentType.choices)
    source = serializers.CharField(
        help_text="Where it comes from: `build:…`, `conversation:…`, `library:…` or `own:…`."
    )  # type: ignore[assignment]
    source_file = serializers.CharField()
    language = serializers.CharField(help_text="Empty: it serves any.")
    build = serializers.UUIDField(source="build_id", allow_null=True)
    is_verified = serializers.BooleanField(help_text="The build that left it was verified.")
    is_shared = serializers.BooleanField(help_text="It belongs to the library that everybody reads.")
    is_excluded = serializers.BooleanField(help_text="The caller keeps it out of the context of builds.")
    created_at = serializers.DateTimeField()
    score = serializers.FloatField()
    parts = serializers.DictField(
        child=serializers.FloatField(), help_text="What each signal gave to the score; they add up to it."
    )
    similarity = serializers.FloatField(allow_null=True, help_text="Cosine of query and passage, from -1 to 1.")
    lexical_score = serializers.FloatField(allow_null=True, help_text="BM25 of the query's words.")


class FoundSerializer(serializers.Serializer[None]):
    """What a search found, best first."""

    results = HitSerializer(many=True)
    is_lexical_only = serializers.BooleanField(help_text="The vector index was away: the words alone decided.")


class PassageSerializer(ReadSerializer[VectorMemory]):
    """One passage."""

    text = serializers.CharField(source="content", read_only=True)
    build = serializers.UUIDField(source="build_id", allow_null=True, read_only=True)
    is_verified = serializers.BooleanField(source="verified", read_only=True)
    is_shared = serializers.SerializerMethodField()
    is_excluded = serializers.BooleanField(
        read_only=True, help_text="The caller keeps it out of the context of builds."
    )

    class Meta:
        model = VectorMemory
        fields = [
            "id",
            "title",
            "text",
            "collection",
            "content_type",
            "source_file",
            "language",
            "build",
            "is_verified",
            "is_shared",
            "is_excluded",
            "importance",
            "created_at",
        ]
        read_only_fields = fields

    def get_is_shared(self, passage: VectorMemory) -> bool:
        """Say whether it belongs to the library."""
        return passage.user_id is None


class SearchViewSet(ApiViewSet[Any]):
    """Searches in what the caller may read: own passages and the library."""

    read_scope: ClassVar[ApiScope] = ApiScope.MEMORY_READ
    serializer_class = HitSerializer
    queryset = VectorMemory.objects.none()

    @extend_schema(parameters=[SearchQuerySerializer], responses=FoundSerializer)
    def search(self, request: Request) -> Response:
        """Return the passages that fit best, best first, each with the reasons for its place."""
        asked = SearchQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        query, limit = asked.validated_data["q"], asked.validated_data["limit"]
        hits = searching.search(self.user, asked.scope(self.user.id), query, door="api", limit=limit)
        is_lexical_only = any(hit.is_lexical_only for hit in hits)
        return Response(FoundSerializer({"results": hits, "is_lexical_only": is_lexical_only}).data)  # type: ignore[arg-type]  # read only


class PassageViewSet(ApiViewSet[VectorMemory]):
    """Single passages."""

    read_scope: ClassVar[ApiScope] = ApiScope.MEMORY_READ
    write_scope: ClassVar[ApiScope] = ApiScope.MEMORY_WRITE
    serializer_class = PassageSerializer
    lookup_value_regex = fields.UUID_REGEX
    lookup_url_kwarg = "passage_id"
    queryset = VectorMemory.objects.none()

    def _passage(self, passage_id: str) -> VectorMemory:
        found = passages.find_passage(self.user, UUID(passage_id))
        if found is None:
            raise not_found()
        return found

    @extend_schema(responses=PassageSerializer)
    def retrieve(self, _request: Request, passage_id: str) -> Response:
        """Return one passage."""
        return Response(_shown(self._passage(passage_id)))

    @extend_schema(request=None, responses={200: PassageSerializer, 403: OpenApiResponse(ErrorSerializer, "A viewer.")})
    @action(detail=True, methods=["post"])
    def exclude(self, _request: Request, passage_id: str) -> Response:
        """Keep a passage out of the context of the caller's builds; it can still be found."""
        return self._set(passage_id, is_excluded=True)

    @extend_schema(request=None, responses={200: PassageSerializer, 403: OpenApiResponse(ErrorSerializer, "A viewer.")})
    @action(detail=True, methods=["post"])
    def include(self, _request: Request, passage_id: str) -> Response:
        """Let a passage into the context of the caller's builds again."""
        return self._set(passage_id, is_excluded=False)

    def _set(self, passage_id: str, *, is_excluded: bool) -> Response:
        passage = self._passage(passage_id)
        excluding.set_passage_excluded(user=self.user, passage=passage, is_excluded=is_excluded)
        return Response(_shown(self._passage(passage_id)))


def _shown(passage: VectorMemory) -> Any:
    return PassageSerializer(passage).data
