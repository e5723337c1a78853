"""Forms of the pages about webhooks."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agentsite.common.forms import RequestForm
from builds.webhooks import targets
from builds.webhooks.kinds import ENDINGS, PUBLIC


class EndpointForm(RequestForm):
    """Where to, and of what."""

    url = forms.CharField(
        label=_("Address"),
        max_length=targets.MAX_URL,
        help_text=_("Begins with https:// and can be reached from the internet."),
        widget=forms.URLInput(attrs={"autocomplete": "off", "placeholder": "https://example.org/hook"}),
    )
    kinds = forms.MultipleChoiceField(
        label=_("It is told when"),
        choices=list(PUBLIC.items()),
        initial=ENDINGS,
        widget=forms.CheckboxSelectMultiple,
    )

    def wanted(self) -> dict[str, Any]:
        """Return what was asked for, in the service's words."""
        return dict(self.cleaned_data)
