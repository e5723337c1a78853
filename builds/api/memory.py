"""``/api/v1/builds/…/memory/``."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope
from agentsite.common.errors import not_found
from agentsite.common.serializers import StrictSerializer
from builds import selectors
from builds.models.build import Build
from memory import excluding, uses
from memory.models.usage import PassageUse


class ShownPassageSerializer(serializers.Serializer[PassageUse]):
    """A passage in the build's context."""

    rank = serializers.IntegerField(help_text="Its place in the context, from 1.")
    passage = serializers.UUIDField(source="passage_id", allow_null=True, help_text="Null: it was deleted since.")
    title = serializers.CharField()
    source = serializers.CharField(help_text="Where it came from: `build:…`, `conversation:…`, `library:…` or `own:…`.")  # type: ignore[assignment]
    score = serializers.FloatField()
    parts = serializers.DictField(child=serializers.FloatField(), help_text="What each signal gave to the score.")
    is_cited = serializers.BooleanField(
        allow_null=True, help_text="Lines of it stand in the delivered code; null until the build has completed."
    )


class ShownSerializer(serializers.Serializer[None]):
    """What a build was shown, and whether what it left may be shown to others."""

    results = ShownPassageSerializer(many=True)
    is_excluded = serializers.BooleanField(help_text="What this build left is kept out of its owner's builds.")


class ExclusionSerializer(StrictSerializer):
    """Whether what a build left is kept out."""

    is_excluded = serializers.BooleanField()


class BuildMemoryViewSet(ApiViewSet[Any]):
    """What a build had from memory, and what it left there; its owner's alone."""

    read_scope: ClassVar[Scope] = Scope.MEMORY_READ
    write_scope: ClassVar[Scope] = Scope.MEMORY_WRITE
    serializer_class = ShownSerializer
    queryset = Build.objects.none()

    def _build(self, build_id: UUID) -> Build:
        build = selectors.find_build(self.user, build_id, ())
        if build is None or build.user_id != self.user.id:
            raise not_found()
        return build

    @extend_schema(responses=ShownSerializer)
    def retrieve(self, _request: Request, build_id: UUID) -> Response:
        """List the passages that the build was shown, in their order."""
        return self._shown(self._build(build_id))

    @extend_schema(request=ExclusionSerializer, responses=ShownSerializer)
    def exclude(self, request: Request, build_id: UUID) -> Response:
        """Keep all passages of a build out of the context of the caller's other builds, or let them in again."""
        build = self._build(build_id)
        wanted = ExclusionSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        excluding.set_build_excluded(user=self.user, build_id=build.id, **wanted.validated_data)
        return self._shown(build)

    def _shown(self, build: Build) -> Response:
        told = {"results": uses.of_build(build.id), "is_excluded": excluding.is_build_excluded(self.user, build.id)}
        return Response(ShownSerializer(told).data)  # type: ignore[arg-type]  # read only
