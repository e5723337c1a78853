"""Forms that gather; services decide, for every door alike."""

from django import forms

from agentsite.common.errors import AppError


class RequestForm(forms.Form):
    """A form that a service may refuse."""

    def take_errors(self, error: AppError) -> None:
        """Show a refusal beside the fields it is about."""
        for name, sentences in error.fields.items():
            self.add_error(name if name in self.fields else None, sentences)


class SeveralFiles(forms.ClearableFileInput):
    """Where files are chosen."""

    allow_multiple_selected = True
