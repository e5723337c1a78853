"""``/api/v1/memories/``."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope
from agentsite.common.errors import not_found
from agentsite.common.serializers import QuerySerializer, ReadSerializer, StrictSerializer
from memory import memories
from memory.api import fields, paging
from memory.models.memory import Memory, MemoryType

STATES = {"kept": False, "proposed": True}


class MemoryQuerySerializer(QuerySerializer):
    """What the list can be narrowed to."""

    memory_type = serializers.ChoiceField(choices=MemoryType.choices, required=False)
    state = serializers.ChoiceField(choices=list(STATES), required=False, help_text="Proposals wait to be kept.")
    search = serializers.CharField(max_length=200, required=False, help_text="Stands somewhere in the key.")
    order = serializers.ChoiceField(choices=list(paging.ORDERS), required=False)


class MemoryChangesSerializer(StrictSerializer):
    """What is left out stays."""

    value = fields.ValueField(required=False)
    importance = serializers.FloatField(min_value=0, max_value=1, required=False)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, help_text="Null: never.")


class NewMemorySerializer(MemoryChangesSerializer):
    """What to remember."""

    memory_type = serializers.ChoiceField(choices=MemoryType.choices)
    key = serializers.CharField(max_length=memories.MAX_KEY)
    value = fields.ValueField()


class MemorySerializer(ReadSerializer[Memory]):
    """One thing that is remembered."""

    value = fields.ValueField(read_only=True)
    source_build = serializers.UUIDField(
        source="source_build_id", allow_null=True, read_only=True, help_text="The build that it was learned from."
    )

    class Meta:
        model = Memory
        fields = [
            "id",
            "memory_type",
            "key",
            "value",
            "importance",
            "is_proposed",
            "source_build",
            "expires_at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


class MemoryViewSet(mixins.ListModelMixin, ApiViewSet[Memory]):
    """What is remembered of the caller."""

    read_scope: ClassVar[Scope] = Scope.MEMORY_READ
    write_scope: ClassVar[Scope] = Scope.MEMORY_WRITE
    serializer_class = MemorySerializer
    pagination_class = paging.MemoryPagination
    lookup_value_regex = fields.UUID_REGEX
    lookup_url_kwarg = "memory_id"
    queryset = Memory.objects.none()

    def get_queryset(self) -> QuerySet[Memory]:
        """Start at the caller."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        asked = MemoryQuerySerializer.read(self.request.query_params)
        found: QuerySet[Memory] = memories.memories_of(self.user)
        if "memory_type" in asked:
            found = found.filter(memory_type=asked["memory_type"])
        if "state" in asked:
            found = found.filter(is_proposed=STATES[asked["state"]])
        if "search" in asked:
            found = found.filter(key__icontains=asked["search"])
        return paging.ranked(found) if "importance" in asked.get("order", "") else found

    def _memory(self, memory_id: str) -> Memory:
        found = memories.find_memory(self.user, UUID(memory_id))
        if found is None:
            raise not_found()
        return found

    @extend_schema(parameters=[MemoryQuerySerializer], responses=MemorySerializer(many=True))
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List memories, newest first unless told; what has expired is not there."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        request=NewMemorySerializer,
        responses={
            200: OpenApiResponse(MemorySerializer, "It stands instead of what was there under this type and key."),
            201: MemorySerializer,
        },
    )
    def create(self, request: Request) -> Response:
        """Remember something under its type and key; what was there is replaced."""
        wanted = NewMemorySerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        memory, is_new = memories.remember(user=self.user, **wanted.validated_data)
        return Response(_shown(memory), status=201 if is_new else 200, headers=_where(memory))

    @extend_schema(responses=MemorySerializer)
    def retrieve(self, _request: Request, memory_id: str) -> Response:
        """Return one memory."""
        return Response(_shown(self._memory(memory_id)))

    @extend_schema(request=MemoryChangesSerializer, responses=MemorySerializer)
    def partial_update(self, request: Request, memory_id: str) -> Response:
        """Change what is remembered, how important it is, or until when."""
        memory = self._memory(memory_id)
        wanted = MemoryChangesSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        return Response(_shown(memories.change(user=self.user, memory=memory, **wanted.validated_data)))

    @extend_schema(responses={204: None})
    def destroy(self, _request: Request, memory_id: str) -> Response:
        """Forget one."""
        memories.forget(user=self.user, memory=self._memory(memory_id))
        return Response(status=204)

    @extend_schema(request=None, responses=MemorySerializer)
    @action(detail=True, methods=["post"])
    def keep(self, _request: Request, memory_id: str) -> Response:
        """Keep a proposal; one that is kept already stays as it is."""
        kept = memories.keep(user=self.user, memory=self._memory(memory_id))
        return Response(_shown(kept), headers=_where(kept))


def _shown(memory: Memory) -> Any:
    return MemorySerializer(memory).data


def _where(memory: Memory) -> dict[str, str]:
    return {"Location": reverse("memory-api-detail", kwargs={"memory_id": memory.pk})}
