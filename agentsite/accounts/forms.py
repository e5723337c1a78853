"""Forms of the account's pages."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agentsite.accounts import keys
from agentsite.accounts.models import Scope
from agentsite.common.forms import RequestForm

_LIVES = [("30", _("30 days")), ("90", _("90 days")), ("365", _("a year")), ("", _("until it is revoked"))]


class KeyForm(RequestForm):
    """A new key."""

    name = forms.CharField(
        label=_("Name"), max_length=keys.MAX_NAME, help_text=_("What will use it, so that you know it again.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=Scope.choices,
        initial=[Scope.BUILDS_READ, Scope.BUILDS_WRITE],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.ChoiceField(label=_("It works for"), choices=_LIVES, initial="90", required=False)
    budget_usd_monthly = forms.DecimalField(
        label=_("Budget in USD per month"),
        min_value=0,
        max_digits=12,
        decimal_places=6,
        required=False,
        help_text=_("Empty: only your own limit."),
    )

    def wanted(self) -> dict[str, Any]:
        """Return what was asked for, in the service's words."""
        given = dict(self.cleaned_data)
        days = given.pop("days")
        return given | {"expires_at": timezone.now() + timedelta(days=int(days)) if days else None}
