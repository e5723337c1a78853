"""Addresses of memory's API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from memory.api.attachments import AttachmentContentViewSet, AttachmentViewSet
from memory.api.conversations import ConversationViewSet, MessageSearchViewSet
from memory.api.documents import DocumentViewSet
from memory.api.facts import FactViewSet
from memory.api.memories import MemoryViewSet
from memory.api.search import PassageViewSet, SearchViewSet
from memory.api.stats import StatViewSet

router = SimpleRouter()
router.register("memories", MemoryViewSet, basename="memory-api")
router.register("facts", FactViewSet, basename="fact-api")
router.register("stats", StatViewSet, basename="stat-api")
router.register("memory/passages", PassageViewSet, basename="passage-api")
router.register("conversations", ConversationViewSet, basename="conversation-api")
router.register("attachments", AttachmentViewSet, basename="attachment-api")
urlpatterns = [
    *router.urls,
    path(
        "attachments/<uuid:attachment_id>/content/",
        AttachmentContentViewSet.as_view({"get": "retrieve"}),
        name="attachment-api-content",
    ),
    path("memory/search/", SearchViewSet.as_view({"get": "search"}), name="memory-api-search"),
    path(
        "memory/documents/",
        DocumentViewSet.as_view({"get": "retrieve", "post": "create"}),
        name="document-api-list",
    ),
    # As with a build's files, the address ends as the name does.
    path("memory/documents/<path:name>", DocumentViewSet.as_view({"delete": "destroy"}), name="document-api-detail"),
    path(
        "conversations/search/",
        MessageSearchViewSet.as_view({"get": "list"}),
        name="conversation-api-search",
    ),
]
