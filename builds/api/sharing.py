"""``/api/v1/builds/{id}/shares/``."""

from typing import ClassVar
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope
from agentsite.common.errors import not_found
from agentsite.common.serializers import StrictSerializer
from builds import selectors, sharing
from builds.models.build import Build
from builds.models.share import BuildShare


class NewShareSerializer(StrictSerializer):
    """With whom a build is shared, and for how long."""

    username = serializers.CharField(
        max_length=150, required=False, help_text="Somebody with an account; left out: whoever has the link."
    )
    days = serializers.IntegerField(
        min_value=1, max_value=sharing.MAX_DAYS, required=False, help_text="Until it is ended when left out."
    )


class ShareSerializer(serializers.ModelSerializer[BuildShare]):
    """Who else may read a build."""

    username = serializers.CharField(source="user.username", default=None, allow_null=True, read_only=True)

    class Meta:
        model = BuildShare
        fields = ["id", "username", "created_at", "expires_at"]
        read_only_fields = fields


class MadeShareSerializer(ShareSerializer):
    """A share that was just made."""

    link = serializers.CharField(
        allow_null=True, read_only=True, help_text="Told this once; null for a share with a person."
    )

    class Meta(ShareSerializer.Meta):
        fields = [*ShareSerializer.Meta.fields, "link"]
        read_only_fields = fields


class ShareViewSet(ApiViewSet[BuildShare]):
    """Who else may read one of the caller's builds."""

    read_scope: ClassVar[Scope] = Scope.BUILDS_READ
    write_scope: ClassVar[Scope] = Scope.BUILDS_WRITE
    never_kept: ClassVar[tuple[str, ...]] = ("link",)
    serializer_class = ShareSerializer
    pagination_class = None

    def _build(self, build_id: UUID) -> Build:
        build = selectors.find_build(self.user, build_id)
        if build is None:
            raise not_found()
        return build

    @extend_schema(operation_id="builds_shares_list", responses=ShareSerializer(many=True))
    def list(self, _request: Request, build_id: UUID) -> Response:
        """List who else may read a build: at most 100."""
        return Response(ShareSerializer(sharing.shares_of(self._build(build_id)), many=True).data)

    @extend_schema(
        operation_id="builds_shares_create", request=NewShareSerializer, responses={201: MadeShareSerializer}
    )
    def create(self, request: Request, build_id: UUID) -> Response:
        """Let somebody read a build, or whoever has the link in this answer."""
        wanted = NewShareSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        made = sharing.share_build(user=self.user, build=self._build(build_id), **wanted.validated_data)
        link = request.build_absolute_uri(made.path) if made.token else None
        address = reverse("build-api-share", kwargs={"build_id": build_id, "share_id": made.share.pk})
        return Response(ShareSerializer(made.share).data | {"link": link}, status=201, headers={"Location": address})

    @extend_schema(operation_id="builds_shares_destroy", responses={204: None})
    def destroy(self, _request: Request, build_id: UUID, share_id: int) -> Response:
        """End a share."""
        share = sharing.shares_of(self._build(build_id)).filter(pk=share_id).first()
        if share is None:
            raise not_found()
        sharing.unshare(user=self.user, share=share)
        return Response(status=204)
