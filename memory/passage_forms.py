"""Forms of the pages of passages and documents. They gather; services decide, for every door alike."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agentsite.accounts.models import User
from agentsite.common.errors import AppError, invalid
from agentsite.common.forms import RequestForm
from memory import documents, retrieval, searching
from memory.archives import LANGUAGES, PROSE
from memory.documents import Imported
from memory.models.vectors import Collection
from memory.retrieval import Hit
from memory.scope import Scope

HITS = 20
_ANY = ("", _("any"))


class SearchForm(RequestForm):
    """What is searched for, and where."""

    q = forms.CharField(
        label=_("Search in code and documents"),
        max_length=retrieval.MAX_QUERY_CHARS,
        widget=forms.TextInput(attrs={"type": "search", "data-search": "", "autocomplete": "off"}),
    )
    collection = forms.ChoiceField(label=_("Shelf"), choices=[_ANY, *Collection.choices], required=False)
    language = forms.ChoiceField(
        label=_("Language"), choices=[_ANY, *((name, name) for name in sorted(set(LANGUAGES.values())))], required=False
    )

    def found(self, user: User) -> list[Hit]:
        """Return what a valid form finds."""
        return self._found(user, user, "web")

    def _found(self, user: User, owner: User, door: str) -> list[Hit]:
        given = self.cleaned_data
        shelves = (given["collection"],) if given["collection"] else tuple(Collection.values)
        scope = Scope(owner.pk, shelves, given["language"] or None)
        return searching.search(user, scope, given["q"], door=door, limit=HITS)


class OwnersSearchForm(SearchForm):
    """A search as somebody's builds would do it."""

    owner = forms.CharField(label=_("As"), max_length=150, help_text=_("A user's name."))

    field_order = ("owner", "q", "collection", "language")

    def clean_owner(self) -> User:
        """Return whose search it is."""
        owner = User.objects.filter(username=self.cleaned_data["owner"]).first()
        if owner is None:
            raise forms.ValidationError(gettext("There is no such user."))
        return owner

    def found(self, user: User) -> list[Hit]:
        """Return what a valid form finds for its owner, asked by an operator."""
        return self._found(user, self.cleaned_data["owner"], "admin")


class DocumentForm(RequestForm):
    """A file to upload, or a text."""

    file = forms.FileField(
        label=_("File"),
        required=False,
        allow_empty_file=True,
        help_text=_("Text, Markdown, code, or a zip of a repository; at most 10 MB."),
        widget=forms.ClearableFileInput(
            attrs={"accept": ",".join(f".{ending}" for ending in (*sorted(PROSE), *sorted(LANGUAGES), "zip"))}
        ),
    )
    name = forms.CharField(
        label=_("Or a name"),
        max_length=documents.MAX_NAME,
        required=False,
        help_text=_("Like notes.md or tool.py; the same name again replaces what was there."),
    )
    text = forms.CharField(label=_("and a text"), required=False, widget=forms.Textarea(attrs={"rows": 6}))

    def bring(self, user: User) -> Imported:
        """Remember what a valid form holds.

        :raises AppError: as of ``documents.import_upload``; ``request.invalid`` where nothing is given.
        """
        given: dict[str, Any] = self.cleaned_data
        file = given["file"]
        if file:
            return documents.import_upload(user=user, name=file.name, stream=file, size=file.size)
        if not given["text"].strip():
            raise invalid(file=gettext("Choose a file, or give a name and a text."))
        try:
            return documents.import_text(user=user, name=given["name"], text=given["text"])
        except AppError as error:
            if "file" in error.fields:  # what is wrong with a text is told beside it
                raise invalid(text=" ".join(map(str, error.fields["file"]))) from None
            raise
