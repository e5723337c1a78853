"""``/api/v1/keys/`` and ``/api/v1/me/``."""

from datetime import timedelta
from typing import ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts import keys, profile
from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.api.serializers import (
    AccountSerializer,
    KeySerializer,
    MadeKeySerializer,
    NewKeySerializer,
    ProfileSerializer,
    RotateSerializer,
)
from agentsite.accounts.models import ApiKey, Scope, User


class KeyViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet[ApiKey]):
    """The caller's keys."""

    read_scope: ClassVar[Scope] = Scope.ADMIN
    write_scope: ClassVar[Scope] = Scope.ADMIN
    never_kept: ClassVar[tuple[str, ...]] = ("secret",)
    serializer_class = KeySerializer
    lookup_value_regex = "[0-9]{1,18}"
    queryset = ApiKey.objects.none()

    def get_queryset(self) -> QuerySet[ApiKey]:
        """Start at the caller."""
        return self.queryset if getattr(self, "swagger_fake_view", False) else keys.keys_of(self.user)

    @extend_schema(request=NewKeySerializer, responses={201: MadeKeySerializer})
    def create(self, request: Request) -> Response:
        """Make a key; its secret is in this answer and never again."""
        wanted = NewKeySerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        return self._made(keys.create_api_key(user=self.user, **wanted.validated_data))

    @extend_schema(responses={204: None})
    def destroy(self, _request: Request, pk: str) -> Response:  # noqa: ARG002  the framework finds it by the address
        """Revoke a key: from now on it opens nothing."""
        keys.revoke_api_key(user=self.user, key=self.get_object())
        return Response(status=204)

    @extend_schema(request=RotateSerializer, responses={201: MadeKeySerializer})
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: str) -> Response:  # noqa: ARG002  the framework finds it by the address
        """Make a successor with the same rights; the old key ends after the overlap."""
        wanted = RotateSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        overlap = timedelta(seconds=wanted.validated_data["overlap_seconds"])
        return self._made(keys.rotate_api_key(user=self.user, key=self.get_object(), overlap=overlap))

    def _made(self, made: keys.NewKey) -> Response:
        address = reverse("key-api-detail", kwargs={"pk": made.key.pk})
        return Response(MadeKeySerializer.of(made), status=201, headers={"Location": address})


class MeViewSet(ApiViewSet[User]):
    """The account that calls."""

    read_scope: ClassVar[Scope] = Scope.USAGE_READ
    write_scope: ClassVar[Scope] = Scope.ADMIN

    @extend_schema(operation_id="me_retrieve", responses=AccountSerializer)
    def retrieve(self, _request: Request) -> Response:
        """Say who calls, and what the limits are."""
        return Response(AccountSerializer(self.user).data)  # type: ignore[arg-type]  # read only

    @extend_schema(operation_id="me_update", request=ProfileSerializer, responses=AccountSerializer)
    def partial_update(self, request: Request) -> Response:
        """Change name, language or how long messages are kept."""
        wanted = ProfileSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        changed = profile.update(self.user, **wanted.validated_data)
        return Response(AccountSerializer(changed).data)  # type: ignore[arg-type]  # read only
