"""Addresses of the pages."""

from django.urls import include, path

from builds import approval_views, chat_views, deployment_views, git_views, share_views, usage_views, views

app_name = "builds"
urlpatterns = [
    path("", views.start, name="start"),
    path("builds/new", views.new, name="new"),
    path("builds/new/", views.new),
    path("builds/", views.builds, name="list"),
    path("usage/", usage_views.usage, name="usage"),
    path("usage/ledger/", usage_views.ledger, name="ledger"),
    path("usage/ledger/export/", usage_views.export, name="export_ledger"),
    path("chat/", chat_views.chats_view, name="chats"),
    path("chat/<uuid:conversation_id>/", chat_views.chat, name="chat"),
    path("chat/<uuid:conversation_id>/panel/", chat_views.chat_panel, name="chat_panel"),
    path("chat/<uuid:conversation_id>/stop/", chat_views.stop, name="stop_chat"),
    path("chat/<uuid:conversation_id>/export/", chat_views.export, name="export_chat"),
    path("approvals/", approval_views.approvals, name="approvals"),
    path("approvals/<uuid:approval_id>/answer/", approval_views.answer_approval, name="answer_approval"),
    path("account/agent/", approval_views.agent_preferences, name="agent_preferences"),
    path("account/export/", views.own_data, name="own_data"),
    path("account/webhooks/", include("builds.webhooks.urls")),
    path("deployments/", deployment_views.deployments, name="deployments"),
    path("deployments/targets/<uuid:target_id>/", deployment_views.target, name="deployment_target"),
    path("deployments/targets/<uuid:target_id>/delete/", deployment_views.delete_target, name="delete_target"),
    path("deployments/<uuid:deployment_id>/", deployment_views.deployment, name="deployment"),
    path("deployments/<uuid:deployment_id>/panel/", deployment_views.deployment_panel, name="deployment_panel"),
    path("deployments/<uuid:deployment_id>/cancel/", deployment_views.cancel_deployment, name="cancel_deployment"),
    path("deployments/<uuid:deployment_id>/retry/", deployment_views.retry_deployment, name="retry_deployment"),
    path("deployments/<uuid:deployment_id>/rollback/", deployment_views.roll_back, name="roll_back"),
    path("builds/<uuid:build_id>/deploy/", deployment_views.deploy, name="deploy"),
    path("git/<path:repository>.git/info/refs", git_views.refs, name="git_refs"),
    path("git/<path:repository>.git/git-upload-pack", git_views.upload, name="git_upload"),
    path("git/<path:repository>.git/git-receive-pack", git_views.receive, name="git_receive"),
    path("builds/<uuid:build_id>/", views.detail, name="detail"),
    path("builds/<uuid:build_id>/panels/", views.panels, name="panels"),
    path("builds/<uuid:build_id>/files/<int:attempt>/<path:path>", views.file, name="file"),
    path("builds/<uuid:build_id>/archive/", views.archive, name="archive"),
    path("builds/<uuid:build_id>/shares/", share_views.share, name="share"),
    path("builds/<uuid:build_id>/shares/<int:share_id>/end/", share_views.unshare, name="unshare"),
    path("shared/<str:token>/", share_views.shared, name="shared"),
    path("builds/<uuid:build_id>/cancel/", views.cancel, name="cancel"),
    path("builds/<uuid:build_id>/delete/", views.delete, name="delete"),
    path("builds/<uuid:build_id>/retry/", views.retry, name="retry"),
    path("builds/<uuid:build_id>/fork/", views.fork, name="fork"),
]
