"""Accounts in the operator's console."""

from typing import cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agentsite.accounts import (
    admin_settings,  # noqa: F401  it registers the settings
    invitations,
)
from agentsite.accounts.models import ApiKey, DailyUsage, Invitation, User, limits_of_new


@admin.register(User)
class AccountAdmin(UserAdmin[User]):
    """People, roles and limits."""

    list_display = ("username", "email", "role", "is_active", "storage_used", "created_at")
    list_select_related = ("storage",)
    readonly_fields = ("storage_used",)
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
                    "history_retention_days",
                    "api_quota_daily",
                    "storage_quota_mb",
                    "storage_used",
                    "budget_usd_monthly",
                )
            },
        ),
    )

    def save_model(self, request: HttpRequest, obj: User, form: forms.BaseForm, change: bool) -> None:  # noqa: FBT001  Django's signature
        """Give a new account the limits of today, where the form does not say others."""
        if not change:
            for name, value in limits_of_new().items():
                if name not in form.fields:
                    setattr(obj, name, value)
        super().save_model(request, obj, form, change)

    @admin.display(description=_("storage used in MB"), ordering="storage__bytes_used")
    def storage_used(self, user: User) -> float:
        """Show what somebody's files take."""
        return user.storage_used_mb


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


class InvitationForm(forms.ModelForm[Invitation]):
    """Whom to invite."""

    def clean_email(self) -> str:
        """Refuse an address that has an account."""
        email: str = self.cleaned_data["email"]
        if User.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError(gettext("There is an account with this address already."))
        return email


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin[Invitation]):
    """Inviting people; the link is shown once."""

    form = InvitationForm
    fields = ("email", "role")
    list_display = ("email", "role", "invited_by", "created_at", "expires_at", "accepted_by")
    list_select_related = ("invited_by", "accepted_by")
    search_fields = ("email",)

    def save_model(self, request: HttpRequest, obj: Invitation, form: object, change: bool) -> None:  # noqa: ARG002, FBT001  Django's signature
        """Invite, and show the link."""
        made = invitations.invite(by=cast("User", request.user), email=obj.email, role=obj.role)
        obj.pk = made.invitation.pk
        link = made.link(request)
        messages.success(request, gettext("Send this link; it is shown once and works for 7 days: %s") % link)

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:  # noqa: ARG002  Django's signature
        """An invitation is replaced, not changed."""
        return False


@admin.register(DailyUsage)
class DailyUsageAdmin(admin.ModelAdmin[DailyUsage]):
    """What people use by day."""

    list_display = ("user", "day_on", "api_calls", "builds", "tokens_input", "tokens_output", "cost_usd")
    list_filter = ("day_on",)
    search_fields = ("user__username",)
    list_select_related = ("user",)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  Django's signature
        """Counted, never written by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: DailyUsage | None = None) -> bool:  # noqa: ARG002  Django's signature
        """Counted, never written by hand."""
        return False
