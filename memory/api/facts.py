"""``/api/v1/facts/``."""

from typing import ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope
from agentsite.common.errors import not_found
from agentsite.common.pagination import KeysetPagination
from agentsite.common.serializers import QuerySerializer, ReadSerializer, StrictSerializer
from memory import facts
from memory.api import fields
from memory.models.fact import MAX_FACT, Fact


class FactQuerySerializer(QuerySerializer):
    """What the list can be narrowed to."""

    search = serializers.CharField(max_length=200, required=False, help_text="Stands somewhere in the fact.")


class FactChangesSerializer(StrictSerializer):
    """What is left out stays."""

    fact_text = serializers.CharField(max_length=MAX_FACT, required=False)
    source = serializers.CharField(  # type: ignore[assignment]  # a field's name, not where to find it
        max_length=facts.MAX_SOURCE, required=False, allow_blank=True, help_text="Where it is from, in words."
    )


class NewFactSerializer(FactChangesSerializer):
    """A sentence to remember."""

    fact_text = serializers.CharField(max_length=MAX_FACT)


class FactSerializer(ReadSerializer[Fact]):
    """One sentence."""

    conversation = serializers.UUIDField(
        source="message.conversation_id", default=None, allow_null=True, help_text="In which it was said, if it was."
    )
    message = serializers.IntegerField(
        source="message.seq", default=None, allow_null=True, help_text="The number of the message that states it."
    )

    class Meta:
        model = Fact
        fields = ["id", "fact_text", "source", "conversation", "message", "created_at"]
        read_only_fields = fields


class FactViewSet(mixins.ListModelMixin, ApiViewSet[Fact]):
    """Sentences that the caller wants remembered."""

    read_scope: ClassVar[Scope] = Scope.MEMORY_READ
    write_scope: ClassVar[Scope] = Scope.MEMORY_WRITE
    serializer_class = FactSerializer
    pagination_class = KeysetPagination
    lookup_value_regex = fields.NUMBER_REGEX
    lookup_url_kwarg = "fact_id"
    queryset = Fact.objects.none()

    def get_queryset(self) -> QuerySet[Fact]:
        """Start at the caller."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        asked = FactQuerySerializer.read(self.request.query_params)
        found = facts.facts_of(self.user)
        return found.filter(fact_text__icontains=asked["search"]) if "search" in asked else found

    def _fact(self, fact_id: str) -> Fact:
        found = facts.find_fact(self.user, int(fact_id))
        if found is None:
            raise not_found()
        return found

    @extend_schema(parameters=[FactQuerySerializer], responses=FactSerializer(many=True))
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List facts, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewFactSerializer, responses={201: FactSerializer})
    def create(self, request: Request) -> Response:
        """Add a fact."""
        wanted = NewFactSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        fact = facts.add_fact(user=self.user, **wanted.validated_data)
        address = reverse("fact-api-detail", kwargs={"fact_id": fact.pk})
        return Response(FactSerializer(fact).data, status=201, headers={"Location": address})

    @extend_schema(responses=FactSerializer)
    def retrieve(self, _request: Request, fact_id: str) -> Response:
        """Return one fact."""
        return Response(FactSerializer(self._fact(fact_id)).data)

    @extend_schema(request=FactChangesSerializer, responses=FactSerializer)
    def partial_update(self, request: Request, fact_id: str) -> Response:
        """Change a fact, or where it is from."""
        fact = self._fact(fact_id)
        wanted = FactChangesSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        changed = facts.change_fact(user=self.user, fact=fact, **wanted.validated_data)
        return Response(FactSerializer(changed).data)

    @extend_schema(responses={204: None})
    def destroy(self, _request: Request, fact_id: str) -> Response:
        """Delete a fact."""
        facts.delete_fact(user=self.user, fact=self._fact(fact_id))
        return Response(status=204)
