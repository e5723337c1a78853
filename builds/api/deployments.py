"""``/api/v1/targets/`` and ``/api/v1/deployments/``."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope
from agentsite.common.errors import invalid, not_found
from agentsite.common.pagination import KeysetPagination
from agentsite.common.serializers import ErrorSerializer
from builds import selectors as builds
from builds.api.deployment_serializers import (
    DeploymentDiffSerializer,
    DeploymentFilterSerializer,
    DeploymentSerializer,
    NewDeploymentSerializer,
    NewTargetSerializer,
    RollbackSerializer,
    TargetChangesSerializer,
    TargetSerializer,
)
from builds.api.reading import AFTER, event_page
from builds.api.serializers import EventPageSerializer
from builds.deployments import comparing, selectors, services, targets
from builds.models.deployment import Deployment, DeploymentTarget
from memory.api.fields import UUID_REGEX

_CONFLICT = OpenApiResponse(ErrorSerializer, "Not in this state; the code says why.")


class _Deployments:
    read_scope: ClassVar[Scope] = Scope.BUILDS_READ
    write_scope: ClassVar[Scope] = Scope.BUILDS_WRITE

    def _target(self: Any, target_id: str | UUID) -> DeploymentTarget:
        found: DeploymentTarget | None = selectors.find_target(self.user, UUID(str(target_id)))
        if found is None:
            raise not_found()
        return found


class TargetViewSet(_Deployments, ApiViewSet[DeploymentTarget]):
    """The caller's targets: branches that verified builds are put onto."""

    serializer_class = TargetSerializer
    lookup_value_regex = UUID_REGEX
    lookup_url_kwarg = "target_id"
    pagination_class = None
    queryset = DeploymentTarget.objects.none()

    @extend_schema(responses=TargetSerializer(many=True))
    def list(self, _request: Request) -> Response:
        """List targets by name; an account has at most 50."""
        return Response(TargetSerializer(selectors.targets_of(self.user), many=True).data)

    @extend_schema(request=NewTargetSerializer, responses={201: TargetSerializer})
    def create(self, request: Request) -> Response:
        """Make a target."""
        wanted = NewTargetSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        made = targets.create_target(user=self.user, **wanted.validated_data)
        address = reverse("target-api-detail", kwargs={"target_id": made.pk})
        return Response(TargetSerializer(made).data, status=201, headers={"Location": address})

    @extend_schema(responses=TargetSerializer)
    def retrieve(self, _request: Request, target_id: str) -> Response:
        """Return one target."""
        return Response(TargetSerializer(self._target(target_id)).data)

    @extend_schema(request=TargetChangesSerializer, responses={200: TargetSerializer, 409: _CONFLICT})
    def partial_update(self, request: Request, target_id: str) -> Response:
        """Change a target."""
        target = self._target(target_id)
        wanted = TargetChangesSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        changed = targets.change_target(user=self.user, target=target, **wanted.validated_data)
        return Response(TargetSerializer(changed).data)

    @extend_schema(responses={204: None, 409: _CONFLICT})
    def destroy(self, _request: Request, target_id: str) -> Response:
        """Delete a target with its history, and its repository on this server."""
        targets.delete_target(user=self.user, target=self._target(target_id))
        return Response(status=204)


class DeploymentViewSet(_Deployments, mixins.ListModelMixin, ApiViewSet[Deployment]):
    """What the caller had put onto branches."""

    serializer_class = DeploymentSerializer
    pagination_class = KeysetPagination
    lookup_value_regex = UUID_REGEX
    lookup_url_kwarg = "deployment_id"
    queryset = Deployment.objects.none()

    def get_queryset(self) -> QuerySet[Deployment]:
        """Start at the caller."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return selectors.deployments_of(self.user).filter(**DeploymentFilterSerializer.read(self.request.query_params))

    def _deployment(self, deployment_id: str | UUID) -> Deployment:
        found = selectors.find_deployment(self.user, UUID(str(deployment_id)))
        if found is None:
            raise not_found()
        return found

    @extend_schema(parameters=[DeploymentFilterSerializer], responses=DeploymentSerializer(many=True))
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List deployments, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewDeploymentSerializer, responses={202: DeploymentSerializer, 409: _CONFLICT})
    def create(self, request: Request) -> Response:
        """Have a verified build deployed; it waits for an approval unless its owner chose otherwise."""
        wanted = NewDeploymentSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        build = builds.find_build(self.user, wanted.validated_data["build"])
        target = selectors.find_target(self.user, wanted.validated_data["target"])
        if build is None or target is None:
            missing = {"build": build, "target": target}
            raise invalid(**{name: _("There is none of this id.") for name, found in missing.items() if found is None})
        return self._made(services.deploy(user=self.user, build=build, target=target))

    @extend_schema(responses=DeploymentSerializer)
    def retrieve(self, _request: Request, deployment_id: str) -> Response:
        """Return one deployment."""
        return Response(DeploymentSerializer(self._deployment(deployment_id)).data)

    @extend_schema(parameters=[AFTER], responses=EventPageSerializer)
    @action(detail=True)
    def events(self, request: Request, deployment_id: str) -> Response:
        """Return a deployment's timeline after a number, at most 500 events."""
        deployment = self._deployment(deployment_id)
        return event_page(request, deployment.run_id, deployment.run.last_seq)

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "against", OpenApiTypes.UUID, description="Another deployment of its target; the healthy one before it."
            )
        ],
        responses=DeploymentDiffSerializer,
    )
    @action(detail=True)
    def diff(self, request: Request, deployment_id: str) -> Response:
        """Say what came with a deployment."""
        deployment = self._deployment(deployment_id)
        against = _asked(request.query_params.get("against", ""))
        before = self._deployment(against) if against else None
        if before is not None and before.target_id != deployment.target_id:
            raise invalid(against=_("This is a deployment of another target."))
        return Response(DeploymentDiffSerializer(comparing.compared(deployment, before)).data)  # type: ignore[arg-type]  # read only

    @extend_schema(request=None, responses={200: DeploymentSerializer, 409: _CONFLICT})
    @action(detail=True, methods=["post"])
    def cancel(self, _request: Request, deployment_id: str) -> Response:
        """Ask a deployment to stop; not once its branch is being moved."""
        services.cancel(user=self.user, deployment=self._deployment(deployment_id))
        return Response(DeploymentSerializer(self._deployment(deployment_id)).data)

    @extend_schema(request=None, responses={202: DeploymentSerializer, 409: _CONFLICT})
    @action(detail=True, methods=["post"])
    def retry(self, _request: Request, deployment_id: str) -> Response:
        """Have the same thing deployed again, as a new deployment."""
        return self._made(services.retry(user=self.user, deployment=self._deployment(deployment_id)))

    @extend_schema(request=RollbackSerializer, responses={202: DeploymentSerializer, 409: _CONFLICT})
    @action(detail=True, methods=["post"])
    def rollback(self, request: Request, deployment_id: str) -> Response:
        """Have the branch go back to this deployment, which was healthy."""
        deployment = self._deployment(deployment_id)
        wanted = RollbackSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        if wanted.validated_data.get("target", deployment.target_id) != deployment.target_id:
            raise invalid(target=_("This is a deployment of another target."))
        return self._made(services.roll_back(user=self.user, target=deployment.target, to=deployment))

    def _made(self, made: Deployment) -> Response:
        address = reverse("deployment-api-detail", kwargs={"deployment_id": made.pk})
        told = DeploymentSerializer(self._deployment(made.pk)).data
        return Response(told, status=202, headers={"Location": address})


def _asked(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise invalid(against=_("Give the id of a deployment.")) from None
