"""The pages of conversations. Each view calls one service."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agentsite.accounts import profile
from agentsite.common.errors import AppError
from memory import conversations, forms, pages, retention
from memory.models.conversation import Conversation, ConversationStatus
from memory.views import attempted, status_of, told, user_of


@login_required
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """List conversations, or what a search finds in them."""
    chosen = user_of(request).history_retention_days
    return _history_page(request, forms.RetentionForm(initial={"history_retention_days": chosen}))


@login_required
@require_POST
def retain(request: HttpRequest) -> HttpResponse:
    """Choose for how long messages are kept."""
    form = forms.RetentionForm(request.POST)
    error = attempted(form, lambda: profile.update(user_of(request), **form.cleaned_data))
    if form.errors or error:
        return _history_page(request, form, error)
    days = retention.days_of(user_of(request).history_retention_days)
    messages.success(request, _("Messages are kept for %(days)d days from now on.") % {"days": days})
    return redirect("memory:history")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def conversation(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Show what was said in a conversation, and rename it."""
    found = _conversation(request, conversation_id)
    if request.method != "POST":
        return _conversation_page(request, found, forms.TitleForm(initial={"title": found.title}))
    form = forms.TitleForm(request.POST)
    change = partial(conversations.change_conversation, user=user_of(request), conversation=found)
    error = attempted(form, lambda: change(**form.cleaned_data))
    if form.errors or error:
        return _conversation_page(request, found, form, error)
    messages.success(request, _("The conversation is renamed."))
    return redirect("memory:conversation", conversation_id=found.pk)


@told
def archive(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Let a conversation end."""
    return _with_status(request, conversation_id, ConversationStatus.ARCHIVED, _("The conversation is archived."))


@told
def resume(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Let a conversation go on."""
    return _with_status(request, conversation_id, ConversationStatus.ACTIVE, _("The conversation goes on."))


@told
def delete_conversation(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Delete a conversation with its messages."""
    conversations.delete_conversation(user=user_of(request), conversation=_conversation(request, conversation_id))
    messages.success(request, _("The conversation is deleted."))
    return redirect("memory:history")


def _with_status(request: HttpRequest, conversation_id: UUID, status: str, told: str) -> HttpResponse:
    found = _conversation(request, conversation_id)
    conversations.change_conversation(user=user_of(request), conversation=found, status=status)
    messages.success(request, told)
    return redirect("memory:conversation", conversation_id=found.pk)


def _history_page(request: HttpRequest, form: forms.RetentionForm, error: AppError | None = None) -> HttpResponse:
    context = {
        "page": pages.history_page(user_of(request), request.GET.dict()),
        "form": form,
        "error": error,
        "statuses": ConversationStatus.choices,
    }
    return render(request, "memory/history.html", context, status=status_of(form, error))


def _conversation_page(
    request: HttpRequest, found: Conversation, form: forms.TitleForm, error: AppError | None = None
) -> HttpResponse:
    page = pages.conversation_page(found, request.GET.dict())
    context = {"conversation": found, "page": page, "form": form, "error": error}
    return render(request, "memory/conversation.html", context, status=status_of(form, error))


def _conversation(request: HttpRequest, conversation_id: UUID) -> Conversation:
    found = conversations.find_conversation(user_of(request), conversation_id)
    if found is None:
        raise Http404
    return found
