"""Addresses of the account's pages: ours, and those of the accounts' library."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import urls as account
from allauth.account import views as account_views
from allauth.mfa import urls as second_factor
from allauth.usersessions import urls as sessions
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path

from agentsite.accounts import activity, views

_READING = {"GET", "HEAD", "OPTIONS"}
_ours = [
    path("keys/", views.api_keys, name="keys"),
    path("keys/<int:key_id>/revoke/", views.revoke, name="revoke"),
    path("keys/<int:key_id>/rotate/", views.rotate, name="rotate"),
    path("account/activity/", activity.activity, name="activity"),
    path("account/close/", views.close, name="close"),
    path("account/invitation/<str:token>/", views.invitation, name="invitation"),
]
_library = [
    path("account/", include(account)),
    path("account/two-factor/", include(second_factor)),
    path("account/sessions/", include(sessions)),
    # Named again: these are the addresses that people see.
    path("login/", account_views.login, name="account_login"),
    path("logout/", account_views.logout, name="account_logout"),
]


def _in_transactions(patterns: list[URLPattern | URLResolver]) -> None:
    """Let what the library writes and what we write about it stand or fall together."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            _in_transactions(pattern.url_patterns)
        else:
            pattern.callback = _in_transaction(pattern.callback)


def _in_transaction(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    # Only what may write: SQLite lets one transaction in at a time, and a page that is looked at needs none.
    whole = transaction.atomic(view)

    @wraps(view)
    def chosen(request: HttpRequest, *given: Any, **named: Any) -> HttpResponseBase:
        return (view if request.method in _READING else whole)(request, *given, **named)

    return chosen


_in_transactions(_library)
urlpatterns = [path("", include((_ours, "accounts"))), *_library]
