"""The page of what is remembered. Each view calls one service."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agentsite.accounts.models import User
from agentsite.common.errors import AppError
from agentsite.common.forms import RequestForm
from memory import facts, forms, memories, pages
from memory.models.fact import Fact
from memory.models.memory import Memory, MemoryType

Act = Callable[..., HttpResponse]


def told(view: Act) -> Act:
    """Let a button's view say above the page why something can't be done."""

    @login_required
    @require_POST
    @wraps(view)
    def acted(request: HttpRequest, **found: Any) -> HttpResponse:
        try:
            return view(request, **found)
        except AppError as error:
            if error.http_status == 404:  # noqa: PLR2004  it went at this moment
                raise Http404 from None
            messages.error(request, f"{error.message} {error.hint}")
            return redirect("memory:history" if "conversation_id" in found else "memory:memories")

    return acted


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def memories_view(request: HttpRequest) -> HttpResponse:
    """Show proposals, memories and facts; remember something."""
    if request.method != "POST":
        return _page(request)
    form = forms.MemoryForm(request.POST)
    error = attempted(form, lambda: memories.remember(user=user_of(request), **form.wanted()))
    if form.errors or error:
        return _page(request, memory_form=form, error=error)
    messages.success(request, _("It is remembered."))
    return redirect("memory:memories")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def memory(request: HttpRequest, memory_id: UUID) -> HttpResponse:
    """Show one memory whole, and change it."""
    found = _memory(request, memory_id)
    if request.method != "POST":
        return _form_page(request, "memory/memory.html", forms.ChangeMemoryForm(initial=forms.initial_of(found)), found)
    form = forms.ChangeMemoryForm(request.POST)
    error = attempted(form, lambda: memories.change(user=user_of(request), memory=found, **form.changes(found.value)))
    if form.errors or error:
        return _form_page(request, "memory/memory.html", form, found, error)
    messages.success(request, _("The memory is changed."))
    return redirect("memory:memories")


@told
def keep(request: HttpRequest, memory_id: UUID) -> HttpResponse:
    """Keep a proposal."""
    kept = memories.keep(user=user_of(request), memory=_memory(request, memory_id))
    messages.success(request, _("“%(key)s” is kept.") % {"key": kept.key})
    return redirect("memory:memories")


@told
def forget(request: HttpRequest, memory_id: UUID) -> HttpResponse:
    """Delete a memory."""
    found = _memory(request, memory_id)
    memories.forget(user=user_of(request), memory=found)
    messages.success(request, _("“%(key)s” is forgotten.") % {"key": found.key})
    return redirect("memory:memories")


@login_required
@require_POST
def add_fact(request: HttpRequest) -> HttpResponse:
    """Add a fact."""
    form = forms.FactForm(request.POST)
    error = attempted(form, lambda: facts.add_fact(user=user_of(request), **form.cleaned_data))
    if form.errors or error:
        return _page(request, fact_form=form, error=error)
    messages.success(request, _("The fact is added."))
    return redirect("memory:memories")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def fact(request: HttpRequest, fact_id: int) -> HttpResponse:
    """Show one fact, and change it."""
    found = _fact(request, fact_id)
    if request.method != "POST":
        initial = {"fact_text": found.fact_text, "source": found.source}
        return _form_page(request, "memory/fact.html", forms.FactForm(initial=initial), found)
    form = forms.FactForm(request.POST)
    error = attempted(form, lambda: facts.change_fact(user=user_of(request), fact=found, **form.cleaned_data))
    if form.errors or error:
        return _form_page(request, "memory/fact.html", form, found, error)
    messages.success(request, _("The fact is changed."))
    return redirect("memory:memories")


@told
def delete_fact(request: HttpRequest, fact_id: int) -> HttpResponse:
    """Delete a fact."""
    facts.delete_fact(user=user_of(request), fact=_fact(request, fact_id))
    messages.success(request, _("The fact is deleted."))
    return redirect("memory:memories")


def attempted(form: RequestForm, act: Callable[[], object]) -> AppError | None:
    """Act when the form holds what it should; return why it was refused, also told beside the form's fields."""
    if not form.is_valid():
        return None
    try:
        act()
    except AppError as error:
        form.take_errors(error)
        return error
    return None


def user_of(request: HttpRequest) -> User:
    """Return who is logged in."""
    return cast("User", request.user)


def status_of(form: RequestForm, error: AppError | None) -> int:
    """Return the status of a page with a form."""
    return error.http_status if error else 400 if form.errors else 200


def _page(
    request: HttpRequest,
    *,
    memory_form: forms.MemoryForm | None = None,
    fact_form: forms.FactForm | None = None,
    error: AppError | None = None,
) -> HttpResponse:
    wrong = memory_form or fact_form or RequestForm()
    context = {
        "page": pages.memories_page(user_of(request), request.GET.dict()),
        "form": wrong,
        "memory_form": memory_form or forms.MemoryForm(),
        "fact_form": fact_form or forms.FactForm(),
        "error": error,
        "types": MemoryType.choices,
        "can_build": user_of(request).can_build,
    }
    return render(request, "memory/memories.html", context, status=status_of(wrong, error))


def _form_page(
    request: HttpRequest, template: str, form: RequestForm, found: Memory | Fact, error: AppError | None = None
) -> HttpResponse:
    context = {"form": form, "error": error, "found": found}
    return render(request, template, context, status=status_of(form, error))


def _memory(request: HttpRequest, memory_id: UUID) -> Memory:
    found = memories.find_memory(user_of(request), memory_id)
    if found is None:
        raise Http404
    return found


def _fact(request: HttpRequest, fact_id: int) -> Fact:
    found = facts.find_fact(user_of(request), fact_id)
    if found is None:
        raise Http404
    return found
