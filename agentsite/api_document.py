"""How the OpenAPI document of the API is made; a part of the settings."""

from agentsite.common.api_headers import HEADERS

API_DOCUMENT = {
    "TITLE": "Agentsite",
    "DESCRIPTION": "Describe a program; get it built, tested in a sandbox and handed over with the evidence.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "APPEND_COMPONENTS": {"headers": HEADERS},
    "ENUM_NAME_OVERRIDES": {
        "BuildStatus": "builds.models.run.RunState",
        "DeliveryState": "builds.models.webhook.DeliveryState",
        "Verification": "builds.models.build.BuildVerification",
        "ConversationStatus": "memory.models.conversation.ConversationStatus",
        "Platform": "memory.models.conversation.Platform",
        "ArtifactKind": "memory.models.artifact.ArtifactKind",
        "DeploymentKind": "builds.models.deployment.DeploymentKind",
        "MessageRole": "memory.models.message.MessageRole",
        "ApprovalPolicy": "builds.models.approval.ApprovalPolicy",
        "ApprovalStatus": "builds.models.approval.ApprovalStatus",
        "JobStatus": "builds.models.job.JobStatus",
        "WhileBusy": "builds.models.approval.WhileBusy",
        "Role": "agentsite.accounts.models.Role",
        "Scope": "agentsite.accounts.models.Scope",
        "InterfaceLanguage": "django.conf.settings.LANGUAGES",
        "RetryFrom": "builds.api.serializers.RETRY_FROM",
    },
}
