"""The page of what happened to an account."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from agentsite.accounts.models import User
from audit import actions, selectors
from audit.models import AuditLog, Category, Severity

PAGE = 50
_MAX_DIGITS = 18


@dataclass(frozen=True)
class Happening:
    """One entry, in words."""

    entry: AuditLog
    sentence: str
    category: str
    is_grave: bool


@dataclass(frozen=True)
class ActivityPage:
    """Somebody's entries, newest first; ``older`` is the query of the next page, empty on the last."""

    rows: tuple[Happening, ...]
    category: str
    older: str
    is_first: bool


@login_required
@require_safe
@cache_control(private=True, no_store=True)
def activity(request: HttpRequest) -> HttpResponse:
    """Show what happened to the reader's account."""
    page = activity_page(cast("User", request.user), request.GET.dict())
    return render(request, "accounts/activity.html", {"page": page, "categories": actions.CATEGORIES.items()})


def activity_page(user: User, query: Mapping[str, str]) -> ActivityPage:
    """Return what the address asks for; values that are none narrow nothing."""
    category, before = query.get("category", ""), _number(query.get("before", ""))
    category = category if category in Category.values else ""
    where: dict[str, Any] = {"event_category": category} if category else {}
    found = selectors.entries(user_id=user.pk, **where)
    rows = list((found.filter(pk__lt=before) if before else found)[: PAGE + 1])
    named = {"category": category, "before": str(rows[PAGE - 1].pk)} if len(rows) > PAGE else {}
    older = urlencode({name: value for name, value in named.items() if value})
    return ActivityPage(tuple(map(_happening, rows[:PAGE])), category, older, before is None)


def _happening(entry: AuditLog) -> Happening:
    is_grave = entry.severity != Severity.INFO or not entry.success
    category = str(actions.CATEGORIES.get(entry.event_category, entry.event_category))
    return Happening(entry, actions.sentence(entry.action), category, is_grave)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else None
