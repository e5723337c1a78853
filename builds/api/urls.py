"""Addresses of the builds' API."""

from django.urls import path
from rest_framework.routers import DefaultRouter

from agentsite.common.negotiation import FileNegotiation
from builds.api.sharing import ShareViewSet
from builds.api.usage import UsageViewSet
from builds.api.views import BuildViewSet

router = DefaultRouter(use_regex_path=True)
router.include_root_view = False
router.include_format_suffixes = False
router.register("builds", BuildViewSet, basename="build-api")
urlpatterns = [
    *router.urls,
    # A file's address ends as its path does, without the slash that the router would add.
    path(
        "builds/<uuid:build_id>/files/<path:path>",
        BuildViewSet.as_view({"get": "file"}, content_negotiation_class=FileNegotiation),
        name="build-api-file",
    ),
    path(
        "builds/<uuid:build_id>/shares/",
        ShareViewSet.as_view({"get": "list", "post": "create"}),
        name="build-api-shares",
    ),
    path(
        "builds/<uuid:build_id>/shares/<int:share_id>/",
        ShareViewSet.as_view({"delete": "destroy"}),
        name="build-api-share",
    ),
    path("usage/", UsageViewSet.as_view({"get": "retrieve"}), name="usage-api"),
]
