"""Forms of the pages. They only gather; ``builds.validation`` decides, for every door alike."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from agentsite.accounts.models import User
from agentsite.common.forms import RequestForm, SeveralFiles
from builds import naming, offered
from builds import uploads as bringing


class LanguageSelect(forms.Select):
    """A list in which a language that can't be built here can be seen, but not be chosen."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Switch an option off when it can't be built."""
        option = super().create_option(name, value, *args, **kwargs)
        if offered.reason_against(str(value)):
            option["attrs"]["disabled"] = True
        return option


class BuildForm(RequestForm):
    """A request for a build."""

    requirements = forms.CharField(
        label=_("What should it do?"),
        required=False,
        help_text=_("Name functions and give examples like to_roman(4) == 'IV': the server tests each of them."),
        widget=forms.Textarea(attrs={"rows": 6, "data-search": "", "data-submit": "", "autocomplete": "off"}),
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=offered.language_labels, required=False, initial="python", widget=LanguageSelect
    )
    model = forms.CharField(
        label=_("Model"), required=False, help_text=_("provider:name; empty for the connected one.")
    )
    project_name = forms.CharField(
        label=_("Project name"), required=False, help_text=_("Empty: made from the first words.")
    )
    description = forms.CharField(
        label=_("Background"),
        required=False,
        help_text=_("Anything else that helps to understand the request."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    uploads = forms.Field(
        label=_("Files"),
        required=False,
        help_text=_("Notes, code, screenshots or archives, at most 10: the model is shown what is read in them."),
        widget=SeveralFiles,
    )
    kept = forms.MultipleChoiceField(
        label=_("Files that are here already"), required=False, widget=forms.CheckboxSelectMultiple
    )
    tags = forms.CharField(label=_("Tags"), required=False, help_text=_("Separated by commas."))
    budget_usd = forms.DecimalField(
        label=_("Budget in USD"),
        required=False,
        help_text=_("The build stops before it would cost more. Empty: no limit."),
        widget=forms.NumberInput(attrs={"step": "any", "min": "0"}),
    )
    without_memory = forms.BooleanField(
        label=_("Without memory"),
        required=False,
        help_text=_("The model is shown nothing of earlier builds, documents or preferences."),
    )
    token = forms.CharField(required=False, widget=forms.HiddenInput)

    more = ("project_name", "description", "tags", "budget_usd", "without_memory")

    def __init__(
        self, *args: Any, brought: bringing.Brought | None = None, user: User | None = None, **more: Any
    ) -> None:
        super().__init__(brought.data if brought else None, *args, **more)
        self._refused = brought.refused if brought else ()
        here = bringing.kept_of(user, brought.data.getlist(bringing.KEPT)) if user and brought else []
        kept = cast("forms.MultipleChoiceField", self.fields[bringing.KEPT])
        kept.choices = [(str(file.pk), file.name) for file in here]

    def clean(self) -> dict[str, Any]:
        """Say beside the field which files are not taken."""
        for sentence in self._refused:
            self.add_error("uploads", sentence)
        return self.cleaned_data

    def wanted(self) -> dict[str, Any]:
        """Return what ``services.submit_build`` takes."""
        given = self.cleaned_data
        budget: Decimal | None = given.get("budget_usd")
        return {
            "project_name": given["project_name"] or naming.name_from(given["requirements"]),
            "requirements": given["requirements"],
            "description": given["description"],
            "language": given.get("language") or "python",
            "tags": [tag.strip() for tag in given["tags"].split(",") if tag.strip()],
            "budget_usd": budget,
            "model": given["model"],
            "use_memory": not given["without_memory"],
            "attachments": given["kept"],
        }

    @property
    def more_is_open(self) -> bool:
        """Say whether one of the folded fields holds something or needs attention."""
        return any(self[name].errors or self[name].value() for name in self.more)


class ShareForm(RequestForm):
    """With whom a build is shared, and for how long; without a name, whoever has the link."""

    username = forms.CharField(required=False, max_length=150)
    days = forms.TypedChoiceField(
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("7", _("a week")), ("30", _("30 days")), ("", _("until it is ended"))],
    )


class ForkForm(RequestForm):
    """A changed request that starts from an attempt of a build."""

    requirements = forms.CharField(
        label=_("What shall change?"),
        required=False,
        help_text=_("For example: also support negative numbers. Examples like to_roman(4) == 'IV' are tested, too."),
        widget=forms.Textarea(attrs={"rows": 6, "data-search": "", "data-submit": "", "autocomplete": "off"}),
    )
    outdated = forms.MultipleChoiceField(
        label=_("Examples that no longer hold"),
        required=False,
        help_text=_("The others are tested again, unless your request gives another result for the same call."),
        widget=forms.CheckboxSelectMultiple,
    )
    attempt = forms.TypedChoiceField(label=_("Start from"), coerce=int)
    model = forms.CharField(
        label=_("Model"), required=False, help_text=_("provider:name; empty for the connected one.")
    )
    project_name = forms.CharField(label=_("Project name"), required=False, help_text=_("Empty: as it was."))
    budget_usd = forms.DecimalField(
        label=_("Budget in USD"),
        required=False,
        help_text=_("The build stops before it would cost more. Empty: no limit."),
        widget=forms.NumberInput(attrs={"step": "any", "min": "0"}),
    )
    without_memory = forms.BooleanField(
        label=_("Without memory"),
        required=False,
        help_text=_("The model is shown nothing of earlier builds, documents or preferences."),
    )
    token = forms.CharField(required=False, widget=forms.HiddenInput)

    more = ("project_name", "budget_usd", "without_memory")

    def __init__(self, *args: Any, attempts: Sequence[int], examples: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(number, _("attempt %(number)d") % {"number": number}) for number in reversed(attempts)]
        cast("forms.TypedChoiceField", self.fields["attempt"]).choices = choices
        cast("forms.MultipleChoiceField", self.fields["outdated"]).choices = examples

    def wanted(self) -> dict[str, Any]:
        """Return what ``services.fork_build`` takes."""
        given = self.cleaned_data
        names = ("attempt", "requirements", "project_name", "model", "budget_usd")
        memory = {"use_memory": not given["without_memory"]}
        return {**{name: given[name] for name in names}, **memory, "outdated_examples": given["outdated"]}

    @property
    def more_is_open(self) -> bool:
        """Say whether one of the folded fields holds something or needs attention."""
        return any(self[name].errors or self[name].value() for name in self.more)
