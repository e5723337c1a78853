"""Accounts in the operator's console."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agentsite.accounts import (
    admin_settings,  # noqa: F401  it registers the settings
    administration,
    invitations,
    keys,
)
from agentsite.accounts.account_forms import AccountForm, LimitsForm, NewAccountForm, PasswordForm
from agentsite.accounts.models import ApiKey, DailyUsage, Invitation, User, limits_of_new
from agentsite.common.confirming import Question, confirmed
from agentsite.common.read_only import ReadOnly

_LIMITS = Question(
    _("Change limits"),
    _("What you fill in here becomes the limit of each of these accounts; what you leave empty stays as it is."),
    _("Change the limits"),
    LimitsForm,
)
_DEACTIVATE = Question(
    _("Deactivate"),
    _(
        "Nobody gets in with these accounts any more: their sessions end, and their API keys stop working. Builds that"
        " run go on."
    ),
    _("Deactivate"),
    is_harmful=True,
)
_ACTIVATE = Question(
    _("Activate"),
    _("They can log in again, and their API keys that were not revoked work again."),
    _("Activate"),
)
_REVOKE = Question(
    _("Revoke"),
    _("Whatever uses these keys is refused from this moment. A key that was revoked never works again."),
    _("Revoke the keys"),
    is_harmful=True,
)
_REDIRECTED = 302


@admin.register(User)
class AccountAdmin(UserAdmin[User]):
    """People, roles and limits."""

    form, add_form, change_password_form = AccountForm, NewAccountForm, PasswordForm
    list_display = ("username", "email", "role", "is_active", "limits", "storage_used", "created_at")
    list_select_related = ("storage",)
    readonly_fields = ("storage_used", "last_login", "date_joined")
    list_filter = ("role", "is_active", "is_verified", "is_superuser")
    search_fields = ("=username", "=email", "username", "email", "full_name")
    ordering = ("-id",)
    actions = ("change_limits", "deactivate", "activate")
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

    @admin.display(description=_("storage used in MB"))
    def storage_used(self, user: User) -> float:
        """Show what somebody's files take."""
        return user.storage_used_mb

    @admin.display(description=_("calls a day · MB · USD a month"))
    def limits(self, user: User) -> str:
        """Show what somebody may use."""
        budget = "∞" if user.budget_usd_monthly is None else f"{user.budget_usd_monthly:.2f}"
        return f"{user.api_quota_daily} · {user.storage_quota_mb} · {budget}"

    def is_offered(self, act: str, row: User) -> bool:
        """Offer to let somebody in who is out, and the other way round."""
        return {"deactivate": row.is_active, "activate": not row.is_active}.get(act, True)

    @confirmed(_LIMITS, "change")
    def change_limits(self, request: HttpRequest, account: User, given: dict[str, Any]) -> None:
        """Set limits of accounts."""
        limits = LimitsForm.limits(given)
        administration.change_limits(by=_by(request), account=account, limits=limits, reason=given["reason"])

    @confirmed(_DEACTIVATE, "change")
    def deactivate(self, request: HttpRequest, account: User, given: dict[str, Any]) -> None:
        """Let nobody in with accounts."""
        administration.deactivate(by=_by(request), account=account, reason=given["reason"])

    @confirmed(_ACTIVATE, "change")
    def activate(self, request: HttpRequest, account: User, given: dict[str, Any]) -> None:
        """Let people in again."""
        administration.activate(by=_by(request), account=account, reason=given["reason"])

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **given: Any) -> Any:  # noqa: FBT001, FBT002  Django's signature
        """Let the form know who edits."""
        made = super().get_form(request, obj, change=change, **given)
        return type(made.__name__, (made,), {"by": request.user})

    def save_model(self, request: HttpRequest, obj: User, form: forms.BaseForm, change: bool) -> None:  # noqa: FBT001  Django's signature
        """Store an account; a new one gets the limits of today, where the form does not say others."""
        for name, value in ({} if change else limits_of_new()).items():
            if name not in form.fields:
                setattr(obj, name, value)
        administration.save_account(by=_by(request), account=obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Let nobody delete themselves here."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.pk != request.user.pk)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Count what goes with accounts; all of it by name would be too long to read, and to make.

        Whoever asks keeps their own.
        """
        accounts = list(objs)
        counts = {gettext("accounts"): len(accounts)} | administration.belongings(accounts)
        lacking = set() if self.has_delete_permission(request) else {str(self.opts.verbose_name)}
        kept = [str(account) for account in accounts if account.pk == request.user.pk]
        return [str(account) for account in accounts], counts, lacking, kept

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """Delete an account."""
        administration.delete_account(by=_by(request), account=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Delete the selected accounts, all of them or none."""
        with transaction.atomic():
            for account in queryset:
                administration.delete_account(by=_by(request), account=account)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002  Django's signature
        """Set somebody's password, and write that down."""
        with transaction.atomic():
            answer = super().user_change_password(request, id, form_url)
            if answer.status_code == _REDIRECTED and answer["Location"] != request.get_full_path():
                administration.note_new_password(by=_by(request), account_id=int(id))
        return answer


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin[ApiKey]):
    """Keys by prefix; a secret can be seen nowhere, and a key is made by its owner's command."""

    list_display = ("name", "prefix", "user", "is_active", "last_used_at", "expires_at")
    list_filter = ("is_active",)
    search_fields = ("=prefix", "user__username", "name")
    list_select_related = ("user",)
    readonly_fields = ("user", "prefix", "scopes", "is_active", "last_used_at", "created_at")
    exclude = ("key_hash",)
    ordering = ("-id",)
    actions = ("revoke",)

    def is_offered(self, act: str, row: ApiKey) -> bool:
        """Offer to revoke what works."""
        return act != "revoke" or row.is_active

    @confirmed(_REVOKE, "change")
    def revoke(self, request: HttpRequest, key: ApiKey, given: dict[str, Any]) -> None:
        """Make keys useless."""
        keys.revoke_api_key(user=_by(request), key=key, reason=given["reason"])

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
    search_fields = ("=email", "email")
    ordering = ("-id",)

    def save_model(self, request: HttpRequest, obj: Invitation, form: object, change: bool) -> None:  # noqa: ARG002, FBT001  Django's signature
        """Invite, and show the link."""
        made = invitations.invite(by=_by(request), email=obj.email, role=obj.role)
        obj.pk = made.invitation.pk
        link = made.link(request)
        messages.success(request, gettext("Send this link; it is shown once and works for 7 days: %s") % link)

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:  # noqa: ARG002  Django's signature
        """An invitation is replaced, not changed."""
        return False


@admin.register(DailyUsage)
class DailyUsageAdmin(ReadOnly, admin.ModelAdmin[DailyUsage]):
    """What people use by day: counted, never written by hand."""

    list_display = ("user", "day_on", "api_calls", "builds", "tokens_input", "tokens_output", "cost_usd")
    list_filter = ("day_on",)
    search_fields = ("user__username",)
    list_select_related = ("user",)
    ordering = ("-id",)


def _by(request: HttpRequest) -> User:
    return cast("User", request.user)
