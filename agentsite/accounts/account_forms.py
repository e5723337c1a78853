"""Forms of accounts in the operator's console."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from agentsite.accounts import administration
from agentsite.accounts.administration import Limit
from agentsite.accounts.models import Role, User
from agentsite.common.confirming import ReasonForm
from agentsite.common.errors import AppError

_NO_WAY_IN = _("A guest has no password, no e-mail address and no rights of an operator.")
_GUESTS_LACK = ("role", "email", "is_staff", "is_superuser")
MOST = 2_147_483_647  # what the columns hold


class LimitsForm(ReasonForm):
    """New limits; what is empty stays."""

    api_quota_daily = forms.IntegerField(
        label=_("API calls per day"),
        required=False,
        min_value=0,
        max_value=MOST,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    storage_quota_mb = forms.IntegerField(
        label=_("Storage in MB"), required=False, min_value=0, max_value=MOST, widget=UnfoldAdminIntegerFieldWidget
    )
    budget_usd_monthly = forms.DecimalField(
        label=_("Monthly budget in USD"),
        required=False,
        min_value=Decimal(0),
        max_digits=12,
        decimal_places=6,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )
    no_budget = forms.BooleanField(label=_("No monthly limit of money"), required=False, widget=UnfoldBooleanWidget)
    field_order = (*administration.LIMITS, "no_budget", "reason")

    def clean(self) -> dict[str, Any]:
        """Refuse a form that says nothing, or two things."""
        given = super().clean() or {}
        if given.get("no_budget") and given.get("budget_usd_monthly") is not None:
            raise forms.ValidationError(_("Give a budget, or none; not both."))
        if not self.errors and not self.limits(given):
            raise forms.ValidationError(_("Fill in at least one limit."))
        return given

    @staticmethod
    def limits(given: dict[str, Any]) -> dict[str, Limit]:
        """Return the limits that were filled in."""
        found: dict[str, Limit] = {name: given[name] for name in administration.LIMITS if given.get(name) is not None}
        return found | ({"budget_usd_monthly": None} if given.get("no_budget") else {})


class AccountForm(UserChangeForm):
    """An account as it is edited; who edits can't lock out the last operator, or themselves."""

    by: User
    """Set by whoever makes the form."""

    def clean(self) -> dict[str, Any]:
        """Refuse what would leave nobody to run the installation."""
        given: dict[str, Any] = super().clean() or {}
        before = User.objects.get(pk=self.instance.pk)
        wanted = {name: given[name] for name in administration.DECIDES if name in given}
        try:
            administration.check_stays_operated(self.by, before, wanted)
        except AppError as error:
            raise forms.ValidationError(f"{error.message} {error.hint}") from error
        _check_guest(before, {**{name: getattr(before, name) for name in _GUESTS_LACK}, **given})
        return given


class NewAccountForm(UserCreationForm):
    """A new account."""

    class Meta(UserCreationForm.Meta):
        """For our own accounts."""

        model = User


class PasswordForm(AdminPasswordChangeForm):
    """A new password for somebody; a guest has none."""

    def clean(self) -> dict[str, Any]:
        """Leave guests without a way in."""
        given: dict[str, Any] = super().clean() or {}
        if self.user.is_guest:
            self.add_error("password1", _NO_WAY_IN)
        return given


def _check_guest(before: User, wanted: dict[str, Any]) -> None:
    if before.is_guest != (wanted["role"] == Role.GUEST):
        raise forms.ValidationError(_("Guests are let in under Telegram contacts; nobody becomes one here."))
    if before.is_guest and any(wanted[name] for name in _GUESTS_LACK if name != "role"):
        raise forms.ValidationError(_NO_WAY_IN)
