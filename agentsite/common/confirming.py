"""Acts of the console: a page first says what will happen to which rows, and what is sent from it counts once."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.cache import cache
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminTextareaWidget

from agentsite.common.errors import AppError

MOST = 200
"""So many rows are changed or exported at once."""
_HOUR = 3600
_REMEMBERED = 50
_SESSION = "console.forms"
_TOKEN = re.compile(r"[0-9a-f]{32}")
Act = Callable[[Any, HttpRequest, Any, dict[str, Any]], object]
ActOnAll = Callable[[Any, HttpRequest, Sequence[Any], dict[str, Any]], HttpResponse | None]


class ReasonForm(forms.Form):
    """Why it is done, for whoever reads the audit log."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=gettext_lazy("Kept in the audit log."),
    )


class NothingMore(forms.Form):
    """For acts that need to know nothing."""


@dataclass(frozen=True)
class Question:
    """What a page asks before something is done."""

    description: str | Promise
    """In the list of actions, and above the page."""
    warning: str | Promise
    button: str | Promise
    form: type[forms.Form] = ReasonForm
    is_harmful: bool = False
    seen: Callable[[Any], object] = lambda _row: ""
    """What somebody says yes to; a row of which it has changed since is left alone."""


def confirmed(question: Question, *permissions: str) -> Callable[[Act], Any]:
    """Make an act on one row into an action on the selected ones; rows that refuse are told of one by one."""

    def decorate(act: Act) -> Any:
        def all_of_them(model_admin: Any, request: HttpRequest, rows: Sequence[Any], given: dict[str, Any]) -> None:
            _act_on_each(question, act, model_admin, request, rows, given)

        return confirmed_together(question, *permissions)(all_of_them, named=act)

    return decorate


def confirmed_together(question: Question, *permissions: str) -> Callable[..., Any]:
    """Make an act on several rows at once into an action on the selected ones."""

    def decorate(act: ActOnAll, named: Callable[..., Any] | None = None) -> Any:
        def ask(model_admin: Any, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
            return _answer(question, act, model_admin, request, list(rows[:MOST]))

        ask.__name__, ask.__doc__ = (named or act).__name__, (named or act).__doc__
        return admin.action(description=question.description, permissions=permissions or None)(ask)  # type: ignore[arg-type]  # lazy

    return decorate


def _answer(
    question: Question, act: ActOnAll, model_admin: Any, request: HttpRequest, rows: Sequence[Any]
) -> HttpResponse | None:
    form = question.form(request.POST if "confirmed" in request.POST else None)
    if not form.is_bound or not form.is_valid():
        return _page(question, model_admin, request, rows, form) if rows else None
    if not _is_first(request):
        messages.warning(request, _("This was sent before and is done; nothing was done again."))
        return _back(model_admin, request, rows)
    return act(model_admin, request, rows, form.cleaned_data) or _back(model_admin, request, rows)


def _page(
    question: Question, model_admin: Any, request: HttpRequest, rows: Sequence[Model], form: forms.Form
) -> HttpResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "title": question.description,
        "question": question,
        "rows": [(row, model_admin.change_url(row), question.seen(row)) for row in rows],
        "form": form,
        "token": uuid4().hex,
        "action": request.POST.get("action", ""),
        "selected": [str(row.pk) for row in rows],
        "selection": ACTION_CHECKBOX_NAME,
        "back": request.POST.get("back", ""),
        "back_url": _address(model_admin, request, rows),
        "opts": model_admin.opts,
    }
    return TemplateResponse(request, "admin/confirm.html", context)


def _act_on_each(
    question: Question, act: Act, model_admin: Any, request: HttpRequest, rows: Sequence[Any], given: dict[str, Any]
) -> None:
    done = 0
    for row in rows:
        if str(question.seen(row)) != request.POST.get(f"seen-{row.pk}", ""):
            messages.warning(request, _("%(row)s has changed since you looked. Look at it again.") % {"row": row})
            continue
        try:
            act(model_admin, request, row, given)
            done += 1
        except AppError as error:
            messages.warning(request, f"{row}: {error.message} {error.hint}")
    if done:
        messages.success(request, ngettext("Done for %(count)d.", "Done for %(count)d.", done) % {"count": done})


def _is_first(request: HttpRequest) -> bool:
    token, used = request.POST.get("token", ""), request.session.get(_SESSION, [])
    key = f"console.form.{request.user.pk}.{token}"
    if not _TOKEN.fullmatch(token) or token in used or not cache.add(key, "", _HOUR):
        return False
    request.session[_SESSION] = [*used, token][-_REMEMBERED:]
    return True


def _back(model_admin: Any, request: HttpRequest, rows: Sequence[Model]) -> HttpResponse:
    return HttpResponseRedirect(_address(model_admin, request, rows))


def _address(model_admin: Any, request: HttpRequest, rows: Sequence[Model]) -> str:
    """Return where to go on: at the row, if that is where somebody came from."""
    if request.POST.get("back") and len(rows) == 1:
        return str(model_admin.change_url(rows[0]))
    return request.get_full_path()
