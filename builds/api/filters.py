"""What the list of builds can be narrowed to, and how it can be ordered."""

from typing import Any, ClassVar, Self

from django.db.models import QuerySet
from django.views import View
from rest_framework import serializers
from rest_framework.request import Request

from agentsite.accounts.models import User
from agentsite.common.pagination import KeysetPagination
from agentsite.common.serializers import StrictSerializer
from builds import selectors
from builds.models.build import BuildVerification
from builds.models.run import RunState
from builds.querysets import BuildQuerySet

_ORDERS = {"-created_at": "-id", "created_at": "id"}


class BuildFilterSerializer(StrictSerializer):
    """The query of a list; what is left out narrows nothing."""

    status = serializers.ChoiceField(choices=["active", *RunState.values], required=False)
    verification = serializers.ChoiceField(choices=BuildVerification.values, required=False)
    language = serializers.CharField(max_length=32, required=False)
    search = serializers.CharField(
        max_length=200, required=False, help_text="Words that all stand in name, description or requirements."
    )
    shared = serializers.BooleanField(required=False, help_text="Those that others share with the caller.")
    parent = serializers.UUIDField(required=False, help_text="Retries and forks of this one.")  # type: ignore[assignment]
    order = serializers.ChoiceField(choices=list(_ORDERS), required=False)


class BuildPagination(KeysetPagination):
    """Newest first, or oldest first when asked."""

    query_names: ClassVar[tuple[str, ...]] = ("cursor", "page_size")

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: View) -> tuple[str, ...]:  # noqa: ARG002
        """Return the order that was asked for."""
        return (_ORDERS.get(request.query_params.get("order", ""), "-id"),)


class Newest:
    """The beginning of the list of somebody's own, a queryset to the pager: what is asked most, so it is made cheap."""

    def __init__(self, user: User) -> None:
        self._user = user

    def order_by(self, *_: str) -> Self:
        """Stay as it is: newest first."""
        return self

    def __getitem__(self, rows: slice) -> list[selectors.ListedBuild]:
        return selectors.newest_builds(self._user, rows.stop)


def narrowed(user: User, query: Any) -> BuildQuerySet:
    """Return the builds of the caller, or those shared with them, that a query asks for.

    :raises ValidationError: a name or value that is none.
    """
    asked = {name: query[name] for name in query if name not in BuildPagination.query_names}
    wanted = BuildFilterSerializer(data=asked)
    wanted.is_valid(raise_exception=True)
    given: dict[str, Any] = wanted.validated_data
    builds = selectors.visible_builds(user) if not given.get("shared") else selectors.shared_builds(user)
    builds = builds.matching(given.get("search", ""))
    if given.get("status") == "active":
        builds = builds.active()
    exact: dict[str, Any] = {name: given[name] for name in ("verification", "language", "parent") if name in given}
    if given.get("status", "active") != "active":
        exact["status"] = given["status"]
    return builds.filter(**exact).only(*selectors.LISTED, "user__username")
