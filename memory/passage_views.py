"""The pages of passages and documents. Each view calls one service."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agentsite.common.errors import AppError
from memory import documents, excluding, passages, uses
from memory.explaining import explained
from memory.models.vectors import VectorMemory
from memory.passage_forms import DocumentForm, SearchForm
from memory.said import conversation_of
from memory.views import attempted, status_of, user_of

PAGE = 50


@login_required
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Search in what the reader's builds may learn from."""
    form = SearchForm(request.GET or None)
    found = explained(form.found(user_of(request))) if form.is_bound and form.is_valid() else None
    return render(request, "memory/search.html", {"form": form, "found": found}, status=status_of(form, None))


@login_required
@require_safe
def passage(request: HttpRequest, passage_id: UUID) -> HttpResponse:
    """Show one passage whole, where it comes from, and which builds were shown it."""
    found = _passage(request, passage_id)
    context = {
        "passage": found,
        "is_shared": found.user_id is None,
        "conversation_id": conversation_of(found.collection, found.source_file),
        "uses": uses.of_passage(user_of(request).pk, found.pk),
        "is_build_excluded": found.build_id and excluding.is_build_excluded(user_of(request), found.build_id),
    }
    return render(request, "memory/passage.html", context)


@login_required
@require_POST
def set_excluded(request: HttpRequest, passage_id: UUID) -> HttpResponse:
    """Keep a passage, or all of its build, out of the reader's builds, or let it in again."""
    found, is_excluded = _passage(request, passage_id), request.POST.get("is_excluded") == "yes"
    try:
        if request.POST.get("what") == "build" and found.build_id and found.user_id == request.user.pk:
            excluding.set_build_excluded(user=user_of(request), build_id=found.build_id, is_excluded=is_excluded)
        else:
            excluding.set_passage_excluded(user=user_of(request), passage=found, is_excluded=is_excluded)
    except AppError as error:
        messages.error(request, f"{error.message} {error.hint}")
    else:
        told = _("Builds are not shown it any more.") if is_excluded else _("Builds may be shown it again.")
        messages.success(request, told)
    return redirect("memory:passage", passage_id=passage_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def documents_view(request: HttpRequest) -> HttpResponse:
    """List the reader's documents; bring one."""
    if request.method != "POST":
        return _documents_page(request, DocumentForm())
    form = DocumentForm(request.POST, request.FILES)
    error = attempted(form, lambda: messages.success(request, _told(form.bring(user_of(request)))))
    if form.errors or error:
        return _documents_page(request, form, error)
    return redirect("memory:documents")


@login_required
@require_POST
def delete_document(request: HttpRequest) -> HttpResponse:
    """Take a document out of memory."""
    name = request.POST.get("name", "")
    try:
        count = documents.delete_document(user=user_of(request), name=name)
    except AppError as error:
        messages.error(request, f"{error.message} {error.hint}")
        return redirect("memory:documents")
    if not count:
        raise Http404
    messages.success(request, _("“%(name)s” is not remembered any more.") % {"name": name})
    return redirect("memory:documents")


def _told(done: documents.Imported) -> str:
    told = ngettext(
        "It is remembered as %(passages)d passage.", "It is remembered as %(passages)d passages.", done.passages
    ) % {"passages": done.passages}
    if not done.skipped:
        return told
    left_out = ngettext(
        "%(skipped)d file of it was left out: it is no text of a known kind.",
        "%(skipped)d files of it were left out: they are no texts of a known kind.",
        done.skipped,
    ) % {"skipped": done.skipped}
    return f"{told} {left_out}"


def _documents_page(request: HttpRequest, form: DocumentForm, error: AppError | None = None) -> HttpResponse:
    after = request.GET.get("after", "").replace("\0", "")[:500]
    rows = documents.listed(user_of(request), after=after, limit=PAGE + 1)
    context: dict[str, Any] = {
        "form": form,
        "error": error,
        "documents": rows[:PAGE],
        "older": rows[PAGE - 1].source_file if len(rows) > PAGE else "",
        "is_first": not after,
        "can_build": user_of(request).can_build,
    }
    return render(request, "memory/documents.html", context, status=status_of(form, error))


def _passage(request: HttpRequest, passage_id: UUID) -> VectorMemory:
    found = passages.find_passage(user_of(request), passage_id)
    if found is None:
        raise Http404
    return found
