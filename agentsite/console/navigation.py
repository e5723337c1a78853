"""The console's sidebar, in the order in which an operator looks for things."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Titled = tuple[str | Promise, dict[str, str]]

GROUPS: tuple[Titled, ...] = (
    (
        gettext_lazy("Builds"),
        {
            "builds.build": "deployed_code",
            "builds.run": "play_circle",
            "builds.job": "forum",
            "builds.approval": "approval",
            "builds.agentpreference": "tune",
            "builds.codeanalysis": "troubleshoot",
            "builds.deployment": "rocket_launch",
            "builds.deploymenttarget": "flag",
        },
    ),
    (
        gettext_lazy("People"),
        {
            "accounts.user": "person",
            "auth.group": "group",
            "accounts.apikey": "key",
            "accounts.invitation": "mail",
            "accounts.dailyusage": "bar_chart",
            "account.emailaddress": "alternate_email",
            "mfa.authenticator": "phonelink_lock",
            "usersessions.usersession": "devices",
        },
    ),
    (
        gettext_lazy("Money"),
        {"builds.tokenusage": "receipt_long", "builds.reservation": "lock_clock", "builds.modelprice": "sell"},
    ),
    (
        gettext_lazy("Memory"),
        {
            "memory.vectormemory": "database",
            "memory.passageuse": "format_quote",
            "memory.conversation": "chat",
            "memory.message": "chat_bubble",
            "memory.attachment": "attach_file",
            "memory.messageartifact": "find_in_page",
            "memory.memory": "neurology",
            "memory.fact": "fact_check",
            "memory.stat": "monitoring",
        },
    ),
    (
        "Telegram",
        {
            "telegram_link.telegramuser": "contacts",
            "telegram_link.outboxmessage": "outbox",
            "telegram_link.updateinbox": "inbox",
            "telegram_link.joke": "sentiment_satisfied",
        },
    ),
    (
        gettext_lazy("Webhooks"),
        {"builds.webhookendpoint": "webhook", "builds.webhookdelivery": "local_shipping"},
    ),
    (
        gettext_lazy("Audit"),
        {
            "audit.auditlog": "history_edu",
            "audit.auditseal": "verified",
            "audit.auditanchor": "anchor",
            "audit.audittombstone": "delete_history",
        },
    ),
    (
        gettext_lazy("Installation"),
        {
            "accounts.runtimesetting": "settings",
            "django_celery_results.taskresult": "task",
            "django_celery_results.groupresult": "stacks",
        },
    ),
)
_ICON = "table"


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups with what this operator may see; what no group names stands in the last one."""
    left = {model._meta.label_lower: model for model in admin.site._registry}
    first = {"title": _("Dashboard"), "icon": "space_dashboard", "link": reverse("admin:index")}
    groups: list[dict[str, Any]] = [{"items": [first]}]
    for title, icons in GROUPS:
        models = [(left.pop(label), icon) for label, icon in icons.items() if label in left]
        groups.append(_group(request, title, models))
    groups.append(_group(request, _("More"), [(model, _ICON) for model in left.values()]))
    return [group for group in groups if group["items"]]


def _group(request: HttpRequest, title: str | Promise, models: list[tuple[type[Model], str]]) -> dict[str, Any]:
    seen = [
        {
            "title": str(capfirst(model._meta.verbose_name_plural)),
            "icon": icon,
            "link": reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"),
        }
        for model, icon in models
        if admin.site.get_model_admin(model).has_view_permission(request)
    ]
    return {"title": str(title), "separator": True, "items": seen}
