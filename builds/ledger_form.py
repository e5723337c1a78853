"""What the ledger's page is asked for. The form only gathers; ``builds.usage.ledger`` decides."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agentsite.common.errors import AppError
from agentsite.common.forms import RequestForm
from builds.models.usage import Scope
from builds.usage.ledger import Wanted, wanted

_DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class LedgerForm(RequestForm):
    """Some days, a scope, and what the tables' links narrow to."""

    since = forms.DateField(label=_("From"), required=False, widget=_DAY)
    until = forms.DateField(label=_("To"), required=False, widget=_DAY)
    scope = forms.ChoiceField(label=_("Scope"), required=False, choices=[("", _("any")), *Scope.choices])
    provider = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)
    model = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    conversation = forms.UUIDField(required=False, widget=forms.HiddenInput)

    @classmethod
    def of(cls, query: Mapping[str, Any]) -> "LedgerForm":
        """Return the form of an address; the last seven days stand in it unless the address has others."""
        usual = wanted()
        return cls({"since": usual.since, "until": usual.until} | {name: query[name] for name in query})

    def asked(self) -> tuple[Wanted, AppError | None]:
        """Return which calls are meant, and why others can't be shown when what was asked for makes no sense."""
        if not self.is_valid():
            return wanted(), None
        try:
            return wanted(**{name: value for name, value in self.cleaned_data.items() if value}), None
        except AppError as refused:
            self.take_errors(refused)
            return wanted(), refused
