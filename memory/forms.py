"""Forms of memory's pages. They gather; services decide, for every door alike."""

import json
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agentsite.accounts.runtime.table import MESSAGE_RETENTION_MAX_DAYS
from agentsite.common.errors import invalid
from agentsite.common.forms import RequestForm
from memory import facts, memories, pages, retention
from memory.models.fact import MAX_FACT
from memory.models.memory import MemoryType

_LIVES = [("", _("until it is deleted")), ("7", _("a week")), ("30", _("30 days")), ("365", _("a year"))]
_AS_IT_IS = "same"
_VALUE = forms.Textarea(attrs={"rows": 3})
_SHARE = forms.NumberInput(attrs={"step": "0.1", "min": "0", "max": "1"})


class ChangeMemoryForm(RequestForm):
    """What is remembered, how important it is, and until when."""

    value = forms.CharField(label=_("What to remember"), max_length=16_384, widget=_VALUE)
    importance = forms.FloatField(
        label=_("Importance"), initial=0.5, widget=_SHARE, help_text=_("From 0 to 1; the most important comes first.")
    )
    days = forms.ChoiceField(
        label=_("It is kept"), choices=[(_AS_IT_IS, _("as it is now")), *_LIVES], initial=_AS_IT_IS, required=False
    )

    def changes(self, before: object) -> dict[str, Any]:
        """Return what was asked for, in the service's words; what was no text before is read as JSON.

        :raises AppError: ``request.invalid`` when that is none.
        """
        given = self.cleaned_data
        value = given["value"] if isinstance(before, str) else _read(given["value"])
        wanted = {"value": value, "importance": given["importance"]}
        return wanted if given["days"] == _AS_IT_IS else wanted | {"expires_at": _end(given["days"])}


class MemoryForm(RequestForm):
    """Something to remember."""

    memory_type = forms.ChoiceField(label=_("Type"), choices=MemoryType.choices, initial=MemoryType.PREFERENCE)
    key = forms.CharField(
        label=_("Name"),
        max_length=memories.MAX_KEY,
        help_text=_("In a few words, like “indentation”; the same name again replaces what was there."),
    )
    value = forms.CharField(label=_("What to remember"), max_length=16_384, widget=_VALUE)
    importance = forms.FloatField(
        label=_("Importance"), initial=0.5, widget=_SHARE, help_text=_("From 0 to 1; the most important comes first.")
    )
    days = forms.ChoiceField(label=_("It is kept"), choices=_LIVES, required=False)

    def wanted(self) -> dict[str, Any]:
        """Return what was asked for, in the service's words."""
        given = dict(self.cleaned_data)
        return given | {"expires_at": _end(given.pop("days"))}


class FactForm(RequestForm):
    """A sentence, and where it is from."""

    fact_text = forms.CharField(label=_("Fact"), max_length=MAX_FACT, widget=forms.Textarea(attrs={"rows": 2}))
    source = forms.CharField(
        label=_("Source"), max_length=facts.MAX_SOURCE, required=False, help_text=_("Where it is from; may be empty.")
    )


class TitleForm(RequestForm):
    """A conversation's name."""

    title = forms.CharField(label=_("Title"), max_length=200, required=False)


class RetentionForm(RequestForm):
    """For how many days messages are kept."""

    history_retention_days = forms.IntegerField(
        label=_("Days that messages are kept"), required=False, widget=forms.NumberInput(attrs={"min": "1"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        told = {"days": retention.days_of(None), "most": MESSAGE_RETENTION_MAX_DAYS.now()}
        words = gettext("Empty: %(days)d, as this installation has it. At most %(most)d.") % told
        self.fields["history_retention_days"].help_text = words


def initial_of(memory: Any) -> dict[str, Any]:
    """Return how a memory stands in its form."""
    return {"value": pages.shown(memory.value), "importance": memory.importance, "days": _AS_IT_IS}


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise invalid(value=gettext("This was JSON before: keep it so, or make a new memory of text.")) from None


def _end(days: str) -> datetime | None:
    return timezone.now() + timedelta(days=int(days)) if days else None
