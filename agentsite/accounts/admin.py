"""Accounts in the operator's console."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from agentsite.accounts.models import ApiKey, User


@admin.register(User)
class AccountAdmin(UserAdmin[User]):
    """People, roles and limits."""

    list_display = ("username", "email", "role", "is_active", "created_at")
    list_filter = ("role", "is_active", "is_verified")
    search_fields = ("username", "email", "full_name")
    fieldsets = (
        *(UserAdmin.fieldsets or ()),
        (
            _("Agentsite"),
            {
                "fields": (
                    "full_name",
                    "role",
                    "is_verified",
                    "language",
                    "api_quota_daily",
                    "storage_quota_mb",
                    "budget_usd_monthly",
                )
            },
        ),
    )


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin[ApiKey]):
    """Keys by prefix; a secret can be seen nowhere, and a key is made by its owner's command."""

    list_display = ("name", "prefix", "user", "is_active", "last_used_at", "expires_at")
    list_filter = ("is_active",)
    search_fields = ("name", "prefix", "user__username")
    list_select_related = ("user",)
    readonly_fields = ("user", "prefix", "scopes", "last_used_at", "created_at")
    exclude = ("key_hash",)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  Django's signature
        """Keys are made where their secret can be shown once."""
        return False
