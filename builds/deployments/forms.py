"""Forms of the pages about deployments."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agentsite.common.forms import RequestForm
from builds.deployments import targets
from builds.models.deployment import DeploymentTarget

_QUIET = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}


class TargetForm(RequestForm):
    """Where to."""

    name = forms.CharField(
        label=_("Name"),
        max_length=targets.MAX_NAME,
        help_text=_("Letters, digits, - and _."),
        widget=forms.TextInput(attrs=_QUIET | {"placeholder": "production"}),
    )
    branch = forms.CharField(label=_("Branch"), max_length=100, initial="main", widget=forms.TextInput(attrs=_QUIET))
    remote_url = forms.CharField(
        label=_("Remote"),
        max_length=2_000,
        required=False,
        help_text=_("Begins with https://. Empty: a repository on this server, which you can clone."),
        widget=forms.URLInput(attrs=_QUIET | {"placeholder": "https://example.org/team/project.git"}),
    )
    username = forms.CharField(
        label=_("User name there"), max_length=100, required=False, widget=forms.TextInput(attrs=_QUIET)
    )
    credential = forms.CharField(
        label=_("Password or token"),
        max_length=targets.MAX_CREDENTIAL,
        required=False,
        help_text=_("Kept encrypted, shown to the remote alone, and never here again."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def wanted(self) -> dict[str, Any]:
        """Return what was asked for, in the service's words."""
        return dict(self.cleaned_data)


class TargetChangesForm(TargetForm):
    """What may be changed; a credential that is left empty stays."""

    forget = forms.BooleanField(label=_("Forget the password or token"), required=False)
    is_archived = forms.BooleanField(label=_("Archived: nothing is deployed here any more"), required=False)

    def __init__(self, *args: Any, target: DeploymentTarget, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["branch"]
        if target.is_local:
            for name in ("remote_url", "username", "credential", "forget"):
                del self.fields[name]

    def wanted(self) -> dict[str, Any]:
        """Return what was asked for, in the service's words."""
        given = dict(self.cleaned_data)
        if given.pop("forget", False):
            given["credential"] = ""
        elif not given.get("credential"):
            given.pop("credential", None)
        return given


class DeployForm(RequestForm):
    """Where a build goes."""

    target = forms.ModelChoiceField(label=_("Target"), queryset=DeploymentTarget.objects.none(), empty_label=None)

    def __init__(self, *args: Any, open_targets: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target"].queryset = open_targets  # type: ignore[attr-defined]
