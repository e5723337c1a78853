"""The pages about proposals, and about when the agent asks. Each view calls one service."""

from decimal import Decimal
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agentsite.accounts.runtime.table import APPROVAL_RULE_ABOVE_USD
from agentsite.common.errors import AppError
from builds.approvals import policy, selectors, services
from builds.chat_forms import AnswerForm, PreferenceForm
from builds.models.approval import AgentPreference, Approval, ApprovalPolicy, Door
from builds.pages import approvals as pages
from memory.views import attempted, status_of, user_of

_PREFERENCES = ("approval_policy", "approval_above_usd", "while_busy", "weekly_digest", "notes_facts")


@login_required
@require_safe
@cache_control(private=True, no_cache=True)
def approvals(request: HttpRequest) -> HttpResponse:
    """List what waits for an answer, and what was answered."""
    page = pages.inbox_page(user_of(request), request.GET.dict())
    return render(request, "builds/approvals.html", {"page": page, "next": request.get_full_path()})


@login_required
@require_POST
def answer_approval(request: HttpRequest, approval_id: UUID) -> HttpResponse:
    """Answer a proposal; an answer that comes too late is told who was faster."""
    approval = _approval(request, approval_id)
    form = AnswerForm(request.POST, approval=approval)
    error = attempted(form, lambda: _answer(request, approval, form))
    if form.errors:
        return _approval_page(request, approval, form, error)
    if error:
        messages.error(request, f"{error.message} {error.hint}")
    else:
        told = _("Approved: “%(name)s” is begun.") if form.is_yes else _("Rejected: “%(name)s” is not built.")
        name = approval.proposal.get("project_name", "") if not form.is_yes else _name(approval)
        messages.success(request, told % {"name": name})
    return redirect(_next(request))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def agent_preferences(request: HttpRequest) -> HttpResponse:
    """Choose when the agent asks, and what becomes of a message that comes while it works."""
    chosen = policy.preference_of(user_of(request))
    if request.method != "POST":
        initial = {name: getattr(chosen, name) for name in _PREFERENCES}
        initial["approval_above_usd"] = f"{Decimal(chosen.approval_above_usd).normalize():f}"
        return _preferences_page(request, chosen, PreferenceForm(initial=initial))
    form = PreferenceForm(request.POST)
    change = partial(policy.change_preference, user=user_of(request))
    error = attempted(form, lambda: change(**form.cleaned_data))
    if form.errors or error:
        return _preferences_page(request, chosen, form, error)
    messages.success(request, _("The agent will keep to it."))
    return redirect("builds:agent_preferences")


def _answer(request: HttpRequest, approval: Approval, form: AnswerForm) -> None:
    services.answer(
        user=user_of(request),
        approval=approval,
        approve=form.is_yes,
        via=Door.WEB.value,
        reason=form.cleaned_data["reason"],
        changes=form.changes() if form.is_yes else None,
    )


def _name(approval: Approval) -> str:
    return str({**approval.proposal, **approval.changes}.get("project_name", ""))


def _next(request: HttpRequest) -> str:
    """Return where the form was; the list of proposals for an address that is none of this site."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours and wanted.startswith("/") else "builds:approvals"


def _approval_page(request: HttpRequest, approval: Approval, form: AnswerForm, error: AppError | None) -> HttpResponse:
    card = pages.approval_card(approval, user_of(request), form)
    context = {"card": card, "form": form, "error": error, "next": _next(request)}
    return render(request, "builds/approval.html", context, status=status_of(form, error))


def _preferences_page(
    request: HttpRequest, chosen: AgentPreference, form: PreferenceForm, error: AppError | None = None
) -> HttpResponse:
    rule = pages.stricter_rule(chosen)
    context = {
        "form": form,
        "error": error,
        "rule": ApprovalPolicy(rule).label if rule else "",
        "rule_above_usd": APPROVAL_RULE_ABOVE_USD.now() if rule == ApprovalPolicy.ABOVE else None,
        "can_build": user_of(request).can_build,
    }
    return render(request, "builds/agent_preferences.html", context, status=status_of(form, error))


def _approval(request: HttpRequest, approval_id: UUID) -> Approval:
    found = selectors.find_approval(user_of(request), approval_id)
    if found is None:
        raise Http404
    return found
