"""The pages on which one talks to the agent. Each view calls one service."""

import tempfile
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agentsite.common.errors import AppError
from builds import chats
from builds.approvals import policy
from builds.chat_forms import BeginForm, SayForm
from builds.jobs import services as jobs
from builds.pages import chat as pages
from builds.pages import once
from memory import conversations
from memory.models.conversation import Conversation
from memory.views import attempted, status_of, user_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
def chats_view(request: HttpRequest) -> HttpResponse:
    """List conversations, and begin one with its first message."""
    if request.method != "POST":
        return _chats_page(request, BeginForm(initial={"token": once.new_token()}))
    form, begun = BeginForm(request.POST, request.FILES), []
    error = attempted(form, lambda: begun.append(chats.begin(user=user_of(request), **form.cleaned_data)))
    if not begun:
        return _chats_page(request, form, error)
    return _to(begun[0])


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
def chat(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Show a conversation, whole; scripts only keep it up to date. Say something in it."""
    found = _conversation(request, conversation_id)
    if request.method != "POST":
        return _chat_page(request, found, SayForm(initial={"token": once.new_token()}))
    form = SayForm(request.POST, request.FILES)
    say = partial(chats.say, user=user_of(request), conversation=found)
    error = attempted(form, lambda: say(**form.cleaned_data))
    if form.errors or error:
        return _chat_page(request, found, form, error)
    return _to(found)


@login_required
@require_safe
@cache_control(private=True, no_store=True)
def chat_panel(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Answer with the parts of the page that change."""
    return render(request, "builds/chat_panel.html", _shown(request, _conversation(request, conversation_id)))


@login_required
@require_POST
def stop(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Ask what works on a conversation's messages to stop."""
    found = _conversation(request, conversation_id)
    stopped = jobs.stop_jobs(user=user_of(request), conversation=found)
    messages.success(request, _("The agent is being stopped.") if stopped else _("The agent had finished already."))
    return _to(found)


@login_required
@require_safe
@cache_control(private=True, no_store=True)
def export(request: HttpRequest, conversation_id: UUID) -> FileResponse:
    """Hand over a conversation with all its messages, as JSON."""
    found = _conversation(request, conversation_id)
    target = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    chats.write_export(found, target, to=user_of(request))
    target.seek(0)
    name = f"conversation-{found.pk}.json"
    return FileResponse(target, as_attachment=True, filename=name, content_type="application/json")


def _chats_page(request: HttpRequest, form: BeginForm, error: AppError | None = None) -> HttpResponse:
    user = user_of(request)
    context = {"page": pages.chats_page(user), "form": form, "error": error, "can_build": user.can_build}
    return render(request, "builds/chats.html", context, status=status_of(form, error))


def _chat_page(request: HttpRequest, found: Conversation, form: SayForm, error: AppError | None = None) -> HttpResponse:
    user = user_of(request)
    context = _shown(request, found) | {
        "form": form,
        "error": error,
        "beside": pages.chats_page(user, pages.BESIDE),
        "rule": policy.preference_of(user).get_while_busy_display(),
        "can_write": user.can_build and (found.is_active or form.is_bound),  # what was written is not lost
        "can_build": user.can_build,
    }
    return render(request, "builds/chat.html", context, status=status_of(form, error))


def _shown(request: HttpRequest, found: Conversation) -> dict[str, object]:
    here = reverse("builds:chat", kwargs={"conversation_id": found.pk})
    return {"page": pages.chat_page(found, user_of(request)), "next": here}


def _to(conversation: Conversation) -> HttpResponse:
    return redirect("builds:chat", conversation_id=conversation.pk)


def _conversation(request: HttpRequest, conversation_id: UUID) -> Conversation:
    found = conversations.find_conversation(user_of(request), conversation_id)
    if found is None:
        raise Http404
    return found
