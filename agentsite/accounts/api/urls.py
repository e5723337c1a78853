"""Addresses of the accounts' API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from agentsite.accounts.api.audit import AuditViewSet
from agentsite.accounts.api.views import KeyViewSet, MeViewSet

router = SimpleRouter()
router.register("keys", KeyViewSet, basename="key-api")
router.register("audit", AuditViewSet, basename="audit-api")
urlpatterns = [
    *router.urls,
    path("me/", MeViewSet.as_view({"get": "retrieve", "patch": "partial_update"}), name="me-api"),
]
