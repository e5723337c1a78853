"""Forms of the pages on which one talks to the agent. They only gather; services decide."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agentsite.common.forms import RequestForm
from builds import offered
from builds.approvals.services import CHANGEABLE
from builds.forms import LanguageSelect
from builds.models.approval import Action, Approval, ApprovalPolicy, WhileBusy

APPROVE, REJECT = "approve", "reject"


class FilesInput(forms.FileInput):
    """Several files at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files; none where none was chosen."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:  # noqa: ARG002  the base's signature
        """Return what was chosen; an empty file is refused by what looks at files."""
        return [file for file in data or [] if file] if isinstance(data, list) else []


class SayForm(RequestForm):
    """Something to say; sent twice, it counts once."""

    content = forms.CharField(
        label=_("Message"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "data-search": "", "data-submit": "", "autocomplete": "off"}),
    )
    uploads = FilesField(
        label=_("Files"),
        required=False,
        help_text=_("Up to 10: texts, code, images, archives or voice; the agent reads them."),
    )
    token = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_content(self) -> str:
        """Return the text with the line ends that everything else here has."""
        return _lines(self.cleaned_data["content"])


class BeginForm(SayForm):
    """The first message of a conversation."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["content"].label = _("What shall be built, or what do you want to know?")
        self.fields["content"].help_text = _(
            "Name functions and give examples like to_roman(4) == 'IV'. Nothing is built before you say yes,"
            " unless you chose otherwise."
        )


class AnswerForm(RequestForm):
    """The answer to a proposal: yes, yes with changes, or no with a reason."""

    decision = forms.ChoiceField(
        label=_("Answer"), choices=[(APPROVE, _("approve")), (REJECT, _("reject"))], widget=forms.HiddenInput
    )
    project_name = forms.CharField(label=_("Project name"), required=False)
    requirements = forms.CharField(
        label=_("What should it do?"), required=False, widget=forms.Textarea(attrs={"rows": 5})
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=offered.language_labels, required=False, widget=LanguageSelect
    )
    budget_usd = forms.DecimalField(
        label=_("Budget in USD"),
        required=False,
        help_text=_("The build stops before it would cost more. Empty: no limit."),
        widget=forms.NumberInput(attrs={"step": "any", "min": "0"}),
    )
    reason = forms.CharField(
        label=_("Why not?"),
        required=False,
        help_text=_("It goes back to the agent, which makes another plan of it. May be empty."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, sent: Mapping[str, Any] | None = None, *, approval: Approval) -> None:
        self._proposed = {name: approval.proposal.get(name) for name in CHANGEABLE}
        super().__init__(sent, auto_id=f"id_{approval.id.hex}_%s", initial=self._proposed)
        if approval.action == Action.FORK:  # it stays in the language of what it changes
            del self.fields["language"]
        if approval.action == Action.DEPLOY:  # a build is what it is
            for name in CHANGEABLE:
                del self.fields[name]
            self.fields["reason"].help_text = _("It stands in the deployment's report. May be empty.")

    @property
    def can_change(self) -> bool:
        """Say whether something may be approved otherwise than proposed."""
        return "requirements" in self.fields

    def clean_requirements(self) -> str:
        """Return the text with the line ends that everything else here has."""
        return _lines(self.cleaned_data["requirements"])

    @property
    def is_yes(self) -> bool:
        """Say whether the proposal is approved."""
        return bool(self.cleaned_data["decision"] == APPROVE)

    @property
    def changes_are_open(self) -> bool:
        """Say whether one of the fields of a change needs attention."""
        return any(name in self.errors for name in CHANGEABLE)

    def changes(self) -> dict[str, Any]:
        """Return what was sent and differs from what was proposed."""
        given = {name: self.cleaned_data[name] for name in CHANGEABLE if name in self.data and name in self.fields}
        return {name: value for name, value in given.items() if value != self._before(name)}

    def _before(self, name: str) -> object:
        value = self._proposed[name]
        if name == "budget_usd":
            return None if value in {None, ""} else Decimal(str(value))
        return _lines(str(value)).strip()


class PreferenceForm(RequestForm):
    """When the agent asks, and what becomes of a message that comes while it works."""

    approval_policy = forms.ChoiceField(
        label=_("Ask before building"),
        choices=ApprovalPolicy.choices,
        help_text=_("What nobody can price counts as dearer than any amount."),
    )
    approval_above_usd = forms.DecimalField(
        label=_("Amount in USD"),
        max_digits=12,
        decimal_places=6,
        required=False,
        help_text=_("With “above an amount”: it is asked for what can cost more than this."),
        widget=forms.NumberInput(attrs={"step": "any", "min": "0"}),
    )
    while_busy = forms.ChoiceField(label=_("A message while the agent works"), choices=WhileBusy.choices)
    weekly_digest = forms.BooleanField(label=_("A summary of my builds each week"), required=False)
    notes_facts = forms.BooleanField(label=_("Note facts that I state in conversations"), required=False)

    def clean_approval_above_usd(self) -> Decimal:
        """Return the amount, nothing for an empty field."""
        return self.cleaned_data["approval_above_usd"] or Decimal(0)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")
