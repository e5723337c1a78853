"""Addresses of the builds' API."""

from django.urls import path
from rest_framework.routers import DefaultRouter

from agentsite.common.negotiation import FileNegotiation
from builds.api.analyses import AnalysisViewSet
from builds.api.approvals import ApprovalViewSet
from builds.api.deployments import DeploymentViewSet, TargetViewSet
from builds.api.jobs import JobViewSet
from builds.api.ledger import CallFileViewSet, CallViewSet, LedgerViewSet
from builds.api.memory import BuildMemoryViewSet
from builds.api.preferences import AgentPreferenceViewSet
from builds.api.sharing import ShareViewSet
from builds.api.statistics import StatisticsViewSet
from builds.api.streaming import StreamViewSet
from builds.api.talk_streaming import ConversationStreamViewSet
from builds.api.talking import ConversationTicketViewSet, ConversationUsageViewSet, TalkViewSet, TranscriptViewSet
from builds.api.tickets import TicketViewSet
from builds.api.usage import UsageViewSet
from builds.api.views import BuildViewSet
from builds.api.webhooks import DeliveryViewSet, WebhookViewSet

router = DefaultRouter(use_regex_path=True)
router.include_root_view = False
router.include_format_suffixes = False
router.register("builds", BuildViewSet, basename="build-api")
router.register("analyses", AnalysisViewSet, basename="analysis-api")
router.register("jobs", JobViewSet, basename="job-api")
router.register("approvals", ApprovalViewSet, basename="approval-api")
router.register("targets", TargetViewSet, basename="target-api")
router.register("deployments", DeploymentViewSet, basename="deployment-api")
router.register("webhooks", WebhookViewSet, basename="webhook-api")
urlpatterns = [
    *router.urls,
    # A file's address ends as its path does, without the slash that the router would add.
    path(
        "builds/<uuid:build_id>/files/<path:path>",
        BuildViewSet.as_view({"get": "file"}, content_negotiation_class=FileNegotiation),
        name="build-api-file",
    ),
    path(
        "builds/<uuid:build_id>/memory/",
        BuildMemoryViewSet.as_view({"get": "retrieve", "patch": "exclude"}),
        name="build-api-memory",
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
    path("builds/<uuid:build_id>/events/stream/", StreamViewSet.as_view({"get": "stream"}), name="build-api-stream"),
    path("builds/<uuid:build_id>/ticket/", TicketViewSet.as_view({"post": "create"}), name="build-api-ticket"),
    path(
        "webhooks/<int:endpoint_id>/deliveries/",
        DeliveryViewSet.as_view({"get": "list"}),
        name="webhook-api-deliveries",
    ),
    path(
        "webhooks/<int:endpoint_id>/deliveries/<uuid:delivery_id>/redeliver/",
        DeliveryViewSet.as_view({"post": "redeliver"}),
        name="webhook-api-redeliver",
    ),
    path("usage/", UsageViewSet.as_view({"get": "retrieve"}), name="usage-api"),
    path("statistics/", StatisticsViewSet.as_view({"get": "retrieve"}), name="statistics-api"),
    path("usage/ledger/", LedgerViewSet.as_view({"get": "retrieve"}), name="ledger-api"),
    path("usage/calls/", CallViewSet.as_view({"get": "list"}), name="call-api-list"),
    path("usage/calls/export/", CallFileViewSet.as_view({"get": "retrieve"}), name="call-api-export"),
    path(
        "me/agent/",
        AgentPreferenceViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="agent-preference-api",
    ),
    path(
        "conversations/<uuid:conversation_id>/messages/",
        TalkViewSet.as_view({"get": "list", "post": "create"}),
        name="conversation-api-messages",
    ),
    path(
        "conversations/<uuid:conversation_id>/usage/",
        ConversationUsageViewSet.as_view({"get": "retrieve"}),
        name="conversation-api-usage",
    ),
    path(
        "conversations/<uuid:conversation_id>/export/",
        TranscriptViewSet.as_view({"get": "retrieve"}),
        name="conversation-api-export",
    ),
    path(
        "conversations/<uuid:conversation_id>/stream/",
        ConversationStreamViewSet.as_view({"get": "stream"}),
        name="conversation-api-stream",
    ),
    path(
        "conversations/<uuid:conversation_id>/ticket/",
        ConversationTicketViewSet.as_view({"post": "create"}),
        name="conversation-api-ticket",
    ),
]
