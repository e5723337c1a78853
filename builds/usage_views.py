"""The pages of what was used. Each view lays out what was found."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from agentsite.common.errors import AppError
from builds import downloads
from builds.ledger_form import LedgerForm
from builds.pages.ledger import ledger_page
from builds.pages.statistics import statistics_page
from builds.pages.usage import usage_page
from builds.usage.ledger import Wanted
from builds.usage.statistics import DEFAULT, RANGES
from memory.views import status_of, user_of


@login_required
@require_safe
def usage(request: HttpRequest) -> HttpResponseBase:
    """Show what this person used, and what is left."""
    return render(request, "builds/usage.html", {"page": usage_page(user_of(request))})


@login_required
@require_safe
def statistics(request: HttpRequest) -> HttpResponseBase:
    """Show how this person's builds went; of the last 30 days where the address names no range."""
    asked = request.GET.get("range", DEFAULT)
    page = statistics_page(user_of(request), asked if asked in RANGES else DEFAULT)
    return render(request, "builds/statistics.html", {"page": page})


@login_required
@require_safe
def ledger(request: HttpRequest) -> HttpResponseBase:
    """Show where this person's money went; the last seven days where the question makes no sense."""
    form = LedgerForm.of(request.GET)
    return _page(request, form, *form.asked())


@login_required
@require_safe
@cache_control(private=True, no_store=True)
def export(request: HttpRequest) -> HttpResponseBase:
    """Hand over the calls of the ledger's page as CSV."""
    form = LedgerForm.of(request.GET)
    which, error = form.asked()
    if form.errors:
        return _page(request, form, which, error)
    try:
        return downloads.calls_file(user_of(request), which)
    except AppError as refused:
        form.take_errors(refused)
        return _page(request, form, which, refused)


def _page(request: HttpRequest, form: LedgerForm, which: Wanted, error: AppError | None) -> HttpResponseBase:
    context = {"page": ledger_page(user_of(request), which), "form": form, "error": error}
    return render(request, "builds/ledger.html", context, status=status_of(form, error))
