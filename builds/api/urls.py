"""Addresses of the builds' API."""

from rest_framework.routers import DefaultRouter

from builds.api.views import BuildViewSet

router = DefaultRouter(use_regex_path=True)
router.include_root_view = False
router.include_format_suffixes = False
router.register("builds", BuildViewSet, basename="build-api")
urlpatterns = router.urls
